"""Our function, asked as its callers do: one POST."""

import aiohttp

from tests.bench import world
from tests.bench.clients.task import Task


class Function:
    """Our function, with aiohttp."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._session = aiohttp.ClientSession(headers=task.function_headers)

    async def ask(self) -> dict[str, str]:
        """See `Client`."""
        async with self._session.post(self._task.function_url, json=self._task.question) as answer:
            answer.raise_for_status()
            return world.views(await answer.json())

    async def close(self) -> None:
        """See `Client`."""
        await self._session.close()
