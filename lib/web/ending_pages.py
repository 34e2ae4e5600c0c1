"""What the pages say at the end of a consent: what happened, and what to do next.

From outside only these enter a page: the name of the user who was invited, links of ours, and Microsoft's code
(digits), so that it can be looked up; never Microsoft's text.
"""

import azure.functions as func

from lib.domain.advice import for_entra
from lib.domain.consent import Ending, Finish, WayOut
from lib.domain.fields import GUID
from lib.web.pages import Page, page

_CONSENTED = Page(
    "Consent is given",
    "Thank you. Your organisation's calendars may now be read, so that interviews can be planned.",
    ("You can close this page.", "Let the administrator of the recruiting system choose Test Calendar Configuration."),
    good=True,
)
_CONSENTED_FOR_USERS = Page(
    "Consent is given",
    "Thank you. The people of your organisation can now connect their calendars without asking you again.",
    ("You can close this page.", "Each person chooses Connect your calendar once in the recruiting system."),
    good=True,
)
_ENDINGS = {
    Ending.DECLINED: Page(
        "Consent was not given",
        "The request was cancelled or declined at Microsoft. Nothing was changed.",
        (
            "If that was a mistake, open the link again and choose Accept.",
            "If you are not sure what is asked: the application reads calendars to see when people are free, so that "
            "interviews can be planned. Ask whoever sent you the link.",
        ),
    ),
    Ending.ADMIN_CONSENT_REQUIRED: Page(
        "Another administrator is needed",
        "The account that signed in may not grant this consent for the organisation.",
        (
            "Forward the link to somebody with the role Privileged Role Administrator or Global Administrator in "
            "Microsoft Entra ID. It stays valid for 7 days after it was made.",
        ),
    ),
    Ending.WRONG_ACCOUNT: Page(
        "This account belongs elsewhere",
        "The account that signed in does not belong to the organisation this link is for.",
        ("Sign out at Microsoft, open the link again, and choose an account of the right organisation.",),
    ),
    Ending.WRONG_TENANT: Page(
        "Consent was given for another organisation",
        "Microsoft answered for another tenant than the one in the Calendar Configuration. Nothing was changed here.",
        (
            "Open the link again and sign in with an administrator account of the right organisation.",
            "If this is the right one, let the tenant ID in the Calendar Configuration be corrected.",
        ),
    ),
    Ending.NOT_VERIFIED: Page(
        "Consent was given but does not show yet",
        "Microsoft took your consent, but a first look did not find the permission. It can take a minute or more "
        "until it arrives everywhere.",
        (
            "Wait a minute, then let the administrator of the recruiting system choose Test Calendar Configuration.",
            "If the test still names a missing permission: in the Entra admin center, check that the application has "
            "the application permission Calendars.ReadBasic.All with the status Granted.",
        ),
    ),
    Ending.BLOCKED_BY_POLICY: Page(
        "A policy of your organisation stopped the sign-in",
        "Microsoft refused because of a Conditional Access policy or because this account is not assigned to the "
        "application.",
        ("Ask the administrator of Microsoft Entra ID to look at the sign-in log for this attempt.",),
    ),
    Ending.MICROSOFT_ERROR: Page(
        "Microsoft reported a problem",
        "The consent could not be completed at Microsoft. Nothing was changed.",
        (
            "Open the link again in some minutes.",
            "If it happens again, give the code below to the administrator of the recruiting system.",
        ),
    ),
}
NOT_USABLE = Page(
    "This link cannot be used",
    "It has expired, was used already or too often, or was opened in another browser than the one it came back to.",
    (
        "If you have the link you were sent, open it again and go through it in one browser, with cookies allowed.",
        "If that does not help, ask for a new link in the recruiting system.",
    ),
)
OUR_FAULT = Page(
    "Something went wrong on our side",
    "It is not your fault, and nothing was changed that you would have to undo.",
    (
        "Open the link again in some minutes.",
        "If it happens again, tell your recruiting system's support the number below.",
    ),
)


def ending_page(finish: Finish) -> func.HttpResponse:
    """Return the page of how a consent ended: 200 for success, 400 for anything else (contract: Consent links)."""
    note = f"Microsoft's code: AADSTS{finish.codes[0]}" if finish.codes else ""
    if finish.way_out is not None:
        content = _connected(finish.way_out) if finish.ending is Ending.CONNECTED else _of_user(finish, finish.way_out)
        return page(content, 200 if content.good else 400, note=note)
    if finish.ending is Ending.CONNECTED:
        return page(_CONSENTED_FOR_USERS if finish.for_users else _CONSENTED, 200)
    return page(_ENDINGS[finish.ending], 400, note=note)


