"""The schemas of requests say what the code takes: the same documents pass both, or neither."""

import json
from collections.abc import Callable
from datetime import UTC
from typing import Any

import azure.functions as func
import jsonschema_rs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.domain import fields
from lib.domain.errors import CalendarError
from lib.domain.zones import Zone
from lib.web.configuration_form import read_draft
from lib.web.connection_form import read_return_url
from lib.web.edge import Call
from lib.web.openapi import examples
from lib.web.openapi.components import PARAMETERS
from lib.web.openapi.schemas import all_schemas
from lib.web.schedule_form import read_schedule_request

SETTINGS = examples.SETTINGS
COMPONENTS = {"schemas": all_schemas([], SETTINGS.cloud.sign_in_hosts)}
GUID = "5B0E2d7c-91f4-4a36-b8c5-7e6d1f0a2b94"
LABEL = "a" * 63

# Good and bad values of each property; None counts as left out.
CONFIGURATION: dict[str, list[Any]] = {
    "configurationType": ["none", "basic", "advanced", "Advanced", "", 1, []],
    "provider": ["office365", "google", "Office365", 5],
    "tenantId": [
        *("contoso.onmicrosoft.com", "Contoso.COM", GUID, GUID.upper(), "xn--bcher-kva.example", "a.xn--p1ai"),
        *("common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36A304b66dad", "contoso", "-a.com"),
        *("a_b.com", "a..com", ".com", "a.c", f"{LABEL}.com", f"{LABEL}a.com", ".".join([LABEL] * 4), "", " ", 7),
        *("contoso.com\n", "contoso.com/", "contoso.123", "ünder.com", f"{LABEL}.{LABEL}.{LABEL}.{'a' * 57}.com"),
        f"{LABEL}.{LABEL}.{LABEL}.{'a' * 58}.com",
    ],
    "applicationId": [GUID, GUID.upper(), GUID.replace("-", ""), f"{{{GUID}}}", GUID[:-1], f"{GUID}0", "", 1, True],
    "applicationSecret": ["a", "a~b c", "x" * 1024, "x" * 1025, " a", "a ", "ä", "a\tb", "", " ", "a\n", 12345],
    "secretExpires": [
        *("never", "2027-11-20", "2000-01-01", "2200-12-31", "1999-12-31", "2201-01-01", "Never", "2027-02-29"),
        *("2028-02-29", "2027-13-01", "2027-1-1", "20271120", "2027-11-20T00:00:00Z", "", "2027-11-20 ", 20271120),
    ],
    "consent": ["user", "admin", "both", "", 0],
    "loginUrl": [
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?whr=contoso.com",
        *("https://login.microsoftonline.com", "https://login.microsoft.com/", "https://LOGIN.example/"),
        "https://login.microsoftonline.com/x?domain_hint=contoso.com&whr=contoso.com",
        "https://login.microsoftonline.com/x?whr=contoso.com&whr=contoso.com",
        *("https://login.microsoftonline.com/?prompt=none", "https://login.microsoftonline.com/?whr=con toso"),
        *(
            "http://login.microsoftonline.com/",
            "https://evil.example/",
            "https://login.microsoftonline.com@evil.example/",
        ),
        *("https://login.microsoftonline.com/#x", "https://login.microsoftonline.com\\@evil.example/", "", 3),
        *(
            "https://login.microsoftonline.com:8443/",
            "login.microsoftonline.com",
            "https://login.microsoftonline.com/a b",
        ),
        "https://login.microsoftonline.com/" + "a" * 2014,
        "https://login.microsoftonline.com/" + "a" * 2015,
    ],
    "redirectUri": [
        *("https://calendar.example/mobile/getcalendar", "https://calendar.example/mobile/getcalendar/", "", 1),
        *("https://calendar.example/", "javascript:alert(1)", "/mobile/getcalendar"),
    ],
    "details": ["time", "full", "all", 2],
    "allowedDomains": [
        *(["contoso.com"], ["Contoso.com", "contoso.com"], [], ["contoso"], [""], [None], ["a@contoso.com"]),
        *("contoso.com", [f"d{number}.com" for number in range(50)], [f"d{number}.com" for number in range(51)]),
    ],
    "alertRecipients": [
        *([], ["it@contoso.com"], ["It@Contoso.com", "it@contoso.com"], ["it@contoso"], ["it"], ["<it@contoso.com>"]),
        *(
            [f"{'a' * 64}@contoso.com"],
            [f"{'a' * 65}@contoso.com"],
            ["a@b.co,c@d.co"],
            "it@contoso.com",
            [1],
            ["ä@b.co"],
        ),
        *([f"p{number}@b.co" for number in range(20)], [f"p{number}@b.co" for number in range(21)], ["a@b.co\n"]),
        [f"a@{LABEL}.{LABEL}.{LABEL}.{'a' * 57}.com"],
        [f"a@{LABEL}.{LABEL}.{LABEL}.{'a' * 56}.com"],
        [f"a@{LABEL}.{LABEL}.{LABEL}.{'a' * 55}.com"],
    ],
    "state": ["ready", 1],
    "lastTest": [{"passed": True}],
    "surprise": [1, "x", {}],
}


