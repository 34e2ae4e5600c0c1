"""Reading an application's own registration at the simulated Graph (facts 5)."""

import pytest

from tests.sandbox.world import demo


async def read(client, token, path, select=None):
    url = f"{client.microsoft.graph_url}/v1.0/{path}"
    params = {"$select": select} if select else None
    return await client.send("GET", url, headers={"Authorization": f"Bearer {token}"}, params=params)


OWN = f"applications(appId='{demo.CONTOSO_APPLICATION}')"


@pytest.mark.parametrize("role", ["Application.Read.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All"])
async def test_the_secrets_expiry_can_be_read_but_never_a_secret(client, role):
    answer = await read(client, await client.token(role), OWN, "id,appId,passwordCredentials")
    assert answer.status == 200
    assert set(answer.body) == {"@odata.context", "id", "appId", "passwordCredentials"}
    good, old = answer.body["passwordCredentials"]
    end = client.application.secrets[0].end
    assert good == {
        "customKeyIdentifier": None,
        "displayName": "interviews",
        "endDateTime": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "hint": demo.CONTOSO_SECRET[:3],
        "keyId": demo.CONTOSO_SECRET_ID,
        "secretText": None,
        "startDateTime": client.application.secrets[0].start.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert old["displayName"] is None


async def test_the_path_form_takes_the_object_id_only(client):
    token = await client.token("Application.Read.All")
    good = await read(client, token, f"applications/{client.application.object_id}")
    assert good.body["appId"] == demo.CONTOSO_APPLICATION
    assert good.body["web"]["redirectUris"] == [demo.REDIRECT_URI]
    wrong = await read(client, token, f"applications/{demo.CONTOSO_APPLICATION}")
    assert (wrong.status, wrong.body["error"]["code"]) == (404, "Request_ResourceNotFound")


async def test_an_unknown_application_and_one_of_another_home(client):
    token = await client.token("Application.Read.All")
    for app_id in ("00000000-0000-4000-8000-00000000dead", demo.BASIC_APPLICATION):
        answer = await read(client, token, f"applications(appId='{app_id}')")
        assert (answer.status, answer.body["error"]["code"]) == (404, "Request_ResourceNotFound")


@pytest.mark.parametrize("roles", [(), ("Calendars.ReadBasic.All",)])
async def test_without_a_suitable_role_it_is_denied(client, roles):
    answer = await read(client, await client.token(*roles), OWN)
    assert (answer.status, answer.body["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert answer.body["error"]["message"] == "Insufficient privileges to complete the operation."
    assert not client.application.may_read_itself


async def test_owned_by_needs_to_own(client):
    client.application.owns_itself = False
    answer = await read(client, await client.token("Application.ReadWrite.OwnedBy"), OWN)
    assert answer.status == 403
