"""What both ways to send letters have in common: which recipients they take, and failures in the words of e-mail."""

from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftTrace, MicrosoftUnavailable, Throttled
from lib.domain.fields import EMAIL
from lib.ports.alerts import LetterRefused


def check_recipient(recipient: str) -> None:
    """Raise LetterRefused for what is no e-mail address, or is another one once a reader has decoded it (RFC 2047)."""
    if not EMAIL.fullmatch(recipient) or "=?" in recipient:
        raise LetterRefused("invalidRecipient")


class MailTimeout(MicrosoftTimeout):
    """The e-mail service did not answer in time. Whether the letter goes out is not known."""

    def __init__(self, service: str) -> None:
        CalendarError.__init__(
            self,
            f"{service} did not answer in time.",
            remedy="Nothing has to be done: the e-mail is sent again later. If it goes on, check EMAIL_URL and this "
            "deployment's network.",
        )


class MailThrottled(Throttled):
    """The e-mail service asks to send less at a time."""

    def __init__(self, service: str, retry_after: float, *, code: str | None = None) -> None:
        CalendarError.__init__(
            self,
            f"{service} is limiting how fast this deployment may send.",
            remedy="Nothing has to be done: the e-mails that wait are sent later.",
            trace=MicrosoftTrace(code=code),
        )
        self.retry_after = retry_after


def unusable(message: str, remedy: str, *, code: str | None = None) -> MicrosoftUnavailable:
    """Return the error of an e-mail service that cannot be used; the operator is who can mend it."""
    return MicrosoftUnavailable(message, remedy=remedy, trace=MicrosoftTrace(code=code))