def _account(way_out: WayOut) -> str:
    return f"the account with the object ID {way_out.user}" if GUID.fullmatch(way_out.user) else way_out.user


def _connected(way_out: WayOut) -> Page:
    return Page(
        "Your calendar is connected",
        f"Thank you. The recruiting system can now see when people are free, as {_account(way_out)} may see it in "
        "Outlook. It stays connected until you or your administrator end it.",
        ("You can close this page and go on planning.",),
        good=True,
    )


def _of_user(finish: Finish, way_out: WayOut) -> Page:
    match finish.ending:
        case Ending.DECLINED | Ending.ADMIN_CONSENT_REQUIRED:
            return _not_approved(finish.ending, way_out)
        case Ending.WRONG_ACCOUNT | Ending.WRONG_TENANT:
            return Page(
                "Another account is needed",
                f"This link is for {_account(way_out)}, but somebody else signed in. Nothing was stored.",
                (
                    f"Start again and choose {_account(way_out)}.",
                    "If that is your account under another name, tell the administrator of the recruiting system: the "
                    "name there has to be your user principal name, which is what you sign in with at Microsoft, or "
                    "one of your e-mail addresses.",
                    "If this name belonged to somebody else before you, let the administrator disconnect the calendar "
                    "first.",
                ),
                link=_link("Choose another account", way_out.retry),
            )
    if finish.ending is Ending.NOT_VERIFIED:
        return _not_verified(way_out)
    advice = for_entra(finish.codes)
    return Page(
        "Your calendar was not connected",
        advice.message if finish.codes else "Microsoft did not complete the sign-in. Nothing was stored.",
        (advice.remedy,) if finish.codes else ("Start again. If it happens again, tell the administrator.",),
        link=_link("Start again", way_out.retry),
    )


def _not_verified(way_out: WayOut) -> Page:
    return Page(
        "Your calendar was not connected",
        f"Microsoft did not tell whether the account that signed in is that of {way_out.user}. Nothing was stored.",
        (
            "Tell the administrator of the recruiting system: either the name there has to be your user principal "
            "name, which is what you sign in with at Microsoft, or the application needs the delegated permission "
            "User.Read.",
        ),
        link=_link("Start again", way_out.retry),
    )


def _not_approved(ending: Ending, way_out: WayOut) -> Page:
    declined = ending is Ending.DECLINED
    title = "Your calendar was not connected" if declined else "An administrator has to approve this first"
    text = (
        "The request was cancelled at Microsoft, or your organisation does not let people approve applications "
        "themselves. Nothing was stored."
        if declined
        else "Your organisation does not let people approve this application themselves. That is usual: since late "
        "2025 Microsoft asks an administrator wherever an application wants to read calendars. Nothing was stored."
    )
    steps = (
        *(("If you cancelled by mistake, start again and choose Accept.",) if declined else ()),
        "If Microsoft said that approval is needed, send the text below to your organisation's IT department.",
        "When they have approved it, choose Connect your calendar in the recruiting system again: you will not be "
        "asked a second time. For 15 minutes the button here does the same.",
    )
    more = (("If this is a trial (configuration type Basic)", _BASIC),) if way_out.basic else ()
    copy = ("For your IT department, ready to copy", _letter(way_out.admin_link)) if way_out.admin_link else None
    return Page(title, text, steps, link=_link("Start again", way_out.retry), copy=copy, more=more)


def _link(name: str, url: str | None) -> tuple[str, str] | None:
    return (name, url) if url else None


# The seed of it is the vendors' own advice for Basic; the names are those of the portal in 2026 (Microsoft Learn,
# "Configure how users consent to applications").
_BASIC = (
    "Basic uses an application of the recruiting system's own, and your organisation may not allow such "
    "applications. Either an administrator approves it with the link above. Or a Global Administrator opens the "
    "Microsoft Entra admin center (entra.microsoft.com) > Entra ID > Enterprise apps > Consent and permissions > User "
    "consent settings and allows user consent. Or use the configuration type Advanced with an application of your "
    "organisation's own, which serves staging and production."
)


def _letter(admin_link: str) -> str:
    """Return what a user can send to whoever approves applications."""
    return (
        "Hello,\n\n"
        "our recruiting system plans interviews. I would like to connect my calendar to it, and Microsoft asks an "
        "administrator of our organisation to approve that once.\n\n"
        "What is asked: to read when people are free or busy (Calendars.ReadBasic) and who signed in (User.Read), only "
        "for people who connect their own calendar. It cannot change or send anything.\n\n"
        "Please open this link and sign in with the role Cloud Application Administrator, Application Administrator, "
        "Privileged Role Administrator or Global Administrator. It is valid for 7 days:\n\n"
        f"{admin_link}\n\n"
        "Thank you!"
    )
