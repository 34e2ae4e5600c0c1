"""ASP.NET's route constraints: ``{id:guid}``, ``{name:minlength(3)}`` and so on."""

import re
from collections.abc import Callable, Sequence

from tests.sandbox.host.errors import HostError

type Constraint = Callable[[str], bool]

_CONSTRAINT = re.compile(r":(\w+)(?:\((.*?)\)(?=:|$))?")
_GUID = re.compile(
    r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}|\([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\)",
    re.IGNORECASE,
)
_INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*", re.ASCII)


def parse_constraints(text: str, template: str) -> Sequence[Constraint]:
    """Return the checks for the constraints of one parameter, written ``:int:max(9)``; raises HostError."""
    return [_constraint(name, argument, template) for name, argument in _CONSTRAINT.findall(text)]


def _constraint(name: str, argument: str, template: str) -> Constraint:
    factory = _FACTORIES.get(name.lower())
    if factory is None:
        raise HostError(f"The route template {template!r} uses the constraint {name!r}, which this host does not know.")
    try:
        return factory(argument)
    except (ValueError, re.error) as error:
        raise HostError(f"The route template {template!r} has a wrong constraint {name}({argument}).") from error


def _integer(low: int, high: int) -> Constraint:
    return lambda value: bool(_INTEGER.fullmatch(value)) and low <= int(value) <= high


def _regex(argument: str) -> Constraint:
    # Braces are doubled in templates. ASP.NET searches, ignoring case: anchoring is the author's affair.
    pattern = re.compile(argument.replace("{{", "{").replace("}}", "}"), re.IGNORECASE)
    return lambda value: bool(pattern.search(value))


def _length(argument: str) -> Constraint:
    low, _, high = argument.partition(",")
    return _length_between(int(low), int(high or low))


def _length_between(low: int, high: int) -> Constraint:
    return lambda value: low <= len(value) <= high


def _range(argument: str) -> Constraint:
    low, _, high = argument.partition(",")
    return _integer(int(low), int(high))


_LONG = 2**63
_FACTORIES: dict[str, Callable[[str], Constraint]] = {
    "int": lambda _: _integer(-(2**31), 2**31 - 1),
    "long": lambda _: _integer(-_LONG, _LONG - 1),
    "min": lambda argument: _integer(int(argument), _LONG - 1),
    "max": lambda argument: _integer(-_LONG, int(argument)),
    "range": _range,
    "guid": lambda _: lambda value: bool(_GUID.fullmatch(value)),
    "bool": lambda _: lambda value: value.strip().lower() in ("true", "false"),
    "alpha": lambda _: lambda value: value.isascii() and value.isalpha(),
    "minlength": lambda argument: _length_between(int(argument), _LONG),
    "maxlength": lambda argument: _length_between(0, int(argument)),
    "length": _length,
    "required": lambda _: bool,
    "regex": _regex,
}
