"""Microsoft's own types of the resources, as dump_types.py keeps them in tests/infra/types."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TYPES = Path(__file__).parents[1] / "types"
WORDS = {"string", "int", "bool", "any", "null", "array", "object"}


@dataclass(frozen=True)
class Entry:
    """What a property takes: its type in words, and limits such as `maxLength: 24`."""

    type: str
    required: bool
    read_only: bool
    limits: dict[str, str]


class Schema:
    """The type of one resource in one API version."""

    def __init__(self, content: dict) -> None:
        self.type: str = content["type"]
        self.version: str = content["apiVersion"]
        self.scopes: str = content["scopes"]
        self.objects: dict[str, dict] = content["objects"]

    def properties(self, name: str) -> dict[str, Entry]:
        """Return the properties of an object of this type."""
        content = self.objects[name]
        return {key: _entry(value) for key, value in (content.get("properties") or content.get("always", {})).items()}

    def variants(self, name: str) -> tuple[str, dict[str, str]] | None:
        """Return the property that tells kinds of an object apart, with the object of each; None if there is one."""
        content = self.objects[name]
        return (content["by"], content["one"]) if "by" in content else None

    def values(self, name: str) -> str | None:
        """Return the type of properties that have no name of their own, None if there may be no others."""
        return self.objects[name].get("values")


def _entry(value: list[str]) -> Entry:
    kind, *rest = value
    limits = dict(word.split(": ", 1) for word in rest if ": " in word)
    return Entry(kind, "required" in rest, "read-only" in rest, limits)


@cache
def schemas() -> dict[str, Schema]:
    """Return every type that was dumped, by its name in lower case."""
    found = [Schema(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(TYPES.glob("*.json"))]
    return {schema.type.lower(): schema for schema in found}
