"""The token of one look-up: asked for once, renewed for all when Graph refuses it, and not for ever."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from lib.domain.errors import CalendarError, MicrosoftUnavailable, Owner, Refused
from lib.domain.microsoft import AppToken, EntraRefused, SecretMissing
from lib.ports import Deadline
from lib.ports.graph import Tally
from lib.usecases.askers import Asker, Token
from lib.usecases.current_token import CurrentToken
from tests.usecases.exchange import settle


def refused(code: str) -> Refused:
    return Refused(code, "x", remedy="y", owner=Owner.ATS_ADMIN)


@dataclass
class Purse:
    """An asker whose tokens are numbered; `age` is what they have when they are given out, in seconds."""

    age: float = 0.0
    script: list[Exception] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)
    slow: bool = False

    async def token(self, deadline: Deadline, *, instead_of: Token | None = None) -> Token:
        self.asked.append(instead_of.value if instead_of else None)
        value = f"token {len(self.asked)}"
        await asyncio.sleep(0.01 if self.slow else 0)
        if self.script:
            raise self.script.pop(0)
        return AppToken(value, 2e9, fetched_at=time.time() - self.age)

    def refused_by_entra(self, problem: EntraRefused) -> CalendarError:
        return refused(f"entra {problem.error}")

    def secret_missing(self) -> CalendarError:
        return refused("secret missing")

    def current(self) -> CurrentToken:
        return CurrentToken(cast(Asker, self), Deadline.after(5), Tally())


def values(tokens: list[Token | None]) -> list[str | None]:
    return [token.value if token else None for token in tokens]


async def test_everybody_has_the_token_that_was_asked_for_once():
    purse = Purse()
    current = purse.current()

    tokens = await asyncio.gather(*(current.get() for _ in range(5)))

    assert (values([*tokens]), purse.asked) == (["token 1"] * 5, [None])


async def test_requests_that_were_refused_at_the_same_time_share_the_new_token():
    purse = Purse(age=600)
    current = purse.current()
    old = await current.get()

    tokens = await asyncio.gather(*(current.instead_of(old) for _ in range(5)))

    assert (values([*tokens]), purse.asked) == (["token 2"] * 5, [None, "token 1"])
    assert (await current.get()).value == "token 2"


async def test_who_was_refused_with_an_old_token_gets_the_current_one():
    purse = Purse(age=600)
    current = purse.current()
    old = await current.get()
    newer = await current.instead_of(old)
    assert newer is not None
    newest = await current.instead_of(newer)

    assert values([newest, await current.instead_of(old), await current.instead_of(newer)]) == ["token 3"] * 3


async def test_the_first_token_is_renewed_however_fresh_it_is():
    current = Purse(age=0).current()

    assert values([await current.instead_of(await current.get())]) == ["token 2"]


async def test_when_a_fresh_one_was_refused_no_other_would_do_better():
    purse = Purse(age=0)
    current = purse.current()
    renewed = await current.instead_of(await current.get())
    assert renewed is not None

    assert await current.instead_of(renewed) is None
    assert len(purse.asked) == 2


@pytest.mark.parametrize(("age", "tried"), [(9.0, 2), (11.0, 3)])
async def test_one_that_another_process_stored_may_have_been_refused_too(age: float, tried: int):
    purse = Purse(age=age)
    current = purse.current()
    token: Token | None = await current.get()
    while token:
        token = await current.instead_of(token)

    assert len(purse.asked) == tried, "two others at most"


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (EntraRefused([7000215], "invalid_client"), "entra invalid_client"),
        (SecretMissing(), "secret missing"),
        (refused("userNotConnected"), "userNotConnected"),
        (MicrosoftUnavailable("x"), "microsoftUnavailable"),
    ],
)
@pytest.mark.parametrize("renewing", [False, True])
async def test_what_goes_wrong_is_told_in_the_askers_words(failure: Exception, code: str, renewing: bool):
    purse = Purse(age=600)
    current = purse.current()
    old = await current.get() if renewing else None
    purse.script = [failure]

    with pytest.raises(CalendarError) as problem:
        await (current.instead_of(old) if old else current.get())

    assert problem.value.code == code
    assert failure in {problem.value, problem.value.__cause__}


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (MicrosoftUnavailable("x"), "microsoftUnavailable"),
        (EntraRefused([7000222], "invalid_client"), "entra invalid_client"),
        (SecretMissing(), "secret missing"),
    ],
)
async def test_a_renewal_that_failed_is_told_to_all_who_were_refused(failure: Exception, code: str):
    purse = Purse(age=600)
    current = purse.current()
    old = await current.get()
    purse.script = [failure] * 9

    ends = await asyncio.gather(*(current.instead_of(old) for _ in range(5)), return_exceptions=True)

    assert [getattr(end, "code", None) for end in ends] == [code] * 5
    assert purse.asked == [None, "token 1"], "and nobody hammers at Entra ID"


async def test_one_who_is_cancelled_does_not_keep_the_others_from_the_token():
    purse = Purse(slow=True)
    current = purse.current()
    first = asyncio.create_task(current.get())
    others = [asyncio.create_task(current.get()) for _ in range(2)]
    await settle()
    first.cancel()

    assert values([*await asyncio.gather(*others)]) == ["token 2"] * 2


@pytest.mark.parametrize("get", [lambda current: current.get(), lambda current: current.instead_of(AppToken("x", 0))])
async def test_the_time_is_microsofts(get: Callable[[CurrentToken], Any]):
    current = Purse(slow=True).current()

    await get(current)

    assert current.tally.waited >= 0.009
    assert current.tally.requests == 0, "which are those to Graph"
