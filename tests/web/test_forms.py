"""Bodies: read strictly, refused by name."""

import json
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.errors import CalendarError, InvalidRequest, RequestTooLarge
from lib.settings import read
from lib.web.configuration_form import read_draft
from lib.web.json_body import LARGEST_BODY, read_object

SETTINGS = read(
    {
        "PUBLIC_URL": "https://calendar.example",
        "KEY_VAULT_URL": "https://v.vault.azure.net",
        "TABLES_CONNECTION_STRING": "UseDevelopmentStorage=true",
    }
)


def request(body: bytes | str, content_type: str | None = "application/json") -> func.HttpRequest:
    headers = {"content-type": content_type} if content_type else {}
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return func.HttpRequest("POST", "/x", headers=headers, body=raw)


@pytest.mark.parametrize(
    "content_type",
    [
        *("application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"', None),
        *("application/json;odata.metadata=minimal", "application/json; IEEE754Compatible=true; charset=utf-8 "),
        'application/json; profile="a; b"',
    ],
)
def test_json_is_taken_with_and_without_parameters(content_type: str | None):
    assert read_object(request('{"a": 1}', content_type)) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "content_type", "name"),
    [
        ("{}", "text/plain", "Content-Type"),
        ("{}", "application/x-www-form-urlencoded", "Content-Type"),
        ("{}", "application/json; charset=latin-1", "Content-Type"),
        ("{}", "application/json; odata=verbose; charset=utf-16", "Content-Type"),
        ("{}", "application/json; odata", "Content-Type"),
        ("", "application/json", "body"),
        ("{", "application/json", "body"),
        ("[]", "application/json", "body"),
        ('"x"', "application/json", "body"),
        ("null", "application/json", "body"),
        (b'{"a": "\xff"}', "application/json", "body"),
        ('{"a": NaN}', "application/json", "body"),
        ('{"a": -Infinity}', "application/json", "body"),
        ('{"a": 1, "a": 2}', "application/json", "a"),
        ('{"x": {"b": 1, "b": 1}}', "application/json", "b"),
        ("[" * 100_000, "application/json", "body"),
    ],
)
def test_other_bodies_are_refused_by_name(body: bytes | str, content_type: str, name: str):
    with pytest.raises(InvalidRequest, match=f"^{name}:"):
        read_object(request(body, content_type))


def test_a_body_over_a_mebibyte_is_too_large():
    just_right = json.dumps({"a": "x" * (LARGEST_BODY - 9)})
    assert len(just_right) == LARGEST_BODY
    assert read_object(request(just_right))["a"]

    with pytest.raises(RequestTooLarge):
        read_object(request(just_right + " "))


def test_no_body_is_fine_where_it_is_optional():
    assert read_object(request("", None), optional=True) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_CONFIGURATION = (
    *("configurationType", "provider", "tenantId", "applicationId", "applicationSecret", "secretExpires", "consent"),
    *("loginUrl", "redirectUri", "details", "allowedDomains", "alertRecipients"),
)


@given(st.dictionaries(st.sampled_from(_CONFIGURATION), JSON | st.sampled_from(["none", "basic", "advanced", "admin"])))
def test_no_body_whatever_makes_the_reading_of_a_configuration_fail_in_another_way(body: dict[str, Any]):
    try:
        read_draft(body, SETTINGS)
    except CalendarError as refused:
        assert refused.status == 400
