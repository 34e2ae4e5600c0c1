"""Bicep's functions on plain values, as far as the templates use them.

`uniqueString` and `guid` answer other letters than Azure, but as many, of the same alphabet, and the same ones for the
same arguments.
"""

import base64
import hashlib
import ipaddress
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

SUBSCRIPTION = "00000000-1111-4222-8333-444444444444"
TENANT = "99999999-8888-4777-8666-555555555555"


class Later(str):
    """A text that Azure fills in, such as an address or an id; here it says what it is."""

    __slots__ = ()


def unique_string(*parts: Any) -> str:
    """Return 13 characters, as Bicep's uniqueString does."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:13]


def guid(*parts: Any) -> str:
    """Return a GUID that follows from the parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(map(str, parts))))


def resource_id(scope: str, kind: str, *names: str) -> str:
    """Return a resource's id below a scope; a type of several segments has as many names."""
    provider, *segments = kind.split("/")
    if len(segments) != len(names):
        raise ValueError(f"{kind} needs {len(segments)} names, not {len(names)}")
    path = "".join(f"/{segment}/{name}" for segment, name in zip(segments, names, strict=True))
    return f"{scope}/providers/{provider}{path}"


def subscription_scope() -> str:
    """Return the id of the subscription."""
    return f"/subscriptions/{SUBSCRIPTION}"


def _union(*parts: Any) -> Any:
    if isinstance(parts[0], list):
        return [item for place, part in enumerate(parts) for item in part if place == 0 or item not in parts[0]]
    found: dict = {}
    for part in parts:
        for key, value in part.items():
            both = isinstance(value, dict) and isinstance(found.get(key), dict)
            found[key] = _union(found[key], value) if both else value
    return found


def _concat(*parts: Any) -> Any:
    if isinstance(parts[0], list):
        return [item for part in parts for item in part]
    return "".join(map(_text, parts))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def _int(value: Any) -> int:
    return int(value)


def _split(text: str, by: str | list[str]) -> list[str]:
    signs = [by] if isinstance(by, str) else by
    return re.split("|".join(map(re.escape, signs)), text)


def _format(text: str, *values: Any) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: _text(values[int(found[1])]), text)


def _subnet(prefix: str, size: int, place: int) -> str:
    return str(list(ipaddress.ip_network(prefix).subnets(new_prefix=size))[place])


def _to_object(items: list, key: Callable, value: Callable | None = None) -> dict:
    return {key(item): value(item) if value else item for item in items}


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "any": lambda value: value,
    "array": lambda value: value if isinstance(value, list) else [value],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "bool": lambda value: str(value).lower() in ("true", "1"),
    "cidrSubnet": _subnet,
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
    "concat": _concat,
    "contains": lambda whole, part: part in whole,
    "empty": lambda value: value is None or len(value) == 0,
    "endsWith": lambda text, end: text.lower().endswith(end.lower()),
    "filter": lambda items, keep: [item for item in items if keep(item)],
    "first": lambda value: value[0] if value else ("" if isinstance(value, str) else None),
    "flatten": lambda parts: [item for part in parts for item in part],
    "format": _format,
    "guid": guid,
    "indexOf": lambda text, part: text.lower().find(part.lower()),
    "int": _int,
    "items": lambda value: [{"key": key, "value": value[key]} for key in sorted(value)],
    "join": lambda items, by: by.join(map(_text, items)),
    "json": json.loads,
    "last": lambda value: value[-1] if value else ("" if isinstance(value, str) else None),
    "length": len,
    "map": lambda items, make: [make(item) for item in items],
    "max": lambda *values: max(values[0] if isinstance(values[0], list) else values),
    "min": lambda *values: min(values[0] if isinstance(values[0], list) else values),
    "newGuid": lambda: guid("new"),
    "objectKeys": sorted,
    "padLeft": lambda text, size, sign=" ": _text(text).rjust(size, sign),
    "range": lambda start, count: list(range(start, start + count)),
    "replace": lambda text, old, new: text.replace(old, new),
    "skip": lambda value, count: value[count:],
    "split": _split,
    "startsWith": lambda text, start: text.lower().startswith(start.lower()),
    "string": _text,
    "subscription": lambda: {"id": subscription_scope(), "subscriptionId": SUBSCRIPTION, "tenantId": TENANT},
    "subscriptionResourceId": lambda kind, *names: resource_id(subscription_scope(), kind, *names),
    "substring": lambda text, start, size=None: text[start:] if size is None else text[start : start + size],
    "take": lambda value, count: value[:count],
    "tenant": lambda: {"tenantId": TENANT},
    "toLower": str.lower,
    "toObject": _to_object,
    "toUpper": str.upper,
    "trim": str.strip,
    "union": _union,
    "uniqueString": unique_string,
    "utcNow": lambda form="": "20261122T000000Z",
    "deployer": lambda: {"objectId": guid("deployer"), "tenantId": TENANT},
    "environment": lambda: {
        "name": "AzureCloud",
        "suffixes": {"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net"},
        "authentication": {"loginEndpoint": "https://login.microsoftonline.com/"},
        "resourceManager": "https://management.azure.com/",
    },
}

# What Azure answers about a resource that it has made, by type and path; of everything else only `Later` is known.
ANSWERS: dict[tuple[str, str], Callable[[str], str]] = {
    ("Microsoft.ManagedIdentity/userAssignedIdentities", "properties.clientId"): lambda name: guid("client", name),
    ("Microsoft.ManagedIdentity/userAssignedIdentities", "properties.principalId"): lambda name: guid("person", name),
    ("Microsoft.KeyVault/vaults", "properties.vaultUri"): lambda name: f"https://{name}.vault.azure.net/",
    ("Microsoft.Web/sites", "properties.defaultHostName"): lambda name: f"{name}.azurewebsites.net",
    ("Microsoft.Communication/communicationServices", "properties.hostName"): (
        lambda name: f"{name}.unitedstates.communication.azure.com"
    ),
    ("Microsoft.Communication/emailServices/domains", "properties.mailFromSenderDomain"): (
        lambda name: f"{guid(name)}.azurecomm.net" if name == "AzureManagedDomain" else name
    ),
    ("Microsoft.Insights/components", "properties.ConnectionString"): (
        lambda name: f"InstrumentationKey={guid(name)};IngestionEndpoint=https://x.in.applicationinsights.azure.com/"
    ),
}
for _service in ("blob", "table", "queue"):
    ANSWERS["Microsoft.Storage/storageAccounts", f"properties.primaryEndpoints.{_service}"] = (
        lambda name, service=_service: f"https://{name}.{service}.core.windows.net/"
    )


def answer(kind: str, name: str, path: str) -> str:
    """Return what Azure answers about a resource that it has made."""
    known = ANSWERS.get((kind, path))
    return known(name) if known else Later(f"<{kind} {path}>")
