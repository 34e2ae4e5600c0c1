"""What holds a secret does not show it: neither as repr nor as str, so that no f-string and no traceback tells it."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import azure.functions as func
import pytest

import lib
from lib.adapters.smtp import SmtpMail
from lib.settings import NAMES, SettingsError, read
from lib.web.edge import Call

# What is secret, by class: tokens, client secrets, keys, codes, states, tickets; and what holds links with tickets.
HIDDEN: dict[str, set[str]] = {
    "adapters.entra_users._Request": {"cache"},
    "adapters.sealing._Key": {"value"},
    "domain.configuration.Draft": {"secret"},
    "domain.connection.Grant": {"cache"},
    "domain.connection.Connection": {"sealed"},
    "domain.consent.Answer": {"code"},
    "domain.consent.Start": {"binder", "location"},
    "domain.consent.WayOut": {"retry", "admin_link"},
    "domain.microsoft.AppToken": {"value"},
    "domain.microsoft.Granted": {"cache", "claims"},
    "domain.microsoft.UserToken": {"value"},
    "domain.sign_in.Asked": {"state", "binder"},
    "domain.sign_in.Expected": {"nonce"},
    "ports.Redemption": {"code", "verifier", "nonce_seed"},
    "settings.Settings": {"tables_connection_string", "email_url"},
    "usecases.claim_sign_in.Claimed": {"binder"},
    "usecases.questions.Question": {"token"},
    "web.pages.Page": {"link", "more", "copy"},
}
# What only sounds like a secret, and why it is none.
HARMLESS: dict[str, set[str]] = {
    "adapters.graph._Question": {"token"},  # an object that hides its value itself
    "domain.configuration.Draft": {"secret_expires"},  # a date
    "domain.configuration.Revision": {"secret_expires", "secret_version"},  # a date, and the id of a version
    "domain.connection.Grant": {"token"},
    "domain.consent.SignIn": {"binder_digest"},
    "domain.microsoft.Granted": {"token"},
    "ports.Credential": {"secret"},  # a function that asks the vault
    "settings.Settings": {"secret_scan_schedule"},
    "usecases.askers.AsUser": {"tokens"},
    "usecases.askers.Askers": {"tokens"},
    "usecases.checks.Subject": {"user_token"},
    "usecases.current_token.CurrentToken": {"_token"},
    "usecases.free_busy.AskingAs": {"token"},
    "usecases.user_tokens._Remembered": {"token"},
}
SOUNDS_SECRET = re.compile(
    r"secret|token|cache|verifier|nonce|binder|sealed|password|cookie|ticket|connection_string|email_url|claims|state$"
)
STATES = {"domain.connection.ConnectionReport"}  # "connected", "notConnected"
SENTINEL = "Sentinel~4f1c"


def classes() -> Iterator[tuple[str, type]]:
    """Yield every dataclass of lib under its name."""
    for module in pkgutil.walk_packages(lib.__path__, "lib."):
        for name, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if found.__module__ == module.name and dataclasses.is_dataclass(found):
                yield f"{module.name.removeprefix('lib.')}.{name}", found


CLASSES = dict(classes())


def filled(kind: type) -> object:
    """Return an object of a dataclass whose every field is a text that names it, whatever it ought to be."""
    made = object.__new__(kind)
    for field in dataclasses.fields(kind):
        object.__setattr__(made, field.name, f"{SENTINEL}:{field.name};")
    return made


@pytest.mark.parametrize("name", HIDDEN)
def test_a_secret_is_not_shown(name: str):
    kind = CLASSES[name]
    made = filled(kind)
    names = {field.name for field in dataclasses.fields(kind)}

    shown = set(re.findall(rf"{SENTINEL}:(\w+);", f"{made!r} {made!s} {[made]} {made}"))

    assert HIDDEN[name] <= names, "the class has no such field any more"
    assert not shown & HIDDEN[name], f"{name} shows {shown & HIDDEN[name]}"
    assert shown or names == HIDDEN[name], "an object like this one does show what is not secret"


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_what_sounds_secret_is_hidden_or_known_to_be_harmless(name: str):
    sounds = {field.name for field in dataclasses.fields(CLASSES[name]) if SOUNDS_SECRET.search(field.name)}
    undecided = sounds - HIDDEN.get(name, set()) - HARMLESS.get(name, set()) - ({"state"} if name in STATES else set())

    assert not undecided, f"may {name} show {undecided}?"


def test_there_are_as_many_classes_as_there_were():
    assert len(CLASSES) > 80
    assert HIDDEN.keys() | HARMLESS.keys() <= CLASSES.keys()


SETTINGS = {
    "PUBLIC_URL": "https://calendar.example",
    "KEY_VAULT_URL": "https://vault.example",
    "TABLES_CONNECTION_STRING": f"AccountName=x;AccountKey={SENTINEL}",
    "EMAIL_URL": f"smtps://{SENTINEL}:{SENTINEL}@mail.example:465",
    "EMAIL_SENDER": "calendar@connector.example",
}


def test_settings_do_not_show_their_secrets():
    settings = read(SETTINGS)

    assert SENTINEL in (settings.tables_connection_string or "")
    assert SENTINEL in (settings.email_url or "")
    assert SENTINEL not in f"{settings!r} {settings}"
    assert "calendar.example" in repr(settings)


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_setting_is_refused_without_its_value(name: str):
    wrong = f"{SENTINEL} ://{SENTINEL}:{SENTINEL}@[{SENTINEL}"

    with pytest.raises(SettingsError) as refusal:
        read({"PUBLIC_URL": "https://x.example", name: wrong})

    assert name.startswith("AZURE_") or name in str(refusal.value)
    assert SENTINEL not in f"{refusal.value} {refusal.value!r} {refusal.getrepr(chain=True)!s}".replace(repr(wrong), "")


def test_the_mail_client_does_not_show_its_login():
    mail = SmtpMail(SETTINGS["EMAIL_URL"], SETTINGS["EMAIL_SENDER"])

    assert SENTINEL not in f"{mail!r} {mail}"


def test_azures_request_does_not_show_its_address():
    """A call holds one, and so does whatever holds a call; an address may be a link with its ticket."""
    request = func.HttpRequest("GET", f"https://x.example/connect/{SENTINEL}", params={"x": SENTINEL}, body=b"")

    assert SENTINEL in request.url
    assert SENTINEL not in f"{request!r} {request} {Call(request)}"
