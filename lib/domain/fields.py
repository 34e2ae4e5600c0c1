"""What single values from outside must look like. Every check raises InvalidRequest that names the property.

The rules are those of the contract; lengths follow the standards named beside them. Nothing here ever repeats the
value: it may be a secret, or markup.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.errors import InvalidRequest, ReturnUrlNotAllowed

CUSTOMER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{3,253}}\Z)(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})")  # RFC 1035, 5890
EMAIL = re.compile(
    rf"(?=.{{3,254}}\Z)[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?ai:(?:{_LABEL}\.)+[a-z0-9-]{{2,63}})"  # RFC 5321
)
# A user principal name as Entra ID allows it (letters, digits and ' . - _ ! # ^ ~, some tenants have + too), or an
# object id. No slash, backslash, question mark or percent: it becomes one segment of a Graph URL.
USER_PRINCIPAL_NAME = re.compile(r"[\w.!#$&'*+=^`{|}~-]{1,64}@[\w.-]{1,255}")
# The last one is the tenant of personal accounts, "consumers" by its GUID.
_SHARED_TENANTS = {"common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"}
_SIGN_IN_PARAMETERS = {"whr", "domain_hint"}


def text(name: str, value: Any, *, longest: int) -> str:
    """Return a non-empty string without control characters."""
    if value is None:
        raise InvalidRequest(name, "is missing")
    if not isinstance(value, str):
        raise InvalidRequest(name, "must be a string")
    if not value.strip():
        raise InvalidRequest(name, "must not be empty")
    if len(value) > longest:
        raise InvalidRequest(name, f"must be at most {longest} characters long")
    if value.isascii() and value.isprintable():
        return value
    # Cc: control; Cs: half of a surrogate pair, which no UTF-8 can carry; U+2028/9 break lines in logs and mails.
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in value):
        raise InvalidRequest(name, "must not contain control characters")
    return value


def customer_id(value: Any) -> str:
    """Return a customer's id."""
    if not isinstance(value, str) or not CUSTOMER.fullmatch(value):
        raise InvalidRequest("customer", "must be 1 to 63 lower-case letters, digits and inner hyphens")
    return value


def user_name(value: Any, name: str = "user") -> str:
    """Return a user principal name or an Entra object id."""
    user = text(name, value, longest=320)
    if GUID.fullmatch(user):
        return user.lower()
    if not USER_PRINCIPAL_NAME.fullmatch(user) or ".." in user.rpartition("@")[2]:
        raise InvalidRequest(name, "must be a user principal name such as ada@contoso.com, or an Entra object id")
    return user


def same_user(name: str) -> str:
    """Return a user's name so that two spellings of one account compare as equal: letter case does not count.

    Only ASCII letters are folded: user principal names have no others (Microsoft Learn, "UPN population"),
    and Unicode's folding takes letters for the same that no directory does, such as the Kelvin sign and k.
    """
    if name.isascii():
        return name.lower()
    return "".join(char.lower() if char.isascii() else char for char in name)


def guid(name: str, value: Any) -> str:
    """Return a GUID in lower case."""
    found = text(name, value, longest=64)
    if not GUID.fullmatch(found):
        raise InvalidRequest(name, "must be a GUID such as 00000000-0000-0000-0000-000000000000")
    return found.lower()


def tenant_id(name: str, value: Any) -> str:
    """Return a tenant's GUID or domain in lower case. Names shared by all tenants are refused."""
    found = text(name, value, longest=253).lower()
    if found in _SHARED_TENANTS:
        raise InvalidRequest(name, "must name one tenant: common, organizations and consumers stand for all of them")
    if not GUID.fullmatch(found) and not DOMAIN.fullmatch(found):
        raise InvalidRequest(name, "must be the tenant's GUID or one of its domains, such as contoso.onmicrosoft.com")
    return found


def secret(name: str, value: Any) -> str:
    """Return a client secret."""
    found = text(name, value, longest=1024)
    if found != found.strip():
        raise InvalidRequest(name, "must not begin or end with white space; paste it again")
    if not found.isascii():
        raise InvalidRequest(name, "must have only the characters that Entra ID puts into secrets; paste it again")
    return found


