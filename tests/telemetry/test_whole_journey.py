"""Nothing secret and nobody's name in anything that the process wrote, whatever happened; nor in answers and letters.

One journey is made for all of these tests (see `journey`), in a sandbox of its own; it takes more than a minute.
"""

import json
import re
from datetime import datetime
from typing import Any

import pytest

from tests.sandbox.host.keys import FUNCTION_KEY, MASTER_KEY
from tests.sandbox.microsoft.entra.texts import TEXTS
from tests.telemetry import needles as needle
from tests.telemetry.journey import Journey, make
from tests.telemetry.needles import Needle, hunt

SECRETS = {
    *("token", "refresh token", "authorization code", "state", "nonce", "PKCE verifier", "PKCE challenge", "cookie"),
    *("ticket", "client secret", "token-encryption key", "SMTP password", "account key", "identity header"),
}
EVENTS = {"request", "note", "secretScan", "secretAlert", "alertsDelivered", "keepAlive", "timerFailed"}
FUNCTIONS = {
    *("read_configuration", "save_configuration", "delete_configuration", "test_configuration", "invite_admin"),
    *("invite_user", "read_connection", "disconnect", "start_consent", "finish_consent", "get_schedule"),
    *("scan_secrets_now", "read_secret_scan", "health"),
}
PATTERNS = {
    "an e-mail address": r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+",
    "a URL": r"(?i)https?://(?!localhost:\d+$)",
    "a token": r"eyJ[\w-]{5,}",
    "an Authorization": r"(?i)\bbearer\b|authorization['\"]?\s*[:=]",
    "a query": r"[?&](?:code|state|error|x|token|ticket)=",
    "a link's ticket": r"connect/(?!\{ticket\})[\w-]{10,}",
    "an exception's text": r"unhashable|Expecting value|Invalid isoformat",
    "Entra ID's own text": r"Trace ID:|Correlation ID:",
    "a warning of Python's": r"Warning: |never awaited|never retrieved|Unclosed",
}


@pytest.fixture(scope="module")
def journey() -> Journey:
    return make()


def lines_of(journey: Journey) -> list[dict[str, Any]]:
    """Return what our own lines say."""
    written = [line for line in journey.log.splitlines() if " calendar_connector " in line]
    return [json.loads(line[line.index("{") :]) for line in written]


def test_everything_happened_that_was_to_be_looked_at(journey: Journey):
    lines = lines_of(journey)
    requests = [line for line in lines if line["event"] == "request"]

    assert {line["event"] for line in lines} >= EVENTS
    assert {line["function"] for line in requests} >= FUNCTIONS
    assert {line["status"] for line in requests} >= {200, 201, 204, 302, 303, 400, 409, 413, 429, 500, 502, 504}
    assert "TypeError" in {line.get("exception") for line in requests}, "an exception that nobody expected"
    assert {mail.via for mail in journey.letters} == {"smtp", "acs"}
    assert len(requests) > 250


def test_a_scans_line_has_its_moments_and_counts(journey: Journey):
    scans = [line for line in lines_of(journey) if line["event"] == "secretScan"]

    assert len(scans) > 5
    for line in scans:
        assert datetime.fromisoformat(line["startedAt"]) <= datetime.fromisoformat(line["finishedAt"])
        assert set(line) >= {"customers", "credentials", "due", "sent", "couldNotCheck", "problems", "complete", "ms"}


def test_every_line_of_ours_is_one_json_object_with_an_event(journey: Journey):
    for line in lines_of(journey):
        assert line["event"] in EVENTS, line
        if line["event"] == "request":
            assert set(line) >= {"function", "route", "status", "ms", "requestId"}, line


def test_levels_are_what_they_say(journey: Journey):
    levels = re.findall(r"^(\w+) calendar_connector (\{.*\})$", journey.log, re.MULTILINE)
    requests = [(level, json.loads(text)) for level, text in levels if '"event": "request"' in text]

    assert {level for level, line in requests if line["status"] >= 500} == {"ERROR"}
    assert {level for level, line in requests if line["status"] < 500} == {"INFO"}


def test_a_failure_of_ours_says_what_could_not_be_used(journey: Journey):
    failures = [line for line in lines_of(journey) if line["event"] == "request" and line["status"] >= 500]

    assert all(line.get("cause") or line.get("exception") for line in failures)
    causes = " ".join(line["cause"] for line in failures if "cause" in line)
    assert all(service in causes for service in ("Key Vault", "Table Storage", "Microsoft"))


