"""Graph refuses the whole request: the mailbox, the permission, the request itself, or its pace.

Sources: Microsoft Learn, "Microsoft Graph error responses and resource types", "Resolve Microsoft Graph authorization
errors", "Microsoft Graph throttling guidance", "calendar: getSchedule"; EWS reference, "ResponseCode"; codes seen in
public issues.
"""

from lib.domain.advice.words import CENTER, LATER, REGISTRATION, Topic, exchange
from lib.domain.errors import Owner

NAME_FIRST = (
    "Check the name first: in many organisations the user principal name is not the e-mail address. The user in whose "
    "name calendars are asked for goes by the user principal name, people who are looked up by their e-mail address. "
    "An Entra administrator finds both under Entra ID > Users > the person."
)
SCOPES = (
    "If only some mailboxes are refused, the application is limited to a group: the Exchange administrator adds "
    "this mailbox to the scope of RBAC for Applications or to the application access policy. Such changes take up "
    "to two hours to arrive."
)
TOO_MANY = "Every member of a distribution list counts: ask for the people you need instead of for a list."

CODES = (
    *exchange(
        "MailboxNotEnabledForRESTAPI",
        "MailboxNotSupportedForRESTAPI",
        topic=Topic.MAILBOX,
        owner=Owner.ATS_ADMIN,
        message="This user has no mailbox in Exchange Online that can be asked. Usually it has no licence, is "
        "inactive or deleted, belongs to a guest, or is kept on the organisation's own servers (on-premises).",
        remedy=f"{NAME_FIRST} Then let an administrator check in the Microsoft 365 admin center "
        "(admin.microsoft.com) > Users > Active users > the person > Licenses and apps that Exchange Online is on. "
        "Guests and on-premises mailboxes cannot be used; choose a user with a mailbox in Exchange Online.",
    ),
    *exchange(
        "ErrorNonExistentMailbox",
        topic=Topic.MAILBOX,
        owner=Owner.ATS_ADMIN,
        message="No mailbox belongs to this address.",
        remedy=f"{NAME_FIRST} If the name is right, let an administrator check in the Microsoft 365 admin center "
        "(admin.microsoft.com) that the person has an Exchange Online licence; a new mailbox takes a while to "
        "appear.",
    ),
    *exchange(
        "ErrorInvalidUser",
        "Request_ResourceNotFound",
        "ResourceNotFound",
        topic=Topic.MAILBOX,
        owner=Owner.ATS_ADMIN,
        message="Microsoft 365 does not find this user in the tenant.",
        remedy=f"{NAME_FIRST} If the name is right, check that the person belongs to the tenant in the Calendar "
        "Configuration and was not deleted.",
    ),
    *exchange(
        "ErrorItemNotFound",
        topic=Topic.MAILBOX,
        owner=Owner.ATS_ADMIN,
        message="The calendar was not found. Usually it belongs to somebody else and is not shared with the user "
        "who asks.",
        remedy=f"{NAME_FIRST} If the name is right, connect as the calendar's own user, or let its owner share it in "
        "Outlook (Calendar > Sharing and permissions).",
    ),
    *exchange(
        "ErrorAccessDenied",
        topic=Topic.PERMISSION,
        owner=Owner.ENTRA_ADMIN,
        message="Exchange Online refused access: the application has no permission to read calendars, or this "
        "mailbox is outside of what the application may use.",
        remedy=f"1. {REGISTRATION} > API permissions: Calendars.ReadBasic.All (application) or Calendars.ReadBasic "
        "(delegated) must be listed with the status Granted, unless RBAC for Applications in Exchange grants it. 2. "
        f"{SCOPES}",
    ),
    *exchange(
        "Authorization_RequestDenied",
        topic=Topic.PERMISSION,
        owner=Owner.ENTRA_ADMIN,
        message="The application lacks a permission for what was asked.",
        remedy=f"{REGISTRATION} > API permissions, add the permission named in the setup guide and choose Grant "
        "admin consent. It can take some minutes, and for a token in use about an hour, until it counts.",
    ),
    *exchange(
        "InvalidAuthenticationToken",
        topic=Topic.CREDENTIAL,
        owner=Owner.OPERATOR,
        retry=True,
        message="Microsoft Graph did not accept the access token. It may have expired or been withdrawn, or it was "
        "made for another Microsoft cloud.",
        remedy="Try again: a new token is fetched then. If it goes on, the operator checks that MICROSOFT_CLOUD, "
        f"ENTRA_URL and GRAPH_URL name one cloud, and the Entra administrator looks for refused sign-ins. {CENTER} > "
        "Monitoring & health > Sign-in logs.",
    ),
    *exchange(
        "TimeZoneNotSupportedException",
        topic=Topic.REQUEST,
        owner=Owner.ATS_ADMIN,
        message="Microsoft 365 does not know the time zone that was asked for.",
        remedy="Use UTC, a Windows name such as Pacific Standard Time, or a common name such as Europe/Berlin, in "
        "the request and in the header Prefer. If none was given, the user sets a time zone in Outlook (Settings > "
        "Calendar > View).",
    ),
    *exchange(
        "ErrorInvalidTimeInterval",
        topic=Topic.REQUEST,
        owner=Owner.ATS_ADMIN,
        message="The end of the time window is not after its start.",
        remedy="Choose an end that is later than the start, in the same time zone.",
    ),
    *exchange(
        "ErrorTimeIntervalTooBig",
        topic=Topic.REQUEST,
        owner=Owner.ATS_ADMIN,
        message="The time window is longer than Microsoft 365 allows.",
        remedy="Ask for a shorter time.",
    ),
    *exchange(
        "ErrorInvalidMergedFreeBusyInterval",
        topic=Topic.REQUEST,
        owner=Owner.ATS_ADMIN,
        message="The length of the time slots is not one that Microsoft 365 allows.",
        remedy="Use an availabilityViewInterval from 5 to 1440 minutes, or leave it out for 30.",
    ),
    *exchange(
        "5002",
        "ErrorMailboxDataArrayTooBig",
        "ErrorIndividualMailboxLimitReached",
        topic=Topic.REQUEST,
        owner=Owner.ATS_ADMIN,
        message="Too many calendars were asked for at once.",
        remedy=TOO_MANY,
    ),
    *exchange(
        "ErrorMailboxDataArrayEmpty",
        topic=Topic.REQUEST,
        owner=Owner.ATS_ADMIN,
        message="No address was asked for.",
        remedy="Give at least one e-mail address in schedules.",
    ),
    *exchange(
        "ErrorRequestStreamTooBig",
        topic=Topic.REQUEST,
        owner=Owner.ATS_ADMIN,
        message="The request is larger than Microsoft 365 accepts.",
        remedy="Ask for fewer addresses at once.",
    ),
    *exchange(
        "BadRequest",
        "RequestBodyRead",
        "ErrorInvalidParameter",
        topic=Topic.REQUEST,
        owner=Owner.ATS_ADMIN,
        message="Microsoft 365 could not understand the request.",
        remedy="Check its form: schedules is a list of e-mail addresses, startTime and endTime each have a dateTime "
        "without an offset and a timeZone. If it looks right, tell the operator of this connector the request-id.",
    ),
    *exchange(
        "ApplicationThrottled",
        "TooManyRequests",
        "activityLimitReached",
        topic=Topic.THROTTLED,
        owner=Owner.OPERATOR,
        retry=True,
        message="Microsoft 365 is limiting how fast this application may ask.",
        remedy="Nothing is wrong with the configuration. Wait as long as Retry-After says, then try again.",
    ),
    *exchange(
        "serviceNotAvailable",
        "ServiceUnavailable",
        topic=Topic.TRANSIENT,
        owner=Owner.OPERATOR,
        retry=True,
        message="Microsoft 365 has a passing problem on its side.",
        remedy=f"{LATER} If it goes on, look at the Microsoft 365 service health page.",
    ),
)
