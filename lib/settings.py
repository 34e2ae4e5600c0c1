"""The only reader of the environment: every setting, validated once, frozen, with its secrets hidden from repr.

A wrong or missing setting stops the start with one sentence that names it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from lib.domain.clouds import CLOUDS, Cloud
from lib.domain.fields import EMAIL, GUID

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

REDIRECT_PATH = "/mobile/getcalendar"
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
_NCRONTAB_FIELD = re.compile(r"[0-9A-Za-z*,/\-]+")


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


def read(environment: Mapping[str, str]) -> Settings:
    """Return the settings in this environment. Raises SettingsError with one sentence per wrong setting."""
    reader = _Reader(environment)
    settings = Settings(
        public_url=reader.one("PUBLIC_URL", _public_origin, required=True) or "",
        redirect_uris=reader.several("REDIRECT_URIS", _redirect_uri),
        other_redirect_uris=reader.several("OTHER_REDIRECT_URIS", _redirect_uri),
        return_urls=reader.several("RETURN_URLS", _public_origin),
        production=reader.one("DEPLOYMENT_STAGE", _one_of("production", "staging")) != "staging",
        key_vault_url=reader.one("KEY_VAULT_URL", _https_origin, required=True) or "",
        tables_endpoint=reader.one("TABLES_ENDPOINT", _https_url),
        tables_connection_string=reader.one("TABLES_CONNECTION_STRING", _connection_string),
        cloud=CLOUDS[reader.one("MICROSOFT_CLOUD", _one_of(*CLOUDS)) or "global"].with_hosts(
            entra_url=reader.one("ENTRA_URL", _https_origin), graph_url=reader.one("GRAPH_URL", _https_origin)
        ),
        basic_application_id=reader.one("BASIC_APPLICATION_ID", _guid),
        email_url=reader.one("EMAIL_URL", _email_url),
        email_sender=reader.one("EMAIL_SENDER", _email),
        alert_recipients=reader.several("ALERT_RECIPIENTS", _email),
        alert_days=tuple(sorted({int(day) for day in reader.several("ALERT_DAYS", _days)}, reverse=True))
        or (60, 30, 14, 7, 3, 1, 0),
        secret_scan_schedule=reader.one("SECRET_SCAN_SCHEDULE", _ncrontab) or "0 0 7 * * *",
        azure_authority_host=reader.one("AZURE_AUTHORITY_HOST", _https_origin),
    )
    reader.check(
        settings.tables_endpoint or settings.tables_connection_string,
        "TABLES_ENDPOINT is missing: give the Table Storage endpoint, or TABLES_CONNECTION_STRING for local use.",
    )
    reader.check(
        not (settings.tables_endpoint and settings.tables_connection_string),
        "TABLES_CONNECTION_STRING and TABLES_ENDPOINT are both set: give only one of them.",
    )
    reader.check(
        not settings.email_url or settings.email_sender, "EMAIL_SENDER is missing: EMAIL_URL needs a from address."
    )
    reader.finish()
    return settings


class _Reader:
    """Reads one setting after the other and keeps what is wrong, so that all of it is told at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: dict[str, str] = {}

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


# Checks: each returns the value in its normal form or raises ValueError with the rest of the sentence. They never
# repeat the value: it may be a secret.


def _url(text: str, schemes: set[str]) -> SplitResult:
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if url.scheme not in schemes or not url.hostname or re.search(r"[\s\x00-\x1f\\]", text):
        raise ValueError(f"must be a URL that starts with {' or '.join(sorted(f'{s}://' for s in schemes))}")
    return url


def _https_url(text: str) -> str:
    url = _url(text, {"https"})
    if url.username or url.password or url.query or url.fragment:
        raise ValueError("must be an address without user, query or fragment")
    return text.rstrip("/")


def _https_origin(text: str) -> str:
    _https_url(text)
    return _origin(text)


def _origin(text: str) -> str:
    url = urlsplit(text)
    if url.path not in ("", "/") or url.query or url.fragment or url.username or url.password:
        raise ValueError("must be an origin such as https://host, without path, user or query")
    return f"{url.scheme}://{url.netloc.lower()}"


def _public_origin(text: str) -> str:
    url = _url(text, {"https", "http"})
    if url.scheme == "http" and url.hostname not in _LOCAL_HOSTS:
        raise ValueError("must start with https:// (http:// is accepted for localhost only)")
    return _origin(text)


def _redirect_uri(text: str) -> str:
    if not text.endswith(REDIRECT_PATH):
        raise ValueError(f"has an entry whose path is not {REDIRECT_PATH}")
    return _public_origin(text.removesuffix(REDIRECT_PATH)) + REDIRECT_PATH


def _one_of(*values: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in values:
            raise ValueError(f"must be one of {', '.join(values)}")
        return text

    return check


def _guid(text: str) -> str:
    if not GUID.fullmatch(text):
        raise ValueError("must be a GUID")
    return text.lower()


def _connection_string(text: str) -> str:
    parts = dict(part.partition("=")[::2] for part in text.split(";") if part)
    if text != "UseDevelopmentStorage=true" and not {"AccountName", "AccountKey"} <= parts.keys():
        raise ValueError("is not a storage connection string with AccountName and AccountKey")
    return text


def _email_url(text: str) -> str:
    _url(text, {"https", "smtp", "smtps"})
    return text


def _email(text: str) -> str:
    if not EMAIL.fullmatch(text):
        raise ValueError("has an entry that is not an e-mail address")
    return text


def _days(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,3}", text):
        raise ValueError("must be a list of whole days such as 60,30,14,7,3,1,0")
    return text


def _ncrontab(text: str) -> str:
    fields = text.split()
    if len(fields) != 6 or not all(_NCRONTAB_FIELD.fullmatch(part) for part in fields):
        raise ValueError("must be an NCRONTAB expression of six fields such as 0 0 7 * * *")
    return " ".join(fields)
