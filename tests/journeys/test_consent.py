"""Admin consent as an administrator goes through it, and as somebody tries to cheat with it."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.journeys.api import Api, Company, new_company
from tests.journeys.browser import Browser, changed, consent, link, press, state_of, to_microsoft
from tests.journeys.expect import expect_refused
from tests.sandbox.stack import Stack

RETURN = "https://ats.example/settings?tab=calendar"


@pytest.fixture
def fresh(stack: Stack, api: Api) -> Company:
    """A company that is saved and not consented to yet."""
    company = new_company(stack, consented=False)
    assert api.save(company).status_code == 200
    return company


def granted(api: Api, company: Company) -> object:
    return api.read(company).json()["adminConsent"]["granted"]


def expect_page(answer: requests.Response, status: int, *hidden: str) -> str:
    """Check that the answer is a page of ours, safe to show; return its text."""
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["Content-Type"].lower().startswith("text/html")
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    text = answer.text
    assert '<html lang="' in text
    assert 'name="viewport"' in text
    assert "prefers-color-scheme" in text or "color-scheme" in text
    for forbidden in ("<script", "javascript:", "src=", "@import", 'rel="stylesheet"', "onclick"):
        assert forbidden not in text.lower()
    for word in hidden:
        assert word not in text
    return text


def test_an_administrator_consents_and_sees_that_it_is_done(stack: Stack, api: Api, fresh: Company):
    assert granted(api, fresh) is not True

    expect_page(consent(stack, link(api, fresh), fresh), 200)

    shown = api.read(fresh).json()["adminConsent"]
    assert shown["granted"] is True
    assert abs(datetime.now(UTC) - datetime.fromisoformat(shown["grantedAt"])) < timedelta(minutes=1)
    assert api.test(fresh).json()["passed"] is True
    assert api.schedule(fresh).status_code == 200


def test_with_a_return_url_the_browser_goes_back_to_the_ats(stack: Stack, api: Api, fresh: Company):
    declined = consent(stack, link(api, fresh, returnUrl=RETURN), fresh, "cancel")
    done = consent(stack, link(api, fresh, returnUrl=RETURN), fresh)

    for answer, expected in (
        (declined, {"tab": ["calendar"], "calendar": ["failed"], "code": ["declined"]}),
        (done, {"tab": ["calendar"], "calendar": ["connected"]}),
    ):
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("https://ats.example/settings?")
        assert parse_qs(urlsplit(answer.headers["Location"]).query) == expected
        assert "no-store" in answer.headers["Cache-Control"]
    assert granted(api, fresh) is True


def test_the_link_is_valid_for_seven_days_and_starts_on_the_redirect_uris_origin(stack: Stack, api, fresh: Company):
    answer = api.call("POST", f"/customers/{fresh.customer}/calendar/admin-consent")

    assert answer.status_code == 201
    expires = datetime.fromisoformat(answer.json()["expiresAt"])
    assert abs(expires - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=1)
    assert answer.json()["url"].startswith(f"{stack.public_url}/connect/")
    assert fresh.customer not in answer.json()["url"]


def test_opening_the_link_binds_the_browser_and_goes_to_the_v2_endpoint(stack: Stack, api: Api, fresh: Company):
    answer = requests.get(link(api, fresh), timeout=30, allow_redirects=False)

    (cookie,) = answer.raw.headers.getlist("Set-Cookie")
    for part in ("Secure", "HttpOnly", "SameSite=", "Path=/"):
        assert part.lower() in cookie.lower()
    assert "no-store" in answer.headers["Cache-Control"]
    asked = urlsplit(answer.headers["Location"])
    assert asked.path.endswith("/v2.0/adminconsent")
    query = parse_qs(asked.query)
    assert query["client_id"] == [fresh.application.app_id]
    assert query["redirect_uri"] == [f"{stack.public_url}/mobile/getcalendar"]
    assert len(query["state"][0]) >= 32
    assert query["state"][0] not in cookie


def test_a_declined_consent_is_a_page_with_what_to_do(stack: Stack, api: Api, fresh: Company):
    answer = consent(stack, link(api, fresh), fresh, "cancel")

    expect_page(answer, 400, "resource owner", "Trace ID")
    assert granted(api, fresh) is not True


def test_an_account_that_may_not_consent_learns_who_may(stack: Stack, api: Api, fresh: Company):
    text = expect_page(consent(stack, link(api, fresh), fresh, who="recruiter"), 400)
    back = consent(stack, link(api, fresh, returnUrl=RETURN), fresh, who="recruiter")

    assert "administrator" in text.lower()
    assert parse_qs(urlsplit(back.headers["Location"]).query)["code"] == ["adminConsentRequired"]
    assert granted(api, fresh) is not True


ERRORS = {
    "declined": {"error": "access_denied", "error_description": "AADSTS65004: declined", "admin_consent": "True"},
    "server": {"error": "server_error", "error_description": "AADSTS90033: busy", "admin_consent": "True"},
    "no text": {"error": "whatever", "admin_consent": "True"},
    "admin_consent False": {"admin_consent": "False"},
}


@pytest.mark.parametrize("parameters", ERRORS.values(), ids=ERRORS)
def test_an_error_that_carries_admin_consent_true_is_still_an_error(stack: Stack, api: Api, fresh: Company, parameters):
    browser = Browser(stack)
    state = state_of(to_microsoft(browser, link(api, fresh)))
    back = changed(f"{stack.public_url}/mobile/getcalendar", tenant=fresh.tenant.id, state=state, **parameters)

    expect_page(browser.open(back), 400)
    assert granted(api, fresh) is not True


def test_a_forged_success_without_a_consent_proves_nothing(stack: Stack, api: Api, fresh: Company):
    browser = Browser(stack)
    state = state_of(to_microsoft(browser, link(api, fresh, returnUrl=RETURN)))
    back = changed(
        f"{stack.public_url}/mobile/getcalendar", admin_consent="True", tenant=fresh.tenant.id, state=state, scope="x"
    )

    answer = browser.open(back)

    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["code"] == ["notVerified"]
    assert granted(api, fresh) is not True
    expect_refused(api.schedule(fresh), 409, "calendarNotTested")


@pytest.mark.parametrize("tenant", ["c0471050-0000-4000-8000-000000000001", "not-a-guid", "<b>x</b>"])
def test_an_answer_of_another_tenant_is_not_believed(stack: Stack, api: Api, fresh: Company, tenant: str):
    browser = Browser(stack)
    back = press(browser, to_microsoft(browser, link(api, fresh)), f"admin@{fresh.tenant.domains[1]}")

    text = expect_page(browser.open(changed(back, tenant=tenant)), 400)
    assert "<b>x</b>" not in text


def test_an_answer_counts_once(stack: Stack, api: Api, fresh: Company):
    browser = Browser(stack)
    back = press(browser, to_microsoft(browser, link(api, fresh, returnUrl=RETURN)), f"admin@{fresh.tenant.domains[1]}")
    cookies = dict(browser.cookies)
    assert browser.open(back).status_code == 303

    browser.cookies = cookies
    for _ in range(2):
        expect_page(browser.open(back), 400)


def test_an_answer_in_another_browser_gets_the_same_page_as_any_unknown_one(stack: Stack, api: Api, fresh: Company):
    address = f"admin@{fresh.tenant.domains[1]}"
    first, second, none = Browser(stack), Browser(stack), Browser(stack)
    back = press(first, to_microsoft(first, link(api, fresh, returnUrl=RETURN)), address)
    other = to_microsoft(second, link(api, fresh, returnUrl=RETURN))

    pages = [
        expect_page(none.open(back), 400),
        expect_page(second.open(back), 400),
        expect_page(second.open(changed(back, state="foreign" * 8)), 400),
        expect_page(second.open(changed(back, state=None)), 400),
        expect_page(first.open(changed(back, state=state_of(other))), 400),
        expect_page(none.open(f"{stack.public_url}/mobile/getcalendar"), 400),
    ]

    assert len(set(pages)) == 1
    assert granted(api, fresh) is not True
    assert first.open(back).status_code == 303, "a stranger's try must not use up the administrator's own answer"


def test_two_consents_in_one_browser_both_end_well(stack: Stack, api: Api, fresh: Company):
    other = new_company(stack, consented=False)
    api.save(other)
    browser = Browser(stack)
    first = to_microsoft(browser, link(api, fresh))
    second = to_microsoft(browser, link(api, other))

    for company, address in ((fresh, first), (other, second)):
        expect_page(browser.open(press(browser, address, f"admin@{company.tenant.domains[1]}")), 200)
        assert granted(api, company) is True


def test_a_late_consent_still_ends_well(stack: Stack, api: Api, fresh: Company):
    fresh.application.consent_lag = 3

    expect_page(consent(stack, link(api, fresh), fresh), 200)
    assert granted(api, fresh) is True
