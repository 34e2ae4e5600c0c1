"""Connect your calendar: the way to Microsoft and back, whose account counts, and what nobody can forge."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from tests.journeys.api import Api
from tests.journeys.expect import Faults
from tests.journeys.people import (
    ATS,
    PeopleCompany,
    change_row,
    connect,
    connection,
    decide,
    expect_connects,
    expect_sent_back,
    invitation,
    invite,
    new_browser,
    open_link,
    query_of,
    rows,
    saved_people,
    seconds_ago,
    state,
    token_requests,
)
from tests.journeys.test_configuration import at_once
from tests.journeys.test_consent import expect_page
from tests.sandbox.browser import Browser
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack
from tests.sandbox.world import demo


@pytest.fixture
def people(stack: Stack, api: Api) -> PeopleCompany:
    """A company with user consent that is saved, not tested."""
    return saved_people(stack, api)


def code_form(stack: Stack, browser: Browser, url: str, account: str) -> dict[str, str]:
    """Sign in, and return the fields that Microsoft's page would post to the functions, instead of posting them."""
    open_link(stack, browser, url)
    page = browser.submit({"account": account, "action": "accept"})
    fields = {}
    for part in page.text.split('<input type="hidden" name="')[1:]:
        name, _, rest = part.partition('" value="')
        fields[name] = rest.partition('"')[0]
    assert "code" in fields
    return fields


def expect_nothing_stored(stack: Stack, api: Api, company: PeopleCompany, user: str) -> None:
    """Check that this user is not connected and that no row is there."""
    assert state(api, company, user) == "notConnected"
    assert rows(stack, company) == []


def test_a_user_connects_before_anything_was_tested(stack: Stack, api: Api, people: PeopleCompany):
    text = expect_page(connect(stack, api, people, people.recruiter), 200)

    assert people.secret not in text
    shown = connection(api, people, people.recruiter).json()
    assert 0 <= seconds_ago(shown.pop("connectedAt")) < 60
    expected = {"user": people.recruiter, "state": "connected", "lastUsedAt": None, "reason": None, "remedy": None}
    assert shown == expected
    assert state(api, people, people.ada) == "notConnected"
    assert len(rows(stack, people)) == 1


def test_the_browser_goes_back_to_the_ats(stack: Stack, api: Api, people: PeopleCompany):
    expect_sent_back(connect(stack, api, people, people.recruiter, returnUrl=ATS), calendar="connected")


