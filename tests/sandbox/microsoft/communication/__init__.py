"""E-mail by Azure Communication Services: access, sending, and asking how it went (facts 9.1, 13 point 9).

Mails lie in `inbox` once they are sent, `delay` seconds after they were accepted, whether anybody asks or not.
"""

import asyncio
import re

from aiohttp import web

from tests.sandbox.mail.inbox import Inbox, ReceivedMail
from tests.sandbox.microsoft.calls import SeenRequest, json_answer
from tests.sandbox.microsoft.communication.errors import MailError, bad_request, denied, not_found
from tests.sandbox.microsoft.communication.limits import Limits
from tests.sandbox.microsoft.communication.message import LARGEST, operation_id, read_mail
from tests.sandbox.microsoft.communication.operations import Operations
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.microsoft.tokens import InvalidToken

_OPERATION = re.compile(r"/+emails/operations/([^/]+)", re.IGNORECASE)
_SEND = re.compile(r"/+emails:send", re.IGNORECASE)
_VERSION = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")


class Communication:
    """One resource of Communication Services in the home tenant. Its attributes may be changed while it runs."""

    def __init__(self, shared: Surroundings, inbox: Inbox) -> None:
        self._shared = shared
        self.inbox = inbox
        self.limits = Limits()
        """How many requests a minute and an hour are answered."""
        self.delay = 0.3
        """Seconds of real time from "Running" to the end."""
        self.retry_after: int | None = 1
        """The header retry-after of what is not ended yet, in seconds; Microsoft's own examples say 20 and 100."""
        self.undeliverable: set[str] = set()
        """Addresses in lower case that get nothing; a mail to these alone fails."""
        self.failure = ("EmailDropped", "Email was dropped after several attempts to deliver.")
        """Code and message of a mail that fails."""
        self.repeats_operation_ids = False
        """Whether the same Operation-Id sends once more; what Microsoft does is not known (facts 14)."""
        self._operations = Operations()

    async def answer(self, seen: SeenRequest) -> web.Response:
        """Answer one request."""
        await self._shared.spend_latency("communication")
        headers = {"x-ms-request-id": seen.request_id}
        try:
            version = seen.query.get("api-version", "")
            if not _VERSION.fullmatch(version):
                raise bad_request("The api-version query parameter is missing or not supported.")
            self._check_access(seen)
            status, body, more = self._dispatch(seen, version)
        except MailError as problem:
            return json_answer(problem.status, problem.body, headers | problem.headers)
        return json_answer(status, body, headers | more)

    def _check_access(self, seen: SeenRequest) -> None:
        """Refuse whoever has no token of the home tenant for this service, or no role on it."""
        world = self._shared.world
        try:
            claims = self._shared.tokens.check(seen.bearer, self._shared.now(), self._shared.communication_audiences)
        except InvalidToken:
            raise denied() from None
        allowed = {identity.client_id for identity in world.managed_identities if identity.may_send_mail}
        if claims["tid"] != world.home_id or claims.get("appid") not in allowed | world.mail_users:
            raise denied()

    def _dispatch(self, seen: SeenRequest, version: str) -> tuple[int, dict[str, object], dict[str, str]]:
        if _SEND.fullmatch(seen.path):
            if seen.method != "POST":
                raise MailError(405, "MethodNotAllowed", "The method is not allowed here.")
            return self._send(seen, version)
        found = _OPERATION.fullmatch(seen.path)
        if found is None:
            raise not_found()
        if seen.method != "GET":
            raise MailError(405, "MethodNotAllowed", "The method is not allowed here.")
        return self._status(found[1])

    def _send(self, seen: SeenRequest, version: str) -> tuple[int, dict[str, object], dict[str, str]]:
        if len(seen.body) > LARGEST:
            raise MailError(413, "RequestEntityTooLarge", "The request is larger than 10 MB.")
        wanted = operation_id(seen)
        mail = read_mail(seen, wanted, self._shared.world.sender_addresses)
        self.limits.count("sends", mail.sender, self._shared.now())
        known = self._operations.find(wanted)
        if known is None or self.repeats_operation_ids:
            known = self._operations.begin(wanted, mail)
            asyncio.get_running_loop().call_later(self.delay, self._finish, wanted, mail)
        where = f"{self._shared.communication_url}/emails/operations/{wanted}?api-version={version}"
        return 202, known.shown(), self._pause(known.ended) | {"Operation-Location": where}

    def _status(self, wanted: str) -> tuple[int, dict[str, object], dict[str, str]]:
        operation = self._operations.find(wanted)
        if operation is None:
            raise not_found()
        self.limits.count("status", operation.sender, self._shared.now())
        return 200, operation.shown(), self._pause(operation.ended)

    def _finish(self, wanted: str, mail: ReceivedMail) -> None:
        """End a mail. Whoever is undeliverable is dropped from it; the others get it, as with suppressed addresses."""
        delivered = self._operations.finish(wanted, mail, self.undeliverable, self.failure)
        if delivered is not None:
            self.inbox.add(delivered)

    def _pause(self, ended: bool) -> dict[str, str]:
        return {} if ended or self.retry_after is None else {"retry-after": str(self.retry_after)}
