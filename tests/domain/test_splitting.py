"""What Graph refuses as too much is asked for again in smaller parts; what is no matter of size is not."""

import pytest

from lib.domain.microsoft import GraphRefused
from lib.domain.schedule import Part
from lib.domain.splitting import is_about_an_address, smaller, smaller_after
from tests.domain.clocks import crowd

MANY, TWO, ONE = crowd(5), crowd(2), crowd(1)
TOO_MUCH_TIME = ["5006", "ErrorResultSetTooBig", "ErrorTimeIntervalTooBig", "ERRORRESULTSETTOOBIG"]
TOO_MANY_PEOPLE = [
    *("5002", "ErrorMailboxDataArrayTooBig", "ErrorIndividualMailboxLimitReached"),
    *("ErrorFreeBusyDLLimitReached", "ErrorRequestStreamTooBig", "errorfreebusydllimitreached"),
]
NO_MATTER_OF_SIZE = [
    *("5009", "ErrorMailRecipientNotFound", "ErrorNoFreeBusyAccess", "ErrorProxyRequestProcessingFailed"),
    *("ErrorServerBusy", "ErrorOfTomorrow", "unknown", "", "noAnswer", "incompleteAnswer", "microsoftTimeout"),
]


@pytest.mark.parametrize("code", TOO_MUCH_TIME)
@pytest.mark.parametrize("people", [ONE, MANY])
def test_whose_entries_are_too_many_is_asked_for_in_half_of_the_time(code: str, people: tuple[str, ...]):
    part = Part(MANY, 3, 8)

    assert smaller(part, code, people) == (Part(people, 3, 6), Part(people, 6, 8))
    assert smaller(Part(MANY, 3, 4), code, people) == (), "a slot has no halves"


@pytest.mark.parametrize("code", TOO_MANY_PEOPLE)
def test_who_may_be_too_many_only_together_is_asked_for_without_the_others_first(code: str):
    part = Part(MANY, 3, 8)

    assert smaller(part, code, ONE) == (Part(ONE, 3, 8),)
    assert smaller(part, code, TWO) == (Part(TWO, 3, 8),)
    assert smaller(part, code, MANY) == (Part(MANY[:3], 3, 8), Part(MANY[3:], 3, 8))
    assert smaller(Part(ONE, 3, 8), code, ONE) == (), "a list that is too long by itself"


@pytest.mark.parametrize("code", NO_MATTER_OF_SIZE)
def test_what_else_is_said_of_an_address_stays(code: str):
    assert smaller(Part(MANY, 0, 8), code, ONE) == ()
    assert smaller(Part(MANY, 0, 8), code, MANY) == ()


@pytest.mark.parametrize("code", ["ErrorTimeIntervalTooBig", "errortimeintervaltoobig"])
def test_a_window_that_is_too_long_is_halved(code: str):
    refused = GraphRefused(400, code)

    assert smaller_after(Part(MANY, 0, 8), refused) == (Part(MANY, 0, 4), Part(MANY, 4, 8))
    assert smaller_after(Part(MANY, 0, 1), refused) == ()


@pytest.mark.parametrize("code", ["5006", "ErrorResultSetTooBig"])
@pytest.mark.parametrize("status", [400, 500])
def test_of_a_crowded_calendar_the_others_do_not_suffer(code: str, status: int):
    refused = GraphRefused(status, code)

    assert smaller_after(Part(TWO, 0, 8), refused) == (Part(TWO[:1], 0, 8), Part(TWO[1:], 0, 8))
    assert smaller_after(Part(ONE, 0, 8), refused) == (Part(ONE, 0, 4), Part(ONE, 4, 8))
    assert smaller_after(Part(ONE, 0, 1), refused) == ()


@pytest.mark.parametrize("code", TOO_MANY_PEOPLE)
def test_too_many_people_are_halved(code: str):
    refused = GraphRefused(400, code)

    assert smaller_after(Part(TWO, 0, 8), refused) == (Part(TWO[:1], 0, 8), Part(TWO[1:], 0, 8))
    assert smaller_after(Part(ONE, 0, 8), refused) == (), "less time makes nobody fewer"


@pytest.mark.parametrize(
    "refused",
    [
        GraphRefused(400, "5009"),
        GraphRefused(404, "ErrorMailRecipientNotFound"),
        GraphRefused(400, "ErrorInvalidSmtpAddress"),
        GraphRefused(400, "ErrorNoFreeBusyAccess"),
        GraphRefused(400, "ErrorInvalidParameter"),
        GraphRefused(400, "ErrorOfTomorrow"),
        GraphRefused(400, None),
    ],
    ids=str,
)
def test_what_one_address_may_have_caused_is_asked_for_without_it(refused: GraphRefused):
    assert smaller_after(Part(MANY, 0, 8), refused) == (Part(MANY[:3], 0, 8), Part(MANY[3:], 0, 8))
    assert smaller_after(Part(ONE, 0, 8), refused) == ()


@pytest.mark.parametrize(
    "refused",
    [
        GraphRefused(400, "TimeZoneNotSupportedException"),
        GraphRefused(400, "ErrorInvalidTimeInterval"),
        GraphRefused(400, "ErrorInvalidMergedFreeBusyInterval"),
        GraphRefused(401, "InvalidAuthenticationToken"),
        GraphRefused(403, "ErrorAccessDenied"),
        GraphRefused(404, "MailboxNotEnabledForRESTAPI"),
        GraphRefused(404, "ErrorInvalidUser"),
        GraphRefused(429, "ApplicationThrottled"),
        GraphRefused(500, "InternalServerError"),
        GraphRefused(502, "malformedAnswer"),
        GraphRefused(503, None),
        GraphRefused(504, None),
    ],
    ids=str,
)
def test_what_lies_in_the_call_or_at_microsoft_is_no_matter_of_size(refused: GraphRefused):
    assert smaller_after(Part(MANY, 0, 8), refused) == ()
    assert smaller_after(Part(ONE, 0, 8), refused) == ()
    assert not is_about_an_address(refused)


@pytest.mark.parametrize("code", [*TOO_MUCH_TIME, *TOO_MANY_PEOPLE, "5009", "ErrorNoFreeBusyAccess"])
@pytest.mark.parametrize("status", [400, 404, 500])
def test_what_lies_in_the_addresses_is_known_by_its_code(code: str, status: int):
    assert is_about_an_address(GraphRefused(status, code))


@pytest.mark.parametrize("code", [None, "", "ErrorInvalidParameter", "ErrorOfTomorrow"])
def test_what_may_lie_in_them_is_not_said_of_them(code: str | None):
    assert not is_about_an_address(GraphRefused(400, code))
