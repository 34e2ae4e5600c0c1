"""What the pages say at the end of an administrator's consent, and which page ends what.

From outside only these enter a page: the name of the user who was invited, links of ours, and Microsoft's code
(digits), so that it can be looked up; never Microsoft's text.
"""

from dataclasses import replace

import azure.functions as func

from lib.domain.consent import Ending, Finish
from lib.web.pages import Page, page
from lib.web.sign_in_pages import sign_in_page

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
            "If it happens again, tell the administrator of the recruiting system.",
        ),
    ),
}
_ANOTHER_ADMIN_FOR_USERS = replace(
    _ENDINGS[Ending.ADMIN_CONSENT_REQUIRED],
    steps=(
        "Forward the link to somebody with the role Cloud Application Administrator, Application Administrator, "
        "Privileged Role Administrator or Global Administrator in Microsoft Entra ID. It stays valid for 7 days after "
        "it was made.",
    ),
)
NOT_USABLE = Page(
    "This link cannot be used",
    "It has expired, was used already or too often, or Microsoft's answer came back to another browser than the one "
    "that opened it.",
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
    content = _of_admin(finish) if finish.way_out is None else sign_in_page(finish, finish.way_out)
    return page(content, 200 if content.good else 400, note="" if content.good else note)


def _of_admin(finish: Finish) -> Page:
    if finish.ending is Ending.CONNECTED:
        return _CONSENTED_FOR_USERS if finish.for_users else _CONSENTED
    if finish.ending is Ending.ADMIN_CONSENT_REQUIRED and finish.for_users:
        return _ANOTHER_ADMIN_FOR_USERS
    return _ENDINGS[finish.ending]
