"""What Graph refuses as too much is asked for again in smaller parts, until it works or cannot be made smaller.

Which limit a tenant applies, and whether Graph says so of one address or of the whole request, is not documented (EWS
reference, "ResponseCode"; Microsoft Learn, "calendar: getSchedule"), so every code is understood in both places.
"""

from lib.domain.advice import Topic, for_graph
from lib.domain.microsoft import GraphRefused
from lib.domain.schedule import Part

TOO_LONG = "ErrorTimeIntervalTooBig"
_TOO_MUCH_TIME = frozenset({"5006", "errorresultsettoobig", TOO_LONG.lower()})
_TOO_MANY_PEOPLE = frozenset(
    {
        "5002",
        "errormailboxdataarraytoobig",
        "errorindividualmailboxlimitreached",
        "errorfreebusydllimitreached",
        "errorrequeststreamtoobig",
    }
)
# What no choice of addresses would change.
_OF_THE_CALL = frozenset(
    {"timezonenotsupportedexception", "errorinvalidtimeinterval", "errorinvalidmergedfreebusyinterval"}
)


def smaller(part: Part, code: str, people: tuple[str, ...]) -> tuple[Part, ...]:
    """Return what to ask instead for those people of a part for whom Graph answered this `responseCode`.

    Nothing if it is not about size, or the part is as small as can be. A list that may be too large only together with
    others is asked for without them first.
    """
    theirs = Part(people, part.first, part.last)
    if code.lower() in _TOO_MUCH_TIME:
        return theirs.halves_of_time()
    if code.lower() in _TOO_MANY_PEOPLE:
        return theirs.halves_of_people() if people == part.people else (theirs,)
    return ()


def smaller_after(part: Part, refused: GraphRefused) -> tuple[Part, ...]:
    """Return what to ask instead of a whole request that Graph refused; nothing if that would change nothing.

    Of what one address may have caused, the others must not suffer, so the people are divided before the time.
    """
    code = (refused.code or "").lower()
    if is_too_long(refused):
        return part.halves_of_time()
    if code in _TOO_MUCH_TIME:
        return part.halves_of_people() or part.halves_of_time()
    topic = for_graph(refused.status, refused.code).topic
    of_address = topic is Topic.ADDRESS or (topic is Topic.REQUEST and code not in _OF_THE_CALL)
    return part.halves_of_people() if of_address or code in _TOO_MANY_PEOPLE else ()


def is_too_long(refused: GraphRefused) -> bool:
    """Return whether the window of a request is longer than this tenant allows."""
    return (refused.code or "").lower() == TOO_LONG.lower()


def is_about_an_address(refused: GraphRefused) -> bool:
    """Return whether a whole request was refused for a reason that lies in the addresses asked for."""
    code = (refused.code or "").lower()
    return code in _TOO_MUCH_TIME | _TOO_MANY_PEOPLE or for_graph(refused.status, refused.code).topic is Topic.ADDRESS
