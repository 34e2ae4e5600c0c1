"""What is known of an expression without deploying it: its type, as far as it is certain."""

from dataclasses import dataclass

from tests.infra.bicep.functions import FUNCTIONS, NAMESPACES
from tests.infra.bicep.schemas import Schema, schemas
from tests.infra.bicep.scopes import symbol
from tests.infra.bicep.syntax import (
    Array,
    Call,
    Choice,
    Expression,
    Index,
    Literal,
    Loop,
    Member,
    Name,
    Object,
    Operator,
    Text,
)
from tests.infra.bicep.template import Declaration, Template
from tests.infra.project import Project


@dataclass(frozen=True)
class Kind:
    """A type in the words of tests/infra/types; with the schema in which its objects are to be looked up."""

    text: str = "any"
    schema: Schema | None = None

    @property
    def known(self) -> bool:
        """Whether anything is certain."""
        return self.text != "any"


ANY = Kind()
_BOOLEAN = {"==", "!=", "=~", "!~", "<", "<=", ">", ">=", "&&", "||", "!"}
_COMMON = {"id": Kind("string"), "name": Kind("string"), "type": Kind("string"), "apiVersion": Kind("string")}


def plain(text: str) -> str:
    """Return the word of a type: an enumeration is a string (or int), `x[]` an array, a named object an object."""
    alternatives = [part for part in text.split(" | ") if part != "null"]
    if not alternatives:
        return "null"
    if alternatives[-1].endswith("[]"):
        return "array"
    if "any" in alternatives:
        return "any"
    if len(alternatives) > 1:
        return "int" if alternatives[-1] == "int" or all(part.isdigit() for part in alternatives) else "string"
    return alternatives[0]


class Knowledge:
    """Answers what is known in one template."""

    def __init__(self, project: Project, template: Template) -> None:
        self.project = project
        self.template = template
        self._followed: set[str] = set()  # variables, against those that name each other

    def kind(self, expression: Expression, bound: frozenset[str] = frozenset()) -> Kind:
        """Return the type of an expression; names in `bound` are a loop's or a lambda's own."""
        match expression:
            case Literal(value=value):
                words = {bool: "bool", int: "int", str: "string"}
                return Kind(words.get(type(value), "null"))
            case Text():
                return Kind("string")
            case Array() | Loop():
                return Kind("array")
            case Object():
                return Kind("object")
            case Choice(yes=yes, no=no):
                return self._same(yes, no, bound)
            case Operator(sign="??", operands=(left, right)):
                return self._same(left, right, bound)
            case Operator(sign=sign):
                return Kind("bool" if sign in _BOOLEAN else "int")
            case Call():
                return self._call(expression)
            case Name(name=name):
                return ANY if name in bound else self._symbol(symbol(self.template, name))
            case Member(base=base, name=name):
                return self._member(base, name, bound)
        return ANY

    def _same(self, left: Expression, right: Expression, bound: frozenset[str]) -> Kind:
        first, second = self.kind(left, bound), self.kind(right, bound)
        if "null" in (first.text, second.text):
            return first if second.text == "null" else second
        return first if plain(first.text) == plain(second.text) else ANY

    def _call(self, call: Call) -> Kind:
        of_namespace = isinstance(call.base, Name) and call.base.name in NAMESPACES
        if (call.base is None or of_namespace) and call.name in FUNCTIONS:
            return Kind(FUNCTIONS[call.name].returns)
        return ANY

    def _symbol(self, found: Declaration | None) -> Kind:
        if found is None or found.kind == "module" or (found.kind == "resource" and found.is_loop):
            return ANY
        if found.kind == "resource":
            schema = schemas().get(found.resource_type.lower())
            return Kind("body", schema) if schema else ANY
        if found.kind == "param":
            return Kind(found.type)
        if found.value is None or found.name in self._followed:
            return ANY
        self._followed.add(found.name)
        kind = self.kind(found.value)
        self._followed.discard(found.name)
        return kind

    def _member(self, base: Expression, name: str, bound: frozenset[str]) -> Kind:
        declared = self.value_of(base, bound)
        if isinstance(declared, Object):
            value = declared.get(name)
            return self.kind(value, bound) if value else ANY
        output = self.output(base, name, bound)
        if output:
            return Kind(output.type)
        of = self.resource_of(base, bound) or self.kind(base, bound)
        if of.schema is None or of.text not in of.schema.objects:
            return ANY
        entry = of.schema.properties(of.text).get(name)
        if entry is None:
            return _COMMON.get(name, ANY) if of.text == "body" else ANY
        return Kind(entry.type, of.schema)

    def resource_of(self, base: Expression, bound: frozenset[str]) -> Kind | None:
        """Return the type of one resource of a loop, `tables[0]`."""
        if isinstance(base, Index) and isinstance(base.base, Name) and base.base.name not in bound:
            found = symbol(self.template, base.base.name)
            schema = schemas().get(found.resource_type.lower()) if found and found.kind == "resource" else None
            return Kind("body", schema) if schema and found and found.is_loop else None
        return None

    def value_of(self, expression: Expression, bound: frozenset[str]) -> Expression:
        """Return what a variable's name stands for, anything else as it is."""
        seen = set(bound)
        while isinstance(expression, Name) and expression.name not in seen:
            found = symbol(self.template, expression.name)
            if found is None or found.kind != "var" or found.value is None:
                break
            seen = (seen - bound) | {expression.name}
            expression = found.value
        return expression

    def module_of(self, expression: Expression, bound: frozenset[str]) -> Declaration | None:
        """Return the module whose outputs these are: `x.outputs` or `x[0].outputs`."""
        if not isinstance(expression, Member) or expression.name != "outputs":
            return None
        base = expression.base.base if isinstance(expression.base, Index) else expression.base
        if not isinstance(base, Name) or base.name in bound:
            return None
        found = symbol(self.template, base.name)
        return found if found and found.kind == "module" else None

    def output(self, base: Expression, name: str, bound: frozenset[str]) -> Declaration | None:
        """Return the output of a module, None if it is none or does not exist."""
        module = self.module_of(base, bound)
        target = self.project.module(self.template, module.target) if module else None
        return target.of("output").get(name) if target else None
