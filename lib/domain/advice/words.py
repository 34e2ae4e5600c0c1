"""What an entry of the dictionary is made of, and the phrases that its texts share.

The portal's names are those of Microsoft Learn in 2026: the Microsoft Entra admin center with Entra ID > App
registrations and Entra ID > Enterprise apps.
"""

from dataclasses import dataclass
from enum import StrEnum

from lib.domain.errors import Owner


class Topic(StrEnum):
    """What a code is about: it decides which check of the test it belongs to and which error of ours it becomes."""

    TENANT = "tenant"
    CREDENTIAL = "credential"
    CREDENTIAL_EXPIRED = "credentialExpired"
    CONSENT = "consent"
    PERMISSION = "permission"
    MAILBOX = "mailbox"
    GRANT = "grant"  # what one user granted no longer works: connect again
    SIGN_IN = "signIn"  # this one sign-in failed: start it again
    POLICY = "policy"  # Conditional Access, assignment, a disabled application
    REDIRECT = "redirect"
    ADDRESS = "address"  # one address of a schedule
    REQUEST = "request"  # what the caller asked for: zone, window, too many addresses
    THROTTLED = "throttled"
    TRANSIENT = "transient"
    OURS = "ours"  # a fault or the set-up of the connector
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Advice:
    """What is told about one code. `retry` is true where time alone usually mends it, without anybody acting."""

    code: str
    topic: Topic
    message: str
    remedy: str
    owner: Owner
    retry: bool = False


def entra(
    *numbers: int, topic: Topic, owner: Owner, message: str, remedy: str, retry: bool = False
) -> tuple[Advice, ...]:
    """Return one entry per AADSTS number, all with the same texts."""
    return tuple(Advice(f"AADSTS{number}", topic, message, remedy, owner, retry) for number in numbers)


def exchange(
    *codes: str, topic: Topic, owner: Owner, message: str, remedy: str, retry: bool = False
) -> tuple[Advice, ...]:
    """Return one entry per code of Graph or Exchange, all with the same texts."""
    return tuple(Advice(code, topic, message, remedy, owner, retry) for code in codes)


CENTER = "In the Microsoft Entra admin center (entra.microsoft.com) open Entra ID"
REGISTRATION = f"{CENTER} > App registrations > your application"
ENTERPRISE = f"{CENTER} > Enterprise apps > your application"
SIGN_IN_LOGS = f"{CENTER} > Monitoring & health > Sign-in logs"

# Source: Microsoft Learn, "Grant tenant-wide admin consent to an application", prerequisites.
APPROVERS = (
    "Application permissions can be approved by a Privileged Role Administrator or a Global Administrator, "
    "delegated permissions also by a Cloud Application Administrator."
)
CONSENT_LINK = "Send the admin consent link to an administrator of the tenant."
CONNECT = "Choose Connect your calendar and sign in again."
SAVE = "then save and test"
SUPPORT_IDS = "Keep the trace ID and the correlation ID: Microsoft's support asks for them."
LATER = "Nothing is wrong with the configuration. Try again in a few minutes."
TELL_OPERATOR = (
    "Tell the operator of this connector the code with its trace ID and correlation ID. Nothing needs to be changed "
    "in the Calendar Configuration."
)
