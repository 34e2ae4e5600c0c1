"""One user's sign-in went wrong, or what a user once granted no longer works.

Sources: Microsoft Learn, "Microsoft Entra authentication and authorization error codes", "Refresh tokens in the
Microsoft identity platform"; wordings seen in public logs.
"""

from lib.domain.advice.words import CENTER, CONNECT, REGISTRATION, TELL_OPERATOR, Topic, entra
from lib.domain.errors import Owner

CODES = (
    *entra(
        50020,
        50034,
        50014,
        51004,
        90072,
        topic=Topic.SIGN_IN,
        owner=Owner.USER,
        message="The account that signed in does not belong to the tenant that this calendar is configured for.",
        remedy="Sign out of Microsoft, or use a private browser window, open the link again and choose the work "
        "account of this organisation. If it is the right account, check the tenant ID in the Calendar "
        "Configuration.",
    ),
    *entra(
        500208,
        topic=Topic.SIGN_IN,
        owner=Owner.USER,
        message="A personal Microsoft account was used, but only a work or school account can sign in here.",
        remedy="Sign out of Microsoft, or use a private browser window, open the link again and choose the work "
        "account of this organisation.",
    ),
    *entra(
        50126,
        topic=Topic.SIGN_IN,
        owner=Owner.USER,
        message="The user name or the password was not right.",
        remedy="Sign in again. If the password is forgotten, choose Forgot my password on Microsoft's page, or ask "
        "the organisation's help desk.",
    ),
    *entra(
        50053,
        topic=Topic.SIGN_IN,
        owner=Owner.USER,
        retry=True,
        message="The account is locked for a while after too many failed sign-ins, or the sign-in came from an "
        "address that Microsoft mistrusts.",
        remedy="Wait a few minutes and sign in again, if possible from the organisation's network. If it stays "
        "locked, ask the organisation's help desk to unblock the account.",
    ),
    *entra(
        50055,
        50144,
        topic=Topic.GRANT,
        owner=Owner.USER,
        message="The account's password has expired.",
        remedy="Sign in to any Microsoft 365 page, choose a new password, then open Connect your calendar again.",
    ),
    *entra(
        50057,
        topic=Topic.GRANT,
        owner=Owner.ENTRA_ADMIN,
        message="The user's account is disabled, so its calendar can no longer be read with it.",
        remedy=f"If the person has left, disconnect this user. Otherwise enable the account. {CENTER} > Users > the "
        "person. Then the person chooses Connect your calendar again.",
    ),
    *entra(
        50173,
        50132,
        50133,
        topic=Topic.GRANT,
        owner=Owner.USER,
        message="The connection to this user's calendar has ended. Usually the password was changed or reset, or an "
        "administrator signed the user out everywhere.",
        remedy=CONNECT,
    ),
    *entra(
        700082,
        topic=Topic.GRANT,
        owner=Owner.USER,
        message="The connection to this user's calendar has ended because it was not used for a long time (usually "
        "90 days).",
        remedy=CONNECT,
    ),
    *entra(
        70008,
        50089,
        70000,
        topic=Topic.GRANT,
        owner=Owner.USER,
        message="The sign-in took too long to finish, or the connection to this user's calendar has ended.",
        remedy=f"{CONNECT} Finish Microsoft's pages within ten minutes.",
    ),
    *entra(
        700084,
        topic=Topic.GRANT,
        owner=Owner.ENTRA_ADMIN,
        message="The connection ended after one day, because the redirect URI is registered for the platform "
        "Single-page application instead of Web.",
        remedy=f"1. {REGISTRATION} > Authentication, remove the redirect URI from Single-page application and add "
        "the same one under Web. 2. The user chooses Connect your calendar and signs in again.",
    ),
    *entra(
        50076,
        50074,
        50158,
        topic=Topic.GRANT,
        owner=Owner.USER,
        message="The organisation now asks this user for an extra verification (multifactor authentication), which "
        "only the user can give.",
        remedy=f"{CONNECT} Confirm the extra verification on Microsoft's page.",
    ),
    *entra(
        50078,
        topic=Topic.GRANT,
        owner=Owner.USER,
        message="The user's extra verification (multifactor authentication) is older than the organisation allows.",
        remedy=f"{CONNECT} Confirm the extra verification on Microsoft's page.",
    ),
    *entra(
        50079,
        50072,
        topic=Topic.GRANT,
        owner=Owner.USER,
        message="The organisation asks for an extra verification (multifactor authentication) that this user has "
        "not set up yet.",
        remedy=f"{CONNECT} Microsoft's page leads through setting it up; the help desk of the organisation can help.",
    ),
    *entra(
        70043,
        topic=Topic.GRANT,
        owner=Owner.USER,
        message="The connection to this user's calendar has ended because the organisation asks for a new sign-in "
        "at set intervals.",
        remedy=f"{CONNECT} If this happens too often, the Entra administrator can exempt this application from the "
        f"rule. {CENTER} > Conditional Access > Policies > the rule > Session > Sign-in frequency.",
    ),
    *entra(
        54005,
        topic=Topic.SIGN_IN,
        owner=Owner.USER,
        message="This sign-in was already used once. Usually the page was reloaded, or a mail scanner opened the "
        "link first.",
        remedy="Start again from Connect your calendar, and do not reload the page while signing in.",
    ),
    *entra(
        700005,
        topic=Topic.SIGN_IN,
        owner=Owner.USER,
        message="The sign-in was made in another tenant than the one this calendar is configured for.",
        remedy="Start again and choose the work account of this organisation. If it is the right account, check the "
        "tenant ID in the Calendar Configuration.",
    ),
    *entra(
        501481,
        topic=Topic.SIGN_IN,
        owner=Owner.USER,
        message="The answer from Microsoft does not belong to the sign-in that was started. Usually two sign-ins "
        "were open at the same time.",
        remedy="Close the other tabs and start again from Connect your calendar. If it happens every time, tell the "
        "operator of this connector.",
    ),
    *entra(
        50147,
        501491,
        topic=Topic.OURS,
        owner=Owner.OPERATOR,
        message="The sign-in was started without the proof that protects it (the PKCE code challenge), or with a "
        "wrong one.",
        remedy=f"This is usually a fault of the connector. {TELL_OPERATOR}",
    ),
)
