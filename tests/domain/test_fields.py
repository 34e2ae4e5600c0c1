"""Single values from outside: what is taken, what is refused, and that nothing refused is repeated."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain import fields
from lib.domain.clouds import CLOUDS
from lib.domain.errors import InvalidRequest, ReturnUrlNotAllowed

GLOBAL_HOSTS = CLOUDS["global"].sign_in_hosts
NASTY = [None, 5, True, [], {}, "", "   ", "a\x00b", "a\nb", "a\x7fb", "\ud800", "x" * 5000, "a\u2028b"]


@pytest.mark.parametrize("value", ["a", "contoso", "a-b", "0", "a" * 63])
def test_customer_ids_are_the_contracts(value: str):
    assert fields.customer_id(value) == value


@pytest.mark.parametrize(
    "value", [*NASTY, "A", "-a", "a-", "a_b", "a.b", "../x", "a/b", "%2e%2e", "a" * 64, "a\n", "ä", "customer--x "]
)
def test_other_customer_ids_are_refused(value: Any):
    with pytest.raises(InvalidRequest, match="^customer:"):
        fields.customer_id(value)


@pytest.mark.parametrize(
    "value", ["ada@contoso.com", "o'brien@contoso.com", "a+b@contoso.com", "guest_x#EXT#@contoso.onmicrosoft.com"]
)
def test_user_principal_names_are_taken_as_they_are(value: str):
    assert fields.user_name(value) == value


def test_object_ids_are_taken_in_lower_case():
    assert fields.user_name("AAAAAAAA-0000-0000-0000-000000000001") == "aaaaaaaa-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    "value",
    [
        *NASTY,
        "ada",
        "@contoso.com",
        "../me@x.com",
        "a/b@x.com",
        "a\\b@x.com",
        "a%2Fb@x.com",
        "a?b@x.com",
        "a@b@c",
        "ada@contoso..com",
        "me",
    ],
)
def test_other_users_are_refused(value: Any):
    with pytest.raises(InvalidRequest, match="^user:"):
        fields.user_name(value)


@pytest.mark.parametrize(
    "value",
    ["contoso.onmicrosoft.com", "CONTOSO.com", "11111111-0000-0000-0000-000000000001", "xn--bcher-kva.example"],
)
def test_a_tenant_is_a_guid_or_a_domain(value: str):
    assert fields.tenant_id("tenantId", value) == value.lower()


@pytest.mark.parametrize(
    "value",
    [
        *NASTY,
        "common",
        "Organizations",
        "9188040D-6c67-4c5b-b112-36a304b66dad",
        "consumers",
        "contoso",
        "../common",
        "contoso.com/..",
        "contoso.com?x=1",
        "contoso.com#",
        "a b.com",
        "-x.com",
        "x-.com",
        ".com",
        "contoso.com.",
        "contoso.com\n",
        "https://contoso.com",
    ],
)
def test_other_tenants_are_refused(value: Any):
    with pytest.raises(InvalidRequest, match="^tenantId:"):
        fields.tenant_id("tenantId", value)


@pytest.mark.parametrize(
    "value",
    [
        *(n for n in NASTY if n is not None),
        "2027-13-01",
        "2027-02-30",
        "20271120",
        "2027-W01-1",
        "1999-12-31",
        "2201-01-01",
        "Never",
        "2027-11-20T00:00:00Z",
    ],
)
def test_other_dates_are_refused(value: Any):
    with pytest.raises(InvalidRequest, match="^secretExpires:"):
        fields.expiry("secretExpires", value)


@pytest.mark.parametrize(
    "value",
    [
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?whr=contoso.com",
        "https://login.microsoftonline.com/",
        "https://login.microsoft.com/x?domain_hint=contoso.com",
    ],
)
def test_custom_sign_in_urls_of_the_cloud_are_taken(value: str):
    assert fields.login_url("loginUrl", value, GLOBAL_HOSTS) == value


@pytest.mark.parametrize(
    "value",
    [
        *NASTY,
        "http://login.microsoftonline.com/",
        "https://evil.example/common/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com.evil.example/",
        "https://login.microsoftonline.com@evil.example/",
        "https://user@login.microsoftonline.com/",
        "https://login.microsoftonline.com:444/",
        "https://login.microsoftonline.us/",
        "https://login.microsoftonline.com\\@evil.example/",
        "https://login.microsoftonline.com/?prompt=none",
        "https://login.microsoftonline.com/?whr=a.com&whr=b.com",
        "https://login.microsoftonline.com/?whr=",
        "https://login.microsoftonline.com/#x",
        "https://[::1",
        "//login.microsoftonline.com/",
        "javascript:alert(1)",
    ],
)
def test_other_sign_in_urls_are_refused(value: Any):
    with pytest.raises(InvalidRequest, match="^loginUrl:"):
        fields.login_url("loginUrl", value, GLOBAL_HOSTS)


ORIGINS = ("https://ats.example", "http://localhost:3000")


@pytest.mark.parametrize(
    "value",
    ["https://ats.example", "https://ATS.example/a?b=c#d", "https://ats.example:443/x", "http://localhost:3000/x"],
)
def test_return_urls_of_allowed_origins_are_taken(value: str):
    assert fields.return_url("returnUrl", value, ORIGINS) == value


@pytest.mark.parametrize(
    "value",
    [
        "https://evil.example/",
        "http://ats.example/",
        "https://ats.example:444/",
        "https://ats.example.evil.example/",
        "https://ats.example@evil.example/",
        "https://x@ats.example/",
    ],
)
def test_return_urls_of_other_origins_are_not_allowed(value: str):
    with pytest.raises(ReturnUrlNotAllowed):
        fields.return_url("returnUrl", value, ORIGINS)


@pytest.mark.parametrize(
    "value",
    [
        *NASTY,
        "/relative",
        "//ats.example",
        "javascript:alert(1)",
        "https:ats.example",
        "https://ats.example\\@x",
        "https://ats.example/a b",
        "https://[x",
        "data:text/html,x",
    ],
)
def test_texts_that_are_no_urls_are_refused(value: Any):
    with pytest.raises(InvalidRequest, match="^returnUrl:"):
        fields.return_url("returnUrl", value, ORIGINS)


@pytest.mark.parametrize("value", [*NASTY, " x", "x ", "pässword"])
def test_secrets_that_were_pasted_wrong_are_refused_and_never_repeated(value: Any):
    with pytest.raises(InvalidRequest, match="^applicationSecret:") as refused:
        fields.secret("applicationSecret", value)
    if isinstance(value, str) and len(value.strip()) > 3:
        assert value not in str(refused.value)


@pytest.mark.parametrize(
    "value",
    [*NASTY, "x", "x@", "@x.com", "a@b", "a@b.com, c@d.com", "a@b.com\r\nBcc: c@d.com", "Ada <a@b.com>", "a b@c.com"],
)
def test_addresses_that_could_carry_more_than_themselves_are_refused(value: Any):
    with pytest.raises(InvalidRequest, match="^alertRecipients:"):
        fields.email("alertRecipients", value)


@given(st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text()), st.binary()))
def test_no_value_whatever_makes_a_check_fail_in_another_way(value: Any):
    for check in (
        fields.customer_id,
        fields.user_name,
        lambda v: fields.tenant_id("x", v),
        lambda v: fields.login_url("x", v, GLOBAL_HOSTS),
        lambda v: fields.return_url("x", v, ORIGINS),
        lambda v: fields.email("x", v),
        lambda v: fields.domain("x", v),
        lambda v: fields.expiry("x", v),
        lambda v: fields.guid("x", v),
        lambda v: fields.secret("x", v),
    ):
        try:
            check(value)
        except InvalidRequest as refused:
            assert refused.message


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (lambda: fields.user_name(None), "user: is missing"),
        (lambda: fields.user_name(5), "user: must be a string"),
        (
            lambda: fields.expiry("secretExpires", "2027-02-20T00:00:00Z"),
            "secretExpires: must be a date such as 2027-11-20 without a time, or never",
        ),
    ],
)
def test_a_refusal_says_what_is_wanted(check: Callable[[], object], says: str):
    with pytest.raises(InvalidRequest) as refused:
        check()

    assert refused.value.message == says
