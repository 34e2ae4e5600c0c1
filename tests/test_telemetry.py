"""Nothing secret in any line, whatever put it there."""

import json
import logging

import pytest

from lib import telemetry

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
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, secret: str):
    assert secret not in telemetry.redact(text)


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


def test_an_exception_attached_to_a_line_does_not_bring_its_text_along(caplog: pytest.LogCaptureFixture):
    telemetry.set_up()
    try:
        raise ValueError("secret-inside")
    except ValueError:
        logging.getLogger(telemetry.LOGGER).exception("it failed")

    assert "secret-inside" not in caplog.text


def test_libraries_that_log_addresses_are_quiet():
    telemetry.set_up()

    for name in ("azure", "msal", "urllib3", "aiohttp"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
