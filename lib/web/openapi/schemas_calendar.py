"""getSchedule as JSON Schema: Microsoft Graph's request and answer.

Sources: Microsoft Learn, "calendar: getSchedule", "scheduleInformation", "scheduleItem", "workingHours".
"""

from lib.domain.schedule import (
    DEFAULT_INTERVAL,
    LONGEST_INTERVAL,
    LONGEST_WINDOW,
    MOST_PEOPLE,
    MOST_REQUESTS,
    PEOPLE_A_REQUEST,
    SHORTEST_INTERVAL,
    TIME_A_REQUEST,
)
from lib.web.openapi import patterns
from lib.web.openapi.parts import Json, flag, or_null, record, request, schema, text

_LONGEST_ADDRESS, _LONGEST_ZONE = 320, 100

_DAYS_FOR_MOST_PEOPLE = MOST_REQUESTS // -(-MOST_PEOPLE // PEOPLE_A_REQUEST) * TIME_A_REQUEST.days
_PEOPLE_FOR_LONGEST_WINDOW = MOST_REQUESTS // -(-LONGEST_WINDOW // TIME_A_REQUEST) * PEOPLE_A_REQUEST

SCHEDULE_REQUEST = request(
    "Whose calendars to read, and for which time. As in Microsoft Graph, names may be in any letter case, and "
    "annotations (`@odata.…`) are ignored. "
    f"⌈addresses/{PEOPLE_A_REQUEST}⌉ × ⌈days/{TIME_A_REQUEST.days}⌉ may be at most {MOST_REQUESTS}: "
    f"{MOST_PEOPLE:,} addresses for {_DAYS_FOR_MOST_PEOPLE} days, {_PEOPLE_FOR_LONGEST_WINDOW} for a year.",
    {
        "schedules": {
            "type": "array",
            "description": "SMTP addresses of people, distribution lists, rooms and equipment; not object ids. Answers "
            "come in this order; an address asked twice is answered twice.",
            "items": {
                "type": "string",
                "pattern": patterns.PLAIN_TEXT,
                "maxLength": _LONGEST_ADDRESS,
            },
            "minItems": 1,
            "maxItems": MOST_PEOPLE,
        },
        "startTime": schema("DateTimeTimeZone", "When the time begins."),
        "endTime": schema(
            "DateTimeTimeZone",
            f"When it ends: later than `startTime`, and at most {LONGEST_WINDOW.days} days after it.",
        ),
        "availabilityViewInterval": {
            "type": ["integer", "null"],
            "description": "How many minutes one digit of `availabilityView` stands for; "
            f"{DEFAULT_INTERVAL} if left out.",
            "minimum": SHORTEST_INTERVAL,
            "maximum": LONGEST_INTERVAL,
        },
    },
    optional=("availabilityViewInterval",),
)

DATE_TIME_TIME_ZONE = request(
    "A wall clock in a time zone, as Microsoft Graph writes it.",
    {
        "dateTime": text(
            "The date and time without an offset; an ending Z is accepted with UTC. Of an hour that happens twice the "
            "first is meant.",
            pattern=patterns.DATE_TIME,
            maxLength=40,
        ),
        "timeZone": or_null(
            text(
                "A Windows or IANA name, such as W. Europe Standard Time or Europe/Berlin; UTC if left out.",
                pattern=patterns.PLAIN_TEXT,
                maxLength=_LONGEST_ZONE,
            )
        ),
    },
    optional=("timeZone",),
)

SCHEDULE_TIME = record(
    "A wall clock in the zone of the header `Prefer`, else in UTC.",
    {
        "dateTime": text(
            "The date and time without an offset, with seven digits of the second.", pattern=patterns.GRAPH_DATE_TIME
        ),
        "timeZone": text("The name of its zone."),
    },
)

SCHEDULE_ANSWER = record(
    "The schedules in the order asked, as Microsoft Graph answers them.",
    {
        "@odata.context": text("What Graph calls this kind of answer.", format="uri"),
        "value": {
            "type": "array",
            "description": "One entry per address of the request, in its order.",
            "items": schema("ScheduleInformation"),
            "minItems": 1,
            "maxItems": MOST_PEOPLE,
        },
    },
)

