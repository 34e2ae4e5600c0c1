"""Permissions: which are enough, which are too much, in both spellings that Entra ID answers with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.checkup import CheckName, Outcome
from lib.domain.errors import Owner
from lib.domain.permissions import (
    check_permission,
    check_scopes,
    permission_refused,
    reads_calendars,
    short_scope,
)

GRAPH = "https://graph.microsoft.com"


@pytest.mark.parametrize(
    ("roles", "outcome", "says"),
    [
        (["Calendars.ReadBasic.All"], Outcome.PASSED, "may read free/busy"),
        (["Calendars.Read"], Outcome.PASSED, "ReadBasic.All would be enough"),
        (["Calendars.ReadBasic.All", "Place.Read.All", "Application.Read.All"], Outcome.PASSED, "may read"),
        (["Calendars.ReadWrite"], Outcome.WARNING, "more than it needs: Calendars.ReadWrite."),
        (["Calendars.Read", "Directory.Read.All"], Outcome.WARNING, "Directory.Read.All"),
        ([], Outcome.WARNING, "no calendar permission"),
        (["User.Read.All"], Outcome.WARNING, "no calendar permission"),
    ],
)
def test_permission_is_judged_by_the_roles_of_the_token(roles: list[str], outcome: Outcome, says: str):
    check = check_permission(roles)

    assert check.outcome is outcome
    assert says in check.message


SCOPES = [
    ("Calendars.ReadBasic User.Read", Outcome.PASSED, "(Calendars.ReadBasic)"),
    ("Calendars.ReadBasic User.Read openid profile email offline_access", Outcome.PASSED, "(Calendars.ReadBasic)"),
    ("Calendars.ReadBasic Place.Read.All", Outcome.PASSED, "free/busy"),
    ("Calendars.Read", Outcome.PASSED, "Calendars.ReadBasic would be enough"),
    ("Calendars.ReadWrite", Outcome.WARNING, "more than is needed: Calendars.ReadWrite."),
    ("Calendars.ReadBasic Mail.Read Files.Read", Outcome.WARNING, "Files.Read, Mail.Read."),
    ("User.Read", Outcome.FAILED, "does not include reading calendars"),
    ("Calendars.Read.Shared", Outcome.FAILED, "does not include reading calendars"),
    ("Calendars.ReadBasic.All", Outcome.FAILED, "does not include reading calendars"),
    ("", Outcome.FAILED, "does not include reading calendars"),
]


@pytest.mark.parametrize("prefix", ["", f"{GRAPH}/", "https://microsoftgraph.chinacloudapi.cn/"])
@pytest.mark.parametrize(("scopes", "outcome", "says"), SCOPES)
def test_permission_of_a_user_is_judged_by_the_scopes(scopes: str, outcome: Outcome, says: str, prefix: str):
    check = check_scopes([f"{prefix}{scope}" for scope in scopes.split()])

    assert (check.name, check.outcome) == (CheckName.PERMISSION, outcome)
    assert says in check.message
    assert GRAPH not in check.message, "people know permissions by their short names"
    assert (check.remedy is None) is (outcome is Outcome.PASSED)
    assert check.owner is (None if outcome is Outcome.PASSED else Owner.ENTRA_ADMIN)


def test_scopes_in_another_letter_case_count():
    assert check_scopes(["calendars.readbasic", "user.read"]).outcome is Outcome.PASSED
    assert reads_calendars([f"{GRAPH}/CALENDARS.READ"])


def test_of_many_needless_permissions_ten_are_named():
    check = check_scopes(["Calendars.Read", *(f"Needless.{number:02d}" for number in range(12))])

    assert "Needless.09" in check.message
    assert "Needless.10" not in check.message


@given(st.lists(st.sampled_from(["Calendars.ReadBasic", "User.Read", "Mail.Read", "openid", "Calendars.ReadWrite"])))
def test_both_spellings_are_judged_alike(scopes: list[str]):
    written_out = [f"{GRAPH}/{scope}" for scope in scopes]

    assert check_scopes(scopes) == check_scopes(written_out)
    assert reads_calendars(scopes) is reads_calendars(written_out)
    assert [short_scope(scope) for scope in written_out] == scopes


def test_a_refused_permission_names_both_ways_the_delay_and_the_redirect_uris():
    check = permission_refused("ErrorAccessDenied", ["https://a.example/mobile/getcalendar"])

    assert check.owner is Owner.ENTRA_ADMIN
    for part in (
        "Calendars.ReadBasic.All",
        "RBAC for Applications",
        "two hours",
        "https://a.example/mobile/getcalendar",
    ):
        assert part in (check.remedy or "")
