"""Codes that belong to another sign-in, accounts that belong to somebody else, and many flows side by side."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.attacker import (
    RETURN,
    connect,
    connection_of,
    connections,
    deliver,
    expect_ended,
    expect_nothing_leaked,
    expect_nothing_stored,
    expect_sent_back,
    invite,
    new_office,
    press,
    secrets_of,
    sign_in,
    state_of_user,
)
from tests.journeys.browser import Browser, changed, consent, link, to_microsoft
from tests.journeys.test_configuration import at_once
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person


@pytest.fixture
def office(stack: Stack, api: Api) -> Company:
    """A saved company whose users connect for themselves."""
    return new_office(stack, api)


def object_id(company: Company, name: str) -> str:
    """Return the object id of an account."""
    account = company.tenant.account(name)
    assert account is not None
    return account.object_id


@pytest.mark.parametrize("return_url", [None, RETURN], ids=["page", "returnUrl"])
def test_a_code_in_another_sign_in_is_worth_nothing(stack: Stack, api: Api, office: Company, return_url):
    """The attacker's code in the victim's browser (login CSRF), and the victim's stolen code in the attacker's."""
    body = {"returnUrl": return_url} if return_url else {}
    victim, attacker = Browser(stack), Browser(stack)
    good = sign_in(victim, invite(api, office, office.recruiter, **body), office.recruiter)
    bad = sign_in(attacker, invite(api, office, office.ada, **body), office.ada)
    secrets = [*secrets_of(victim, good, bad), *secrets_of(attacker)]

    answers = [
        deliver(stack, victim, good | {"code": bad["code"]}),
        deliver(stack, attacker, bad | {"code": good["code"]}),
    ]

    for answer in answers:
        expect_sent_back(answer, "microsoftError") if return_url else expect_ended(answer, *secrets)
    expect_nothing_stored(stack, office)
    expect_nothing_leaked(stack, secrets, office)


def test_the_same_users_code_of_an_earlier_sign_in_is_worth_nothing(stack: Stack, api: Api, office: Company):
    """PKCE binds a code to one opening, so not even the right account's code can be carried into another."""
    thief, victim = Browser(stack), Browser(stack)
    url = invite(api, office, office.recruiter)
    stolen = sign_in(victim, url, office.recruiter)
    own = sign_in(thief, url, office.recruiter)

    expect_ended(deliver(stack, thief, own | {"code": stolen["code"]}), stolen["code"])

    expect_nothing_stored(stack, office)


def test_a_code_of_another_customer_is_worth_nothing(stack: Stack, api: Api, office: Company):
    other = new_office(stack, api)
    victim, attacker = Browser(stack), Browser(stack)
    good = sign_in(victim, invite(api, office, office.recruiter), office.recruiter)
    bad = sign_in(attacker, invite(api, other, other.recruiter), other.recruiter)

    expect_ended(deliver(stack, victim, good | {"code": bad["code"]}))
    expect_ended(deliver(stack, attacker, bad | {"code": good["code"]}))

    expect_nothing_stored(stack, office, other)
    expect_nothing_leaked(stack, secrets_of(victim, good, bad), office, other)


