"""The simulated Entra ID: discovery and client_credentials, asked by MSAL itself and by hand (facts 3, 4.1)."""

import base64
import re
from datetime import timedelta

import jwt
import msal
import pytest

from tests.sandbox.world import demo

pytestmark = pytest.mark.usefixtures("trust")

GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def application(microsoft, **more):
    options = {
        "client_credential": demo.CONTOSO_SECRET,
        "authority": f"{microsoft.entra_url}/{demo.CONTOSO}",
        "instance_discovery": False,
    }
    return msal.ConfidentialClientApplication(demo.CONTOSO_APPLICATION, **(options | more))


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


@pytest.mark.parametrize("name", [demo.CONTOSO, demo.CONTOSO.upper(), "contoso.com", "Contoso.OnMicrosoft.com"])
async def test_discovery_names_the_tenant_by_its_guid(client, name):
    answer = await client.send("GET", f"{client.microsoft.entra_url}/{name}/v2.0/.well-known/openid-configuration")
    entra = client.microsoft.entra_url
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "max-age=86400, private"
    assert answer.body["issuer"] == f"{entra}/{demo.CONTOSO}/v2.0"
    assert answer.body["token_endpoint"] == f"{entra}/{demo.CONTOSO}/oauth2/v2.0/token"
    assert answer.body["authorization_endpoint"] == f"{entra}/{demo.CONTOSO}/oauth2/v2.0/authorize"


@pytest.mark.parametrize("name", ["common", "organizations"])
async def test_discovery_of_all_tenants_has_a_template_as_issuer(client, name):
    answer = await client.send("GET", f"{client.microsoft.entra_url}/{name}/v2.0/.well-known/openid-configuration")
    assert answer.body["issuer"] == f"{client.microsoft.entra_url}/{{tenantid}}/v2.0"
    assert f"/{name}/" in answer.body["token_endpoint"]


@pytest.mark.parametrize(
    ("name", "error", "code"),
    [
        ("nobody.example", "invalid_tenant", 90002),
        ("00000000-0000-4000-8000-000000000000", "invalid_tenant", 90002),
        ("nonsense", "invalid_request", 900023),
        ("a b", "invalid_request", 900023),
    ],
)
async def test_discovery_refuses_an_unknown_tenant(client, name, error, code):
    answer = await client.send("GET", f"{client.microsoft.entra_url}/{name}/v2.0/.well-known/openid-configuration")
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (400, error, [code])


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_instance_discovery_answers_both_versions(client, version):
    url = f"{client.microsoft.entra_url}/common/discovery/instance"
    query = {"api-version": version, "authorization_endpoint": f"{client.microsoft.entra_url}/common/oauth2/authorize"}
    answer = await client.send("GET", url, params=query)
    assert answer.status == 200
    assert answer.body["api-version"] == version
    assert answer.body["metadata"][0]["aliases"] == [client.microsoft.entra_url.removeprefix("https://")]


async def test_tokens_are_signed_with_the_published_key(client):
    configuration = await client.send(
        "GET", f"{client.microsoft.entra_url}/{demo.CONTOSO}/v2.0/.well-known/openid-configuration"
    )
    keys = (await client.send("GET", configuration.body["jwks_uri"])).body
    token = await client.token("Calendars.ReadBasic.All")
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, ["RS256"], audience=client.microsoft.graph_url)
    assert claims["roles"] == ["Calendars.ReadBasic.All"]


def test_msal_gets_an_app_only_token_in_the_form_of_graphs(microsoft):
    microsoft.world.tenants[demo.CONTOSO].applications[demo.CONTOSO_APPLICATION].granted_roles = {"Calendars.Read"}
    result = application(microsoft).acquire_token_for_client([f"{microsoft.graph_url}/.default"])
    assert (result["token_type"], result["expires_in"], result["ext_expires_in"]) == ("Bearer", 3599, 3599)
    assert "refresh_token" not in result
    claims = claims_of(result["access_token"])
    assert claims["aud"] == microsoft.graph_url
    assert claims["iss"] == f"https://sts.windows.net/{demo.CONTOSO}/"
    assert (claims["appid"], claims["appidacr"], claims["idtyp"]) == (demo.CONTOSO_APPLICATION, "1", "app")
    assert (claims["tid"], claims["roles"], claims["ver"]) == (demo.CONTOSO, ["Calendars.Read"], "1.0")
    assert claims["oid"] == claims["sub"]
    assert "scp" not in claims


def test_msal_finds_the_tenant_by_domain(microsoft):
    result = application(microsoft, authority=f"{microsoft.entra_url}/contoso.com").acquire_token_for_client(
        [f"{microsoft.graph_url}/.default"]
    )
    assert claims_of(result["access_token"])["tid"] == demo.CONTOSO


def test_msal_refuses_an_unknown_tenant_when_it_is_made(microsoft):
    with pytest.raises(ValueError, match="double check your tenant name"):
        application(microsoft, authority=f"{microsoft.entra_url}/nobody.example")


