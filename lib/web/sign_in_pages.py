"""What the pages say at the end of a user's own sign-in: what happened, and what this user can do about it.

Users rarely have the rights to mend what is wrong, so where somebody else has to, the page has a text to send.
"""

from lib.domain.advice import Topic, for_entra
from lib.domain.consent import Ending, Finish, WayOut
from lib.domain.errors import Owner
from lib.domain.fields import GUID
from lib.domain.microsoft import EntraRefused
from lib.domain.refusals import entra_error, of_basic
from lib.web.pages import Page

_COME_BACK = "Later choose Connect your calendar in the recruiting system again."


def sign_in_page(finish: Finish, way_out: WayOut) -> Page:
    """Return the page of how a user's sign-in ended. Links are offered as far as `way_out` has them."""
    match finish.ending:
        case Ending.CONNECTED:
            return _connected(way_out)
        case Ending.DECLINED | Ending.ADMIN_CONSENT_REQUIRED:
            return _not_approved(finish.ending, way_out)
        case Ending.WRONG_ACCOUNT | Ending.WRONG_TENANT:
            return _wrong_account(way_out)
        case Ending.NOT_VERIFIED:
            return _not_verified(way_out)
    return _failed(finish, way_out)


def _account(way_out: WayOut) -> str:
    return f"the account with the object ID {way_out.user}" if GUID.fullmatch(way_out.user) else way_out.user


def _link(name: str, url: str | None) -> tuple[str, str] | None:
    return (name, url) if url else None


def _connected(way_out: WayOut) -> Page:
    return Page(
        "Your calendar is connected",
        f"Thank you. The recruiting system can now see when people are free, as {_account(way_out)} may see it in "
        "Outlook. It stays connected until you or your administrator end it.",
        ("You can close this page and go on planning.",),
        good=True,
    )


def _wrong_account(way_out: WayOut) -> Page:
    return Page(
        "Another account is needed",
        f"This link is for {_account(way_out)}, but somebody else signed in. Nothing was stored.",
        (
            f"Start again and choose {_account(way_out)}.",
            "If that is your account under another name, tell the administrator of the recruiting system: the name "
            "there has to be your user principal name, which is what you sign in with at Microsoft, or one of your "
            "e-mail addresses.",
            "If this name belonged to somebody else before you, let the administrator disconnect the calendar first.",
        ),
        link=_link("Choose another account", way_out.retry),
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


def _failed(finish: Finish, way_out: WayOut) -> Page:
    title, retry = "Your calendar was not connected", _link("Start again", way_out.retry)
    if not finish.codes:
        steps = ("Start again. If it happens again, tell the administrator of the recruiting system.",)
        return Page(title, "Microsoft did not complete the sign-in. Nothing was stored.", steps, link=retry)
    advice = for_entra(finish.codes)
    message, remedy, owner = advice.message, advice.remedy, advice.owner
    if way_out.basic and advice.topic in {Topic.CREDENTIAL, Topic.CREDENTIAL_EXPIRED}:
        problem = of_basic(entra_error(EntraRefused(finish.codes)))
        message, remedy, owner = problem.message, problem.remedy or "", problem.owner or Owner.OPERATOR
    if owner is Owner.USER:
        return Page(title, message, (remedy,), link=retry)
    text = f"Connecting a calendar failed. {message}\n\n{remedy}\n\nMicrosoft's code: AADSTS{finish.codes[0]}"
    steps = ("You cannot mend this yourself. Send the text below to the administrator of the recruiting system.",)
    return Page(title, message, (*steps, _COME_BACK), link=retry, copy=("For the administrator, ready to copy", text))


def _not_approved(ending: Ending, way_out: WayOut) -> Page:
    declined = ending is Ending.DECLINED
    title = "Your calendar was not connected" if declined else "An administrator has to approve this first"
    text = (
        "The request was cancelled at Microsoft, or your organisation does not let people approve applications "
        "themselves. Nothing was stored."
        if declined
        else "Your organisation does not let people approve this application themselves. That is usual: since late "
        "2025 Microsoft asks for an administrator by default when an application wants to read calendars. Nothing was "
        "stored."
    )
    retry, letter = way_out.retry is not None, way_out.admin_link
    steps = [_if_cancelled(retry=retry)] if declined else []
    needed = "If Microsoft said that approval is needed, send" if declined else "Send"
    if letter:
        steps.append(f"{needed} the text below to your organisation's IT department.")
    else:
        steps.append("Ask the administrator of the recruiting system for the admin consent link.")
    steps.append(
        "When they have approved it, choose Connect your calendar in the recruiting system again: you will not be "
        "asked a second time." + (" For a few minutes the button here does the same." if retry else "")
    )
    more = (("If this is a trial (configuration type Basic)", _BASIC),) if way_out.basic else ()
    copy = ("For your IT department, ready to copy", _letter(letter)) if letter else None
    return Page(title, text, tuple(steps), link=_link("Start again", way_out.retry), copy=copy, more=more)


def _if_cancelled(*, retry: bool) -> str:
    again = "start again" if retry else "choose Connect your calendar in the recruiting system again"
    return f"If you cancelled by mistake, {again} and choose Accept."


# The seed of it is the vendors' own advice for Basic; the names are those of the portal in 2026 (Microsoft Learn,
# "Configure how users consent to applications").
_BASIC = (
    "Basic uses an application of the recruiting system's own, and your organisation may not allow such "
    "applications. Either an administrator approves it with the admin consent link. Or a Global Administrator opens "
    "the Microsoft Entra admin center (entra.microsoft.com) > Entra ID > Enterprise apps > Consent and permissions > "
    "User consent settings and allows user consent. Or use the configuration type Advanced with an application of your "
    "organisation's own, which serves staging and production."
)


def _letter(admin_link: str) -> str:
    """Return what a user can send to whoever approves applications."""
    return (
        "Hello,\n\n"
        "our recruiting system plans interviews. I would like to connect my calendar to it, and Microsoft asks an "
        "administrator of our organisation to approve that once. Please open this link, valid for 7 days:\n\n"
        f"{admin_link}\n\n"
        "Sign in with the role Cloud Application Administrator, Application Administrator, Privileged Role "
        "Administrator or Global Administrator.\n\n"
        "What is asked: to read calendars without the text and the attachments of events (Calendars.ReadBasic), which "
        "is used to see when people are free or busy; and who signed in (User.Read). It acts as the person who "
        "connected, who sees no more than in Outlook. It cannot change or send anything.\n\n"
        "Thank you!"
    )
