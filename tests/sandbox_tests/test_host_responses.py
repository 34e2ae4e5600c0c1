"""What becomes of a function's result, without a process."""

from types import SimpleNamespace

import pytest

from tests.sandbox.host.configuration import read_host_json
from tests.sandbox.host.errors import HostError
from tests.sandbox.host.http_responses import cookie_lines, to_response
from tests.sandbox.host.keys import may_call
from tests.sandbox.host.messages import RpcHttp, RpcHttpCookie, TypedData


def value(of):
    return SimpleNamespace(value=of)


def test_a_cookie_is_written_as_asp_net_core_writes_it():
    cookie = RpcHttpCookie(
        name="session",
        value="a=b c",
        expires=value(SimpleNamespace(seconds=1_800_000_000)),
        max_age=value(60.0),
        domain=value("example.org"),
        path=value("/"),
        secure=value(True),
        http_only=value(False),
        same_site=RpcHttpCookie.SameSite.Lax,
    )
    assert list(cookie_lines([cookie])) == [
        "session=a%3Db%20c; expires=Fri, 15 Jan 2027 08:00:00 GMT; max-age=60; domain=example.org; path=/; secure;"
        " samesite=lax"
    ]


def test_a_text_result_is_plain_text():
    response = to_response(TypedData(string="grüß"), {"X-Frame": "yes"})
    assert response.status == 200
    assert response.body == "grüß".encode()
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["X-Frame"] == "yes"


def test_a_function_does_not_set_the_framing_of_the_answer():
    http = RpcHttp(status_code="201", headers={"Content-Length": "9"}, cookies=None, body=TypedData(bytes=b"abc"))
    response = to_response(TypedData(http=http), {})
    assert response.status == 201
    assert response.content_length == 3


def test_reading_an_absent_member_of_a_message_fails():
    with pytest.raises(AttributeError):
        _ = TypedData(bytes=b"").json


def test_a_key_outside_ascii_is_merely_wrong():
    assert not may_call("function", "sändbox\udcff", None)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{", "is not JSON"), ('{"version": "1.0"}', '"version": "2.0"'), ("[]", '"version": "2.0"')],
)
def test_a_wrong_host_json_is_named(tmp_path, text, complaint):
    (tmp_path / "host.json").write_text(text)
    with pytest.raises(HostError, match=complaint):
        read_host_json(tmp_path)
