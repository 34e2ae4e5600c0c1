"""The round trips that a first call cannot avoid, each made by hand on a new connection."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from lib.adapters.customer_rows import TABLE, from_row
from tests.bench import world
from tests.bench.place import Place
from tests.bench.report import wrong
from tests.sandbox.world.demo import CONTOSO_APPLICATION

TABLE_TOKEN = "managed identity: token for Table Storage"
TABLE_READ = "Table Storage: the customer's row"
VAULT_CHALLENGE = "Key Vault: challenge (401)"
VAULT_TOKEN = "managed identity: token for Key Vault"
SECRET = "Key Vault: the secret"
DISCOVERY = "Entra ID: OpenID configuration"
TOKEN = "Entra ID: token for Graph"
SCHEDULE = "Graph: getSchedule for 20 people"
STEPS = (TABLE_TOKEN, TABLE_READ, VAULT_CHALLENGE, VAULT_TOKEN, SECRET, DISCOVERY, TOKEN, SCHEDULE)


class FirstCall:
    """Makes the round trips once, with a session of its own, and notes how long each took."""

    def __init__(self, place: Place) -> None:
        self._settings = place.environment()
        self._trust = place.trust()
        self.seconds: dict[str, float] = {}

    async def run(self) -> dict[str, Any]:
        """Return what Graph answered. Connections are new per service and then kept, as the function app does."""
        connector = aiohttp.TCPConnector(ssl=self._trust)
        async with aiohttp.ClientSession(connector=connector) as self._session:
            row = await self._customer_row()
            customer = from_row(row)
            revision = customer.active or wrong("the customer has no active revision")
            secret = await self._secret(f"{customer.secret_name()}/{revision.secret_version}")
            token = await self._graph_token(revision.tenant or wrong("the revision has no tenant"), secret)
            url = f"{self._settings['GRAPH_URL']}/v1.0/users/{world.USER}/calendar/getSchedule"
            return await self._send(SCHEDULE, "POST", url, headers=_bearer(token), json=world.question())

    async def _customer_row(self) -> dict[str, Any]:
        token = await self._identity_token(TABLE_TOKEN, "https://storage.azure.com")
        url = f"{self._settings['TABLES_ENDPOINT']}/{TABLE}(PartitionKey='{world.CUSTOMER}',RowKey='configuration')"
        headers = _bearer(token) | {"x-ms-version": "2019-02-02", "Accept": "application/json;odata=nometadata"}
        return await self._send(TABLE_READ, "GET", url, headers=headers)

    async def _secret(self, path: str) -> str:
        url = f"{self._settings['KEY_VAULT_URL']}/secrets/{path}?api-version=7.5"
        async with self._timed(VAULT_CHALLENGE), self._session.get(url) as answer:
            challenge = re.search(r'resource="([^"]+)"', answer.headers["WWW-Authenticate"])
        resource = challenge[1] if challenge else wrong("The vault's challenge names no resource.")
        token = await self._identity_token(VAULT_TOKEN, resource)
        found = await self._send(SECRET, "GET", url, headers=_bearer(token))
        return str(found["value"])

    async def _graph_token(self, tenant: str, secret: str) -> str:
        authority = f"{self._settings['ENTRA_URL']}/{tenant}/v2.0/.well-known/openid-configuration"
        known = await self._send(DISCOVERY, "GET", authority)
        form = {
            "grant_type": "client_credentials",
            "client_id": CONTOSO_APPLICATION,
            "client_secret": secret,
            "scope": f"{self._settings['GRAPH_URL']}/.default",
        }
        answer = await self._send(TOKEN, "POST", known["token_endpoint"], data=form)
        return str(answer["access_token"])

    async def _identity_token(self, step: str, resource: str) -> str:
        headers = {"X-IDENTITY-HEADER": self._settings["IDENTITY_HEADER"]}
        query = {"api-version": "2019-08-01", "resource": resource}
        answer = await self._send(step, "GET", self._settings["IDENTITY_ENDPOINT"], headers=headers, params=query)
        return str(answer["access_token"])

    async def _send(self, step: str, method: str, url: str, **more: Any) -> dict[str, Any]:
        async with self._timed(step), self._session.request(method, url, **more) as answer:
            content: dict[str, Any] = await answer.json(content_type=None)
        return content if answer.status == 200 else wrong(f"{step} answered {answer.status}: {content}")

    @asynccontextmanager
    async def _timed(self, step: str) -> AsyncIterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - began


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
