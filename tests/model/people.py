"""Random people and their calendars, for hypothesis."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from tests.model.oracle import Directory, Window
from tests.sandbox.world.mailboxes import Mailbox, Meeting, Status, WorkingHours

DOMAIN = "model.example"
_SHOWN, _LONGEST_TEXT = 20, 8_000
_NEVER = datetime(1, 1, 1)
_STATUSES: list[Status] = ["busy", "busy", "tentative", "oof", "free", "workingElsewhere"]
_HOURS = [
    WorkingHours(),
    WorkingHours(),
    None,
    WorkingHours(("sunday", "monday"), "22:00", "06:30"),
]
_STRANGERS = [
    f"nobody@{DOMAIN}",
    f"NOBODY@{DOMAIN.upper()}",
    "ghost@nowhere.example",
    "candidate@outlook.com",
    "no address",
    "name with space@model.example",
]
_ERRORS = [
    ("ErrorMailboxMoveInProgress", "The mailbox is being moved."),
    ("ErrorNoFreeBusyAccess", "The caller does not have access to free/busy data."),
    ("ErrorNeverHeardOf", "<b>from tomorrow</b>"),
]


@dataclass(frozen=True)
class People:
    """Everybody in a tenant, and who of them is asked for, in this order and spelling."""

    mailboxes: tuple[Mailbox, ...]
    asked: tuple[str, ...]

    def __repr__(self) -> str:
        """Say of a failed example what fits on a screen; when it was made as small as can be, that is all."""
        text = f"People(mailboxes={self.mailboxes[:_SHOWN]}, asked={self.asked})"
        return text if len(text) < _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… {len(self.mailboxes)} mailboxes)"

    @property
    def directory(self) -> Directory:
        return Directory(self.mailboxes)

    @property
    def each_once(self) -> int:
        """How many different addresses are asked for."""
        return len({address.lower() for address in self.asked})


_STRANGER_ADDRESSES = st.lists(st.sampled_from(_STRANGERS), max_size=3)
_PLACES = st.lists(st.integers(0, 999), max_size=6)
_MEMBERS = st.lists(st.lists(st.integers(0, 19), max_size=12, unique=True), max_size=2)
_SHIFTS = st.sampled_from([0, 0, 1, 7, 97])
_COUNTS = st.sampled_from([1, 2, 19, 20, 21, 40, 41, 1000]) | st.integers(1, 1000)


@st.composite
def peoples(draw: st.DrawFn, window: Window, most: int) -> People:
    """Draw up to `most` addresses: people, lists, the same ones again, and some that nobody has."""
    count = draw(_COUNTS)
    count = count if count <= most else 1 + count % most
    shapes = draw(st.lists(_shapes(window), min_size=1, max_size=3))
    shift = timedelta(minutes=draw(_SHIFTS))
    mailboxes = [
        _person(number, shapes[number % len(shapes)], shift * (number // len(shapes))) for number in range(count)
    ]
    members = [sorted({who % count for who in whoever}) for whoever in draw(_MEMBERS)]
    lists = [_list(number, [mailboxes[who].address for who in who_all]) for number, who_all in enumerate(members)]
    asked = [mailbox.address for mailbox in mailboxes]
    spellings = (str, str.upper, _alias)
    again = [spellings[place % 3](asked[place % count]) for place in draw(_PLACES)[:3]]
    others = [*again, *(one.address for one in lists), *draw(_STRANGER_ADDRESSES)]
    for place, address in zip(draw(_PLACES) + [0] * len(others), others, strict=False):
        asked.insert(place % (len(asked) + 1), address)
    return People((*mailboxes, *lists), tuple(asked[: max(1, most)]))


_READABLE = [
    Mailbox("", "", "", kind=kind, working_hours=hours, time_zone=zone, shares=shares)
    for shares in ("details", "details", "time")
    for zone in ("W. Europe Standard Time", "Pacific Standard Time", "")
    for hours in _HOURS
    for kind in ("user", "user", "room", "equipment")
]
_UNREADABLE = [Mailbox("", "", "", hosted="none"), Mailbox("", "", "", hosted="onPremises")]
_UNREADABLE += [Mailbox("", "", "", schedule_error=error) for error in _ERRORS]
_UNUSUAL = st.integers(0, 19)
_OWNERS = st.sampled_from([*_READABLE, *_UNREADABLE * 3])


@st.composite
def _shapes(draw: st.DrawFn, window: Window) -> Mailbox:
    """Draw a mailbox without a name: a calendar, or the reason why it cannot be read."""
    meetings = draw(st.lists(_meetings(window), min_size=1, max_size=6))
    unusual = draw(_UNUSUAL)
    if meetings and unusual > 9:  # look-alikes
        meetings += [meetings[unusual % len(meetings)]] * (unusual % 3 + 1)
    if unusual == 8:
        meetings = []
    if unusual == 9:
        meetings = [*meetings, replace(draw(_meetings(window)), status="unknown")]
    return replace(draw(_OWNERS), meetings=meetings)


_KINDS = st.sampled_from(
    [
        Meeting(
            _NEVER, _NEVER, status, subject, location, is_private=private, is_meeting=private, is_recurring=not private
        )
        for private in (False, False, True)
        for subject, location in (("", ""), ("Interview", "Room 1"), ('Tea with "Zoë" \\ 茶 </script>\u2028', ""))
        for status in _STATUSES
    ]
)


# Where a meeting lies: a share of the window, so many slots and minutes away from there, and whether it ends there.
_SHARES = st.sampled_from(sorted({part / parts for parts in (*range(1, 10), 16, 18) for part in range(parts + 1)}))
_SLOTS_AWAY = st.sampled_from([0, 0, 0, -1, 1])
_MINUTES_AWAY = st.sampled_from([0, 0, 0, -1, 1, 17, -17, 600, -1500])
_SLOTS_LONG = st.sampled_from([1, 2, 0.5])
_MINUTES_LONG = st.sampled_from([1, 5, 29, 30, 60, 90, 1440, 3 * 1440, 50 * 1440, 400 * 1440])
_LONG = st.tuples(st.booleans(), _SLOTS_LONG.map(lambda slots: (slots, 0)) | _MINUTES_LONG.map(lambda more: (0, more)))
_PARTS_OF_A_MEETING = st.tuples(_SHARES, _SLOTS_AWAY, _MINUTES_AWAY, _LONG, _KINDS)


def _meetings(window: Window) -> st.SearchStrategy[Meeting]:
    """Draw a meeting near an edge: of the window, of a slot, or of a part that begins at any simple share of it."""

    def place(parts: tuple[float, int, int, tuple[bool, tuple[float, int]], Meeting]) -> Meeting:
        share, slots, minutes, (ends, (slots_long, minutes_long)), kind = parts
        edge = window.end if share == 1.0 else window.start + round(window.slots * share) * window.slot
        length = timedelta(minutes=minutes_long or max(1, int(slots_long * window.minutes)))
        start = edge + slots * window.slot + timedelta(minutes=minutes) - (length if ends else timedelta(0))
        return replace(kind, start=start, end=start + length)

    return _PARTS_OF_A_MEETING.map(place)


def _person(number: int, shape: Mailbox, shift: timedelta) -> Mailbox:
    address = f"{'Person' if number % 3 else 'person'}-{number}@{DOMAIN}"
    meetings = [replace(one, start=one.start + shift, end=one.end + shift) for one in shape.meetings]
    return replace(
        shape,
        address=address,
        user_principal_name=f"upn-{number}@{DOMAIN}",
        object_id=str(uuid.UUID(int=number + 1)),
        aliases=[_alias(address)],
        meetings=meetings if shift else shape.meetings,
    )


def _alias(address: str) -> str:
    return f"alias.{address}"


def _list(number: int, members: list[str]) -> Mailbox:
    address = f"list-{number}@{DOMAIN}"
    return Mailbox(address, address, str(uuid.UUID(int=10**6 + number)), kind="list", members=members)
