"""The library python-o365 (O365), chunk by chunk: left to itself it would ask for everybody at once."""

from O365 import Account, MSGraphProtocol
from O365.utils.token import MemoryTokenBackend

from tests.bench.clients.task import Task

_DIGITS = {"free": "0", "tentative": "1", "busy": "2", "out of office": "3"}


class _Simulated(MSGraphProtocol):
    """Graph's protocol at another address."""

    def __init__(self, graph_url: str) -> None:
        self._protocol_url = f"{graph_url}/"
        super().__init__(api_version="v1.0", timezone="UTC")


class PythonO365:
    """The library with a token that is ready, and without the pause of 200 ms that it makes before each request."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._account = Account(
            ("client", "secret"),
            protocol=_Simulated(task.graph_url),
            main_resource=task.user,
            token_backend=MemoryTokenBackend(),
            requests_delay=0,
        )
        connection = self._account.connection
        connection.session = connection.get_session()
        connection.session.headers.update({"Authorization": f"Bearer {task.token}"})

    async def ask(self) -> dict[str, str]:
        """See `Client`. It blocks the loop, on which nothing else runs."""
        schedule, views = self._account.schedule(), dict[str, str]()
        for people in self._task.chunks:
            found = schedule.get_availability(list(people), *self._task.window, self._task.interval)
            views |= {one["scheduleId"]: "".join(map(_DIGITS.__getitem__, one["availabilityView"])) for one in found}
        return views

    async def close(self) -> None:
        """See `Client`."""
        self._account.connection.session.close()
