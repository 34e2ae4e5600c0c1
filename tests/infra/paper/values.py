"""The evaluation of Bicep's expressions, and what a deployment is made of."""

import operator
from dataclasses import dataclass, field
from typing import Any

from tests.infra.bicep.syntax import (
    Array,
    Call,
    Choice,
    Expression,
    Index,
    Lambda,
    Literal,
    Loop,
    Member,
    Name,
    Object,
    Operator,
    Text,
)
from tests.infra.bicep.template import Template
from tests.infra.paper import standins
from tests.infra.paper.standins import Later
from tests.infra.project import Project

_BINARY = {
    "==": operator.eq,
    "!=": operator.ne,
    "=~": lambda left, right: str(left).lower() == str(right).lower(),
    "!~": lambda left, right: str(left).lower() != str(right).lower(),
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.floordiv,
    "%": operator.mod,
}


class DeploymentError(Exception):
    """What would stop a deployment; the text is a finding."""


@dataclass(frozen=True, eq=False)
class Resource:
    """A resource with its evaluated body; `place` is where it is declared."""

    type: str
    version: str
    name: str
    id: str
    body: dict[str, Any]
    place: str
    existing: bool
    scope: "Resource | None" = None
    parent: "Resource | None" = None

    @property
    def properties(self) -> dict[str, Any]:
        """The property `properties`, {} if it has none."""
        return self.body.get("properties") or {}

    @property
    def full_name(self) -> str:
        """The name with those of its parents, as far as they are known."""
        return f"{self.parent.full_name}/{self.name}" if self.parent else self.name


