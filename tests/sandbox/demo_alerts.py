"""The demo's last part: time passes, secrets come to their end, and the people who can act are told in time."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.sandbox.mail.inbox import ReceivedMail
from tests.sandbox.stack import OPERATOR
from tests.sandbox.world import demo as world
from tests.sandbox.world.applications import Application
from tests.sandbox.world.changes import add_secret, let_read_itself, let_time_pass

if TYPE_CHECKING:
    from tests.sandbox.demo import Demo

_FABRIKAM = "/customers/fabrikam/calendar"
_HR, _IT = "hr@contoso.com", "it@fabrikam.com"
_NEW_SECRET = "Fab~made-up.value-of-fabrikams-next-secret"


class Alerts:
    """The steps about expiring secrets, within a demo that has set up Contoso and Northwind."""

    def __init__(self, demo: "Demo") -> None:
        self._demo = demo
        self._stack = demo.stack
        tenants = self._stack.world.tenants
        self._contoso = tenants[world.CONTOSO].applications[world.CONTOSO_APPLICATION]
        self._fabrikam = tenants[world.FABRIKAM].applications[world.FABRIKAM_APPLICATION]

    def run(self) -> None:
        """Do all steps. Raises StepFailed."""
        self.time_passes()
        self.scan()
        self.scan_again()
        self.renew()

    def time_passes(self) -> None:
        """Contoso's application may read its own expiry; Fabrikam's date was typed, and typed wrong."""
        self._demo.step("Time passes: one client secret has 9 days left, another one is over")
        let_read_itself(self._contoso)
        self._save_fabrikam(world.FABRIKAM_SECRET, 400)
        self._stack.inbox.clear()
        _leave(self._contoso, days=9)
        _leave(self._fabrikam, days=-2)

    def scan(self) -> None:
        """The daily scan finds both, and one letter per reader says what to do."""
        self._demo.step("The daily scan of client secrets (here: run now)")
        summary = self._scan()
        told = self._demo.expect_that
        told(summary["complete"] is True, "the scan must have looked at everything")
        told(summary["due"] >= 2 and summary["sent"] == summary["due"], "what is due must be sent")
        hr, it = self._letter(_HR), self._letter(_IT)
        told("in 9 days" in hr.subject, "Contoso must be warned nine days before")
        told("expired" in it.subject, "Fabrikam must learn that its secret has expired")
        first = self._letter(OPERATOR).subject
        told(first.startswith("Calendar secret of fabrikam"), f"what is most urgent must come first, not {first!r}")
        print(f"\n   The letter to {_HR}, as text:\n")
        print("\n".join(f"     {line}" for line in hr.text.splitlines()))

    def scan_again(self) -> None:
        """Nobody is told twice."""
        self._demo.step("Another scan: nothing is told twice")
        summary = self._scan()
        self._demo.expect_that((summary["due"], summary["sent"]) == (0, 0), "nothing must be told twice")

    def renew(self) -> None:
        """A new secret, saved and tested, ends the alarm with one all clear."""
        self._demo.step("Fabrikam's administrator makes a new secret, saves and tests it: all clear")
        add_secret(self._fabrikam, _NEW_SECRET, days=180)
        self._save_fabrikam(_NEW_SECRET, 180)
        self._scan()
        self._demo.expect_that(self._letter(_IT).subject.startswith("All clear"), "the alarm must end")
        last = self._demo.call("GET", "/secret-scan", 200).json()
        print(f"   the last scan finished at {last['finishedAt']}, complete: {last['complete']}")

    def _save_fabrikam(self, secret: str, days: int) -> None:
        document = {
            "configurationType": "advanced",
            "tenantId": "fabrikam.com",
            "applicationId": world.FABRIKAM_APPLICATION,
            "applicationSecret": secret,
            "secretExpires": (_today() + timedelta(days=days)).isoformat(),
            "consent": "admin",
            "alertRecipients": [_IT],
        }
        self._demo.call("PUT", _FABRIKAM, 200, json=document)
        report = self._demo.call("POST", f"{_FABRIKAM}/test", 200, json={"user": "hiring@fabrikam.com"}).json()
        self._demo.expect_that(report["passed"], "the new secret must pass its test")

    def _scan(self) -> dict[str, Any]:
        """Scan, and print the summary and the letters that it sent."""
        self._stack.inbox.clear()
        summary: dict[str, Any] = self._demo.call("POST", "/secret-scan", 200).json()
        counted = {name: value for name, value in summary.items() if isinstance(value, int)}
        print("   " + ", ".join(f"{name}: {value}" for name, value in counted.items()))
        for mail in self._stack.inbox.mails:
            print(f"   ✉ {', '.join(mail.recipients):<28} {mail.subject}")
        return summary

    def _letter(self, reader: str) -> ReceivedMail:
        letters = self._stack.inbox.to(reader)
        self._demo.expect_that(len(letters) == 1, f"{reader} must get one letter, not {len(letters)}")
        return letters[0]


def _leave(application: Application, *, days: int) -> None:
    """Let so much time pass that the newest secret has these days left."""
    last = max(secret.end for secret in application.secrets)
    let_time_pass(application, (last.date() - _today()).days - days)


def _today() -> date:
    return datetime.now(UTC).date()
