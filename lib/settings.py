"""The only reader of the environment: every setting, validated once, frozen, with its secrets hidden from repr.

A wrong or missing setting stops the start with one sentence that names it.
"""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field

from lib import setting_values as values
from lib.domain.clouds import CLOUDS, Cloud
from lib.setting_values import REDIRECT_PATH

NAMES = (
    "PUBLIC_URL",
    "REDIRECT_URIS",
    "OTHER_REDIRECT_URIS",
    "RETURN_URLS",
    "DEPLOYMENT_STAGE",
    "KEY_VAULT_URL",
    "TABLES_ENDPOINT",
    "TABLES_CONNECTION_STRING",
    "MICROSOFT_CLOUD",
    "ENTRA_URL",
    "GRAPH_URL",
    "BASIC_APPLICATION_ID",
    "EMAIL_URL",
    "EMAIL_SENDER",
    "ALERT_RECIPIENTS",
    "ALERT_DAYS",
    "SECRET_SCAN_SCHEDULE",
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_AUTHORITY_HOST",
)


# What azure-identity reads itself.
_AZURE_IDENTITY = tuple(name for name in NAMES if name.startswith("AZURE_"))


class SettingsError(Exception):
    """One or more settings are wrong or missing; the text has one sentence for each."""


@dataclass(frozen=True)
class Settings:
    """All settings of the process. URLs and origins have no trailing slash."""

    public_url: str
    redirect_uris: tuple[str, ...]
    other_redirect_uris: tuple[str, ...]
    return_urls: tuple[str, ...]
    production: bool
    key_vault_url: str
    tables_endpoint: str | None
    tables_connection_string: str | None = field(repr=False)
    cloud: Cloud
    basic_application_id: str | None
    email_url: str | None = field(repr=False)
    email_sender: str | None
    alert_recipients: tuple[str, ...]
    alert_days: tuple[int, ...]
    secret_scan_schedule: str
    azure_authority_host: str | None

    @property
    def own_redirect_uris(self) -> tuple[str, ...]:
        """The redirect URIs that reach this deployment, the default one first."""
        return tuple(dict.fromkeys((f"{self.public_url}{REDIRECT_PATH}", *self.redirect_uris)))

    @property
    def all_redirect_uris(self) -> tuple[str, ...]:
        """Every redirect URI that a customer registers, those of other deployments included."""
        return tuple(dict.fromkeys((*self.own_redirect_uris, *self.other_redirect_uris)))


def forget_empty(environment: MutableMapping[str, str]) -> None:
    """Take away azure-identity's own settings where they are empty.

    Everywhere else here an empty setting means "not given"; azure-identity takes it for a client id, tenant or secret
    and refuses to start (azure-identity 1.27, EnvironmentCredential).
    """
    for name in _AZURE_IDENTITY:
        if not environment.get(name, "unset").strip():
            del environment[name]


def read(environment: Mapping[str, str]) -> Settings:
    """Return the settings in this environment. Raises SettingsError with one sentence per wrong setting."""
    reader = _Reader(environment)
    settings = Settings(
        public_url=reader.one("PUBLIC_URL", values.public_origin, required=True) or "",
        redirect_uris=reader.several("REDIRECT_URIS", values.redirect_uri),
        other_redirect_uris=reader.several("OTHER_REDIRECT_URIS", values.redirect_uri),
        return_urls=reader.several("RETURN_URLS", values.public_origin),
        production=reader.one("DEPLOYMENT_STAGE", values.one_of("production", "staging")) != "staging",
        key_vault_url=reader.one("KEY_VAULT_URL", values.https_origin, required=True) or "",
        tables_endpoint=reader.one("TABLES_ENDPOINT", values.https_url),
        tables_connection_string=reader.one("TABLES_CONNECTION_STRING", values.connection_string),
        cloud=_cloud(reader),
        basic_application_id=reader.one("BASIC_APPLICATION_ID", values.guid),
        email_url=reader.one("EMAIL_URL", values.email_url),
        email_sender=reader.one("EMAIL_SENDER", values.email),
        alert_recipients=reader.several("ALERT_RECIPIENTS", values.email),
        alert_days=tuple(sorted({int(day) for day in reader.several("ALERT_DAYS", values.days)}, reverse=True))
        or (60, 30, 14, 7, 3, 1, 0),
        secret_scan_schedule=reader.one("SECRET_SCAN_SCHEDULE", values.ncrontab) or "0 0 7 * * *",
        azure_authority_host=reader.one("AZURE_AUTHORITY_HOST", values.authority),
    )
    reader.check(
        reader.given("TABLES_ENDPOINT") or reader.given("TABLES_CONNECTION_STRING"),
        "TABLES_ENDPOINT is missing: give the Table Storage endpoint, or TABLES_CONNECTION_STRING for local use.",
    )
    reader.check(
        not (settings.tables_endpoint and settings.tables_connection_string),
        "TABLES_CONNECTION_STRING and TABLES_ENDPOINT are both set: give only one of them.",
    )
    reader.check(
        not settings.email_url or reader.given("EMAIL_SENDER"),
        "EMAIL_SENDER is missing: EMAIL_URL needs a from address.",
    )
    reader.finish()
    return settings


def _cloud(reader: "_Reader") -> Cloud:
    cloud = CLOUDS[reader.one("MICROSOFT_CLOUD", values.one_of(*CLOUDS)) or "global"]
    entra_url = reader.one("ENTRA_URL", values.https_origin)
    graph_url = reader.one("GRAPH_URL", values.https_origin)
    return cloud.with_hosts(entra_url=entra_url, graph_url=graph_url)


class _Reader:
    """Reads one setting after the other and keeps what is wrong, so that all of it is told at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: dict[str, str] = {}

    def given(self, name: str) -> bool:
        """Return whether a setting is there at all."""
        return bool(self._environment.get(name, "").strip())

    def one(self, name: str, check: Callable[[str], str], *, required: bool = False) -> str | None:
        """Return the checked value, None if it is not set (or wrong, which `finish` tells)."""
        text = self._environment.get(name, "").strip()
        if not text:
            if required:
                self._problems[name] = f"{name} is missing."
            return None
        return self._checked(name, text, check)

    def several(self, name: str, check: Callable[[str], str]) -> tuple[str, ...]:
        """Return the checked values of a comma-separated list, each once."""
        parts = [part.strip() for part in self._environment.get(name, "").split(",")]
        checked = [self._checked(name, part, check) for part in parts if part]
        return tuple(dict.fromkeys(part for part in checked if part is not None))

    def _checked(self, name: str, text: str, check: Callable[[str], str]) -> str | None:
        try:
            return check(text)
        except ValueError as problem:
            self._problems[name] = f"{name} {problem}."
            return None

    def check(self, good: object, sentence: str) -> None:
        """Note the sentence unless it is good, or that setting was already told."""
        if not good:
            self._problems.setdefault(sentence.split()[0], sentence)

    def finish(self) -> None:
        """Raise SettingsError if anything was wrong."""
        if self._problems:
            raise SettingsError("\n".join(self._problems.values()))