def choice[Choice: StrEnum](name: str, value: Any, choices: type[Choice]) -> Choice:
    """Return one of the choices."""
    try:
        return choices(value)
    except ValueError:
        raise InvalidRequest(name, f"must be one of {', '.join(choices)}") from None


def expiry(name: str, value: Any) -> Expiry:
    """Return a UTC date such as 2027-11-20, or never."""
    if value is None:
        return UNKNOWN
    found = text(name, value, longest=40)  # with a time, as Entra ID shows it, it is told what is wanted
    if found == "never":
        return NEVER
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", found):
            raise ValueError
        day = date.fromisoformat(found)
    except ValueError:
        raise InvalidRequest(name, "must be a date such as 2027-11-20 without a time, or never") from None
    if not 2000 <= day.year <= 2200:
        raise InvalidRequest(name, "must be a date between the years 2000 and 2200")
    return Expiry(on=day)


def email(name: str, value: Any) -> str:
    """Return an e-mail address."""
    found = text(name, value, longest=254)
    if not EMAIL.fullmatch(found):
        raise InvalidRequest(name, "must be an e-mail address")
    return found


def domain(name: str, value: Any) -> str:
    """Return a domain in lower case."""
    found = text(name, value, longest=253).lower()
    if not DOMAIN.fullmatch(found):
        raise InvalidRequest(name, "must be a domain such as contoso.com")
    return found


def login_url(name: str, value: Any, hosts: frozenset[str]) -> str:
    """Return a custom Microsoft sign-in URL: a host of the configured cloud, parameters whr and domain_hint only."""
    found = text(name, value, longest=2048)
    try:
        url = urlsplit(found)
        netloc, parameters = url.netloc.lower(), parse_qsl(url.query, keep_blank_values=True, strict_parsing=False)
    except ValueError:
        raise InvalidRequest(name, "must be a URL") from None
    if url.scheme != "https" or "\\" in found or any(char.isspace() for char in found):
        raise InvalidRequest(name, "must be a URL that starts with https://")
    if netloc not in hosts:
        raise InvalidRequest(name, f"must have the sign-in host of the configured Microsoft cloud ({sorted(hosts)[0]})")
    if url.fragment:
        raise InvalidRequest(name, "must not have a fragment (#…)")
    names = [parameter for parameter, _ in parameters]
    if not set(names) <= _SIGN_IN_PARAMETERS or len(names) != len(set(names)):
        raise InvalidRequest(name, "may only have the parameters whr and domain_hint, each once")
    for _, hint in parameters:
        domain(name, hint)
    return found


def one_of(name: str, value: Any, allowed: Sequence[str]) -> str:
    """Return a URI of this list, letter for letter."""
    found = text(name, value, longest=2048)
    if found not in allowed:
        raise InvalidRequest(name, f"must be one of this deployment's redirect URIs: {', '.join(allowed)}")
    return found


def origin_of(url: SplitResult) -> str:
    """Return the origin of a URL: scheme and host, and the port unless it is the scheme's own (RFC 6454)."""
    own_port = {"https": ":443", "http": ":80"}.get(url.scheme, "")
    return f"{url.scheme}://{url.netloc.lower().removesuffix(own_port)}"


def return_url(name: str, value: Any, origins: Sequence[str]) -> str:
    """Return a URL whose origin is allowed. Raises ReturnUrlNotAllowed for one that is not."""
    found = text(name, value, longest=2048)
    try:
        url = urlsplit(found)
        origin = origin_of(url)
    except ValueError:
        raise InvalidRequest(name, "must be a URL") from None
    # A backslash or white space is read as something else by some browsers than by this parser (WHATWG URL).
    if "\\" in found or any(char.isspace() for char in found) or not found.isascii():
        raise InvalidRequest(name, "must be a URL without white space, backslashes and unescaped characters")
    if url.scheme not in {"http", "https"} or not url.netloc:
        raise InvalidRequest(name, "must be an absolute URL such as https://ats.example/interviews")
    if origin not in origins:
        raise ReturnUrlNotAllowed(
            name,
            "its origin is not allowed here",
            remedy="Add the origin to the setting RETURN_URLS of the deployment.",
        )
    return found
