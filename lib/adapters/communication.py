"""Letters by Azure Communication Services: one POST per letter with the managed identity, no key and no password."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential

from lib.adapters.azure import failures_of
from lib.adapters.http import Http, Reply
from lib.adapters.letter_html import as_html
from lib.adapters.letter_text import as_text, one_line
from lib.adapters.mailing import MailThrottled, MailTimeout, check_recipient, unusable
from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.letters import Letter
from lib.ports import Deadline
from lib.ports.alerts import LetterRefused, Pace

_SERVICE = "Azure Communication Services"
# Two slashes, as in Microsoft's SDK: the resource is https://communication.azure.com/ with one at its end.
_SCOPE = "https://communication.azure.com//.default"
_VERSION = "api-version=2025-09-01"
_PAUSES = (2.0, 4.0)  # seconds before each look at how it goes; on managed domains 10 looks a minute, 20 an hour
_LONGEST_PAUSE = 10.0
_SLOW_DOWN = 60.0
_OPERATION = re.compile(r"[A-Za-z0-9-]{1,64}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_ENDED_BADLY = frozenset({"Failed", "Canceled"})
# What is wrong with every letter of this deployment, whatever the status it comes with.
_ABOUT_US = frozenset({"domainnotlinked", "invalidsenderusername"})


@dataclass(frozen=True)
class _Progress:
    """How far the service is with a letter."""

    status: str
    code: str | None
    retry_after: float | None


class CommunicationMail:
    """One resource of Communication Services; implements `lib.ports.alerts.Mail`. `http` has to know its host."""

    def __init__(self, http: Http, endpoint: str, sender: str, credential: AsyncTokenCredential) -> None:
        self._http = http
        self._root = f"{endpoint}/emails"
        self._sender = sender
        self._credential = credential

    @property
    def pace(self) -> Pace | None:
        """See `lib.ports.alerts.Mail`: Microsoft Learn, "Service limits for Azure Communication Services"."""
        return Pace(5, 10) if self._sender.lower().endswith(".azurecomm.net") else Pace(30, 100)

    async def send(self, letter: Letter, recipient: str, key: str, deadline: Deadline) -> None:
        """See `lib.ports.alerts.Mail`.

        The request is sent once: one that broke off may have been taken, and whether the service drops a second one
        with the same Operation-Id is nowhere promised. With 202 the letter is accepted. What came of it is looked at
        twice, since some recipients are only refused then; if that cannot be learnt, or takes longer, it stays
        accepted. 409 is taken for "I know this id", if a look at that id shows a letter that is on its way.
        """
        check_recipient(recipient)
        headers = {"Authorization": f"Bearer {await self._token(deadline)}"}
        reply = await self._post(self._message(letter, recipient), headers | {"Operation-Id": key}, deadline)
        if reply.status not in {202, 409}:
            raise _refusal(reply)
        first = _progress(reply)
        last = await self._follow(key if reply.status == 409 else _operation(reply), first, headers, deadline)
        if last.status in _ENDED_BADLY:
            raise _not_allowed(last.code) if _is_about_us(last.code) else LetterRefused(last.code or last.status)
        if reply.status == 409 and last is first:
            raise _unreachable(first.code or "409")

    async def _token(self, deadline: Deadline) -> str:
        try:
            async with asyncio.timeout(deadline.left()), failures_of(f"{_SERVICE} resource"):
                return (await self._credential.get_token(_SCOPE)).token
        except TimeoutError:
            raise MailTimeout(_SERVICE) from None

    def _message(self, letter: Letter, recipient: str) -> dict[str, Any]:
        return {
            "senderAddress": self._sender,
            "recipients": {"to": [{"address": recipient}]},
            "content": {"subject": one_line(letter.subject), "plainText": as_text(letter), "html": as_html(letter)},
            "headers": {"X-Auto-Response-Suppress": "All"},
            "userEngagementTrackingDisabled": True,
        }

    async def _post(self, message: Mapping[str, Any], headers: Mapping[str, str], deadline: Deadline) -> Reply:
        url = f"{self._root}:send?{_VERSION}"
        try:
            return await self._http.send("POST", url, deadline, headers=headers, json=message, repeat=False)
        except MicrosoftTimeout as problem:
            raise MailTimeout(_SERVICE) from problem
        except MicrosoftUnavailable as problem:
            raise _unreachable(None) from problem

    async def _follow(
        self, operation: str | None, progress: _Progress, headers: Mapping[str, str], deadline: Deadline
    ) -> _Progress:
        """Return the last that could be learnt about a letter: `progress` itself if nothing could."""
        for pause in _PAUSES:
            if operation is None or progress.status == "Succeeded" or progress.status in _ENDED_BADLY:
                break
            wait = min(progress.retry_after or pause, _LONGEST_PAUSE)
            if wait >= deadline.left():
                break
            await asyncio.sleep(wait)
            # The address is made here: no other host gets the token, whatever Operation-Location says.
            url = f"{self._root}/operations/{operation}?{_VERSION}"
            try:
                reply = await self._http.send("GET", url, deadline, headers=headers, repeat=False)
            except CalendarError:
                break
            if reply.status != 200 or not _body(reply):
                break
            progress = _progress(reply)
        return progress


def _body(reply: Reply) -> dict[str, Any]:
    """Return the JSON object of an answer, an empty one for anything else."""
    try:
        body = json.loads(reply.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _operation(reply: Reply) -> str | None:
    """Return the id to ask for, None if it is none that can be part of an address."""
    found = _body(reply).get("id")
    return found if isinstance(found, str) and _OPERATION.fullmatch(found) else None


def _progress(reply: Reply) -> _Progress:
    status = _body(reply).get("status")
    return _Progress(status if isinstance(status, str) else "", _error_code(reply), reply.retry_after)


def _error_code(reply: Reply) -> str | None:
    """Return the service's own code, never its text, which repeats addresses."""
    error = _body(reply).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None


def _is_about_us(code: str | None) -> bool:
    return (code or "").lower() in _ABOUT_US


def _refusal(reply: Reply) -> Throttled | MicrosoftUnavailable | LetterRefused:
    code = _error_code(reply)
    if reply.status == 429:
        return MailThrottled(_SERVICE, reply.retry_after or _SLOW_DOWN, code=code)
    if reply.status in {401, 403, 404} or _is_about_us(code):
        return _not_allowed(code or str(reply.status))
    if reply.status in {400, 413, 422}:
        return LetterRefused(code or str(reply.status))
    return _unreachable(code or str(reply.status))


def _not_allowed(code: str | None) -> MicrosoftUnavailable:
    return unusable(
        f"{_SERVICE} does not let this deployment send.",
        "Check that EMAIL_URL is the endpoint of the Communication Services resource, that the domain of EMAIL_SENDER "
        "is linked to it and has this sender, and that the function app's managed identity has a role on it (a new "
        "role takes some minutes to arrive).",
        code=code,
    )


def _unreachable(code: str | None) -> MicrosoftUnavailable:
    return unusable(
        f"{_SERVICE} cannot be used right now.",
        "Try again in a minute. If it goes on, look at the Communication Services resource and at Azure's status in "
        "the portal, and check EMAIL_URL.",
        code=code,
    )