async def test_no_roles_leave_the_claim_out(client):
    assert "roles" not in claims_of(await client.token())
    assert "roles" not in claims_of(await client.fabrikam_token())


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ("wrong", 7000215),
        (demo.CONTOSO_SECRET_ID, 7000215),
        (demo.CONTOSO_EXPIRED_SECRET, 7000222),
        ("", 7000218),
        (None, 7000218),
    ],
)
def test_msal_is_told_what_is_wrong_with_the_secret(microsoft, secret, code):
    result = application(microsoft, client_credential=secret).acquire_token_for_client(
        [f"{microsoft.graph_url}/.default"]
    )
    assert (result["error"], result["error_codes"]) == ("invalid_client", [code])
    assert microsoft.requests[-1].status == 401
    assert result["error_description"].startswith(f"AADSTS{code}: ")


async def test_an_error_has_the_members_of_entras(client):
    sent = "11111111-2222-4333-8444-555555555555"
    answer = await client.ask_token(client_secret="wrong", headers={"client-request-id": sent})
    body = answer.body
    assert answer.status == 401
    assert set(body) == {
        *("error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri")
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", body["timestamp"])
    assert re.fullmatch(GUID, body["trace_id"])
    assert body["correlation_id"] == sent
    assert answer.headers["x-ms-request-id"] == body["trace_id"]
    assert body["error_uri"] == f"{client.microsoft.entra_url}/error?code=7000215"
    ending = f"Trace ID: {body['trace_id']} Correlation ID: {sent} Timestamp: {body['timestamp']}"
    assert body["error_description"].endswith(ending)
    assert f"for a secret added to app '{demo.CONTOSO_APPLICATION}'" in body["error_description"]


@pytest.mark.parametrize(
    ("fields", "status", "error", "code"),
    [
        ({"client_id": "00000000-0000-4000-8000-00000000dead"}, 400, "unauthorized_client", 700016),
        ({"client_id": demo.FABRIKAM_APPLICATION}, 400, "unauthorized_client", 700016),
        ({"client_id": None}, 400, "invalid_request", 900144),
        ({"grant_type": None}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"scope": "https://graph.microsoft.com/Calendars.Read"}, 400, "invalid_scope", 1002012),
        ({"scope": "Calendars.Read"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://a/.default https://b/.default"}, 400, "invalid_scope", 70011),
        ({"scope": "https://graph.microsoft.us/.default"}, 400, "invalid_resource", 500011),
        ({"scope": "https://vault.azure.net/.default"}, 400, "invalid_resource", 500011),
        ({"client_assertion": "e30.e30.x", "client_secret": None}, 401, "invalid_client", 700027),
    ],
)
async def test_a_wrong_token_request_is_told_apart(client, fields, status, error, code):
    answer = await client.ask_token(**fields)
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (status, error, [code])


@pytest.mark.parametrize(
    ("tenant", "error", "code"),
    [
        ("nobody.example", "invalid_request", 90002),
        ("nonsense", "invalid_request", 900023),
        ("common", "invalid_request", 50059),
    ],
)
async def test_a_wrong_tenant_at_the_token_endpoint(client, tenant, error, code):
    answer = await client.ask_token(tenant)
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (400, error, [code])


async def test_a_missing_service_principal_and_a_disabled_application(client):
    client.application.service_principal = False
    answer = await client.ask_token()
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (401, "invalid_client", [7000229])
    client.application.disabled = True
    answer = await client.ask_token()
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (400, "unauthorized_client", [7000112])


async def test_a_multi_tenant_application_has_no_service_principal_before_consent(client):
    fields = {"client_id": demo.BASIC_APPLICATION, "client_secret": demo.BASIC_SECRET}
    assert (await client.ask_token(**fields)).body["error_codes"] == [7000229]


async def test_a_tenant_of_another_cloud(client):
    client.contoso.cloud = "usgov"
    assert (await client.ask_token()).body["error_codes"] == [900432]


async def test_the_secret_may_come_as_http_basic(client):
    pair = f"{demo.CONTOSO_APPLICATION}:{demo.CONTOSO_SECRET.replace('~', '%7E')}"
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    answer = await client.ask_token(client_id=None, client_secret=None, headers=headers)
    assert answer.status == 200


async def test_a_secret_expires_as_time_goes_by(client):
    assert (await client.ask_token()).status == 200
    client.microsoft.travel(days=400)
    assert (await client.ask_token()).body["error_codes"] == [7000222]


async def test_a_stopped_clock_is_used_everywhere(client):
    moment = client.application.secrets[0].end - timedelta(seconds=1)
    client.microsoft.now = lambda: moment
    token = (await client.ask_token()).body["access_token"]
    assert claims_of(token)["exp"] == int(moment.timestamp()) + 3599
    client.microsoft.travel(seconds=1)
    assert (await client.ask_token()).body["error_codes"] == [7000222]


async def test_an_unknown_path_is_404_and_a_wrong_method_405(client):
    assert (await client.send("GET", f"{client.microsoft.entra_url}/nothing/here")).status == 404
    assert (await client.send("GET", f"{client.microsoft.entra_url}/{demo.CONTOSO}/oauth2/v2.0/token")).status == 405