def test_the_link_is_valid_for_fifteen_minutes_and_tells_nobody_whose_it_is(stack, api: Api, people: PeopleCompany):
    answer = invitation(api, people, people.recruiter)

    assert set(answer.json()) == {"url", "expiresAt"}
    valid = datetime.fromisoformat(answer.json()["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < valid <= timedelta(minutes=15)
    url = answer.json()["url"]
    assert url.startswith(f"{stack.public_url}/connect/")
    assert people.customer not in url
    assert "recruiter" not in url


def test_microsoft_is_asked_by_the_book(stack: Stack, api: Api, people: PeopleCompany):
    browser = new_browser(stack)
    begun = browser.open(invite(api, people, people.recruiter), follow=False)
    asked = urlsplit(begun.headers["Location"])
    query = query_of(begun.headers["Location"])

    assert asked.path.split("/")[1] in (people.tenant.id, people.tenant.domains[0])
    assert asked.path.endswith("/oauth2/v2.0/authorize")
    wanted = {
        "client_id": people.application.app_id,
        "response_type": "code",
        "response_mode": "form_post",
        "redirect_uri": f"{stack.public_url}/mobile/getcalendar",
        "code_challenge_method": "S256",
        "login_hint": people.recruiter,
    }
    assert {name: query.get(name) for name in wanted} == wanted
    scopes = set(query["scope"].replace(f"{stack.microsoft.graph_url}/", "").split())
    assert scopes - {"email"} == {"Calendars.ReadBasic", "User.Read", "openid", "profile", "offline_access"}
    assert len(query["state"]) >= 32
    assert query["nonce"]
    assert "prompt" not in query
    (cookie,) = begun.raw.headers.getlist("Set-Cookie")
    for part in ("__Secure-", "Secure", "HttpOnly", "SameSite=None"):
        assert part.lower() in cookie.lower()
    assert query["state"] not in cookie

    browser.open(begun.headers["Location"])
    stack.microsoft.clear_requests()
    assert decide(stack, browser, people.recruiter).status_code == 200
    (redeemed,) = token_requests(stack, people, "authorization_code")
    assert people.tenant.id in redeemed.path, "the code goes to the pinned tenant"
    assert len(redeemed.form["code_verifier"]) >= 43


def test_the_same_link_opened_twice_works_in_both_browsers(stack: Stack, api: Api, people: PeopleCompany):
    url = invite(api, people, people.recruiter)
    first, second = new_browser(stack), new_browser(stack)
    at_once(lambda: open_link(stack, first, url), lambda: open_link(stack, second, url))

    assert decide(stack, first, people.recruiter).status_code == 200
    assert decide(stack, second, people.recruiter).status_code == 200
    assert len(rows(stack, people)) == 1


def test_two_people_connect_side_by_side_in_one_browser(stack: Stack, api: Api, people: PeopleCompany):
    browser = new_browser(stack)
    places = []
    for user in (people.recruiter, people.ada):
        open_link(stack, browser, invite(api, people, user))
        places.append((user, browser.url))

    for user, place in places:
        browser.url = place
        assert decide(stack, browser, user).status_code == 200
    assert [state(api, people, user) for user, _ in places] == ["connected"] * 2


def test_an_expired_link_and_an_expired_sign_in_are_the_page_of_unknown_ones(stack, api: Api, people: PeopleCompany):
    url = invite(api, people, people.recruiter)
    browser = new_browser(stack)
    open_link(stack, browser, url)
    ours = rows(stack, people, "consents")
    assert len(ours) >= 2
    for row in ours:
        change_row(stack, row, "consents", expiresAt=datetime.now(UTC) - timedelta(seconds=1))

    unknown = new_browser(stack).open(f"{stack.public_url}/connect/guess")
    assert expect_page(new_browser(stack).open(url), 400) == expect_page(unknown, 400)
    expect_page(decide(stack, browser, people.recruiter), 400)
    expect_nothing_stored(stack, api, people, people.recruiter)


# How the invitation names kay, whose user principal name is not her e-mail address.
NAMES = {
    "user principal name": lambda c: c.kay.user_principal_name,
    "in capitals": lambda c: c.kay.user_principal_name.upper(),
    "object id": lambda c: c.kay.object_id,
    "object id in capitals": lambda c: c.kay.object_id.upper(),
    "mail": lambda c: c.kay.mail,
    "alias": lambda c: c.kay.other_addresses[0],
    "alias in capitals": lambda c: c.kay.other_addresses[0].upper(),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_whoever_the_invitation_names_may_connect(stack: Stack, api: Api, people: PeopleCompany, name):
    user = name(people)

    expect_connects(stack, api, people, user, account=people.kay.user_principal_name)
    assert state(api, people, user.lower()) == state(api, people, user.upper()) == "connected"


def test_names_with_odd_characters_work(stack: Stack, api: Api, people: PeopleCompany):
    for upn in ("pat_partner.example#EXT#@{}", "o'neil+x@{}", "jürgen.groß@{}"):
        user = upn.format(people.tenant.domains[0])
        demo.person(people.tenant, "Odd", upn=user)
        expect_connects(stack, api, people, user)
    assert len(rows(stack, people)) == 3


def test_another_account_is_told_which_one_is_needed_and_may_try_again(stack: Stack, api: Api, people: PeopleCompany):
    browser = new_browser(stack)
    open_link(stack, browser, invite(api, people, people.recruiter))

    text = expect_page(decide(stack, browser, people.ada), 400)

    assert people.recruiter in text
    expect_nothing_stored(stack, api, people, people.recruiter)
    assert state(api, people, people.ada) == "notConnected"
    again = next(part.partition('"')[0] for part in text.split('href="')[1:] if "/connect/" in part)
    open_link(stack, browser, again.replace("&amp;", "&"))
    assert query_of(browser.url)["prompt"] == "select_account", "else Microsoft takes the same account again"
    assert "login_hint" not in query_of(browser.url), "Microsoft does not support both together"
    expect_page(decide(stack, browser, people.recruiter), 200)
    assert state(api, people, people.recruiter) == "connected"


def _private_address(company: PeopleCompany) -> tuple[str, str]:
    return "kay@home.example", company.kay.user_principal_name


def _begins_alike(company: PeopleCompany) -> tuple[str, str]:
    return f"{company.kay.mail}.evil.example", company.kay.user_principal_name


WRONG = {
    "a colleague": lambda c: (c.recruiter, c.ada),
    "a colleague's object id": lambda c: (c.kay.object_id, c.ada),
    "the administrator": lambda c: (c.recruiter, c.admin),
    "other mails": _private_address,
    "begins alike": _begins_alike,
}


@pytest.mark.parametrize("who", WRONG.values(), ids=WRONG)
def test_an_account_that_is_not_the_invited_one_stores_nothing(stack: Stack, api: Api, people: PeopleCompany, who):
    user, account = who(people)

    answer = connect(stack, api, people, user, account=account, returnUrl=ATS)

    expect_sent_back(answer, calendar="failed", code="wrongAccount")
    expect_nothing_stored(stack, api, people, user)


_OTHER = demo.CONTOSO
# What an ID token might say, and how the sign-in then ends. {user} is the recruiter, {entra} Entra ID's address.
CLAIMS = {
    "email of the invited": ({"email": "{user}", "preferred_username": "x@evil.example"}, "ada", {"wrongAccount"}),
    "another tenant": ({"tid": _OTHER, "iss": f"{{entra}}/{_OTHER}/v2.0"}, "recruiter", {"wrongTenant"}),
    "another tenant, our issuer": ({"tid": _OTHER}, "recruiter", {"wrongTenant", "microsoftError"}),
    "another audience": ({"aud": _OTHER}, "recruiter", {"microsoftError"}),
    "another issuer": ({"iss": "https://evil.example/v2.0"}, "recruiter", {"microsoftError", "wrongTenant"}),
    "ended": ({"exp": 1_600_000_000}, "recruiter", {"microsoftError"}),
    "another nonce": ({"nonce": "0" * 64}, "recruiter", {"microsoftError"}),
    "no object id": ({"oid": None}, "recruiter", {"microsoftError", "wrongAccount"}),
    "no tenant": ({"tid": None}, "recruiter", {"microsoftError", "wrongTenant"}),
}


@pytest.mark.parametrize(("claims", "who", "codes"), CLAIMS.values(), ids=CLAIMS)
def test_an_id_token_that_is_not_for_us_stores_nothing(stack, api: Api, people: PeopleCompany, claims, who, codes):
    account = f"{who}@{people.tenant.domains[1]}"
    known = {"user": people.recruiter, "entra": stack.microsoft.entra_url}
    changes = {name: value.format(**known) if isinstance(value, str) else value for name, value in claims.items()}
    stack.microsoft.id_token_changes.update(changes)
    stack.microsoft.access_token_changes.update({"tid": changes["tid"]} if changes.get("tid") else {})
    try:
        answer = connect(stack, api, people, people.recruiter, account=account, returnUrl=ATS)
    finally:
        stack.microsoft.id_token_changes.clear()
        stack.microsoft.access_token_changes.clear()
    assert query_of(answer.headers["Location"])["code"] in codes
    expect_nothing_stored(stack, api, people, people.recruiter)


def test_once_the_object_id_is_known_the_name_may_change_and_nobody_can_take_it_over(stack, api, people: PeopleCompany):
    mail = people.kay.mail
    assert mail
    kay = people.kay
    expect_connects(stack, api, people, mail, account=kay.user_principal_name)
    kay.mail, kay.user_principal_name = f"married@{people.tenant.domains[1]}", f"married@{people.tenant.domains[0]}"
    people.account(people.ada).mail = mail

    taken = connect(stack, api, people, mail, account=people.ada, returnUrl=ATS)
    expect_sent_back(taken, calendar="failed", code="wrongAccount")
    assert [row["objectId"] for row in rows(stack, people)] == [kay.object_id]
    expect_connects(stack, api, people, mail, account=kay.user_principal_name)


def test_when_graph_cannot_say_who_it_is_nothing_is_stored_and_nobody_is_blamed(stack, api, people: PeopleCompany):
    mail = people.kay.mail
    assert mail
    with Faults(stack, Fault("graph", "/v1.0/me", method="GET", status=503)):
        answer = connect(stack, api, people, mail, account=people.kay.user_principal_name, returnUrl=ATS)

    expect_sent_back(answer, calendar="failed", code="microsoftError")
    expect_nothing_stored(stack, api, people, mail)
    expect_connects(stack, api, people, mail, account=people.kay.user_principal_name)


@pytest.mark.parametrize("fault", [{"mode": "reset"}, {"status": 503}, {"status": 200, "body": {"a": "b"}}], ids=str)
def test_a_sign_in_that_microsoft_does_not_complete_changes_nothing(stack, api: Api, people: PeopleCompany, fault):
    for before in ("notConnected", "connected"):
        with Faults(stack, Fault("entra", "/token", **fault)):
            answer = connect(stack, api, people, people.recruiter, returnUrl=ATS)
        expect_sent_back(answer, calendar="failed", code="microsoftError")
        assert state(api, people, people.recruiter) == before
        expect_connects(stack, api, people, people.recruiter)
