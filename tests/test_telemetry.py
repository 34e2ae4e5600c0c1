"""Nothing secret in any line, whatever put it there."""

import contextvars
import io
import json
import logging

import pytest

from lib import telemetry


class Unprintable:
    def __str__(self) -> str:
        raise ValueError("cannot be shown")


JWT = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"token {JWT} refused", JWT),
        ("Authorization: Bearer abc.def-ghi", "abc.def-ghi"),
        ("GET /mobile/getcalendar?code=0.AAA-bbb&x=1", "0.AAA-bbb"),
        ("client_secret=Val~123&scope=x", "Val~123"),
        ('{"applicationSecret": "Val~123"}', "Val~123"),
        ("refresh_token='r-e-f'", "r-e-f"),
        ("?state=0123456789abcdefXYZ&error=x", "0123456789abcdefXYZ"),
        ("form code%3D0.AAA-bbb%26x", "0.AAA-bbb"),
        ('{\\"refresh_token\\":\\"0.AAA-bbb\\"}', "0.AAA-bbb"),
        ("Set-Cookie: __Secure-calendar=abcdef; Path=/", "abcdef"),
        ("cannot reach smtps://calendar:p4ss@mail.example:465", "p4ss"),
        ("AccountName=a;AccountKey=c2VjcmV0LWtleQ==;", "c2VjcmV0LWtleQ"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZDEyMw==", "dXNlcjpwYXNzd29yZDEyMw"),
        ("GET https://calendar.example/connect/0123456789abcdef0123456789", "0123456789abcdef0123456789"),
        ("x-functions-key: abcdefghij", "abcdefghij"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, secret: str):
    assert secret not in telemetry.redact(text)


@pytest.mark.parametrize(
    "text", ["the Basic application was not checked", "ended with code 1", "GET /connect/{ticket}"]
)
def test_what_only_sounds_like_a_secret_stays(text: str):
    assert telemetry.redact(text) == text


def test_a_huge_text_is_cut():
    assert len(telemetry.redact("eyJ" * 1_000_000)) == 30_000


@pytest.mark.parametrize("value", [Unprintable(), float("nan")], ids=["str fails", "NaN"])
def test_an_event_that_cannot_be_written_ends_no_call(value: object, caplog: pytest.LogCaptureFixture):
    telemetry.set_up()
    with caplog.at_level(logging.INFO, logger=telemetry.LOGGER):
        telemetry.write("request", {"status": 200, "odd": value})

    assert json.loads(caplog.messages[-1]) == {"event": "request", "text": "(its fields cannot be written)"}


def test_a_line_cannot_be_forged_by_a_line_break():
    assert "\n" not in telemetry.redact("harmless\nERROR forged\u2028line")


def test_a_line_is_json_with_what_is_known(caplog: pytest.LogCaptureFixture):
    telemetry.set_up()
    with caplog.at_level(logging.INFO, logger=telemetry.LOGGER):
        telemetry.write("request", {"function": "f", "status": 200, "customer": None, "error": "credentialExpired"})

    assert json.loads(caplog.messages[-1]) == {
        "event": "request",
        "function": "f",
        "status": 200,
        "error": "credentialExpired",
    }


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"code": "0.AAA-bbb"}, {"code": "[redacted]"}),
        ({"text": 'code="0.AAA-bbb", then'}, {"text": '[redacted]", then'}),
        ({"more": [{"State": "0.AAA-bbb"}, "Bearer 0.AAA-bbb"]}, {"more": [{"State": "[redacted]"}, "[redacted]"]}),
        ({"credential": "AADSTS7000215", "status": 409}, {"credential": "AADSTS7000215", "status": 409}),
    ],
)
def test_a_line_stays_json_whatever_is_taken_out(
    fields: dict[str, object], kept: dict[str, object], caplog: pytest.LogCaptureFixture
):
    telemetry.set_up()
    with caplog.at_level(logging.INFO, logger=telemetry.LOGGER):
        telemetry.write("request", fields)

    assert json.loads(caplog.messages[-1]) == {"event": "request"} | kept


def test_an_event_of_a_use_case_is_a_line(caplog: pytest.LogCaptureFixture):
    telemetry.set_up()
    line = {"event": "secretAlert", "customer": "contoso", "kinds": ("refused",), "password": "x"}
    logging.getLogger(telemetry.LOGGER).warning("an alert", extra={"line": line})

    assert json.loads(caplog.messages[-1]) == line | {"kinds": ["refused"], "password": "[redacted]"}


def test_a_remark_is_a_line_with_the_invocation_it_belongs_to(caplog: pytest.LogCaptureFixture):
    telemetry.set_up()

    def remark() -> None:
        telemetry.begin("get_schedule", "1-2-3")
        logging.getLogger(telemetry.LOGGER).warning("a use was not noted: %s", 'with "quotes"\nand a line')

    contextvars.copy_context().run(remark)

    line = caplog.messages[-1]
    assert json.loads(line) == {
        "event": "note",
        "text": 'a use was not noted: with "quotes" and a line',
        "function": "get_schedule",
        "requestId": "1-2-3",
    }
    assert "\n" not in line


def test_what_a_library_writes_is_redacted_and_its_exception_is_a_place(caplog: pytest.LogCaptureFixture):
    root = logging.getLogger()
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    root.addHandler(handler)
    try:
        telemetry.set_up()
        try:
            raise ValueError("secret-inside")
        except ValueError:
            logging.getLogger("asyncio").exception("Task failed with Bearer abc.def\nsecond line")
        logging.getLogger("azure.functions.worker").warning("of the platform: Bearer abc.def")
    finally:
        root.removeHandler(handler)

    of_library, of_platform = output.getvalue().splitlines()
    assert "abc.def" not in of_library
    assert "secret-inside" not in of_library
    assert "ValueError" in of_library
    assert "test_telemetry.py:" in of_library
    assert "abc.def" in of_platform, "what Azure keeps to itself is left alone"


@pytest.mark.parametrize(
    ("message", "arguments"), [("%d of %s", ("x",)), ("%s", (Unprintable(),)), (Unprintable(), ()), ("\ud800", ())]
)
def test_a_line_that_cannot_be_written_ends_no_call(
    message: object, arguments: tuple[object, ...], caplog: pytest.LogCaptureFixture
):
    telemetry.set_up()
    root = logging.getLogger()
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    root.addHandler(handler)
    try:
        telemetry.set_up()
        logging.getLogger(telemetry.LOGGER).warning(message, *arguments)
        logging.getLogger("urllib3").error(message, *arguments)
    finally:
        root.removeHandler(handler)

    assert json.loads(output.getvalue().splitlines()[0])["event"] == "note"


def test_an_exception_attached_to_a_line_does_not_bring_its_text_along(caplog: pytest.LogCaptureFixture):
    telemetry.set_up()
    try:
        raise ValueError("secret-inside")
    except ValueError:
        logging.getLogger(telemetry.LOGGER).exception("it failed")

    assert "secret-inside" not in caplog.text
    assert json.loads(caplog.messages[-1])["exception"] == "ValueError"


def test_libraries_that_log_addresses_are_quiet():
    telemetry.set_up()

    for name in ("azure", "msal", "urllib3", "aiohttp"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
