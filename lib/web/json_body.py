"""Reading a JSON body strictly: size, content type, encoding, duplicate names, and names nobody knows."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import azure.functions as func

from lib.domain.errors import InvalidRequest, RequestTooLarge

LARGEST_BODY = 1024 * 1024  # bytes (contract: Errors)
# Other parameters than charset are fine: OData clients send `odata.metadata=minimal` and the like (RFC 9110, 8.3.1).
_JSON_TYPE = re.compile(
    r'application/(?:[a-z0-9.+-]+\+)?json(?:\s*;\s*(?:charset="?utf-8"?|(?!charset)[\w.-]+=(?:"[^"]*"|[^\s;"]+)))*\s*',
    re.IGNORECASE,
)
_SHOWN_NAME = re.compile(r"[A-Za-z0-9_@.$-]{1,60}")


def limited_body(req: func.HttpRequest, largest: int = LARGEST_BODY) -> bytes:
    """Return the body. Raises RequestTooLarge."""
    body = req.get_body() or b""
    if len(body) > largest:
        raise RequestTooLarge(
            f"The body is larger than {largest} bytes.", remedy="Send less at once, for example fewer addresses."
        )
    return body


def read_object(req: func.HttpRequest, *, optional: bool = False) -> dict[str, Any]:
    """Return the JSON object of the body; {} for no body if that is `optional`. Raises InvalidRequest."""
    body = limited_body(req)
    if optional and not body.strip():
        return {}
    content_type = req.headers.get("content-type")
    if content_type and not _JSON_TYPE.fullmatch(content_type.strip()):
        raise InvalidRequest("Content-Type", "must be application/json")
    try:
        value = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise InvalidRequest("body", "must be UTF-8 text") from None
    except RecursionError:
        raise InvalidRequest("body", "is nested too deeply") from None
    except ValueError:
        raise InvalidRequest("body", "must be valid JSON") from None
    if not isinstance(value, dict):
        raise InvalidRequest("body", "must be a JSON object")
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values for one name would be read differently by different programs (RFC 8259, section 4)."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidRequest(shown(name), "is given twice")
        found[name] = value
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def shown(name: str) -> str:
    """Return a property name from outside if it can be repeated safely."""
    return name if _SHOWN_NAME.fullmatch(name) else "body"


class Fields:
    """The properties of one JSON object, taken one by one; what nobody took is unknown.

    `prefix` is put before names in errors. With `fold` names match in any letter case, as Graph does it. A null counts
    as left out, whatever its name: Microsoft's SDK sends a property that was set to None under its Python name.
    Annotations (`@odata.…`) are left to themselves.
    """

    def __init__(self, value: Any, *, name: str = "body", prefix: str = "", fold: bool = False) -> None:
        if not isinstance(value, dict):
            raise InvalidRequest(name, "must be a JSON object")
        self._prefix = prefix
        self._fold = fold
        self._left: dict[str, tuple[str, Any]] = {}
        for given, content in value.items():
            key = given.lower() if fold else given
            if key in self._left:
                raise InvalidRequest(self.full(shown(given)), "is given twice")
            self._left[key] = (given, content)

    def full(self, name: str) -> str:
        """Return the name as errors show it."""
        return f"{self._prefix}{name}"

    def take(self, name: str) -> Any:
        """Return the value of a property, None if it was left out."""
        return self._left.pop(name.lower() if self._fold else name, ("", None))[1]

    def finish(self, ignored: Iterable[str] = ()) -> None:
        """Raise InvalidRequest if a property is left that is neither known nor to be ignored."""
        for key, (given, content) in self._left.items():
            if key not in ignored and "@odata." not in given and content is not None:
                raise InvalidRequest(self.full(shown(given)), "is not a known property")


def items(name: str, value: Any, *, most: int) -> Iterator[tuple[str, Any]]:
    """Yield the items of a list with the names that errors show."""
    if not isinstance(value, list):
        raise InvalidRequest(name, "must be a list")
    if len(value) > most:
        raise InvalidRequest(name, f"must have at most {most} entries")
    for index, item in enumerate(value):
        yield f"{name}[{index}]", item