CHANGES = {
    "no PKCE": {"code_challenge": None, "code_challenge_method": None},
    "the attacker's PKCE": {"code_challenge": "A" * 43, "code_challenge_method": "plain"},
    "another nonce": {"nonce": "0" * 64},
    "no nonce": {"nonce": None},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_request_that_was_changed_on_its_way_to_microsoft_connects_nobody(
    stack: Stack, api: Api, office: Company, changes
):
    browser = Browser(stack)
    address = changed(to_microsoft(browser, invite(api, office, office.recruiter)), **changes)
    fields = press(browser, address, office.recruiter)

    expect_ended(deliver(stack, browser, fields), fields["code"], fields["state"])

    expect_nothing_stored(stack, office)
    expect_nothing_leaked(stack, secrets_of(browser, fields), office)


@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_another_response_mode_brings_no_code_in(stack: Stack, api: Api, office: Company, mode):
    """Whoever turns form_post into query has put the code into an address, where it is not taken."""
    browser = Browser(stack)
    address = changed(to_microsoft(browser, invite(api, office, office.recruiter)), response_mode=mode)
    answer = browser.open(address, "POST", data={"account": office.recruiter, "action": "accept"})

    expect_ended(browser.open(answer.headers["Location"].replace("#", "?")), "calendar=")

    expect_nothing_stored(stack, office)


def test_another_account_of_the_tenant_connects_nobody_and_learns_nothing(stack: Stack, api: Api, office: Company):
    text = expect_ended(connect(stack, api, office, office.recruiter, office.ada))

    assert office.recruiter in text
    assert object_id(office, office.ada) not in text
    expect_nothing_stored(stack, office)
    assert state_of_user(api, office, office.recruiter) == "notConnected"
    assert state_of_user(api, office, office.ada) == "notConnected"


def test_whoever_is_connected_stays_so_when_another_account_takes_the_name(stack: Stack, api: Api, office: Company):
    assert connect(stack, api, office, office.recruiter).status_code == 200
    before = connection_of(stack, office, office.recruiter)
    account = office.tenant.account(office.recruiter)
    account.user_principal_name = f"former@{office.tenant.domains[1]}"
    person(office.tenant, "Recruiter", upn=office.recruiter.upper())
    office.tenant.accounts[-1].object_id = "00000000-1111-4222-8333-444444444444"

    expect_ended(connect(stack, api, office, office.recruiter, office.recruiter.upper()))

    assert connection_of(stack, office, office.recruiter) == before


OTHER_MAILS = ["other_mails", "display_name"]


@pytest.mark.parametrize("where", OTHER_MAILS)
def test_what_users_write_about_themselves_proves_nothing(stack: Stack, api: Api, office: Company, where):
    account = office.tenant.account(office.ada)
    setattr(account, where, [office.recruiter] if where == "other_mails" else office.recruiter)

    expect_ended(connect(stack, api, office, office.recruiter, office.ada))

    expect_nothing_stored(stack, office)


def test_an_account_of_another_tenant_is_stopped(stack: Stack, api: Api, office: Company):
    """At Microsoft already; and if the browser goes to the other tenant's address, then here."""
    other = new_office(stack, api)
    browser = Browser(stack)
    address = to_microsoft(browser, invite(api, office, office.recruiter))
    assert browser.open(address, "POST", data={"account": other.recruiter, "action": "accept"}).status_code == 400

    office.application.multi_tenant = True
    other.tenant.add(office.application.in_other_tenant())
    fields = press(
        browser,
        address.replace(office.tenant.id, other.tenant.id).replace(
            f"/{office.tenant.domains[0]}/", f"/{other.tenant.id}/"
        ),
        other.recruiter,
    )
    expect_ended(deliver(stack, browser, fields))

    expect_nothing_stored(stack, office, other)


def test_one_link_opened_twice_at_once_works_in_both_browsers(stack: Stack, api: Api, office: Company):
    url = invite(api, office, office.recruiter)
    browsers = [Browser(stack), Browser(stack)]
    addresses = at_once(*(lambda browser=browser: to_microsoft(browser, url) for browser in browsers))
    forms = [press(browser, address, office.recruiter) for browser, address in zip(browsers, addresses, strict=True)]

    pairs = list(zip(browsers, forms, strict=True))
    answers = at_once(*(lambda pair=pair: deliver(stack, *pair) for pair in pairs))

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(connections(stack, office)) == 1
    assert state_of_user(api, office, office.recruiter) == "connected"


def test_flows_of_many_users_and_customers_in_one_browser_keep_apart(stack: Stack, api: Api, office: Company):
    other = new_office(stack, api)
    browser = Browser(stack)
    wanted = [(office, office.recruiter), (other, other.recruiter), (office, office.ada), (other, other.ada)]
    started = [(user, to_microsoft(browser, invite(api, company, user))) for company, user in wanted]
    consenting = link(api, other)
    forms = [press(browser, address, user) for user, address in started]

    for fields in reversed(forms):
        assert deliver(stack, browser, fields).status_code == 200
    assert consent(stack, consenting, other).status_code == 200

    for company, user in wanted:
        row = connection_of(stack, company, user)
        assert (row["tenant"], row["objectId"]) == (company.tenant.id, object_id(company, user))
        assert row["PartitionKey"] == company.customer


def test_many_users_of_one_customer_connect_at_once(stack: Stack, api: Api, office: Company):
    names = [f"User{number}" for number in range(25)]
    for name in names:
        person(office.tenant, name)
    users = [f"{name.lower()}@{office.tenant.domains[1]}" for name in names]
    ready = []
    for user in users:
        browser = Browser(stack)
        ready.append((browser, sign_in(browser, invite(api, office, user), user)))

    answers = at_once(*(lambda pair=pair: deliver(stack, *pair) for pair in ready))

    assert [answer.status_code for answer in answers] == [200] * len(users)
    for user in users:
        assert connection_of(stack, office, user)["objectId"] == object_id(office, user)


def test_two_accounts_that_answer_to_one_name_never_share_a_connection(stack: Stack, api: Api, office: Company):
    """Both may prove the name, but only the first one gets it."""
    mallory = person(office.tenant, "Mallory").address
    office.tenant.account(mallory).other_addresses.append(office.recruiter)
    pairs = []
    for account in (office.recruiter, mallory):
        browser = Browser(stack)
        pairs.append((browser, sign_in(browser, invite(api, office, office.recruiter), account)))

    answers = at_once(*(lambda pair=pair: deliver(stack, *pair) for pair in pairs))

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    winner = (office.recruiter, mallory)[[answer.status_code for answer in answers].index(200)]
    assert connection_of(stack, office, office.recruiter)["objectId"] == object_id(office, winner)


def test_the_way_out_of_a_page_leads_to_us_and_is_for_the_same_user(stack: Stack, api: Api, office: Company):
    text = expect_ended(connect(stack, api, office, office.recruiter, office.ada))

    (retry,) = {html.unescape(found) for found in re.findall(r'href="([^"]*)"', text)}
    assert retry.startswith(f"{stack.public_url}/connect/")
    browser = Browser(stack)
    asked = parse_qs(urlsplit(to_microsoft(browser, retry)).query)
    assert asked["client_id"] == [office.application.app_id]
    expect_ended(deliver(stack, browser, sign_in(browser, retry, office.ada)))
    expect_nothing_stored(stack, office)
