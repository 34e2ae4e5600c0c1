"""Whether an expression fits a type: unknown, missing and read-only properties, wrong kinds of value, enumerations.

Only what is certain is told. A value that is known at deployment only passes; so does what `any(…)` hides. Both
branches of a choice are checked, loops by what they repeat, and variables where they are declared.
"""

import difflib
import re
from collections.abc import Iterator

from tests.infra.bicep.kinds import Kind, Knowledge, plain
from tests.infra.bicep.schemas import WORDS, Entry, Schema
from tests.infra.bicep.syntax import Array, Call, Choice, Expression, Literal, Loop, Object, Operator, Property


class Fit:
    """Checks values in one template against one resource type."""

    def __init__(self, knowledge: Knowledge, schema: Schema) -> None:
        self._knowledge = knowledge
        self._schema = schema

    def object(self, value: Object, name: str, where: str, extra: frozenset[str] = frozenset()) -> Iterator[str]:
        """Tell what is wrong in an object of the schema. `extra` are properties that Bicep itself takes."""
        variants = self._schema.variants(name)
        if variants:
            yield from self._one_of(value, name, where, *variants, extra=extra)
            return
        known, others = self._schema.properties(name), self._schema.values(name)
        for entry in value.properties:
            if isinstance(entry.name, str) and entry.name in known:
                yield from self._known(entry, known[entry.name], f"{where}.{entry.name}")
            elif others is not None:
                yield from self.value(entry.value, Entry(others, False, False, {}), f"{where}.{entry.name}")
            elif isinstance(entry.name, str) and entry.name not in extra:
                writable = [key for key in known if not known[key].read_only]
                yield f"{entry.line}: {where} has no property `{entry.name}`{_hint(entry.name, writable)}."
        given = {entry.name for entry in value.properties}
        if all(isinstance(entry.name, str) for entry in value.properties):
            for key, entry in known.items():
                if entry.required and not entry.read_only and key not in given:
                    yield f"{value.line}: {where} needs the property `{key}`."

    def _one_of(
        self, value: Object, name: str, where: str, by: str, variants: dict[str, str], extra: frozenset[str]
    ) -> Iterator[str]:
        chosen = value.get(by)
        if chosen is None:
            yield f"{value.line}: {where} needs the property `{by}`."
        elif isinstance(chosen, Literal):
            if chosen.value in variants:
                yield from self.object(value, variants[str(chosen.value)], where, extra)
            else:
                known = ", ".join(variants)
                yield f"{chosen.line}: {where}.{by} is {chosen.value!r}; Azure knows {known}."
        else:  # any of them: what none of them has is wrong all the same
            objects = [self._schema.properties(target) for target in variants.values()]
            for entry in value.properties:
                known = any(entry.name in properties for properties in objects)
                if isinstance(entry.name, str) and not known and entry.name not in extra:
                    yield f"{entry.line}: {where} has no property `{entry.name}`."

    def _known(self, entry: Property, kind: Entry, where: str) -> Iterator[str]:
        if kind.read_only:
            yield f"{entry.line}: {where} is read-only: Azure sets it."
        else:
            yield from self.value(entry.value, kind, where)

    def value(self, value: Expression, kind: Entry, where: str) -> Iterator[str]:
        """Tell what is wrong with a value of this type."""
        value = self._knowledge.value_of(value, frozenset())
        if kind.type == "any":
            return
        if isinstance(value, Choice):
            yield from self.value(value.yes, kind, where)
            yield from self.value(value.no, kind, where)
        elif isinstance(value, Operator) and value.sign == "??":
            for operand in value.operands:
                yield from self.value(operand, kind, where)
        elif isinstance(value, Literal) and value.value is None:
            if kind.required:
                yield f"{value.line}: {where} must not be null."
        elif kind.type.endswith("[]"):
            yield from self._array(value, kind.type.removesuffix("[]"), where)
        elif kind.type in self._schema.objects:
            yield from self._as_object(value, kind, where)
        else:
            yield from self._simple(value, kind, where)

    def _array(self, value: Expression, item: str, where: str) -> Iterator[str]:
        inner = Entry(item, False, False, {})
        if isinstance(value, Array):
            for place, part in enumerate(value.items):
                yield from self.value(part, inner, f"{where}[{place}]")
        elif isinstance(value, Loop):
            yield from self.value(value.body, inner, f"{where}[]")
        else:
            yield from self._kind(value, "array", where)

    def _as_object(self, value: Expression, kind: Entry, where: str) -> Iterator[str]:
        if isinstance(value, Object):
            yield from self.object(value, kind.type, where)
        elif isinstance(value, Call) and value.name == "union":
            for part in value.arguments:
                target = self._knowledge.value_of(part, frozenset())
                if isinstance(target, Object):
                    yield from (told for told in self.object(target, kind.type, where) if " needs the " not in told)
        else:
            yield from self._kind(value, "object", where)

    def _kind(self, value: Expression, wanted: str, where: str) -> Iterator[str]:
        """Compare kinds as far as they are known."""
        found = self._knowledge.kind(value)
        word = plain(found.text)
        if found.schema and word in found.schema.objects:
            word = "object"
        if found.known and word not in (wanted, "null", "any") and (found.schema or word in WORDS):
            yield f"{value.line}: {where} takes {_a(wanted)}, and this is {_a(word)}."

    def _simple(self, value: Expression, kind: Entry, where: str) -> Iterator[str]:
        wanted = plain(kind.type)
        if wanted not in WORDS:
            wanted = "string"  # one literal
        if not isinstance(value, Literal):
            yield from self._kind(value, wanted, where)
            yield from self._allowed(value, kind, where)
            return
        word = self._knowledge.kind(value).text
        if word != wanted:
            yield f"{value.line}: {where} takes {_a(wanted)}, and this is {_a(word)}."
            return
        choices = [part for part in kind.type.split(" | ") if part not in WORDS]
        if choices and str(value.value) not in choices:
            yield f"{value.line}: {where} is {value.value!r}; Azure knows {', '.join(choices)}."
        yield from self._limits(value, kind.limits, where)

    def _allowed(self, value: Expression, kind: Entry, where: str) -> Iterator[str]:
        """Check the values that a parameter's own type allows."""
        found: Kind = self._knowledge.kind(value)
        choices = [part for part in kind.type.split(" | ") if part not in WORDS]
        own = [part for part in found.text.split(" | ") if part not in WORDS]
        if choices and len(own) > 1 and found.schema is None:
            for part in own:
                if part not in choices:
                    yield f"{value.line}: {where} may become {part!r}; Azure knows {', '.join(choices)}."

    def _limits(self, value: Literal, limits: dict[str, str], where: str) -> Iterator[str]:
        size = len(value.value) if isinstance(value.value, str) else value.value
        for name, limit in limits.items():
            if name == "pattern":
                if isinstance(value.value, str) and not re.search(limit, value.value):
                    yield f"{value.line}: {where} is {value.value!r}, which does not match {limit}."
            elif isinstance(size, int) and (size < int(limit) if name.startswith("min") else size > int(limit)):
                yield f"{value.line}: {where} is {value.value!r}: {name} is {limit}."


def _a(word: str) -> str:
    return ("an " if word[0] in "aio" else "a ") + word


def _hint(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean `{close[0]}`" if close else ""