@dataclass
class Deployment:
    """Everything that was made, and the outputs of the main template."""

    resources: list[Resource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> list[Resource]:
        """Return the resources of a type, without those that are only referred to."""
        return [found for found in self.resources if found.type == kind and not found.existing]


@dataclass(frozen=True)
class Module:
    outputs: dict[str, Any]


@dataclass(frozen=True)
class _Answer:
    """A part of a resource that was not given, so Azure would have to answer it."""

    resource: Resource
    path: str

    def read(self) -> str:
        return standins.answer(self.resource.type, self.resource.name, self.path)


class Evaluator:
    """Evaluates expressions of one template that is deployed to `scope`; `_named` answers what a name stands for."""

    def __init__(self, project: Project, template: Template, scope: str) -> None:
        self._project, self._template, self._scope = project, template, scope

    def _named(self, name: str, line: int) -> Any:
        raise NotImplementedError

    def fail(self, line: int, sentence: str) -> DeploymentError:
        """Return the error that tells what is wrong in a line."""
        return DeploymentError(f"{self._template.at(line)}: {sentence}")

    def rounds(self, loop: Loop, names: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the names that each round of a loop brings."""
        items = self.value(loop.source, names)
        if not isinstance(items, list):
            raise self.fail(loop.line, "a loop needs an array.")
        return [dict(zip(loop.names, (item, place), strict=False)) for place, item in enumerate(items)]

    def value(self, expression: Expression | None, names: dict[str, Any]) -> Any:
        """Return the value of an expression; `names` are those of the loops and lambdas around it."""
        match expression:
            case None:
                return None
            case Literal(value=value):
                return value
            case Text(parts=parts):
                return "".join(part if isinstance(part, str) else self._word(part, names) for part in parts)
            case Array(items=items):
                return [self.value(item, names) for item in items]
            case Object(properties=properties):
                return {
                    entry.name if isinstance(entry.name, str) else self.value(entry.name, names): self.value(
                        entry.value, names
                    )
                    for entry in properties
                }
            case Loop(body=body):
                return [self.value(body, names | one) for one in self.rounds(expression, names)]
            case Choice(condition=condition, yes=yes, no=no):
                return self.value(yes if self.value(condition, names) else no, names)
            case Lambda(names=own, body=body):
                return lambda *given: self.value(body, names | dict(zip(own, given, strict=False)))
            case Name(name=name, line=line):
                return names[name] if name in names else self._named(name, line)
            case Operator():
                return self._operator(expression, names)
            case Call():
                return self._call(expression, names)
            case Member() | Index():
                return self._read(expression, names)
        raise self.fail(expression.line, "cannot evaluate this.")

    def _word(self, part: Expression, names: dict[str, Any]) -> str:
        value = self.value(part, names)
        if isinstance(value, bool):
            return str(value)
        if value is None or isinstance(value, dict | list | Resource):
            raise self.fail(part.line, "a text takes no object, list or null.")
        return str(value)

    def _operator(self, expression: Operator, names: dict[str, Any]) -> Any:
        sign, operands = expression.sign, expression.operands
        first = self.value(operands[0], names)
        if len(operands) == 1:
            return not first if sign == "!" else -first
        if sign == "&&" or sign == "||":
            decided = bool(first) == (sign == "||")
            return bool(first) if decided else bool(self.value(operands[1], names))
        if sign == "??":
            return first if first is not None else self.value(operands[1], names)
        return _BINARY[sign](first, self.value(operands[1], names))

    def _call(self, call: Call, names: dict[str, Any]) -> Any:
        if call.name == "resourceGroup":
            return {"id": self._scope, "name": self._scope.rpartition("/")[2], "location": "eastus2", "tags": {}}
        if call.name == "deployment":
            return {"name": "main", "location": "eastus2"}
        values = [self.value(argument, names) for argument in call.arguments]
        if call.name == "resourceId":
            return self._resource_id(call, values)
        if call.name == "loadTextContent":
            folder = self._template.path.rpartition("/")[0]
            return self._project.texts[f"{folder}/{values[0].removeprefix('./')}"]
        if call.base is not None and not isinstance(call.base, Name):
            raise self.fail(call.line, f"cannot evaluate `{call.name}`.")
        if call.name.startswith("list") or call.name == "getSecret":
            return Later(f"<{call.name}>")
        if call.name not in standins.FUNCTIONS:
            raise self.fail(call.line, f"cannot evaluate `{call.name}`: add it to tests/infra/paper/standins.py.")
        try:
            return standins.FUNCTIONS[call.name](*values)
        except (TypeError, ValueError, LookupError, AttributeError) as problem:
            raise self.fail(call.line, f"`{call.name}` fails: {problem}.") from problem

    def _resource_id(self, call: Call, values: list[str]) -> str:
        """A resource's id, with the group or the subscription and the group before the type if they are others."""
        kinds = [place for place, value in enumerate(values) if "/" in value]
        if not kinds or len(values) - kinds[0] - 1 != values[kinds[0]].count("/"):
            raise self.fail(call.line, "`resourceId` needs a type and one name for each of its segments.")
        scope = self._scope
        if kinds[0]:
            scope = f"{standins.subscription_scope()}/resourceGroups/{values[kinds[0] - 1]}"
        return standins.resource_id(scope, *values[kinds[0] :])

    def _read(self, expression: Member | Index, names: dict[str, Any]) -> Any:
        value = self._part(expression, names)
        return value.read() if isinstance(value, _Answer) else value

    def _part(self, expression: Expression, names: dict[str, Any]) -> Any:
        """Read a member; keep what Azure answers open until the whole path is known."""
        if not isinstance(expression, Member | Index):
            return self.value(expression, names)
        base = self._part(expression.base, names)
        key = expression.name if isinstance(expression, Member) else self.value(expression.key, names)
        if base is None:
            if _is_safe(expression):
                return None
            raise self.fail(expression.line, f"`{key}` is read of something that is not made.")
        if isinstance(base, Later):
            return Later(f"{base}.{key}")
        if isinstance(base, _Answer):
            return _Answer(base.resource, f"{base.path}.{key}")
        if isinstance(base, Resource):
            return self._of_resource(base, str(key))
        if isinstance(base, Module):
            return base.outputs
        try:
            return base[key]
        except (LookupError, TypeError) as problem:
            if _is_safe(expression):
                return None
            raise self.fail(expression.line, f"there is no `{key}` here.") from problem

    def _of_resource(self, resource: Resource, name: str) -> Any:
        own = {"id": resource.id, "name": resource.full_name.rpartition("/")[2], "type": resource.type}
        if name in own:
            return own[name]
        if name == "properties":
            return _Answer(resource, "properties")
        return resource.body[name] if name in resource.body else _Answer(resource, name)


def _is_safe(expression: Expression) -> bool:
    while isinstance(expression, Member | Index):
        if expression.safe:
            return True
        expression = expression.base
    return False
