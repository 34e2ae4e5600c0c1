"""Reading and checking what is to be sent (facts 9.1)."""

import re
import uuid
from typing import Any

from tests.sandbox.mail.inbox import ReceivedMail
from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.communication.errors import MailError, bad_property, bad_request
from tests.sandbox.world.tenants import is_guid

LARGEST = 10 * 1024 * 1024
_MOST_RECIPIENTS = 50
_ADDRESS = re.compile(r"[^@\s<>()\",;:]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}")


def operation_id(seen: SeenRequest) -> str:
    """Return the caller's Operation-Id, or one of the service's own. Raises MailError for one that is no GUID."""
    given = seen.headers.get("operation-id")
    if given is not None and not is_guid(given):
        raise bad_request("The Operation-Id header must be a GUID.")
    return given or str(uuid.uuid4())


def read_mail(seen: SeenRequest, wanted: str, senders: set[str]) -> ReceivedMail:
    """Return the mail in the request. Raises MailError; `senders` are the addresses that may send."""
    if seen.media_type != "application/json":
        raise MailError(415, "UnsupportedMediaType", "The request must be application/json.")
    try:
        body = seen.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad_request("The request body is not valid JSON.")
    content = _content(body.get("content"))
    headers = body.get("headers") or {}
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise bad_property("headers")
    recipients = _recipients(body.get("recipients"))
    reply_to = _addresses(body.get("replyTo"), "replyTo")
    sender = _sender(body.get("senderAddress"), senders)
    shown = {"From": sender} | {name.title(): ", ".join(found) for name, found in recipients.items() if found}
    return ReceivedMail(
        "acs",
        sender,
        tuple(address for found in recipients.values() for address in found),
        content["subject"],
        content.get("plainText") or "",
        content.get("html") or "",
        shown | ({"Reply-To": ", ".join(reply_to)} if reply_to else {}) | {"Subject": content["subject"]} | headers,
        operation_id=wanted,
    )


def _content(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise bad_property("content")
    if not isinstance(given.get("subject"), str) or not given["subject"].strip():
        raise bad_property("content.subject")
    texts = [given.get(name) for name in ("plainText", "html")]
    if not all(isinstance(text, str | None) for text in texts) or not any(texts):
        raise bad_property("content")
    return given


def _recipients(given: Any) -> dict[str, list[str]]:
    if not isinstance(given, dict):
        raise bad_property("recipients")
    if not isinstance(given.get("to"), list):
        raise bad_property("recipients.to")
    found = {name: _addresses(given.get(name), f"recipients.{name}") for name in ("to", "cc", "bcc")}
    number = sum(map(len, found.values()))
    if not 0 < number <= _MOST_RECIPIENTS:
        raise bad_property("recipients")
    return found


def _addresses(given: Any, name: str) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise bad_property(name)
    for entry in given:
        address = entry.get("address") if isinstance(entry, dict) else None
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            raise bad_property(name)
    return [entry["address"] for entry in given]


def _sender(given: Any, senders: set[str]) -> str:
    """Return the sender; it is an address alone, without a name. Raises MailError for one that is not set up."""
    if not isinstance(given, str) or not _ADDRESS.fullmatch(given):
        raise bad_property("senderAddress")
    known = {sender.lower() for sender in senders}
    if given.lower() in known:
        return given
    if given.lower().partition("@")[2] in {sender.partition("@")[2] for sender in known}:
        text = "Invalid email sender username. Please use a username from the list of valid usernames."
        raise MailError(400, "InvalidSenderUserName", text)
    raise MailError(404, "DomainNotLinked", "The specified sender domain has not been linked.")
