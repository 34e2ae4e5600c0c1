"""The clients, each with its base URL and one header changed, and somebody to ask about.

A client is imported by the fixture that makes it: that takes a quarter of a second each, for which no other test waits.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.compatibility.windows import Window
from tests.journeys.api import Company
from tests.journeys.conftest import api, company, ready
from tests.sandbox.stack import Stack
from tests.sandbox.world.mailboxes import Meeting

if TYPE_CHECKING:
    from tests.compatibility.microsofts_sdk import MicrosoftsSdk
    from tests.compatibility.python_o365 import PythonO365

__all__ = ["api", "company", "ready"]


@pytest.fixture
def meeting(ready: Company) -> Meeting:
    """The one meeting that ada has, of an hour from a full hour on."""
    ada = ready.tenant.mailbox(ready.ada)
    assert ada is not None
    (only,) = ada.meetings
    return only


@pytest.fixture
def day(meeting: Meeting) -> Window:
    """24 hours that begin an hour before ada's meeting."""
    return meeting.start - timedelta(hours=1), meeting.start + timedelta(hours=23)


@pytest.fixture
async def sdk(stack: Stack, ready: Company) -> AsyncIterator["MicrosoftsSdk"]:
    """Microsoft's SDK, as a client of the functions for a company that is ready."""
    from tests.compatibility.microsofts_sdk import MicrosoftsSdk

    client = MicrosoftsSdk(f"{stack.public_url}/customers/{ready.customer}")
    yield client
    await client.close()


@pytest.fixture
def o365(stack: Stack, ready: Company) -> Iterator["PythonO365"]:
    """The library python-o365, as a client of the functions for a company that is ready."""
    from tests.compatibility.python_o365 import PythonO365

    client = PythonO365(f"{stack.public_url}/customers/", ready.customer, ready.recruiter)
    yield client
    client.close()
