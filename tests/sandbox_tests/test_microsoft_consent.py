"""The simulated admin consent pages and what tokens show after them (facts 3.4, 4.3, 4.4)."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest

from tests.sandbox.world import demo

ROLE = "Calendars.ReadBasic.All"
ADMIN = "admin@contoso.onmicrosoft.com"


def address(client, tenant=demo.CONTOSO, version=2, **changes):
    query = {
        "client_id": demo.CONTOSO_APPLICATION,
        "scope": f"{client.microsoft.graph_url}/.default",
        "redirect_uri": demo.REDIRECT_URI,
        "state": "some state/&=",
    } | changes
    path = "v2.0/adminconsent" if version == 2 else "adminconsent"
    sent = urlencode({name: value for name, value in query.items() if value is not None})
    return f"{client.microsoft.entra_url}/{tenant}/{path}?{sent}"


async def press(client, account=ADMIN, action="accept", **changes):
    answer = await client.send("POST", address(client, **changes), data={"account": account, "action": action})
    assert answer.status == 302
    target = urlsplit(answer.headers["Location"])
    assert target._replace(query="").geturl() == demo.REDIRECT_URI
    return dict(parse_qsl(target.query))


async def roles_now(client):
    answer = await client.ask_token()
    if answer.status != 200:
        return answer.body["error_codes"]
    claims = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    return claims.get("roles", [])


@pytest.mark.parametrize("version", [1, 2])
async def test_the_page_says_what_is_asked_and_that_it_is_the_sandbox(client, version):
    answer = await client.send("GET", address(client, version=version))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    for text in ("Sandbox", "Contoso interview calendars", ROLE, ADMIN, "ada@contoso.com", 'value="accept"'):
        assert text in answer.text
    assert "<script" not in answer.text
    assert await roles_now(client) == []  # looking grants nothing


async def test_accept_grants_what_is_registered(client):
    answer = await press(client)
    graph = client.microsoft.graph_url
    assert answer.pop("scope").split() == [f"{graph}/Calendars.ReadBasic", f"{graph}/{ROLE}", f"{graph}/User.Read"]
    assert answer == {"admin_consent": "True", "tenant": demo.CONTOSO, "state": "some state/&="}
    assert await roles_now(client) == [ROLE]


async def test_a_domain_in_the_path_comes_back_as_the_guid(client):
    assert (await press(client, tenant="contoso.com"))["tenant"] == demo.CONTOSO


async def test_cancel_says_admin_consent_true_and_an_error(client):
    answer = await press(client, action="cancel")
    assert answer.pop("error_description").startswith("AADSTS65004: ")
    expected = {"error": "consent_required", "admin_consent": "True", "tenant": demo.CONTOSO}
    assert answer == expected | {"state": "some state/&="}
    assert await roles_now(client) == []


@pytest.mark.parametrize(
    ("account", "code"),
    [("ada@contoso.com", 90094), ("apps@contoso.onmicrosoft.com", 90093)],
)
async def test_an_account_without_privilege_is_turned_away(client, account, code):
    answer = await press(client, account=account)
    assert (answer["error"], answer["admin_consent"]) == ("access_denied", "True")
    assert answer["error_description"].startswith(f"AADSTS{code}: ")
    assert await roles_now(client) == []


async def test_a_privileged_role_administrator_is_enough(client):
    assert "error" not in await press(client, account="roles@contoso.onmicrosoft.com")


async def test_an_application_administrator_may_consent_to_scopes_but_not_to_roles(client):
    scope = f"{client.microsoft.graph_url}/Calendars.ReadBasic User.Read offline_access"
    answer = await press(client, account="apps@contoso.onmicrosoft.com", scope=scope)
    assert "error" not in answer
    assert client.application.granted_scopes == {"Calendars.ReadBasic", "User.Read"}
    assert await roles_now(client) == []


async def test_another_resource_is_refused_by_redirect(client):
    answer = await client.send("GET", address(client, scope="https://graph.microsoft.us/.default"))
    query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert (answer.status, query["error"], query["admin_consent"]) == (302, "invalid_resource", "True")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "http://localhost:7071/elsewhere"}, 50011),
        ({"redirect_uri": demo.REDIRECT_URI + "/"}, 50011),
        ({"redirect_uri": None}, 900971),
        ({"client_id": "00000000-0000-4000-8000-00000000dead"}, 700016),
        ({"client_id": None}, 900144),
        ({"scope": None}, 900144),
        ({"tenant": "nobody.example"}, 90002),
        ({"tenant": "nonsense"}, 900023),
        ({"tenant": "common"}, 50059),
        ({"tenant": "organizations"}, 50194),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_wrong_link_is_a_page_of_entras_and_no_redirect(client, method, changes, code):
    answer = await client.send(method, address(client, **changes), data={"account": ADMIN, "action": "accept"})
    assert answer.status == 400
    assert "Location" not in answer.headers
    assert f"AADSTS{code}: " in answer.text
    assert await roles_now(client) == []


async def test_what_comes_from_the_link_is_escaped(client):
    answer = await client.send("GET", address(client, redirect_uri="https://evil.example/<script>alert(1)</script>"))
    assert "<script>alert" not in answer.text


async def test_v1_has_its_own_words(client):
    cancelled = await press(client, version=1, scope=None, action="cancel")
    assert cancelled == {
        "error": "permission_denied",
        "error_description": "The admin canceled the request",
        "state": "some state/&=",
    }
    accepted = await press(client, version=1, scope=None)
    assert accepted == {"tenant": demo.CONTOSO, "state": "some state/&=", "admin_consent": "True"}
    assert await roles_now(client) == [ROLE]


async def test_v1_allows_segments_below_a_registered_redirect_uri(client):
    url = address(client, version=1, redirect_uri=demo.REDIRECT_URI + "/more")
    assert (await client.send("GET", url)).status == 200


async def test_tokens_lag_behind_the_consent(client):
    client.application.consent_lag = 30
    client.application.service_principal = False
    await press(client)
    assert await roles_now(client) == [7000229]
    client.microsoft.travel(seconds=29)
    assert await roles_now(client) == [7000229]
    client.microsoft.travel(seconds=2)
    assert await roles_now(client) == [ROLE]


async def test_stale_roles_during_the_lag(client):
    client.application.granted_roles = {"Mail.Read"}
    client.application.consent_lag = 30
    await press(client)
    assert await roles_now(client) == ["Mail.Read"]
    client.microsoft.travel(seconds=31)
    assert await roles_now(client) == [ROLE, "Mail.Read"]


@pytest.mark.parametrize("tenant", ["organizations", demo.CONTOSO])
async def test_a_multi_tenant_application_arrives_in_the_customers_tenant(client, tenant):
    changes = {"tenant": tenant, "client_id": demo.BASIC_APPLICATION}
    assert (await press(client, **changes))["tenant"] == demo.CONTOSO
    fields = {"client_id": demo.BASIC_APPLICATION, "client_secret": demo.BASIC_SECRET}
    assert (await client.ask_token(**fields)).status == 200
    arrived = client.contoso.applications[demo.BASIC_APPLICATION]
    assert arrived.granted_scopes == demo.CALENDAR_SCOPES
    assert not arrived.home
