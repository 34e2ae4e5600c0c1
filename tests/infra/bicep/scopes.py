"""What a name stands for where it is used, and the names that loops and lambdas bring along."""

from collections.abc import Iterator

from tests.infra.bicep.syntax import Expression, Lambda, Loop, Member, Name
from tests.infra.bicep.template import Declaration, Template


def uses(root: Expression | None, bound: frozenset[str] = frozenset()) -> Iterator[Name]:
    """Return every name in an expression that neither a loop nor a lambda around it has brought."""
    if root is None:
        return
    if isinstance(root, Name):
        if root.name not in bound:
            yield root
        return
    if isinstance(root, Loop):
        yield from uses(root.source, bound)
        yield from uses(root.body, bound | set(root.names))
        return
    if isinstance(root, Lambda):
        yield from uses(root.body, bound | set(root.names))
        return
    for child in root.children():
        yield from uses(child, bound)


def all_uses(template: Template) -> Iterator[Name]:
    """Return every name that a file uses of its own declarations."""
    for declaration in template.declarations:
        for decorator in declaration.decorators:
            for argument in decorator.arguments:
                yield from uses(argument)
        yield from uses(declaration.value)


def symbol(template: Template, name: str) -> Declaration | None:
    """Return what a name stands for; outputs have no name in expressions."""
    return template.symbols.get(name)


def base_and_path(expression: Expression) -> tuple[Expression, list[str]]:
    """Return what a chain of members begins with, and their names."""
    path: list[str] = []
    while isinstance(expression, Member):
        path.insert(0, expression.name)
        expression = expression.base
    return expression, path
