"""What became of the mails that were accepted."""

from dataclasses import dataclass, replace

from tests.sandbox.mail.inbox import ReceivedMail


@dataclass
class Operation:
    """The sending of one mail."""

    id: str
    sender: str
    status: str = "Running"
    error: tuple[str, str] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing changes any more."""
        return self.status != "Running"

    def shown(self) -> dict[str, object]:
        """Return it as the service shows it."""
        error = {"error": dict(zip(("code", "message"), self.error, strict=True))} if self.error else {}
        return {"id": self.id, "status": self.status, **error}


class Operations:
    """All operations by their ids. Used on one event loop only."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}

    def find(self, wanted: str) -> Operation | None:
        """Return an operation."""
        return self._operations.get(wanted.lower())

    def begin(self, wanted: str, mail: ReceivedMail) -> Operation:
        """Begin to send; what had this id is forgotten."""
        operation = self._operations[wanted.lower()] = Operation(wanted, mail.sender)
        return operation

    def finish(
        self, wanted: str, mail: ReceivedMail, undeliverable: set[str], failure: tuple[str, str]
    ) -> ReceivedMail | None:
        """End it: return the mail to those who get it, None if nobody does."""
        operation = self._operations[wanted.lower()]
        reached = tuple(address for address in mail.recipients if address.lower() not in undeliverable)
        operation.status = "Succeeded" if reached else "Failed"
        operation.error = None if reached else failure
        return replace(mail, recipients=reached) if reached else None