def test_only_these_write_at_all(journey: Journey):
    """A library that begins to write is looked at before it may; an exception's text is in none of its lines."""
    loggers = set(re.findall(r"^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) ([\w.]+) ", journey.log, re.MULTILINE))

    assert loggers - {"calendar_connector", "host", "host.timers"} <= {
        "azure.keyvault.secrets._generated._utils.model_base"
    }


def test_everything_was_there_that_was_hunted_for(journey: Journey):
    assert needle.kinds(journey.secrets) == SECRETS
    assert needle.kinds(journey.people) == {"address", "name", "meeting"}
    assert len(journey.secrets) > 200


@pytest.mark.parametrize("kind", sorted(SECRETS))
def test_the_hunt_finds_each_in_whatever_form(journey: Journey, kind: str):
    """A hunt that finds nothing must be one that would find it."""
    one = next(found for found in journey.secrets if found.kind == kind)
    assert len(one.forms()) >= 5
    for form in one.forms():
        text = f"{journey.log}\nWARNING urllib3 something with {form} in it\n{journey.log}"
        (found,) = hunt(text, [one])
        assert found.line == f"WARNING urllib3 something with {form} in it"


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_the_patterns_find_what_they_are_for(pattern: str):
    """One line has them all."""
    line = (
        "GET https://login.example/x?code=1 Authorization: Bearer eyJhbGciOi ada@contoso.com connect/abcdefghijklmn "
        "TypeError: unhashable type Trace ID: 1 RuntimeWarning: coroutine was never awaited"
    )

    assert re.search(pattern, line)


def expect_nothing(text: str, hunted: list[Needle]) -> None:
    """Check that nothing is found."""
    assert hunted, "there is nothing to look for"
    assert len(text) > 1000, "there is nothing to look in"
    found = [str(one) for one in hunt(text, hunted)]
    assert not found, "\n".join(found[:20])


@pytest.mark.parametrize("kind", sorted(SECRETS))
def test_no_secret_was_written(journey: Journey, kind: str):
    expect_nothing(journey.log, [one for one in journey.secrets if one.kind == kind])


@pytest.mark.parametrize("kind", ["address", "name", "meeting"])
def test_nobody_was_named(journey: Journey, kind: str):
    expect_nothing(journey.log, [one for one in journey.people if one.kind == kind])


def test_no_text_from_outside_was_written(journey: Journey):
    expect_nothing(journey.log, [*journey.upstream, *journey.sent, *journey.rows])


def test_no_text_of_entra_id_was_written(journey: Journey):
    parts = {part.strip() for _, text in TEXTS.values() for part in re.split(r"\{\w*\}", text)}
    expect_nothing(journey.log, needle.needles("a text", parts, secret=False, least=25))


def test_no_function_key_was_written(journey: Journey):
    without_paths = re.sub(r"tests[./]sandbox|calendar-sandbox-\w+", "", journey.log)

    assert not re.search(rf"\b(?:{FUNCTION_KEY}|{MASTER_KEY})\b", without_paths)


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_nothing_of_this_form_was_written(journey: Journey, pattern: str):
    found = [line[:400] for line in journey.log.splitlines() if re.search(pattern, line)]

    assert not found, "\n".join(found[:10])


def test_no_line_was_forged(journey: Journey):
    """What begins a line is a logger's name, or Python's own traceback of a failed timer."""
    ours = [line for line in journey.log.splitlines() if "forged" in line]

    assert not ours
    assert all(json.dumps(line).isprintable() for line in lines_of(journey))


def test_no_answer_had_a_secret_or_what_microsoft_said(journey: Journey):
    """Links have their tickets, and the way to Microsoft has its state; neither is secret to whom it is for."""
    hidden = [one for one in journey.secrets if one.kind not in {"ticket", "state"}]
    answers = "\n".join(exchange.text for exchange in journey.exchanges)

    expect_nothing(answers, [*hidden, *journey.upstream])


def test_no_letter_had_a_secret_or_what_microsoft_said(journey: Journey):
    letters = "\n".join(f"{mail.subject}\n{mail.text}\n{mail.html}\n{mail.headers}" for mail in journey.letters)

    expect_nothing(letters, [*journey.secrets, *journey.upstream, *journey.rows])
