"""What one request for a token says about a credential and about the consent behind it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lib.domain.advice import all_codes
from lib.domain.advice.words import Topic
from lib.domain.configuration import Access, ConfigurationType, Consent, Revision
from lib.domain.findings import Seen
from lib.domain.microsoft import AppToken, EntraRefused
from lib.domain.permissions import READS_CALENDARS
from lib.domain.probing import of_refusal, withdrawn

SEEN = Seen("v1", "g1")
BY_ADMIN = Revision(
    "m1", datetime(2026, 1, 1, tzinfo=UTC), Access(ConfigurationType.ADVANCED, "contoso.com", "a1", Consent.ADMIN)
)
BY_USERS = replace(BY_ADMIN, access=replace(BY_ADMIN.access, consent=Consent.USER))


def judged(code: int, revision: Revision = BY_ADMIN, *, active: bool = True) -> Seen:
    return of_refusal(SEEN, EntraRefused([code], "invalid_client"), revision, active=active)


def token(*roles: str) -> AppToken:
    return AppToken("token", 2e9, roles=roles)


@pytest.mark.parametrize("code", [700027, 700025, 700024, 50012])
def test_what_a_new_secret_does_not_mend_keeps_its_own_remedy(code: int):
    seen = judged(code)

    assert seen.refused is not None
    assert seen.refused.remedy


@pytest.mark.parametrize("code", [7000215, 7000218])
def test_a_refused_secret_is_mended_by_a_new_one(code: int):
    seen = judged(code)

    assert (seen.asked, seen.expired_by_entra, seen.withdrawn) == (True, False, None)
    assert seen.refused is not None
    assert (seen.refused.code, seen.refused.remedy) == (f"AADSTS{code}", "")
    assert not seen.works


def test_an_expired_secret_has_expired_whatever_its_date_says():
    seen = judged(7000222)

    assert (seen.asked, seen.expired_by_entra) == (True, True)
    assert seen.has_expired(datetime(2026, 11, 21, tzinfo=UTC).date())


@pytest.mark.parametrize("code", [7000229, 700016, 700011, 65001])
def test_a_missing_consent_was_withdrawn_if_the_configuration_worked_before(code: int):
    for revision in (BY_ADMIN, BY_USERS):
        seen = judged(code, revision)
        assert (seen.asked, seen.refused) == (True, None)
        assert seen.withdrawn is not None
        assert seen.withdrawn.code == f"AADSTS{code}"
        assert judged(code, revision, active=False).withdrawn is None, "it has not been given yet"


def test_an_application_without_application_permissions_is_as_it_should_be_where_users_connect():
    assert judged(501051, BY_USERS) == replace(SEEN, asked=True)
    assert judged(501051, BY_ADMIN).withdrawn is not None


@pytest.mark.parametrize("code", [90002, 7000112, 53003])
def test_what_a_new_secret_does_not_mend_has_a_remedy_of_its_own(code: int):
    seen = judged(code)

    assert seen.refused is not None
    assert seen.refused.remedy


@pytest.mark.parametrize("code", [999_999_999, 12345])
def test_a_refusal_that_nobody_knows_is_told(code: int):
    seen = judged(code)

    assert seen.refused is not None
    assert str(code) in seen.refused.code


def test_whatever_entra_id_refuses_for_good_is_told_once():
    """Of every entry of the dictionary, one thing is told: refused, expired or withdrawn."""
    for code, advice in all_codes().items():
        if not code.startswith("AADSTS") or advice.retry or code == "AADSTS501051":
            continue
        seen = judged(int(code.removeprefix("AADSTS")))
        assert (seen.refused is None) is not (seen.withdrawn is None), code
        assert seen.expired_by_entra is (advice.topic is Topic.CREDENTIAL_EXPIRED), code


@pytest.mark.parametrize("role", sorted(READS_CALENDARS))
def test_a_token_with_a_calendar_permission_shows_consent(role: str):
    assert withdrawn(token("User.Read.All", role), BY_ADMIN, active=True) is None


def test_a_token_without_one_shows_that_consent_was_withdrawn():
    trouble = withdrawn(token("User.Read.All"), BY_ADMIN, active=True)

    assert trouble is not None
    assert trouble.code == "consentRequired"


def test_where_no_role_is_needed_a_token_without_one_says_nothing():
    assert withdrawn(token(), BY_ADMIN, active=False) is None, "never tested"
    assert withdrawn(token(), BY_USERS, active=True) is None, "users consent for themselves"
    assert withdrawn(token(), replace(BY_ADMIN, scoped=True), active=True) is None, "RBAC for Applications"


@pytest.mark.parametrize("code", [700016, 7000229])
def test_an_application_that_the_tenant_does_not_know_did_not_have_its_secret_accepted(code: int):
    """Or a letter about an expired secret says that Entra ID still accepts it."""
    assert not judged(code).works
