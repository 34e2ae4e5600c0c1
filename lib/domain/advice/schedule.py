"""One address of a getSchedule answer could not be read; the rest of the answer stands.

Exchange sends these as a number or as a name, and which one a tenant sends is not documented, so both are here.
Sources: EWS reference, "ResponseCode"; Microsoft Learn, "calendar: getSchedule", "Resolve free/busy errors"; codes seen
in public issues.
"""

from lib.domain.advice.words import LATER, Topic, exchange
from lib.domain.errors import Owner

_EXCHANGE_CENTER = "In the Exchange admin center (admin.exchange.microsoft.com) open"
_HYBRID = (
    "If the mailbox is on the organisation's own Exchange servers (on-premises) or in a partner organisation, "
    f"the Exchange administrator checks the connection. {_EXCHANGE_CENTER} Organization > Sharing. "
)
_OUTSIDE = "People outside the organisation, such as candidates, cannot be looked up."

CODES = (
    *exchange(
        "5009",
        "ErrorMailRecipientNotFound",
        topic=Topic.ADDRESS,
        owner=Owner.ATS_ADMIN,
        message="Microsoft 365 knows nobody with this address.",
        remedy="Check the address first: the user principal name used to sign in is often not the e-mail address, "
        f"and here the e-mail address is needed. Check the spelling too. {_OUTSIDE}",
    ),
    *exchange(
        "ErrorInvalidSmtpAddress",
        topic=Topic.ADDRESS,
        owner=Owner.ATS_ADMIN,
        message="This is not an e-mail address.",
        remedy="Correct the address: it has the form name@domain, without spaces or brackets.",
    ),
    *exchange(
        "5006",
        "ErrorResultSetTooBig",
        topic=Topic.ADDRESS,
        owner=Owner.USER,
        message="This calendar has more than 1,000 entries in the time asked for.",
        remedy="Ask for a shorter time. If that does not help, the owner of the calendar removes old or repeated "
        "entries that are no longer needed.",
    ),
    *exchange(
        "ErrorNoFreeBusyAccess",
        topic=Topic.ADDRESS,
        owner=Owner.USER,
        message="This calendar does not show its free and busy times to the user who asks.",
        remedy="The calendar's owner opens Outlook > Calendar > Sharing and permissions and sets People in my "
        "organization to Can view when I'm busy. For rooms the Exchange administrator does the same with "
        "Set-MailboxFolderPermission (user Default, AvailabilityOnly).",
    ),
    *exchange(
        "ErrorFreeBusyDLLimitReached",
        topic=Topic.ADDRESS,
        owner=Owner.ATS_ADMIN,
        message="This distribution list has too many members to be asked as one.",
        remedy="Ask for the people you need one by one instead of for the list.",
    ),
    *exchange(
        "ErrorProxyRequestProcessingFailed",
        topic=Topic.ADDRESS,
        owner=Owner.EXCHANGE_ADMIN,
        retry=True,
        message="The calendar is kept outside this tenant, and the place where it is kept did not answer or refused.",
        remedy=f"{_HYBRID}{_OUTSIDE} A passing network fault is possible too: try once more later.",
    ),
    *exchange(
        "ErrorProxyRequestNotAllowed",
        topic=Topic.ADDRESS,
        owner=Owner.EXCHANGE_ADMIN,
        message="The calendar is kept outside this tenant, and Exchange may not ask there.",
        remedy=f"{_HYBRID}{_OUTSIDE}",
    ),
    *exchange(
        "ErrorServiceDiscoveryFailed",
        "ErrorAutoDiscoverFailed",
        topic=Topic.ADDRESS,
        owner=Owner.EXCHANGE_ADMIN,
        message="The calendar is kept outside this tenant, and Exchange could not find out where (its search, "
        "Autodiscover, failed).",
        remedy=f"{_HYBRID}Autodiscover of the other organisation must be reachable from the internet. {_OUTSIDE}",
    ),
    *exchange(
        "ErrorInvalidOrganizationRelationshipForFreeBusy",
        topic=Topic.ADDRESS,
        owner=Owner.EXCHANGE_ADMIN,
        message="The agreement between the two organisations to show free and busy times is missing or not valid.",
        remedy=f"The Exchange administrator checks it. {_EXCHANGE_CENTER} Organization > Sharing > Organization "
        "sharing: calendar free/busy sharing must be on for the other organisation's domain.",
    ),
    *exchange(
        "ErrorFreeBusyGenerationFailed",
        "ErrorWin32InteropError",
        topic=Topic.TRANSIENT,
        owner=Owner.EXCHANGE_ADMIN,
        retry=True,
        message="Exchange could not work out the free and busy times of this calendar.",
        remedy="Try again in a few minutes. If it is always the same calendar, the Exchange administrator asks "
        "Microsoft's support, giving the request-id.",
    ),
    *exchange(
        "ErrorMailboxMoveInProgress",
        topic=Topic.TRANSIENT,
        owner=Owner.EXCHANGE_ADMIN,
        retry=True,
        message="This mailbox is being moved and cannot be read meanwhile.",
        remedy="Try again later. If it lasts longer than a day, ask the Exchange administrator about the move.",
    ),
    *exchange(
        "ErrorMailboxLogonFailed",
        "ErrorMailboxStoreUnavailable",
        "ErrorTimeoutExpired",
        topic=Topic.TRANSIENT,
        owner=Owner.EXCHANGE_ADMIN,
        retry=True,
        message="This mailbox could not be reached just now.",
        remedy=f"{LATER} If it is always the same mailbox, ask the Exchange administrator to look at it.",
    ),
    *exchange(
        "ErrorServerBusy",
        topic=Topic.THROTTLED,
        owner=Owner.OPERATOR,
        retry=True,
        message="Exchange is too busy to answer just now.",
        remedy=LATER,
    ),
)
