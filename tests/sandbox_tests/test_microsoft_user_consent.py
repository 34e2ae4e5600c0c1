"""Tenants in which users may not consent, and scopes that need an administrator everywhere (facts 4.4)."""

import pytest

from tests.sandbox.microsoft.testing_sign_in import NANCY, back
from tests.sandbox.world import demo

TESS, ADMIN = "recruiter@tailspin.com", "admin@tailspin.com"
LINK = {"tenant": demo.TAILSPIN, "client_id": demo.TAILSPIN_APPLICATION}


@pytest.fixture
def tailspin(client):
    return client.microsoft.world.tenants[demo.TAILSPIN]


@pytest.mark.parametrize("action", ["signin", "accept"])
async def test_a_tenant_may_say_it_by_redirect(user, tailspin, action):
    told = back(await user.press(action, TESS, **LINK))
    assert told["error"] == "access_denied"
    assert told["error_description"].startswith("AADSTS90094: The grant requires admin permission.")
    assert "error_subcode" not in told
    assert tailspin.applications[demo.TAILSPIN_APPLICATION].user_scopes == {}


@pytest.mark.parametrize(("block", "title"), [(90095, "Approval required"), (900941, "Need admin approval")])
async def test_or_on_a_page_of_entras(user, tailspin, block, title):
    tailspin.consent_block = block
    page = await user.press("signin", TESS, **LINK)
    assert page.status == 200
    assert title in page.text
    assert f"AADSTS{block}: Tailspin interview calendars needs permission" in page.text
    assert "Return to the application without granting consent" in page.text
    assert ('value="request"' in page.text) == (block == 90095)
    told = back(await user.press("cancel", TESS, **LINK))
    assert (told["error"], told["error_subcode"]) == ("access_denied", "cancel")
    assert told["error_description"].startswith("AADSTS65004: ")


async def test_a_request_for_approval_leads_nowhere_at_first(user, tailspin):
    tailspin.consent_block = 90095
    page = await user.press("request", TESS, {"justification": "interviews"}, **LINK)
    assert (page.status, "Request sent" in page.text) == (200, True)
    assert tailspin.applications[demo.TAILSPIN_APPLICATION].user_scopes == {}


async def test_an_administrator_accepts_for_himself_or_for_all(user, tailspin):
    assert 'name="organization"' in (await user.press("signin", ADMIN, **LINK)).text
    assert "code" in back(await user.press("accept", ADMIN, **LINK))
    assert back(await user.press("signin", TESS, **LINK))["error"] == "access_denied"
    assert "code" in back(await user.press("accept", ADMIN, {"organization": "yes"}, **LINK))
    assert "code" in back(await user.press("signin", TESS, **LINK))


async def test_prompt_consent_needs_the_right_even_where_all_is_granted(user, tailspin):
    tailspin.applications[demo.TAILSPIN_APPLICATION].granted_scopes = set(demo.CALENDAR_SCOPES)
    assert "code" in back(await user.press("signin", TESS, **LINK))
    assert back(await user.press("signin", TESS, prompt="consent", **LINK))["error"] == "access_denied"


async def test_some_scopes_need_an_administrator_everywhere(user):
    assert back(await user.press("signin", NANCY, scope="Place.Read.All"))["error"] == "access_denied"
    page = await user.press("signin", "admin@northwind.onmicrosoft.com", scope="Place.Read.All")
    assert "<code>Place.Read.All</code>" in page.text


async def test_signing_in_alone_needs_no_consent(user):
    assert "code" in back(await user.press("signin", TESS, scope="openid profile offline_access", **LINK))