# Two kinds of entries and not one with everything optional: so a typed client has to ask which one it has, and cannot
# take the missing `scheduleItems` of an unknown address for an empty day.
SCHEDULE_INFORMATION: Json = {
    "description": "One address. **Unknown is never free**: an address of whose time any part could not be read has "
    "`error`, and neither `availabilityView` nor `scheduleItems`. Show it as unknown.",
    "oneOf": [schema("ReadSchedule"), schema("UnreadSchedule")],
}

READ_SCHEDULE = record(
    "An address whose time was read.",
    {
        "scheduleId": text("The address as it was asked for."),
        "availabilityView": text(
            "One digit per interval from `startTime` on: 0 free (or working elsewhere), 1 tentative, 2 busy, 3 out of "
            "office. Of several appointments the highest digit counts; the last interval may be a short one.",
            pattern="^[0-3]+$",
        ),
        "scheduleItems": {
            "type": "array",
            "description": "The appointments that touch the time asked for, each whole.",
            "items": schema("ScheduleItem"),
        },
        "workingHours": schema("WorkingHours"),
    },
    optional=("workingHours",),
)

UNREAD_SCHEDULE = record(
    "An address of whose time any part could not be read: it is unknown, and never free.",
    {"scheduleId": text("The address as it was asked for."), "error": schema("FreeBusyError")},
)

SCHEDULE_ITEM = record(
    "An appointment. What follows `end` is there only with `details: full`, and as far as Graph told it.",
    {
        "status": text(
            "Graph's word: free, tentative, busy, oof or workingElsewhere. Compare without regard to letter case.",
            examples=["busy", "tentative", "oof", "workingElsewhere", "free"],
        ),
        "start": schema("ScheduleTime", "When it begins, perhaps before `startTime`."),
        "end": schema("ScheduleTime", "When it ends, perhaps after `endTime`."),
        "subject": text("Its title."),
        "location": text("Its place."),
        "isPrivate": flag("Whether it is marked private."),
        "isMeeting": flag("Whether others are invited."),
        "isRecurring": flag("Whether it is one of a series."),
        "isException": flag("Whether it differs from the rest of its series."),
        "isReminderSet": flag("Whether its owner is reminded of it."),
    },
    optional=("subject", "location", "isPrivate", "isMeeting", "isRecurring", "isException", "isReminderSet"),
)

WORKING_HOURS: Json = {
    "type": "object",
    "description": "The person's working hours as Microsoft Graph describes them; may be missing.",
    "properties": {
        "daysOfWeek": {
            "type": "array",
            "description": "The days, in lower case: monday to sunday.",
            "items": {"type": "string"},
        },
        "startTime": text("When the working day begins, such as 08:00:00.0000000."),
        "endTime": text("When the working day ends."),
        "timeZone": schema("WorkingHoursTimeZone", "The zone of these times."),
    },
}

WORKING_HOURS_TIME_ZONE: Json = {
    "type": "object",
    "description": "Graph's timeZoneBase: a `name`, or a customTimeZone with rules of its own (`bias` in minutes, "
    "`standardOffset`, `daylightOffset`).",
    "properties": {"name": text("The name of the zone.")},
}

FREE_BUSY_ERROR = record(
    "Why this address could not be read.",
    {
        "responseCode": text(
            "Exchange's own code, a number or a name (5009, ErrorMailRecipientNotFound: nobody has this address); a "
            "code of this connector's errors (throttled, microsoftTimeout, microsoftUnavailable, invalidRequest …: ask "
            "again for these addresses); or `notAllowed`, `noAnswer`, `incompleteAnswer`, `unknown`.",
            examples=["5009", "notAllowed", "microsoftTimeout"],
        ),
        "message": text("For people: what happened and what to do."),
    },
)

SCHEMAS: Json = {
    "ScheduleRequest": SCHEDULE_REQUEST,
    "DateTimeTimeZone": DATE_TIME_TIME_ZONE,
    "ScheduleAnswer": SCHEDULE_ANSWER,
    "ScheduleInformation": SCHEDULE_INFORMATION,
    "ReadSchedule": READ_SCHEDULE,
    "UnreadSchedule": UNREAD_SCHEDULE,
    "ScheduleItem": SCHEDULE_ITEM,
    "ScheduleTime": SCHEDULE_TIME,
    "WorkingHours": WORKING_HOURS,
    "WorkingHoursTimeZone": WORKING_HOURS_TIME_ZONE,
    "FreeBusyError": FREE_BUSY_ERROR,
}
