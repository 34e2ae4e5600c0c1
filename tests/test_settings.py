"""Settings: one sentence per wrong one, all told at once, and nothing secret shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.clouds import CLOUDS
from lib.settings import NAMES, Settings, SettingsError, forget_empty, read

GOOD = {
    "PUBLIC_URL": "https://calendar.example",
    "KEY_VAULT_URL": "https://v.vault.azure.net",
    "TABLES_ENDPOINT": "https://data.table.core.windows.net",
}
CONNECTION = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0LWtleQ==;"


def problems(**changes: str) -> list[str]:
    with pytest.raises(SettingsError) as wrong:
        read(GOOD | changes)
    return str(wrong.value).splitlines()


def test_the_least_that_is_needed_is_enough():
    settings = read(GOOD)

    assert settings.own_redirect_uris == ("https://calendar.example/mobile/getcalendar",)
    assert settings.production
    assert settings.cloud == CLOUDS["global"]
    assert settings.alert_days == (60, 30, 14, 7, 3, 1, 0)
    assert settings.secret_scan_schedule == "0 0 7 * * *"


@pytest.mark.parametrize(
    ("cloud", "entra", "graph"),
    [
        ("global", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        ("usgov", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        ("usgovdod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        ("china", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_a_cloud_sets_sign_in_host_graph_host_and_scope_together(cloud: str, entra: str, graph: str):
    chosen = read(GOOD | {"MICROSOFT_CLOUD": cloud}).cloud

    assert (chosen.entra_url, chosen.graph_url, chosen.graph_scope) == (entra, graph, f"{graph}/.default")


def test_the_two_hosts_can_be_overridden_and_the_scope_follows():
    cloud = read(GOOD | {"ENTRA_URL": "https://127.0.0.1:8443/", "GRAPH_URL": "https://127.0.0.1:8444"}).cloud

    assert (cloud.entra_url, cloud.graph_scope) == ("https://127.0.0.1:8443", "https://127.0.0.1:8444/.default")
    assert {"127.0.0.1:8443", "login.microsoftonline.com"} <= cloud.sign_in_hosts


@pytest.mark.parametrize("name", ["PUBLIC_URL", "KEY_VAULT_URL", "TABLES_ENDPOINT"])
def test_a_missing_setting_is_named(name: str):
    (sentence,) = problems(**{name: ""})

    assert sentence.startswith(f"{name} is missing")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "http://calendar.example"),
        ("PUBLIC_URL", "calendar.example"),
        ("PUBLIC_URL", "https://calendar.example/path"),
        ("PUBLIC_URL", "https://user@calendar.example"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://[::1"),
        ("REDIRECT_URIS", "https://a.example/other"),
        ("REDIRECT_URIS", "https://a.example/mobile/getcalendar,http://b.example/mobile/getcalendar"),
        ("OTHER_REDIRECT_URIS", "nonsense"),
        ("RETURN_URLS", "https://ats.example/path"),
        ("DEPLOYMENT_STAGE", "prod"),
        ("KEY_VAULT_URL", "http://v.vault.azure.net"),
        ("TABLES_ENDPOINT", "http://data.table.core.windows.net"),
        ("MICROSOFT_CLOUD", "germany"),
        ("ENTRA_URL", "http://127.0.0.1"),
        ("GRAPH_URL", "https://127.0.0.1/v1.0"),
        ("BASIC_APPLICATION_ID", "basic"),
        ("EMAIL_URL", "ftp://mail.example"),
        ("EMAIL_URL", "https://mail.example/emails"),
        ("EMAIL_URL", "https://user:word@mail.example"),
        ("EMAIL_URL", "https://mail.example/?key=word"),
        ("EMAIL_URL", "smtp://"),
        ("EMAIL_URL", "smtp://mail.example:none"),
        ("EMAIL_URL", "smtp://mail.example:99999"),
        ("EMAIL_URL", "smtp://mail.example/inbox"),
        ("EMAIL_URL", "smtp://mail.example?timeout=1"),
        ("EMAIL_URL", "smtps://mail.example#word"),
        ("EMAIL_URL", "smtps://user@mail.example"),
        ("EMAIL_URL", "smtps://user:@mail.example"),
        ("EMAIL_URL", "smtps://:word@mail.example"),
        ("EMAIL_URL", "smtps://user:%0D%0Aword@mail.example"),
        ("EMAIL_URL", "smtps://user:w%C3%B6rd@mail.example"),
        ("EMAIL_SENDER", "nobody"),
        ("ALERT_RECIPIENTS", "a@b.example, nobody"),
        ("ALERT_DAYS", "60,soon"),
        ("ALERT_DAYS", "-1"),
        ("SECRET_SCAN_SCHEDULE", "0 7 * * *"),
        ("SECRET_SCAN_SCHEDULE", "every day at noon please now"[:40] + " !"),
        *(
            ("SECRET_SCAN_SCHEDULE", schedule)
            for schedule in (
                *("99 0 7 * * *", "60 0 7 * * *", "0 0 25 * * *", "0 0 7 32 * *", "0 0 7 0 * *", "0 0 7 * 13 *"),
                *("0 0 7 * * 8", "0 0 9-7 * * *", "0 */0 7 * * *", "0 0 7 * foo *", "0 0 7 * * mon-"),
            )
        ),
        ("AZURE_AUTHORITY_HOST", "http://127.0.0.1"),
    ],
)
def test_a_wrong_setting_is_told_in_one_sentence_that_names_it(name: str, value: str):
    (sentence,) = problems(**{name: value})

    assert sentence.startswith(f"{name} ")
    assert sentence.endswith(".")
    if len(value) > 12 and "://" in value:
        assert value not in sentence, "a value may be a secret"


@pytest.mark.parametrize(
    "schedule", ["0 */15 7-19 * * MON-FRI", "0,30 0 0 1 jan,Jul *", "* * * * * *", "0 0 7 * * 0-5/2"]
)
def test_schedules_have_ranges_lists_steps_and_names(schedule: str):
    assert read(GOOD | {"SECRET_SCAN_SCHEDULE": schedule}).secret_scan_schedule == schedule


def test_all_problems_are_told_at_once():
    told = problems(PUBLIC_URL="", KEY_VAULT_URL="nonsense", DEPLOYMENT_STAGE="x")

    assert [sentence.split()[0] for sentence in told] == ["PUBLIC_URL", "DEPLOYMENT_STAGE", "KEY_VAULT_URL"]


def test_tables_are_reached_in_one_way_only():
    assert problems(TABLES_CONNECTION_STRING=CONNECTION)[0].startswith("TABLES_CONNECTION_STRING ")
    settings = read({**GOOD, "TABLES_ENDPOINT": "", "TABLES_CONNECTION_STRING": CONNECTION})
    assert settings.tables_connection_string == CONNECTION


def test_a_connection_string_without_a_key_is_refused_and_never_repeated():
    (sentence,) = problems(TABLES_ENDPOINT="", TABLES_CONNECTION_STRING="AccountName=a;SharedAccessSignature=sig")

    assert "sig" not in sentence.removeprefix("TABLES_CONNECTION_STRING")


def test_an_address_to_send_from_goes_with_a_service_to_send_with():
    assert problems(EMAIL_URL="smtps://u:p@mail.example:465")[0].startswith("EMAIL_SENDER ")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://Mail.Europe.communication.azure.com/", "https://mail.europe.communication.azure.com"),
        ("https://mail.example:8443", "https://mail.example:8443"),
        ("smtp://mail.example", "smtp://mail.example"),
        ("smtp://mail.example:2525/", "smtp://mail.example:2525"),
        ("smtp://[::1]:25", "smtp://[::1]:25"),
        ("smtps://user%40mail.example:p%2Fw%40d@mail.example", "smtps://user%40mail.example:p%2Fw%40d@mail.example"),
    ],
)
def test_e_mails_go_out_by_communication_services_or_smtp(url: str, kept: str):
    assert read(GOOD | {"EMAIL_URL": url, "EMAIL_SENDER": "a@b.example"}).email_url == kept


def test_nothing_secret_shows_in_a_repr():
    settings = read(
        {
            **GOOD,
            "TABLES_ENDPOINT": "",
            "TABLES_CONNECTION_STRING": CONNECTION,
            "EMAIL_URL": "smtps://user:pass-word@mail.example:465",
            "EMAIL_SENDER": "a@b.example",
        }
    )

    assert "c2VjcmV0" not in repr(settings)
    assert "pass-word" not in repr(settings)


def test_lists_are_read_with_white_space_and_without_repetition():
    uri = "https://a.example/mobile/getcalendar"
    settings = read(GOOD | {"REDIRECT_URIS": f" {uri} ,{uri}, ", "ALERT_DAYS": "0, 7,30,7"})

    assert settings.redirect_uris == (uri,)
    assert settings.alert_days == (30, 7, 0)


@given(st.sampled_from(NAMES), st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_no_value_whatever_stops_the_start_in_another_way(name: str, value: str):
    try:
        assert isinstance(read(GOOD | {name: value}), Settings)
    except SettingsError as wrong:
        assert str(wrong)


def test_only_empty_settings_of_the_identity_are_taken_away():
    environment = {"AZURE_CLIENT_ID": " ", "AZURE_TENANT_ID": "t", "AZURE_CLIENT_SECRET": "", "EMAIL_URL": "", "X": ""}

    forget_empty(environment)

    assert environment == {"AZURE_TENANT_ID": "t", "EMAIL_URL": "", "X": ""}