def is_valid(name: str) -> Callable[[Any], bool]:
    """Return what tells whether a document is what a schema describes."""
    described = {"$ref": f"#/components/schemas/{name}", "components": COMPONENTS}
    return jsonschema_rs.Draft202012Validator(described, validate_formats=True).is_valid


def is_taken(read: Callable[..., object], *arguments: Any, **more: Any) -> bool:
    """Return whether the code takes it."""
    try:
        read(*arguments, **more)
    except CalendarError:
        return False
    return True


def one_by_one(values: dict[str, list[Any]]) -> list[Any]:
    return [
        pytest.param(name, value, id=f"{name}-{number}") for name in values for number, value in enumerate(values[name])
    ]


is_configuration = is_valid("CalendarConfigurationInput")


@pytest.mark.parametrize(("name", "value"), one_by_one(CONFIGURATION))
def test_each_value_of_a_configuration_passes_the_schema_and_the_code_or_neither(name: str, value: Any):
    for base in (examples.ADMIN, examples.USER, examples.BASIC, examples.NONE):
        document = base | {name: value}
        assert is_configuration(document) == is_taken(read_draft, document, SETTINGS), document


def test_both_take_and_refuse_values_of_every_property():
    known = [name for name in CONFIGURATION if name not in ("state", "lastTest", "surprise")]
    taken = {
        name: {is_configuration(examples.ADMIN | {name: value}) for value in CONFIGURATION[name]} for name in known
    }
    assert taken == {name: {True, False} for name in known}
    properties = COMPONENTS["schemas"]["CalendarConfigurationInput"]["properties"]
    assert set(known) == {name for name, schema in properties.items() if not schema.get("readOnly")}


@pytest.mark.parametrize("name", ["CalendarConfigurationInput", "ScheduleRequest", "DateTimeTimeZone", "LinkRequest"])
def test_requests_are_such_that_a_generated_client_takes_them_as_they_are_and_no_misspelt_ones(name: str):
    schema = COMPONENTS["schemas"][name]
    assert schema["additionalProperties"] is False
    assert "patternProperties" not in schema  # openapi-typescript makes an index signature of it: any name compiles
    assert '"default"' not in json.dumps(schema)  # and makes a property with a default one that has to be given


# That null counts as left out is told of them in words only: generators make a class of "a choice or null".
CHOICES = {"configurationType", "provider", "consent", "details"}


documents = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(values if name in CHOICES else [None, *values])
        for name, values in CONFIGURATION.items()
        if name != "surprise"
    },
)


@settings(max_examples=500)
@given(documents)
@example({"configurationType": "basic", "tenantId": "contoso.com", "applicationSecret": "x"})
def test_values_together_pass_the_schema_and_the_code_or_neither(document: dict[str, Any]):
    assert is_configuration(document) == is_taken(read_draft, document, SETTINGS)


class SomeZones:
    """Three zones, one of them under the longest name that is read."""

    def find(self, name: str) -> Zone | None:
        return Zone(name, UTC) if name in {"UTC", "Europe/Berlin", "Z" * 100} else None


DAY: dict[str, Any] = {"dateTime": "2026-11-23T00:00:00", "timeZone": "UTC"}
SCHEDULE: dict[str, list[Any]] = {
    "schedules": [
        *(["ada@contoso.com"], ["ada@contoso.com"] * 1000, ["ada@contoso.com"] * 1001, [], [""], [" "], ["Ada L."]),
        *(["x" * 320], ["x" * 321], "ada@contoso.com", [1], [None], ["a\nb"], ["a\u2028b"], ["ü@contoso.com"], None),
        *(["\u00a0"], ["a\u0085"], ["\ufeffa"], [" a "], [["ada@contoso.com"]]),
    ],
    "startTime": [
        *(
            DAY,
            {"dateTime": "2026-11-23T00:00"},
            {"dateTime": "2026-11-23T00:00:00.1234567"},
            {},
            None,
            "2026-11-23",
            1,
        ),
        *({"dateTime": "2026-11-23T00:00:00Z"}, {"dateTime": "2026-11-23T00:00:00+01:00"}, {"dateTime": "2026-11-23"}),
        *({"dateTime": None}, {"dateTime": 5}, {"dateTime": "2026-11-23 00:00:00"}, DAY | {"timeZone": None}),
        *(DAY | {"timeZone": ""}, DAY | {"timeZone": 1}, DAY | {"timeZone": "Z" * 100}, DAY | {"timeZone": "Z" * 101}),
        DAY | {"surprise": 1},
        {"dateTime": "2026-11-23T00:00:00.1234567890"},
    ],
    "availabilityViewInterval": [5, 1440, 30, None, 4, 1441, 0, -30, 7.5, True, "often", []],
    "surprise": [1],
}
WEEK: dict[str, Any] = {
    "schedules": ["ada@contoso.com"],
    "startTime": DAY,
    "endTime": {"dateTime": "2026-11-24T00:00:00"},
}
is_schedule_request = is_valid("ScheduleRequest")


