"""One calendarView per person, twenty in a $batch, batch by batch; who is busy is computed from the events.

This is how cal.com and others do it, who do not know getSchedule.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.bench.clients.task import Task
from tests.bench.report import wrong

_DIGITS = {"free": 0, "workingElsewhere": 0, "tentative": 1, "busy": 2, "oof": 3}
_MOST_EVENTS = 999


class Batches:
    """A bare aiohttp client. Somebody with more events than a page has would need more; nobody here has so many."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._url = f"{task.graph_url}/v1.0/$batch"
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {task.token}"})

    async def ask(self) -> dict[str, str]:
        """See `Client`."""
        views: dict[str, str] = {}
        for people in self._task.chunks:
            async with self._session.post(self._url, json={"requests": list(self._requests(people))}) as answer:
                answer.raise_for_status()
                found = {one["id"]: one for one in (await answer.json())["responses"]}
            views |= {address: self._view(found[str(number)]) for number, address in enumerate(people)}
        return views

    def _requests(self, people: Iterable[str]) -> Iterable[dict[str, str]]:
        start, end = (moment.isoformat().replace("+00:00", "Z") for moment in self._task.window)
        wanted = {"startDateTime": start, "endDateTime": end, "$select": "showAs,start,end", "$top": _MOST_EVENTS}
        for number, address in enumerate(people):
            url = f"/users/{address}/calendarView?{urlencode(wanted, safe='$,:')}"
            yield {"id": str(number), "method": "GET", "url": url}

    def _view(self, answer: Mapping[str, Any]) -> str:
        if answer["status"] != 200 or "@odata.nextLink" in answer["body"]:
            wrong(f"Graph answered in a batch: {answer}")
        (start, end), slot = self._task.window, timedelta(minutes=self._task.interval)
        digits = [0] * -(-(end - start) // slot)
        for event in answer["body"]["value"]:
            begins, ends, digit = _moment(event["start"]), _moment(event["end"]), _DIGITS[event["showAs"]]
            for number in range(max(0, (begins - start) // slot), min(len(digits), -(-(ends - start) // slot))):
                digits[number] = max(digits[number], digit)
        return "".join(map(str, digits))

    async def close(self) -> None:
        """See `Client`."""
        await self._session.close()


def _moment(time: Mapping[str, str]) -> datetime:
    if time["timeZone"] != "UTC":
        wrong(f"Graph answered in another zone: {time}")
    return datetime.fromisoformat(time["dateTime"]).replace(tzinfo=UTC)
