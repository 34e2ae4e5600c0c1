"""The Key Vault: challenge, access, and routing of the secret operations (facts 12.1, 12.2)."""

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest, json_answer
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.microsoft.tokens import InvalidToken
from tests.sandbox.microsoft.vault.errors import VaultError, bad_parameter
from tests.sandbox.microsoft.vault.store import Store

_PAGE = 25  # from older documentation (facts 12.1); clients follow nextLink whatever it is

_ROUTE = re.compile(r"/(?P<kind>secrets|deletedsecrets)(?:/(?P<name>[^/]*)(?:/(?P<version>[^/]*))?)?/?", re.IGNORECASE)


class Vault:
    """One vault in the home tenant."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared
        self._store = Store(shared)

    async def answer(self, seen: SeenRequest) -> web.Response:
        """Answer one request: first of all the challenge."""
        await self._shared.spend_latency("vault")
        headers = {"x-ms-request-id": seen.request_id, "x-ms-keyvault-region": "sandbox", "Cache-Control": "no-cache"}
        try:
            self._check_access(seen)
            status, body = self._dispatch(seen)
        except VaultError as problem:
            return json_answer(problem.status, problem.body, headers | problem.headers)
        if body is None:
            return web.Response(status=status, headers=headers)
        return json_answer(status, body, headers)

    def _check_access(self, seen: SeenRequest) -> None:
        """Refuse a request without a token for this vault, and one of somebody without a role on it."""
        challenge = (
            f'Bearer authorization="{self._shared.entra_url}/{self._shared.world.home_id}", '
            f'resource="{self._shared.vault_resource}"'
        )
        if seen.bearer is None:
            text = "AKV10000: Request is missing a Bearer or PoP token."
            raise VaultError(401, "Unauthorized", text, headers={"WWW-Authenticate": challenge})
        try:
            claims = self._shared.tokens.check(seen.bearer, self._shared.now(), self._shared.vault_audiences)
        except InvalidToken as problem:
            text = f"AKV10022: {problem}"
            raise VaultError(401, "Unauthorized", text, headers={"WWW-Authenticate": challenge}) from None
        if claims["tid"] != self._shared.world.home_id:
            text = "AKV10032: Invalid issuer."
            raise VaultError(401, "Unauthorized", text, headers={"WWW-Authenticate": challenge})
        allowed = {identity.client_id for identity in self._shared.world.managed_identities if identity.may_use_vault}
        if claims.get("appid") not in allowed | self._shared.world.vault_users:
            text = "Caller is not authorized to perform action on resource."
            raise VaultError(403, "Forbidden", text, inner="ForbiddenByRbac")

    def _dispatch(self, seen: SeenRequest) -> tuple[int, dict[str, object] | None]:
        if not seen.query.get("api-version"):
            raise bad_parameter("The api-version query parameter is required.")
        match = _ROUTE.fullmatch(seen.path)
        if match is None:
            raise VaultError(404, "NotFound", "The requested path is not known.")
        name, version = match["name"] or "", match["version"] or ""
        if match["kind"].lower() == "deletedsecrets":
            return self._deleted(seen, name, version)
        return self._secrets(seen, name, version)

    def _secrets(self, seen: SeenRequest, name: str, version: str) -> tuple[int, dict[str, object] | None]:
        match seen.method, bool(name), version.lower():
            case "GET", False, "":
                return 200, self._page(seen, "/secrets", self._store.list_secrets)
            case "GET", True, "versions":
                return 200, self._page(seen, f"/secrets/{name}/versions", partial(self._store.list_versions, name))
            case "GET", True, _:
                return 200, self._store.get(name, version)
            case "PUT", True, "":
                return 200, self._store.set(name, _json(seen))
            case "PATCH", True, _:
                return 200, self._store.update(name, version, _json(seen))
            case "DELETE", True, "":
                return 200, self._store.delete(name)
        raise VaultError(405, "MethodNotAllowed", "The method is not allowed here.")

    def _deleted(self, seen: SeenRequest, name: str, action: str) -> tuple[int, dict[str, object] | None]:
        match seen.method, bool(name), action.lower():
            case "GET", False, "":
                return 200, self._page(seen, "/deletedsecrets", self._store.list_deleted)
            case "GET", True, "":
                return 200, self._store.get_deleted(name)
            case "POST", True, "recover":
                return 200, self._store.recover(name)
            case "DELETE", True, "":
                self._store.purge(name)
                return 204, None
        raise VaultError(405, "MethodNotAllowed", "The method is not allowed here.")

    def _page(
        self, seen: SeenRequest, path: str, entries: Callable[[slice], list[dict[str, object]]]
    ) -> dict[str, object]:
        """Return one page of a list, with the address of the next one or null."""
        try:
            size = min(max(1, int(seen.query.get("maxresults", _PAGE))), _PAGE)
            start = int(seen.query.get("$skiptoken", 0))
        except ValueError:
            raise bad_parameter("maxresults must be a number.") from None
        found = entries(slice(start, start + size + 1))
        link = None
        if len(found) > size:
            more = {"api-version": seen.query["api-version"], "$skiptoken": start + size, "maxresults": size}
            link = f"{self._shared.vault_url}{path}?{urlencode(more)}"
        return {"value": found[:size], "nextLink": link}


def _json(seen: SeenRequest) -> dict[str, object]:
    if seen.media_type != "application/json":
        raise VaultError(415, "UnsupportedMediaType", "The request must be application/json.")
    try:
        body = seen.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad_parameter("The request body is not valid JSON.")
    return body
