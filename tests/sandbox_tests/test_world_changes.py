"""What time and administrators do to a world, as Entra ID, Graph and the vault show it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.world import demo
from tests.sandbox.world.changes import add_secret, let_read_itself, let_time_pass, put_by_hand
from tests.sandbox.world.secrets import VaultSecret


@pytest.fixture
def refused(client):
    """Return the code with which Entra ID refuses a secret of Contoso, None if it gives a token."""

    async def ask(secret=demo.CONTOSO_SECRET):
        answer = await client.ask_token(client_secret=secret)
        return None if answer.status == 200 else answer.body["error_codes"][0]

    return ask


async def credentials(client):
    """Return the names and ends of Contoso's secrets as Graph shows them to the application itself."""
    let_read_itself(client.application)
    token = (await client.ask_token()).body["access_token"]
    url = f"{client.microsoft.graph_url}/v1.0/applications(appId='{demo.CONTOSO_APPLICATION}')"
    answer = await client.send("GET", url, headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 200, answer.text
    return {entry["displayName"]: entry["endDateTime"] for entry in answer.body["passwordCredentials"]}


async def test_secrets_come_nearer_to_their_end_and_then_are_refused(client, refused):
    end = client.application.secrets[0].end
    let_time_pass(client.application, 351)
    assert await refused() is None
    shown = (await credentials(client))["interviews"]
    assert shown == (end - timedelta(days=351)).strftime("%Y-%m-%dT%H:%M:%SZ")
    let_time_pass(client.application, 10)
    assert await refused() == 7000222


async def test_a_multi_tenant_applications_secrets_end_in_every_tenant(client):
    home = client.microsoft.world.home.applications[demo.BASIC_APPLICATION]
    elsewhere = home.in_other_tenant()
    let_time_pass(home, 1000)
    assert elsewhere.secrets[0].end == home.secrets[0].end < datetime.now(UTC)


async def test_a_new_secret_works_beside_the_old_one(client, refused):
    made = add_secret(client.application, "Val~new", name="rotated")
    assert await refused("Val~new") is None
    assert await refused() is None
    assert await refused(made.key_id) == 7000215
    assert (await credentials(client))["rotated"] == made.end.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert made.end - made.start == timedelta(days=180)


async def test_a_version_put_into_the_vault_by_hand_is_the_current_one(client):
    microsoft = client.microsoft
    first = put_by_hand(microsoft.world, "Customer-One", "1")
    expires = datetime(2027, 1, 1, tzinfo=UTC)
    second = put_by_hand(microsoft.world, "customer-one", "2", expires=expires, tags={"a": "b"})
    token = microsoft.tokens.issue(microsoft.now(), demo.HOME, microsoft.vault_resource, appid=demo.MANAGED_IDENTITY)
    url = f"{microsoft.vault_url}/secrets/customer-one"

    async def read(version):
        headers = {"Authorization": f"Bearer {token}"}
        return (await client.send("GET", f"{url}/{version}?api-version=7.4", headers=headers)).body

    current = await read("")
    assert (current["value"], current["attributes"]["exp"]) == ("2", int(expires.timestamp()))
    assert (current["tags"], current["id"].rpartition("/")[2]) == ({"a": "b"}, second.version)
    old = await read(first.version)
    assert (old["value"], old.get("tags"), "exp" in old["attributes"]) == ("1", {}, False)
    assert isinstance(microsoft.world.vault_secrets["customer-one"], VaultSecret)
