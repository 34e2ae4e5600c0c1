"""What single settings must look like.

Each check returns the value in its normal form, or raises ValueError with the rest of a sentence that begins with the
setting's name. No check repeats the value: it may be a secret.
"""

import re
from collections.abc import Callable
from urllib.parse import SplitResult, unquote, urlsplit

from lib.domain.fields import EMAIL, GUID, origin_of

REDIRECT_PATH = "/mobile/getcalendar"
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAYS = "sun|mon|tue|wed|thu|fri|sat"


def _parsed(text: str, schemes: set[str]) -> SplitResult:
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if url.scheme not in schemes or not url.hostname or re.search(r"[\s\x00-\x1f\\]", text):
        raise ValueError(f"must be a URL that starts with {' or '.join(sorted(f'{s}://' for s in schemes))}")
    return url


def _origin(url: SplitResult) -> str:
    if url.path not in ("", "/") or url.query or url.fragment or url.username or url.password:
        raise ValueError("must be an origin such as https://host, without path, user or query")
    return origin_of(url)


def https_url(text: str) -> str:
    """Return an https address, which may have a path."""
    url = _parsed(text, {"https"})
    if url.username or url.password or url.query or url.fragment:
        raise ValueError("must be an address without user, query or fragment")
    return text.rstrip("/")


def https_origin(text: str) -> str:
    """Return an https origin."""
    return _origin(_parsed(text, {"https"}))


def authority(text: str) -> str:
    """Return a sign-in host's origin; azure-identity takes it without https:// too."""
    return https_origin(text if "://" in text else f"https://{text}")


def public_origin(text: str) -> str:
    """Return an origin that browsers use: https, or http on this machine."""
    url = _parsed(text, {"https", "http"})
    if url.scheme == "http" and url.hostname not in _LOCAL_HOSTS:
        raise ValueError("must start with https:// (http:// is accepted for localhost only)")
    return _origin(url)


def redirect_uri(text: str) -> str:
    """Return a redirect URI: an origin and the one path."""
    if not text.endswith(REDIRECT_PATH):
        raise ValueError(f"has an entry whose path is not {REDIRECT_PATH}")
    return public_origin(text.removesuffix(REDIRECT_PATH)) + REDIRECT_PATH


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a check for these words."""

    def check(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return check


def guid(text: str) -> str:
    """Return a GUID in lower case."""
    if not GUID.fullmatch(text):
        raise ValueError("must be a GUID")
    return text.lower()


def connection_string(text: str) -> str:
    """Return a storage connection string with an account key."""
    parts = dict(part.partition("=")[::2] for part in text.split(";") if part)
    if text != "UseDevelopmentStorage=true" and not {"AccountName", "AccountKey"} <= parts.keys():
        raise ValueError("is not a storage connection string with AccountName and AccountKey")
    return text


def email_url(text: str) -> str:
    """Return where e-mails go out: the origin of Azure Communication Services, or an SMTP server with its login."""
    url = _parsed(text, {"https", "smtp", "smtps"})
    if url.scheme == "https":
        return _origin(url)
    if url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("must not have a path, query or fragment; write / ? # @ in a password as %2F %3F %23 %40")
    login = [unquote(part or "") for part in (url.username, url.password)]
    if any(login) != all(login):
        raise ValueError("must have both a user and a password, or neither")
    # SMTP logins are sent as ASCII (Python's smtplib), and control characters would end them early.
    if not all(part.isascii() and part.isprintable() for part in login):
        raise ValueError("must have a user and a password of ASCII characters only")
    return text.removesuffix("/")


def email(text: str) -> str:
    """Return an e-mail address."""
    if not EMAIL.fullmatch(text):
        raise ValueError("has an entry that is not an e-mail address")
    return text


def days(text: str) -> str:
    """Return a number of days."""
    if not re.fullmatch(r"[0-9]{1,3}", text):
        raise ValueError("must be a list of whole days such as 60,30,14,7,3,1,0")
    return text


# Second, minute, hour, day, month, day of the week: the least and the most, and the names of months and days.
_NCRONTAB = ((0, 59, ""), (0, 59, ""), (0, 23, ""), (1, 31, ""), (1, 12, _MONTHS), (0, 6, _DAYS))


def ncrontab(text: str) -> str:
    """Return a timer's schedule in Azure's NCRONTAB: six fields of *, numbers, names, ranges, lists and steps."""
    fields = text.split()
    if len(fields) != 6 or not all(_fits(part, *rule) for part, rule in zip(fields, _NCRONTAB, strict=True)):
        raise ValueError("must be an NCRONTAB expression of six fields such as 0 0 7 * * *")
    return " ".join(fields)


def _fits(field: str, least: int, most: int, names: str) -> bool:
    """Return whether one field of a schedule has only values that exist."""
    name = f"|{names}" if names else ""
    item = re.compile(rf"(?:\*|([0-9]+{name})(?:-([0-9]+{name}))?)(?:/([1-9][0-9]*))?", re.IGNORECASE)
    for part in field.split(","):
        match = item.fullmatch(part)
        if match is None:
            return False
        numbers = [int(value) for value in match.groups()[:2] if value and value.isdigit()]
        if not all(least <= number <= most for number in numbers) or numbers != sorted(numbers):
            return False
    return True
