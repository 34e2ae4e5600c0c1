"""The part of ``host.json`` that this host obeys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.sandbox.host.errors import HostError


@dataclass(frozen=True)
class HostConfiguration:
    """``extensions.http`` of ``host.json``. ``hsts`` is left out: Azure sends it on https only, and this is http."""

    route_prefix: str = "api"
    custom_headers: Mapping[str, str] = field(default_factory=dict)


def read_host_json(app: Path) -> HostConfiguration:
    """Read ``host.json`` of the folder `app`; raises HostError when it is missing or wrong."""
    path = app / "host.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise HostError(f"There is no host.json in {app}.") from None
    except ValueError as error:
        raise HostError(f"{path} is not JSON: {error}.") from error
    if not isinstance(document, dict) or document.get("version") != "2.0":
        raise HostError(f'{path} must say "version": "2.0".')
    http = document.get("extensions", {}).get("http", {})
    return HostConfiguration(
        route_prefix=http.get("routePrefix", "api").strip("/"), custom_headers=http.get("customHeaders", {})
    )
