"""What a signed-in user's token opens at Graph: the profile and the calendars (facts 1.1, 1.5, 2.4)."""

import pytest

from tests.sandbox.microsoft.testing_sign_in import NANCY
from tests.sandbox.world import demo

JANET = "jl@northwind.onmicrosoft.com"
CONTEXT = "/v1.0/$metadata#users"


async def read(user, token, path="me", **query):
    url, headers = f"{user.microsoft.graph_url}/v1.0/{path}", {"Authorization": f"Bearer {token}"}
    return await user.client.send("GET", url, headers=headers, params=query)


async def token_of(user, account=NANCY, scope="Calendars.ReadBasic User.Read"):
    return (await user.tokens(account, scope=scope))["access_token"]


async def test_who_one_is(user):
    answer = await read(user, await token_of(user))
    assert answer.status == 200
    body = {name: value for name, value in answer.body.items() if value}
    assert body == {
        "@odata.context": f"{user.microsoft.graph_url}{CONTEXT}/$entity",
        "id": user.nancy.object_id,
        "displayName": "Recruiter Nancy",
        "userPrincipalName": NANCY,
        "mail": NANCY,
    }
    assert answer.body["businessPhones"] == []


async def test_addresses_are_shown_only_when_selected(user):
    janet = user.northwind.account(JANET)
    janet.other_mails = ["recruiter@northwind.com"]  # anybody may claim any address there
    token = await token_of(user, JANET)
    assert not {"proxyAddresses", "otherMails"} & set((await read(user, token)).body)
    select = "userPrincipalName,mail,proxyAddresses,otherMails"
    answer = await read(user, token, **{"$select": select})
    assert answer.body == {
        "@odata.context": f"{user.microsoft.graph_url}{CONTEXT}({select})/$entity",
        "userPrincipalName": JANET,
        "mail": "janet@northwind.com",
        "proxyAddresses": ["SMTP:janet@northwind.com", "smtp:janet.leverling@northwind.com"],
        "otherMails": ["recruiter@northwind.com"],
    }


async def test_an_account_without_mail(user):
    token = await token_of(user, "admin@northwind.onmicrosoft.com")
    answer = await read(user, token, **{"$select": "mail,proxyAddresses,accountEnabled"})
    assert (answer.body["mail"], answer.body["proxyAddresses"], answer.body["accountEnabled"]) == (None, [], True)


async def test_a_property_that_users_do_not_have(user):
    answer = await read(user, await token_of(user), **{"$select": "id,shoeSize"})
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadRequest")
    assert "'shoeSize'" in answer.body["error"]["message"]


@pytest.mark.parametrize("scope", ["Calendars.ReadBasic", "openid profile"])
@pytest.mark.parametrize("path", ["me", f"users/{NANCY}"])
async def test_the_profile_needs_user_read(user, scope, path):
    answer = await read(user, await token_of(user, scope=scope), path)
    assert (answer.status, answer.body["error"]["code"]) == (403, "Authorization_RequestDenied")


async def test_user_read_opens_ones_own_profile_and_no_other(user):
    token = await token_of(user)
    for name in (NANCY.upper(), user.nancy.object_id):
        assert (await read(user, token, f"users/{name}")).body["id"] == user.nancy.object_id
    for name in (JANET, "nobody@northwind.com", "ada@contoso.com"):
        answer = await read(user, token, f"users/{name}")
        assert (answer.status, answer.body["error"]["code"]) == (403, "Authorization_RequestDenied")


async def test_user_read_all_opens_everybodys(user):
    user.application.granted_scopes = {"User.Read.All"}
    token = await token_of(user, scope="User.Read.All")
    assert (await read(user, token, f"users/{JANET}")).body["mail"] == "janet@northwind.com"
    answer = await read(user, token, "users/janet@northwind.com")  # her address names no user
    assert (answer.status, answer.body["error"]["code"]) == (404, "Request_ResourceNotFound")


async def test_an_application_is_nobody(user):
    token = await user.client.token("User.Read.All")
    answer = await read(user, token)
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadRequest")
    assert answer.body["error"]["message"] == "/me request is only valid with delegated authentication flow."
    assert (await read(user, token, "users/ada@contoso.com")).body["mail"] == "ada@contoso.com"
    assert (await read(user, await user.client.token(), "users/ada@contoso.com")).status == 403


async def test_a_forged_user_does_not_exist(user):
    user.microsoft.access_token_changes["oid"] = "00000000-0000-4000-8000-00000000dead"
    token = await token_of(user)
    assert (await read(user, token)).status == 403  # only somebody's own profile, and nobody is that


async def test_calendars_as_the_user_sees_them(user):
    token = await token_of(user)
    people = ("steven@northwind.com", "laura@northwind.com", "andrew@northwind.com", "ada@contoso.com")
    answer = await user.client.schedule(token, "me/calendar/getSchedule", schedules=people)
    steven, laura, andrew, ada = answer.body["value"]
    assert [item["subject"] for item in steven["scheduleItems"]] == ["Sales figures", "Perhaps: tasting"]
    assert all(set(item) == {"status", "start", "end"} for item in laura["scheduleItems"])
    assert andrew["error"]["responseCode"] == "ErrorProxyRequestProcessingFailed"
    assert ada["error"]["responseCode"] == "5009"  # of another organization


@pytest.mark.parametrize(
    ("account", "scope", "path", "expected"),
    [
        (NANCY, "User.Read", "me", (403, "ErrorAccessDenied")),
        (NANCY, "openid", "me", (403, "ErrorAccessDenied")),
        (NANCY, "Calendars.ReadBasic", "users/steven@northwind.com", (404, "ErrorItemNotFound")),
        ("andrew@northwind.com", "Calendars.ReadBasic", "me", (404, "MailboxNotEnabledForRESTAPI")),
        ("admin@northwind.onmicrosoft.com", "Calendars.ReadBasic", "me", (404, "MailboxNotEnabledForRESTAPI")),
    ],
)
async def test_where_a_user_cannot_ask(user, account, scope, path, expected):
    token = await token_of(user, account, scope)
    answer = await user.client.schedule(token, f"{path}/calendar/getSchedule")
    assert (answer.status, answer.body["error"]["code"]) == expected


async def test_a_user_may_name_the_own_mailbox(user):
    token = await token_of(user)
    assert (await user.client.schedule(token, f"users/{NANCY}/calendar/getSchedule")).status == 200


async def test_both_kinds_of_application_work_at_northwind_and_tailspin(user):
    for tenant, account in ((demo.NORTHWIND, "admin@northwind.onmicrosoft.com"), (demo.TAILSPIN, "admin@tailspin.com")):
        code = await user.code(account, tenant=tenant, client_id=demo.BASIC_APPLICATION)
        fields = {"client_id": demo.BASIC_APPLICATION, "client_secret": demo.BASIC_SECRET}
        token = (await user.redeem(code, tenant, **fields)).body["access_token"]
        assert (await read(user, token)).body["userPrincipalName"] == account
