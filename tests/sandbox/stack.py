"""Everything at once: a simulated Microsoft, Azurite, an SMTP server, and the function app on its local host.

Tables, vault, identity and mail server are reached on the production path: only settings differ from Azure.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from tests.sandbox.azurite import Azurite
from tests.sandbox.certificates import Authority
from tests.sandbox.host.process import HostProcess
from tests.sandbox.mail.inbox import Inbox
from tests.sandbox.mail.smtp_server import SmtpServer
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.ports import free_port
from tests.sandbox.world.demo import BASIC_APPLICATION, BASIC_SECRET, demo_world
from tests.sandbox.world.secrets import SecretVersion, VaultSecret

SENDER = "calendar@connector.example"
OPERATOR = "operator@connector.example"
SMTP_LOGIN = ("connector", "Smtp~made-up:p@ss/word")


def offer_basic(stack: "Stack") -> dict[str, str | None]:
    """Put the secret of the deployment's own application into the vault; return the settings that offer Basic."""
    now = datetime.now(UTC)
    version = SecretVersion("0" * 32, BASIC_SECRET, now, now)
    stack.world.vault_secrets["basic-application"] = VaultSecret("basic-application", [version])
    return {"DEPLOYMENT_STAGE": "staging", "BASIC_APPLICATION_ID": BASIC_APPLICATION}


def _quiet(_: str) -> None:
    """Say nothing."""


class Stack:
    """The running sandbox. Stop it, or use it as a context manager. All mail comes into `inbox`, by whichever way."""

    def __init__(
        self,
        *,
        say: Callable[[str], None] = _quiet,
        settings: Callable[["Stack"], Mapping[str, str | None]] | None = None,
        port: int | None = None,
    ) -> None:
        """Start everything. `settings` returns other settings for the function app; None takes one away.

        `port` is the one that the functions should get, if it is free.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="calendar-sandbox-"))
        self.authority = Authority.create(self._folder / "certificates")
        self.port = free_port(port)
        self.public_url = f"http://localhost:{self.port}"
        say("a certificate authority of its own")
        self.world = demo_world(datetime.now(UTC))
        for tenant in self.world.tenants.values():
            for application in tenant.applications.values():
                application.redirect_uris.append(f"{self.public_url}/mobile/getcalendar")
        self.world.sender_addresses.add(SENDER)
        self.inbox = Inbox()
        self._settings = settings
        try:
            self.microsoft = SimulatedMicrosoft(self.world, self.authority, inbox=self.inbox)
            self.microsoft.start()
            say(f"simulated Entra ID at {self.microsoft.entra_url}, Graph, Key Vault and managed identity beside it")
            self.smtp = SmtpServer(self.inbox, self.authority, login=SMTP_LOGIN)
            self.smtp.start()
            say(f"an SMTP server on port {self.smtp.port}")
            self.azurite = Azurite(self.authority, self._folder / "azurite")
            say(f"Azurite for tables at {self.azurite.endpoint}")
            self.host = self.start_host()
            say(f"the function app at {self.public_url}")
        except BaseException:
            self.stop()
            raise

    def environment(self) -> dict[str, str]:
        """Return the settings of the function app."""
        usual: dict[str, str | None] = {
            **self.microsoft.environment(),
            "PUBLIC_URL": self.public_url,
            "TABLES_ENDPOINT": self.azurite.endpoint,
            "RETURN_URLS": "https://ats.example",
            "OTHER_REDIRECT_URIS": "https://staging.ats.example/mobile/getcalendar",
            "EMAIL_URL": self.smtp.url(),
            "EMAIL_SENDER": SENDER,
            "ALERT_RECIPIENTS": OPERATOR,
            "SECRET_SCAN_SCHEDULE": "0 0 7 * * *",
        }
        chosen = usual | dict(self._settings(self) if self._settings else {})
        return {name: value for name, value in chosen.items() if value is not None}

    def start_host(self) -> HostProcess:
        """Start the function app (again, after its host was stopped)."""
        self.host = HostProcess.start(self.environment(), port=self.port)
        return self.host

    def stop(self) -> None:
        """Stop everything and remove what it wrote."""
        for part in ("host", "azurite", "smtp", "microsoft"):
            if hasattr(self, part):
                getattr(self, part).stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
