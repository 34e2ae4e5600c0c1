"""A proxy in front of Azurite that counts the requests it passes on, and keeps them as they are."""

import ssl
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

from tests.sandbox.certificates import Authority
from tests.sandbox.ports import free_port

_OF_THE_CONNECTION = {"host", "connection", "keep-alive", "transfer-encoding", "content-length"}


class CountingProxy:
    """Runs on the loop of the benchmark; no times are taken through it but of what makes few requests to it."""

    def __init__(self, endpoint: str, authority: Authority) -> None:
        self.count = 0
        target = URL(endpoint)
        self._origin = target.origin()
        self._port = free_port()
        self.endpoint = f"https://127.0.0.1:{self._port}{target.path}"
        self._server_context: ssl.SSLContext = authority.server_context()
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=authority.client_context()), auto_decompress=False
        )
        self._runner = web.ServerRunner(web.Server(self._pass_on, access_log=None), shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._server_context).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _pass_on(self, request: web.BaseRequest) -> web.Response:
        self.count += 1
        url = URL(f"{self._origin}{request.raw_path}", encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        body = await request.read()
        async with self._client.request(request.method, url, headers=headers, data=body or None) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_THE_CONNECTION}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())
