"""What an SMTP server's answers mean (RFC 5321, 4.2): about this letter, about this deployment, or "later"."""

import smtplib
import ssl

from lib.adapters.mailing import MailThrottled, MailTimeout, unusable
from lib.domain.errors import CalendarError, MicrosoftUnavailable
from lib.ports.alerts import LetterRefused

SERVICE = "The e-mail server"
_SLOW_DOWN = 300.0  # seconds; SMTP has no way to tell how many
_CLOSING = 421  # whatever was asked: the server goes away
_ABOUT_LOGIN = frozenset({530, 534, 535, 538})  # RFC 4954, 6: at whatever step, it is not about the letter


def translated(problem: Exception) -> CalendarError | LetterRefused:
    """Return the error to raise instead of this one. It has the server's code, never its text, nor an address."""
    match problem:
        case CalendarError() | LetterRefused():
            return problem
        case smtplib.SMTPRecipientsRefused():
            # Also "try again later" (greylisting) is about this recipient: the others need not wait.
            return _refused_recipient(next(iter(problem.recipients.values()), (0, b""))[0])
        case smtplib.SMTPResponseException():
            return _by_code(problem)
        case ssl.SSLCertVerificationError():
            return unusable(
                "The e-mail server's certificate is not trusted, so nothing was sent to it.",
                "Use the host name in EMAIL_URL that the certificate is for; for a certificate authority of your own, "
                "name its file in SSL_CERT_FILE.",
            )
        case TimeoutError():
            return MailTimeout(SERVICE)
        case smtplib.SMTPServerDisconnected() if isinstance(problem.__context__, TimeoutError):
            return MailTimeout(SERVICE)
    return _unreachable()


def _refused_recipient(code: int) -> CalendarError | LetterRefused:
    if not 400 <= code <= 599:
        return _unreachable()
    return refused(code) if code in _ABOUT_LOGIN else LetterRefused(str(code), passing=code < 500)


def _by_code(problem: smtplib.SMTPResponseException) -> CalendarError | LetterRefused:
    code = problem.smtp_code
    if not 400 <= code <= 599:  # no SMTP server speaks like that
        return _unreachable()
    if code <= 499 and code != _CLOSING and isinstance(problem, (smtplib.SMTPDataError, smtplib.SMTPSenderRefused)):
        return LetterRefused(str(code), passing=True)  # the next letter may fare better
    if code <= 499:
        return MailThrottled(SERVICE, _SLOW_DOWN, code=str(code))
    if isinstance(problem, smtplib.SMTPDataError) and code not in _ABOUT_LOGIN:
        return LetterRefused(str(code))
    return refused(code)


def _unreachable() -> MicrosoftUnavailable:
    return unusable(
        "The e-mail server could not be reached.",
        "Try again in a minute. If it goes on, check the host and the port in EMAIL_URL (smtps:// is for TLS from the "
        "start, smtp:// for STARTTLS) and this deployment's network; Azure mostly lets nothing out to port 25.",
    )


def refused(code: int | None) -> MicrosoftUnavailable:
    """Return the error of a server that does not want this deployment, whatever the letter."""
    return unusable(
        "The e-mail service refused this deployment's sender or login.",
        "Check the user and the password in EMAIL_URL, that the server still takes logins with a password, and that "
        "it lets this user send as EMAIL_SENDER.",
        code=None if code is None else str(code),
    )
