"""Bicep expressions as plain values."""

from collections.abc import Iterator
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Expression:
    """Any expression; `line` counts from 1."""

    line: int

    def children(self) -> Iterator["Expression"]:
        """Return the expressions that this one is made of."""
        for field in fields(self):
            value = getattr(self, field.name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Expression):
                    yield part

    def inside(self) -> Iterator["Expression"]:
        """Return this expression and all those in it."""
        yield self
        for child in self.children():
            yield from child.inside()


@dataclass(frozen=True)
class Literal(Expression):
    value: str | int | bool | None


@dataclass(frozen=True)
class Text(Expression):
    """A string with expressions in it."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True)
class Array(Expression):
    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Property(Expression):
    name: str | Expression
    value: Expression


@dataclass(frozen=True)
class Object(Expression):
    properties: tuple[Property, ...]

    def get(self, name: str) -> Expression | None:
        """Return the value of the property of this name."""
        return next((entry.value for entry in self.properties if entry.name == name), None)


@dataclass(frozen=True)
class Name(Expression):
    name: str


@dataclass(frozen=True)
class Member(Expression):
    """`base.name`, or with `safe` `base.?name`, which is null where there is no base."""

    base: Expression
    name: str
    safe: bool = False


@dataclass(frozen=True)
class Index(Expression):
    """`base[key]`, or with `safe` `base[?key]`, which is null where there is none."""

    base: Expression
    key: Expression
    safe: bool = False


@dataclass(frozen=True)
class Call(Expression):
    """A function, or with a base a method or a function of a namespace."""

    name: str
    arguments: tuple[Expression, ...]
    base: Expression | None = None


@dataclass(frozen=True)
class Choice(Expression):
    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True)
class Operator(Expression):
    sign: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True)
class Lambda(Expression):
    names: tuple[str, ...]
    body: Expression


@dataclass(frozen=True)
class Loop(Expression):
    names: tuple[str, ...]
    source: Expression
    body: Expression


@dataclass(frozen=True)
class If(Expression):
    """The `if (…) {…}` of a resource or module."""

    condition: Expression
    body: Expression
