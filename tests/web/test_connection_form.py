"""Connections in JSON: the optional body of an invitation, and the answer of read_connection."""

import json
from datetime import UTC, datetime, timedelta, timezone

import azure.functions as func
import pytest

from lib.domain.connection import ConnectionReport
from lib.domain.errors import InvalidRequest, ReturnUrlNotAllowed
from lib.web.connection_form import read_return_url, show_connection

ORIGINS = ("https://ats.example", "http://localhost:3000")


def request(body: bytes = b"", content_type: str | None = "application/json") -> func.HttpRequest:
    headers = {"content-type": content_type} if content_type else {}
    return func.HttpRequest("POST", "/x", headers=headers, body=body)


@pytest.mark.parametrize("body", [b"", b"  \r\n", b"{}", b'{"returnUrl": null}'])
def test_a_return_url_may_be_left_out(body: bytes):
    assert read_return_url(request(body), ORIGINS) is None


def test_without_a_body_no_content_type_is_asked_for():
    assert read_return_url(request(b"", "text/plain"), ORIGINS) is None
    assert read_return_url(request(b"", None), ()) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://ats.example",
        "https://ats.example/jobs/7?x=1&y=%20#top",
        "https://ATS.example:443/back",
        "http://localhost:3000/back",
    ],
)
def test_a_return_url_of_an_allowed_origin_is_taken_as_it_is(url: str):
    assert read_return_url(request(json.dumps({"returnUrl": url}).encode()), ORIGINS) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://ats.example.evil.example/",
        "https://ats.example@evil.example/",
        "https://user@ats.example/",
        "https://ats.example:8443/",
        "http://ats.example/",
    ],
)
def test_a_return_url_of_another_origin_is_refused_as_such(url: str):
    with pytest.raises(ReturnUrlNotAllowed) as problem:
        read_return_url(request(json.dumps({"returnUrl": url}).encode()), ORIGINS)

    assert (problem.value.code, problem.value.status) == ("returnUrlNotAllowed", 400)
    assert url not in problem.value.message


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"returnUrl": ""}', "returnUrl"),
        (b'{"returnUrl": 5}', "returnUrl"),
        (b'{"returnUrl": ["https://ats.example"]}', "returnUrl"),
        (b'{"returnUrl": "/back"}', "returnUrl"),
        (b'{"returnUrl": "javascript:alert(1)"}', "returnUrl"),
        (b'{"returnUrl": "https://ats.example\\\\@evil.example"}', "returnUrl"),
        (b'{"returnUrl": "https://ats.example/\\r\\nSet-Cookie: a=b"}', "returnUrl"),
        (b'{"returnUrl": "https://ats.example/ a"}', "returnUrl"),
        (b'{"returnUrl": "https://ats.example/%s"}' % (b"x" * 2048), "returnUrl"),
        (b'{"returnurl": "https://ats.example"}', "returnurl"),
        (b'{"user": "ada@contoso.com"}', "user"),
        (b"[]", "body"),
        (b"{", "body"),
        (b"returnUrl=https://ats.example", "body"),
    ],
)
def test_another_body_is_refused_by_name(body: bytes, name: str):
    with pytest.raises(InvalidRequest, match=f"^{name}:") as problem:
        read_return_url(request(body), ORIGINS)

    assert problem.value.code == "invalidRequest"


def test_a_body_of_another_type_is_refused():
    with pytest.raises(InvalidRequest, match="^Content-Type:"):
        read_return_url(request(b"{}", "application/x-www-form-urlencoded"), ORIGINS)


def test_where_there_is_nothing_null_is_shown():
    assert show_connection("ada@contoso.com", ConnectionReport("notConnected")) == {
        "user": "ada@contoso.com",
        "state": "notConnected",
        "connectedAt": None,
        "lastUsedAt": None,
        "reason": None,
        "remedy": None,
    }


def test_moments_are_shown_in_utc():
    here = timezone(timedelta(hours=1))
    report = ConnectionReport(
        "reconnectRequired",
        datetime(2026, 11, 21, 10, tzinfo=here),
        datetime(2026, 11, 22, 9, 30, 59, 999_999, tzinfo=UTC),
        "It ended.",
        "Sign in.",
    )

    shown = show_connection("Ada@contoso.com", report)

    assert (shown["connectedAt"], shown["lastUsedAt"]) == ("2026-11-21T09:00:00Z", "2026-11-22T09:30:59Z")
    assert (shown["user"], shown["state"]) == ("Ada@contoso.com", "reconnectRequired")
    assert (shown["reason"], shown["remedy"]) == ("It ended.", "Sign in.")
    assert json.loads(json.dumps(shown)) == shown
