"""Numbers, tables and the last lines: how results are computed and printed."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Never


class WrongAnswer(Exception):
    """Something answered wrongly; a figure for it would mean nothing."""


def wrong(text: str) -> Never:
    """End the run. Raises WrongAnswer."""
    raise WrongAnswer(text)


def say(text: str = "") -> None:
    """Write a line of the report."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def progress(text: str) -> None:
    """Tell on stderr what goes on: a run takes minutes."""
    sys.stderr.write(f"… {text}\n")
    sys.stderr.flush()


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    say(f"\n{title}")
    for row in (head, ["-" * width for width in widths], *rows):
        first, *others = (cell.rjust(width) if column else cell.ljust(width)
                          for column, (cell, width) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
        say("  ".join(["", first, *others]).rstrip())


def ms(seconds: float) -> str:
    """Return seconds as milliseconds."""
    return f"{seconds * 1000:.1f}"


def p95(seconds: Sequence[float]) -> float:
    """Return the 95th percentile: the smallest value that 95 % do not exceed."""
    return sorted(seconds)[-(-len(seconds) * 95 // 100) - 1]


median = statistics.median


@dataclass(frozen=True)
class Result:
    """One figure's last line: what was aimed at and what came out."""

    figure: str
    aim: str
    result: str
    met: bool | None  # None where nothing was aimed at

    def row(self) -> tuple[str, ...]:
        """Return the line as cells."""
        verdict = {True: "met", False: "NOT met", None: ""}[self.met]
        return self.figure, self.aim, self.result, verdict
