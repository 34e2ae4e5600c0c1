"""How fast letters may go out: so many in a minute and in an hour, whoever sends them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_MARGIN = timedelta(seconds=2)  # the service counts from when a letter arrived


class Paced:
    """Remembers when letters were sent in the last hour. Without limits nothing has to wait."""

    def __init__(self, limits: tuple[int, int] | None, sent: Sequence[datetime] = ()) -> None:
        """`limits` are letters per minute and per hour."""
        self._limits = limits
        self._sent = sorted(sent)
        self._not_before: datetime | None = None

    @classmethod
    def parse(cls, text: str, limits: tuple[int, int] | None) -> "Paced":
        """Return what `as_text` gave; a text that cannot be read remembers nothing."""
        try:
            sent = [datetime.fromisoformat(moment) for moment in json.loads(text)]
        except (ValueError, TypeError):
            return cls(limits)
        return cls(limits, [moment for moment in sent if moment.tzinfo is not None])

    def as_text(self) -> str:
        """Return the moments as JSON."""
        return json.dumps([moment.isoformat() for moment in self._sent])

    def sent(self, now: datetime) -> None:
        """Count a letter, and forget those that are older than an hour."""
        self._sent = [moment for moment in self._sent if now - moment < _HOUR + _MARGIN] + [now]

    def hold_back(self, until: datetime) -> None:
        """Send nothing before then: the service asked for it."""
        self._not_before = until

    def wait(self, now: datetime) -> float:
        """Return the seconds until the next letter may go out."""
        moments = [self._not_before] if self._not_before else []
        if self._limits is not None:
            for most, span in zip(self._limits, (_MINUTE, _HOUR), strict=True):
                recent = [moment for moment in self._sent if now - moment < span + _MARGIN]
                if len(recent) >= most:
                    moments.append(recent[-most] + span + _MARGIN)
        return max([0.0, *((moment - now).total_seconds() for moment in moments)])
