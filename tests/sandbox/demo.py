"""make demo: the main job from beginning to end, against the sandbox, as an ATS and an administrator would do it.

Every step is checked; the exit code is 0 only if each did what it should.
"""

import json
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.sandbox.browser import Browser
from tests.sandbox.demo_alerts import Alerts
from tests.sandbox.demo_many import ManyPeople
from tests.sandbox.grid import grid
from tests.sandbox.stack import Stack
from tests.sandbox.world import demo as world
from tests.sandbox.world import demo_sign_in as users

_KEY = "sandbox"
_CALENDAR = "/customers/contoso/calendar"
_USER = "recruiter@contoso.com"
_MARKS = {"passed": "✓", "failed": "✗", "warning": "!", "skipped": "–"}

# The request of the BrassRing document, letter for letter: no time zone, no interval.
_SEED_REQUEST = """{ "schedules":["test@test.onmicrosoft.com"], "startTime":{"dateTime":"2019-11-19T00:00:00"}, \
"endTime":{"dateTime":"2019-11-25T00:00:00"} }"""


class StepFailed(Exception):
    """A step did not do what it should."""


class Demo:
    """The steps, over one running sandbox."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._step = 0

    def run(self) -> None:
        """Do all steps. Raises StepFailed."""
        self.save_with_a_wrong_secret()
        self.mend_the_secret()
        self.consent()
        self.test_is_green()
        self.seed_document()
        self.colleagues()
        ManyPeople(self).run()
        self.connect()
        Alerts(self).run()

    def step(self, title: str) -> None:
        """Print the heading of the next step."""
        self._step += 1
        print(f"\n\033[1m{self._step}. {title}\033[0m" if sys.stdout.isatty() else f"\n{self._step}. {title}")

    def expect_that(self, good: bool, sentence: str) -> None:
        """Raise StepFailed unless it is good."""
        expect(good, sentence)

    def call(self, method: str, path: str, expected: int, **more: Any) -> requests.Response:
        """Call a function as the ATS does."""
        headers = {"x-functions-key": _KEY} | more.pop("headers", {})
        answer = requests.request(method, self.stack.public_url + path, headers=headers, timeout=90, **more)
        print(f"   {method} {path} → {answer.status_code}")
        expect(answer.status_code == expected, f"{method} {path} should answer {expected}: {answer.text[:500]}")
        return answer

    def save(self, secret: str) -> None:
        """Save the Calendar Configuration with this secret."""
        document = {
            "configurationType": "advanced",
            "provider": "office365",
            "tenantId": "contoso.onmicrosoft.com",
            "applicationId": world.CONTOSO_APPLICATION,
            "applicationSecret": secret,
            "secretExpires": (datetime.now(UTC).date() + timedelta(days=360)).isoformat(),
            "consent": "admin",
            "alertRecipients": ["hr@contoso.com"],
        }
        answer = self.call("PUT", _CALENDAR, 200, json=document)
        expect(
            "applicationSecret" not in answer.json() and secret not in answer.text, "the secret must never come back"
        )

    def test(self) -> dict[str, Any]:
        """Choose Test Calendar Configuration and print the report."""
        report: dict[str, Any] = self.call("POST", f"{_CALENDAR}/test", 200, json={"user": _USER}).json()
        for check in report["checks"]:
            print(f"     {_MARKS[check['outcome']]} {check['check']:<13} {_short(check['message'])}")
            if check["outcome"] == "failed":
                print(f"         {check['code']}, for the {check['owner']}: {_short(check['remedy'], 300)}")
        return report

    def save_with_a_wrong_secret(self) -> None:
        """The mistake everybody makes: the Secret ID pasted instead of the Value."""
        self.step("Save the configuration, with the Secret ID instead of the secret's Value")
        self.save(world.CONTOSO_SECRET_ID)
        report = self.test()
        expect(not report["passed"] and outcome(report, "credential") == "failed", "the wrong secret must be noticed")
        expect(code(report, "credential") == "AADSTS7000215", "the code must be Entra ID's")
        refused = self.call("POST", f"/customers/contoso/users/{_USER}/calendar/getSchedule", 409, data=_SEED_REQUEST)
        expect(refused.json()["error"]["code"] == "calendarNotTested", "nothing is used before a test passed")
        print(f"   {refused.json()['error']['code']}: {refused.json()['error']['message']}")

    def mend_the_secret(self) -> None:
        """The remedy: paste the Value. What is missing now is consent."""
        self.step("Do what the remedy says: paste the Value")
        self.save(world.CONTOSO_SECRET)
        report = self.test()
        expect(outcome(report, "credential") == "passed", "the right secret must be accepted")
        expect(outcome(report, "permission") == "failed", "the missing consent must be noticed")

    def consent(self) -> None:
        """An administrator opens the link, signs in at Microsoft, and accepts."""
        self.step("Send the administrator a link; the administrator accepts at (simulated) Microsoft")
        link = self.call("POST", f"{_CALENDAR}/admin-consent", 201).json()
        print(f"   the link is valid until {link['expiresAt']}")
        browser = Browser(str(self.stack.authority.ca_file))
        asked = browser.open(link["url"])
        expect(asked.status_code == 200, "Microsoft must show its consent page")
        print(f"   browser → {browser.url.partition('?')[0]}")
        page = browser.submit({"account": "admin@contoso.onmicrosoft.com", "action": "accept"})
        title = re.search(r"<h1>(.*?)</h1>", page.text)
        print(f"   browser → {browser.url.partition('?')[0]}: {page.status_code} {title[1] if title else ''}")
        expect(page.status_code == 200, "the consent must be proven")
        state = self.call("GET", _CALENDAR, 200).json()
        expect(state["adminConsent"]["granted"] is True, "the consent must be remembered")

    def test_is_green(self) -> None:
        """The test passes, and the configuration becomes the one that calendars use."""
        self.step("Test again")
        report = self.test()
        expect(report["passed"], "every check must pass")
        state = self.call("GET", _CALENDAR, 200).json()
        expect((state["state"], state["pending"]) == ("ready", False), "the configuration must be ready")
        print(f"   state {state['state']}, secret expires in {state['secret']['daysLeft']} days")

    def seed_document(self) -> None:
        """The request of the vendor's own document and its answer as JSON."""
        self.step("Ask getSchedule with the vendor document's own request")
        print(f"   {_SEED_REQUEST}")
        headers = {"Content-Type": "application/json"}
        path = f"/customers/contoso/users/{_USER}/calendar/getSchedule"
        answer = self.call("POST", path, 200, data=_SEED_REQUEST, headers=headers).json()
        print(_indented(json.dumps(answer, indent=2)))
        (entry,) = answer["value"]
        expect(entry["scheduleItems"][0]["status"] == "tentative", "the document's tentative meeting must be there")
        expect(len(entry["availabilityView"]) == 6 * 48, "one digit for each half hour of six days")

    def colleagues(self) -> None:
        """A recruiter's view of today: who is free, who is not, and who is not known."""
        self.step("Look up colleagues for today (UTC)")
        day = datetime.now(UTC).date().isoformat()
        names = ("recruiter", "ada", "grace", "linus", "room-turing", "onno", "nobody")
        body = {
            "schedules": [f"{name}@contoso.com" for name in names],
            "startTime": {"dateTime": f"{day}T07:00:00", "timeZone": "UTC"},
            "endTime": {"dateTime": f"{day}T19:00:00", "timeZone": "UTC"},
            "availabilityViewInterval": 30,
        }
        answer = self.call("POST", f"/customers/contoso/users/{_USER}/calendar/getSchedule", 200, json=body).json()
        print(_indented(grid(answer["value"], first_hour=7, slots_per_hour=2)))
        unknown = [entry["scheduleId"] for entry in answer["value"] if "error" in entry]
        expect(unknown == ["onno@contoso.com", "nobody@contoso.com"], "who cannot be read is unknown, never free")
        expect("Analytical engine" not in json.dumps(answer), "with details: time, no subject is shown")
        for entry in answer["value"]:
            if "error" in entry:
                print(f"   {entry['scheduleId']}: {_short(entry['error']['message'], 140)}")

    def connect(self) -> None:
        """Another customer, where each user consents: one connects a calendar and looks up colleagues."""
        self.step("Another customer: a user connects a calendar and looks up colleagues")
        calendar, user = "/customers/northwind/calendar", "recruiter@northwind.com"
        as_user = f"/customers/northwind/users/{user}/calendar"
        document = {"configurationType": "advanced", "tenantId": "northwind.com", "consent": "user"}
        application = {"applicationId": users.NORTHWIND_APPLICATION, "applicationSecret": users.NORTHWIND_SECRET}
        self.call("PUT", calendar, 200, json=document | application)
        link = self.call("POST", f"{as_user}/connect", 201).json()
        browser = Browser(str(self.stack.authority.ca_file))
        expect(browser.open(link["url"]).status_code == 200, "Microsoft must show its sign-in page")
        browser.submit({"account": user, "action": "signin"})
        page = browser.pass_on(browser.submit({"account": user, "action": "accept"}))
        title = re.search(r"<h1>(.*?)</h1>", page.text)
        print(f"   browser → {browser.url.partition('?')[0]}: {page.status_code} {title[1] if title else ''}")
        expect(page.status_code == 200, "the calendar must be connected")
        state = self.call("GET", f"{as_user}/connection", 200).json()
        expect(state["state"] == "connected", "the connection must be remembered")
        report = self.call("POST", f"{calendar}/test", 200, json={"user": user}).json()
        expect(report["passed"], "the test must pass with a connected user")
        day = datetime.now(UTC).date().isoformat()
        body = {
            "schedules": [f"{name}@northwind.com" for name in ("recruiter", "steven", "laura", "michael", "andrew")],
            "startTime": {"dateTime": f"{day}T07:00:00"},
            "endTime": {"dateTime": f"{day}T19:00:00"},
        }
        answer = self.call("POST", f"{as_user}/getSchedule", 200, json=body).json()
        print(_indented(grid(answer["value"], first_hour=7, slots_per_hour=2)))
        unknown = [entry["scheduleId"] for entry in answer["value"] if "error" in entry]
        expect(unknown == ["andrew@northwind.com"], "who cannot be read is unknown, never free")
        self.revoke(user)
        refused = self.call("POST", f"{as_user}/getSchedule", 409, json=body).json()["error"]
        expect(refused["code"] == "reconnectRequired", "a grant that was revoked must be told as such")
        print(f"   {refused['code']}: {_short(refused['message'])}\n     {_short(refused['innerError']['remedy'])}")
        self.stack.microsoft.travel(hours=-2)

    def revoke(self, user: str) -> None:
        """Do as an administrator who signs the user out everywhere; two hours later the last access token is over."""
        print("   two hours ago an administrator signed the user out everywhere")
        microsoft, account = self.stack.microsoft, self.stack.world.tenants[users.NORTHWIND].account(user)
        expect(account is not None, "the user must exist")
        if account:
            account.revoke_sessions(microsoft.now())
        microsoft.travel(hours=2)


def expect(good: bool, sentence: str) -> None:
    """Raise StepFailed unless it is good."""
    if not good:
        raise StepFailed(sentence)


def _check(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(check for check in report["checks"] if check["check"] == name)


def outcome(report: dict[str, Any], name: str) -> str:
    """Return how a check ended."""
    return str(_check(report, name)["outcome"])


def code(report: dict[str, Any], name: str) -> str:
    """Return a check's code."""
    return str(_check(report, name)["code"])


def _short(text: str, most: int = 110) -> str:
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + " …"


def _indented(text: str) -> str:
    return "\n".join(f"     {line}" for line in text.splitlines())


def main() -> int:
    """Run the demo; return the exit code."""
    began = time.monotonic()
    print("Starting the sandbox")
    try:
        with Stack(say=lambda line: print(f"   {line}")) as stack:
            Demo(stack).run()
            expect(stack.microsoft.errors == [], "the simulated Microsoft must not fail")
    except StepFailed as failure:
        print(f"\nThis step failed: {failure}", file=sys.stderr)
        return 1
    print(f"\nEverything did what it should, in {time.monotonic() - began:.0f} seconds. Next: make run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
