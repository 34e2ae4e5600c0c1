"""What every client is told, and what it has to do."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

A_REQUEST = 20  # people in a request to getSchedule, and requests in a batch


@dataclass(frozen=True)
class Task:
    """Who is asked about, as whom, and where. `question` is the body of getSchedule, with any number of people."""

    graph_url: str
    token: str
    user: str
    function_url: str
    function_headers: dict[str, str]
    question: dict[str, Any]

    @property
    def people(self) -> list[str]:
        """The addresses."""
        people: list[str] = self.question["schedules"]
        return people

    @property
    def chunks(self) -> Iterator[tuple[str, ...]]:
        """The addresses in as many at once as Graph takes."""
        return itertools.batched(self.people, A_REQUEST, strict=False)

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Start and end, in UTC."""
        start, end = (datetime.fromisoformat(self.question[name]["dateTime"]) for name in ("startTime", "endTime"))
        return start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)

    @property
    def interval(self) -> int:
        """The length of a slot, in minutes."""
        minutes: int = self.question["availabilityViewInterval"]
        return minutes

    def write(self, file: Path) -> None:
        """Write it for another process."""
        file.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, file: Path) -> "Task":
        """Read what `write` wrote."""
        return cls(**json.loads(file.read_text()))


class Client(Protocol):
    """A way to ask. It is made with the task, on the event loop."""

    async def ask(self) -> dict[str, str]:
        """Return the availability view of each address."""

    async def close(self) -> None:
        """Close the connections."""
