"""Holding an answer against the oracle: everything has to be right, or unknown for a reason that counts."""

from dataclasses import dataclass
from typing import Any

from tests.model import limits, oracle
from tests.model.questions import Call
from tests.sandbox.world.rules import CalendarRules

_USUAL = CalendarRules()


@dataclass(frozen=True)
class Found:
    """How many addresses were answered rightly, of how many free/busy is known, and who is unknown by which code."""

    known: int
    unknown: dict[str, int]


def expect_same(
    call: Call, value: list[dict[str, Any]], rules: CalendarRules = _USUAL, *, gave_up: bool = False
) -> Found:
    """Raise AssertionError unless each address has the oracle's answer, or is unknown because it goes beyond a limit.

    `gave_up`: so many requests were refused that anybody may be unknown for a limit's sake, too.
    """
    expected = expectations(call)
    assert [entry["scheduleId"] for entry in value] == list(call.people.asked)
    unknown: dict[str, int] = {}
    for address, entry in zip(call.people.asked, value, strict=True):
        wanted = expected[address]
        allowed = wanted.get("error", frozenset()) | limits.too_much(call, rules, address)
        if gave_up:
            allowed |= limits.ALL
        if "error" in entry:
            code = is_unknown(entry)
            assert code in allowed, f"{address} is unknown ({code}), not {allowed or wanted}"
            unknown[code] = unknown.get(code, 0) + 1
        else:
            assert known(entry) == wanted
    return Found(len(value) - sum(unknown.values()), unknown)


def expectations(call: Call) -> dict[str, dict[str, Any]]:
    """Return what the oracle says of each address as it was spelled."""
    directory = call.people.directory
    return {
        address: oracle.schedule(directory, address, call.window, full=call.full) for address in set(call.people.asked)
    }


def is_unknown(entry: dict[str, Any]) -> str:
    """Return why an address is unknown, after a look that nothing in the entry could be taken for free time."""
    assert set(entry) == {"scheduleId", "error"}
    assert set(entry["error"]) == {"responseCode", "message"}
    assert entry["error"]["message"].strip()
    return str(entry["error"]["responseCode"])


def known(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an answered entry with its items in the oracle's order."""
    return entry | {"scheduleItems": oracle.in_order(entry["scheduleItems"])}
