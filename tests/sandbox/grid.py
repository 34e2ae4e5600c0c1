"""A getSchedule answer as a grid for the terminal: a row a person, a column a slot; unknown is never blank."""

from collections.abc import Sequence
from typing import Any

_SIGNS = {"0": "·", "1": "▒", "2": "█", "3": "◆"}
_UNKNOWN = "?"
LEGEND = "·  free    ▒  tentative    █  busy    ◆  out of office    ?  unknown: do not book"


def grid(answers: Sequence[dict[str, Any]], *, first_hour: int, slots_per_hour: int) -> str:
    """Return the grid. The view of every answer begins at `first_hour` and has `slots_per_hour` slots an hour."""
    width = max(len(answer["scheduleId"]) for answer in answers)
    longest = max((len(answer.get("availabilityView", "")) for answer in answers), default=0)
    hours = "".join(f"{(first_hour + hour) % 24:<{slots_per_hour * 2}d}" for hour in range(longest // slots_per_hour))
    lines = [" " * (width + 2) + hours.rstrip()]
    for answer in answers:
        lines.append(f"{answer['scheduleId']:<{width}}  {_row(answer, longest)}")
    return "\n".join([*lines, "", LEGEND])


def _row(answer: dict[str, Any], slots: int) -> str:
    view = answer.get("availabilityView")
    if view is None:
        return f"{' '.join(_UNKNOWN * slots)}  ({answer['error']['responseCode']})"
    return " ".join(_SIGNS.get(digit, _UNKNOWN) for digit in view)
