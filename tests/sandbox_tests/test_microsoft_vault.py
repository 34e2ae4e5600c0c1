"""The simulated Key Vault and managed identity endpoint, used by Microsoft's own clients (facts 12, runtime.md 3)."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential as BlockingManagedIdentity
from azure.identity.aio import ClientSecretCredential, DefaultAzureCredential, ManagedIdentityCredential
from azure.keyvault.secrets.aio import SecretClient

from tests.sandbox.microsoft.testing import authority, running
from tests.sandbox.world import demo


@pytest.fixture
def microsoft(monkeypatch):
    with running() as running_one:
        for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_TOKEN_CREDENTIALS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in running_one.environment().items():
            monkeypatch.setenv(name, value)
        yield running_one


def vault_client(microsoft, credential):
    # azure-core made its TLS context when it was imported, before the test knew its authority.
    return SecretClient(microsoft.vault_url, credential, connection_verify=str(authority().ca_file), retry_total=0)


@pytest.fixture
async def vault(microsoft):
    async with ManagedIdentityCredential() as credential, vault_client(microsoft, credential) as open_one:
        yield open_one


async def test_a_secret_is_set_and_read_through_the_managed_identity(microsoft, vault):
    made = await vault.set_secret("Customer-one", "value", content_type="text/plain", tags={"customer": "one"})
    assert made.id.startswith(f"{microsoft.vault_url}/secrets/Customer-one/")
    read = await vault.get_secret("customer-ONE")  # names compare without case
    assert (read.value, read.properties.tags) == ("value", {"customer": "one"})
    assert read.properties.recovery_level == "Recoverable+Purgeable"
    assert [(seen.method, seen.status) for seen in microsoft.requests if seen.service == "vault"] == [
        ("PUT", 401),  # the challenge: no token and no body yet
        ("PUT", 200),
        ("GET", 200),
    ]
    assert microsoft.requests[0].body == b""
    assert microsoft.count("identity") == 1


async def test_default_credential_and_a_named_identity_work_too(microsoft):
    async with (
        DefaultAzureCredential(managed_identity_client_id=demo.MANAGED_IDENTITY) as credential,
        vault_client(microsoft, credential) as vault,
    ):
        await vault.set_secret("a", "1")
    assert "client_id" in next(seen for seen in microsoft.requests if seen.service == "identity").query


async def test_a_service_principal_works_too(microsoft):
    async with (
        ClientSecretCredential(
            demo.HOME,
            demo.INFRASTRUCTURE_APPLICATION,
            demo.INFRASTRUCTURE_SECRET,
            authority=microsoft.entra_url.removeprefix("https://"),
            connection_verify=str(authority().ca_file),
        ) as credential,
        vault_client(microsoft, credential) as vault,
    ):
        await vault.set_secret("a", "1")
    assert microsoft.count("entra") >= 1


async def test_every_set_is_a_new_version(vault):
    first = await vault.set_secret("a", "1")
    second = await vault.set_secret("a", "2")
    assert (await vault.get_secret("a")).value == "2"
    assert (await vault.get_secret("a", first.properties.version)).value == "1"
    versions = [found.version async for found in vault.list_properties_of_secret_versions("a")]
    assert versions == [first.properties.version, second.properties.version]


async def test_lists_are_paged_and_have_neither_versions_nor_values(microsoft, vault):
    for number in range(60):
        await vault.set_secret(f"s{number:02}", "x")
    microsoft.clear_requests()
    listed = [found async for found in vault.list_properties_of_secrets()]
    assert [found.name for found in listed] == [f"s{number:02}" for number in range(60)]
    assert {found.version for found in listed} == {None}
    assert microsoft.count("vault") == 3
    pages = [
        [found.name async for found in page]
        async for page in vault.list_properties_of_secrets(max_page_size=10).by_page()
    ]
    assert [len(page) for page in pages] == [10] * 6


async def test_attributes_can_be_changed_and_a_disabled_secret_cannot_be_read(vault):
    expires = datetime(2020, 1, 1, tzinfo=UTC)
    made = await vault.set_secret("a", "1", expires_on=expires, not_before=expires - timedelta(days=1))
    assert (await vault.get_secret("a")).properties.expires_on == expires  # an expired secret can still be read
    changed = await vault.update_secret_properties("a", made.properties.version, enabled=False, tags={"x": "y"})
    assert (changed.enabled, changed.tags, changed.expires_on) == (False, {"x": "y"}, expires)
    with pytest.raises(HttpResponseError) as failure:
        await vault.get_secret("a")
    assert failure.value.status_code == 403
    assert failure.value.error.innererror["code"] == "SecretDisabled"


async def test_a_deleted_name_is_taken_until_purged_or_recovered(vault):
    await vault.set_secret("a", "1")
    deleted = await vault.delete_secret("a")
    assert deleted.scheduled_purge_date - deleted.deleted_date == timedelta(days=90)
    with pytest.raises(ResourceNotFoundError):
        await vault.get_secret("a")
    with pytest.raises(ResourceExistsError) as failure:
        await vault.set_secret("a", "2")
    assert failure.value.error.innererror["code"] == "ObjectIsDeletedButRecoverable"
    assert [found.name async for found in vault.list_deleted_secrets()] == ["a"]
    await vault.recover_deleted_secret("a")
    assert (await vault.get_secret("a")).value == "1"
    await vault.delete_secret("a")
    await vault.purge_deleted_secret("a")
    with pytest.raises(ResourceNotFoundError):
        await vault.get_deleted_secret("a")
    await vault.set_secret("a", "3")


async def test_a_deletion_can_take_a_while(microsoft, vault):
    microsoft.deleted_delay = 5
    await vault.set_secret("a", "1")
    await vault._client.delete_secret("a")  # the SDK's own method waits until it is through
    with pytest.raises(ResourceNotFoundError):
        await vault.get_deleted_secret("a")
    with pytest.raises(ResourceExistsError):
        await vault.set_secret("a", "2")
    microsoft.travel(seconds=6)
    assert (await vault.get_deleted_secret("a")).name == "a"


@pytest.mark.parametrize(
    ("name", "value", "more"),
    [
        ("under_score", "x", {}),
        ("n" * 128, "x", {}),
        ("large", "x" * (25 * 1024 + 1), {}),
        ("tags", "x", {"tags": {str(number): "" for number in range(16)}}),
        ("tag", "x", {"tags": {"a": "x" * 513}}),
        ("type", "x", {"content_type": "x" * 256}),
    ],
)
async def test_limits(vault, name, value, more):
    with pytest.raises(HttpResponseError) as failure:
        await vault.set_secret(name, value, **more)
    assert (failure.value.status_code, failure.value.error.code) == (400, "BadParameter")


async def test_the_largest_value_fits(vault):
    await vault.set_secret("n" * 127, "x" * 25 * 1024)

    assert (await vault.get_secret("n" * 127)).value == "x" * 25 * 1024


async def test_an_unknown_secret_or_version(vault):
    with pytest.raises(ResourceNotFoundError) as failure:
        await vault.get_secret("nothing")
    assert failure.value.error.code == "SecretNotFound"
    await vault.set_secret("a", "1")
    with pytest.raises(ResourceNotFoundError):
        await vault.get_secret("a", "0" * 32)


async def test_the_challenge_names_this_vaults_entra_and_resource(client):
    answer = await client.send("GET", f"{client.microsoft.vault_url}/secrets/a/?api-version=7.4")
    port = client.microsoft.vault_url.rpartition(":")[2]
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer authorization="{client.microsoft.entra_url}/{demo.HOME}", resource="https://0.0.1:{port}"'
    )


async def test_tokens_of_others_do_not_open_the_vault(client):
    microsoft = client.microsoft
    now, url = microsoft.now(), f"{microsoft.vault_url}/secrets?api-version=7.4"
    tokens = {
        await client.token("Calendars.ReadBasic.All"): 401,  # another audience
        microsoft.tokens.issue(now, demo.CONTOSO, microsoft.vault_resource, appid=demo.MANAGED_IDENTITY): 401,
        microsoft.tokens.issue(now, demo.HOME, microsoft.vault_resource, appid=demo.BASIC_APPLICATION): 403,
        microsoft.tokens.issue(now, demo.HOME, "https://vault.azure.net", appid=demo.MANAGED_IDENTITY): 200,
    }
    for token, status in tokens.items():
        assert (await client.send("GET", url, headers={"Authorization": f"Bearer {token}"})).status == status
    microsoft.travel(hours=2)
    assert (await client.send("GET", url, headers={"Authorization": f"Bearer {token}"})).status == 401


async def test_requests_need_an_api_version_and_json(client):
    microsoft = client.microsoft
    token = microsoft.tokens.issue(microsoft.now(), demo.HOME, microsoft.vault_resource, appid=demo.MANAGED_IDENTITY)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{microsoft.vault_url}/secrets/a"
    assert (await client.send("PUT", url, json={"value": "x"}, headers=headers)).status == 400
    url += "?api-version=7.4"
    assert (await client.send("PUT", url, data=b'{"value": "x"}', headers=headers)).status == 415
    assert (await client.send("PUT", url, json={"value": 1}, headers=headers)).status == 400
    assert (await client.send("PUT", url, json={"value": "x"}, headers=headers)).status == 200
    assert (await client.send("POST", url, json={}, headers=headers)).status == 405


def test_the_blocking_credential_gets_a_token_for_storage(microsoft):
    with BlockingManagedIdentity() as credential:
        token = credential.get_token("https://storage.azure.com/.default")
    claims = jwt.decode(token.token, options={"verify_signature": False})
    assert (claims["aud"], claims["iss"]) == ("https://storage.azure.com", f"https://sts.windows.net/{demo.HOME}/")
    assert abs(token.expires_on - claims["exp"]) < 5


async def test_the_identity_endpoint_needs_its_header_and_parameters(client):
    url = client.microsoft.environment()["IDENTITY_ENDPOINT"]
    good = {"X-IDENTITY-HEADER": client.microsoft.identity_header}
    query = {"api-version": "2019-08-01", "resource": "https://vault.azure.net"}
    answer = await client.send("GET", url, params=query, headers=good)
    assert answer.status == 200
    assert set(answer.body) == {"access_token", "client_id", "expires_on", "resource", "token_type"}
    assert isinstance(answer.body["expires_on"], str)
    assert (await client.send("GET", url, params=query)).status == 401
    assert (await client.send("GET", url, params=query, headers={"X-IDENTITY-HEADER": "wrong"})).status == 401
    for change in ({"api-version": "2017-09-01"}, {"resource": ""}, {"client_id": demo.BASIC_APPLICATION}):
        assert (await client.send("GET", url, params=query | change, headers=good)).status == 400
