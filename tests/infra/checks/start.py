"""Check: names and conditions are known when a deployment starts (Bicep's error BCP120, and its like).

Resource Manager plans a deployment before it runs it. What it needs for the plan cannot come from a resource that is
only being made: names, parents, scopes, conditions, and what a loop counts. A module's parameter may; within the module
it is a value like any other.
"""

from collections.abc import Iterator

from tests.infra.bicep.scopes import symbol
from tests.infra.bicep.syntax import Call, Expression, If, Index, Loop, Member, Name
from tests.infra.bicep.template import Declaration, Template
from tests.infra.project import Project

_KNOWN_AT_START = {"id", "name", "type", "apiVersion"}


def check(project: Project) -> list[str]:
    """Return the places where something is needed before it is known."""
    return [
        f"{template.at(part.line)}: {what} of {declaration.name} has to be known when the deployment starts."
        for template in project.templates.values()
        for declaration in template.declarations
        if declaration.kind in ("resource", "module")
        for what, expression in _needed(declaration)
        for part in _late(template, expression, frozenset())
    ]


def _needed(declaration: Declaration) -> Iterator[tuple[str, Expression]]:
    value = declaration.value
    while isinstance(value, Loop | If):
        yield ("the loop", value.source) if isinstance(value, Loop) else ("the condition", value.condition)
        value = value.body
    for name in ("name", "scope", "parent"):
        given = declaration.body.get(name)
        if given is not None:
            yield f"the {name}", given


def _late(template: Template, expression: Expression, seen: frozenset[str]) -> Iterator[Expression]:
    if isinstance(expression, Member):
        base = expression.base.base if isinstance(expression.base, Index) else expression.base
        found = symbol(template, base.name) if isinstance(base, Name) else None
        if found and found.kind == "resource":
            if expression.name not in _KNOWN_AT_START:
                yield expression
            return
        if found and found.kind == "module" and expression.name == "outputs":
            yield expression
            return
    if isinstance(expression, Call) and expression.base is not None and expression.name.startswith("list"):
        yield expression
        return
    if isinstance(expression, Name):
        found = symbol(template, expression.name)
        if found and found.kind == "var" and found.value and found.name not in seen:
            for _ in _late(template, found.value, seen | {found.name}):
                yield expression
                return
        return
    for child in expression.children():
        yield from _late(template, child, seen)
