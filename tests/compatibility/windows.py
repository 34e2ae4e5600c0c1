"""The time that a call asks about."""

from datetime import datetime, tzinfo

Window = tuple[datetime, datetime]


def shown_in(zone: tzinfo, window: Window) -> Window:
    """Return the same moments on clocks of that zone."""
    start, end = window
    return start.astimezone(zone), end.astimezone(zone)
