"""What getSchedule says of an address it cannot read, in a 200 (facts 1.5), and of too many entries (facts 1.4)."""

import json

from tests.sandbox.microsoft.graph.errors import GraphError
from tests.sandbox.world.mailboxes import Mailbox
from tests.sandbox.world.rules import CalendarRules

_NOT_FOUND, _TOO_BIG = "5009", "5006"
_PROXY_FAILED = "Proxy web request failed. , inner exception: System.Net.WebException: "


class Unreadable(Exception):
    """A per-schedule error by the name of its code. `usually` is the code where World.schedule_codes is "mixed"."""

    def __init__(self, name: str, message: str, usually: str | None = None, number: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.codes = {"mixed": usually or name, "numeric": number or name, "named": name}


def error_entry(address: str, problem: Unreadable, rules: CalendarRules) -> bytes:
    """Return the scheduleInformation of an address that cannot be read: the address and the error, nothing else."""
    error = {"message": problem.message, "responseCode": problem.codes[rules.schedule_codes]}
    return json.dumps({"scheduleId": address, "error": error}, ensure_ascii=False).encode()


def bad_address(address: str) -> Unreadable:
    """Return the error of what has not the form of an address."""
    return Unreadable("ErrorInvalidSmtpAddress", f"The SMTP address '{address}' is not valid.")


def not_found(address: str, usually: str = _NOT_FOUND) -> Unreadable:
    """Return the error of an address that nobody in the organization has."""
    text = f"Unable to resolve e-mail address {address} to an Active Directory object."
    return Unreadable("ErrorMailRecipientNotFound", text, usually, _NOT_FOUND)


def consumer() -> Unreadable:
    """Return the error of an address at Microsoft's consumer services."""
    text = f"{_PROXY_FAILED}The request failed with HTTP status 401: Unauthorized."
    return Unreadable("ErrorProxyRequestProcessingFailed", text)


def of_mailbox(mailbox: Mailbox) -> Unreadable | None:
    """Return why a mailbox cannot be read, None if it can."""
    if mailbox.schedule_error is not None:
        return Unreadable(*mailbox.schedule_error)
    if mailbox.hosted == "onPremises":
        text = f"{_PROXY_FAILED}Unable to connect to the remote server."
        return Unreadable("ErrorProxyRequestProcessingFailed", text)
    if mailbox.hosted == "none":
        # Tenants answer 5009 or its name (facts 1.5).
        return not_found(mailbox.address, usually="ErrorMailRecipientNotFound")
    return None


def no_access(mailbox: Mailbox) -> Unreadable:
    """Return the error of a mailbox whose free/busy times the asker may not see."""
    return Unreadable("ErrorNoFreeBusyAccess", f"The caller has no access to free/busy data of {mailbox.address}.")


def list_too_long(address: str) -> Unreadable:
    """Return the error of a list with too many members."""
    return Unreadable("ErrorFreeBusyDLLimitReached", f"The distribution list {address} has too many members.")


def too_many_people(allowed: int) -> Unreadable:
    """Return the error of those beyond the allowed number of people."""
    text = f"There are too many people to resolve. The allowed size = {allowed}."
    return Unreadable("ErrorIndividualMailboxLimitReached", text)


def too_many_entries(entries: int, rules: CalendarRules) -> Unreadable | GraphError:
    """Return the error of a calendar with too many entries in the window, of the schedule or of the request."""
    text = (
        "The result set contains too many calendar entries. "
        f"The allowed size = {rules.largest_calendar}; the actual size = {entries}."
    )
    if rules.too_many_entries == "request":
        return GraphError(400, "ErrorResultSetTooBig", text)
    return Unreadable("ErrorResultSetTooBig", text, _TOO_BIG, _TOO_BIG)
