"""The library python-o365 (O365), used as its documentation says, with our URL and header."""

from typing import Any

from O365 import Account, MSGraphProtocol
from O365.utils.token import MemoryTokenBackend
from O365.utils.windows_tz import IANA_TO_WIN
from requests import HTTPError

from tests.compatibility.windows import Window
from tests.journeys.api import KEY

FORGED = "forged.by.client"

# Every Windows zone that the library may name, each with one of the IANA zones for which it does.
ZONES: dict[str, str] = {windows: iana for iana, windows in reversed(IANA_TO_WIN.items())}


class _Ours(MSGraphProtocol):  # type: ignore[misc]  # the library ships no types
    """Graph's protocol at our address: what the library takes for the version of the API is the customer."""

    def __init__(self, customers_url: str, customer: str, zone: str) -> None:
        self._protocol_url = customers_url
        super().__init__(api_version=customer, timezone=zone)


class PythonO365:
    """The library with our URL and header, for people whose clocks are in Berlin."""

    def __init__(self, customers_url: str, customer: str, user: str) -> None:
        protocol = _Ours(customers_url, customer, "Europe/Berlin")
        backend = MemoryTokenBackend()
        self.account = Account(
            ("client", "secret"), protocol=protocol, main_resource=user, token_backend=backend, requests_delay=0
        )
        # From the second call on the library insists on an Authorization. It is ignored, so anything will do.
        self.connection = self.account.connection
        self.connection.session = self.connection.get_session()
        self.headers = self.connection.session.headers
        self.headers.update({"x-functions-key": KEY, "Authorization": f"Bearer {FORGED}"})

    def close(self) -> None:
        """Close the connections."""
        self.connection.session.close()

    def ask(
        self, *people: str, during: Window, interval: Any = 60, resource: str | None = None
    ) -> list[dict[str, Any]]:
        """Return what the library makes of the answer. Raises what the library raises."""
        schedule = self.account.schedule(resource=resource)
        found: list[dict[str, Any]] = schedule.get_availability(list(people), *during, interval)
        return found

    def expect_refused(self, *people: str, during: Window, status: int) -> HTTPError:
        """Check that the call is refused with that status; return the library's error."""
        try:
            answer = self.ask(*people, during=during)
        except HTTPError as refusal:
            assert refusal.response.status_code == status, refusal
            return refusal
        raise AssertionError(f"answered: {answer}")
