"""The tables of Azurite behind a proxy that refuses requests or loses answers."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace

from lib.adapters.tables import Tables
from tests.journeys.tables_between import TablesBetween, Verdict
from tests.sandbox.azurite import Azurite
from tests.sandbox.microsoft.testing import authority


@asynccontextmanager
async def lossy(azurite: Azurite, judge: Callable[[str, str], Verdict]) -> AsyncIterator[Tables]:
    """Open the tables; `judge` is asked for each (method, path)."""
    files = authority()
    # As much of a stack as the proxy needs.
    stack = SimpleNamespace(
        azurite=azurite, authority=files, environment=lambda: {"SSL_CERT_FILE": str(files.bundle_file)}
    )
    with TablesBetween(stack) as between:  # type: ignore[arg-type]  # see above
        between.judge = judge
        there = azurite.connection_string.replace(azurite.endpoint, between.endpoint)
        tables = Tables(connection_string=there, endpoint=None, credential=None)
        try:
            yield tables
        finally:
            await tables.close()