@pytest.mark.parametrize(("name", "value"), one_by_one(SCHEDULE))
def test_each_value_of_a_schedule_request_passes_the_schema_and_the_code_or_neither(name: str, value: Any):
    document = WEEK | {name: value}
    assert is_schedule_request(document) == is_taken(read_schedule_request, document, None, SomeZones())


LINKS: list[Any] = [
    *("https://ats.example/interviews?tab=calendar", "https://ats.example", None, "", "interviews", "//ats.example", 1),
    *("https://ats.example/a b", "https://ats.example\\x", "https://ats.example/ü", "ftp://ats.example/", "https://"),
    *(
        "https://ats.example/" + "a" * 2028,
        "https://ats.example/" + "a" * 2029,
        "https:///x",
    ),
]


@pytest.mark.parametrize("url", LINKS)
def test_each_return_url_passes_the_schema_and_the_code_or_neither(url: Any):
    request = func.HttpRequest("POST", "/", body=json.dumps({"returnUrl": url}).encode())
    assert is_valid("LinkRequest")({"returnUrl": url}) == is_taken(read_return_url, request, SETTINGS.return_urls)


USERS = [
    *(
        "ada@contoso.com",
        "ADA.L+x'y@contoso.onmicrosoft.com",
        GUID,
        GUID.upper(),
        "ada",
        "@contoso.com",
        "ada@",
        "",
        " ",
    ),
    *("ada@con..toso", "ada@..", "a b@contoso.com", "a/b@contoso.com", "a%41@contoso.com", "a\\b@contoso.com", "a@b@c"),
    *(f"{'a' * 64}@{'b' * 255}", f"{'a' * 65}@contoso.com", f"a@{'b' * 256}", "ada@contoso.com\n", "a?b@contoso.com"),
]
CUSTOMERS = ["contoso", "a", "a-b", "1", LABEL, f"{LABEL}a", "-a", "a-", "A", "a_b", "a.b", "ä", "", " ", "a\n"]


@pytest.mark.parametrize("name", USERS)
def test_each_user_passes_the_schema_and_the_code_or_neither(name: str):
    assert is_parameter("User", name) == is_valid("TestRequest")({"user": name}) == is_taken(fields.user_name, name)


@pytest.mark.parametrize("name", CUSTOMERS)
def test_each_customer_passes_the_schema_and_the_code_or_neither(name: str):
    assert is_parameter("Customer", name) == is_taken(fields.customer_id, name)


HEADERS = {
    "If-Match": [
        '"a"',
        "*",
        'W/"a"',
        '"a", "b"',
        '"a","b"',
        '"a" ,*',
        "a",
        '"a',
        '""',
        '"a" "b"',
        ",",
        "",
        '"a",',
        '"ä"',
    ],
    "client-request-id": [GUID, "a", "a" * 128, "a" * 129, "a b", "ä", "", "a,b", "{a}", "a\n"],
}


@pytest.mark.parametrize(("name", "value"), one_by_one(HEADERS))
def test_each_header_passes_the_schema_and_the_code_or_neither(name: str, value: str):
    call = Call(func.HttpRequest("GET", "/", headers={name: value}, body=b""))
    read = call.if_match if name == "If-Match" else call.check_client_request_id
    component = "IfMatch" if name == "If-Match" else "ClientRequestId"
    assert is_parameter(component, value) == is_taken(read)


def is_parameter(name: str, value: str) -> bool:
    return jsonschema_rs.Draft202012Validator(PARAMETERS[name]["schema"], validate_formats=True).is_valid(value)


@pytest.mark.parametrize("shown", examples.CONFIGURATIONS.values(), ids=examples.CONFIGURATIONS)
def test_what_reading_answers_may_be_sent_back(shown: dict[str, Any]):
    assert is_configuration(shown)
    assert is_taken(read_draft, shown, SETTINGS)
