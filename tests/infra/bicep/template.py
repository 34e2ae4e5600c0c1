"""A Bicep file as its declarations: parameters, variables, resources, modules and outputs."""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from tree_sitter import Node

from tests.infra.bicep.reading import expression
from tests.infra.bicep.syntax import Call, Expression, If, Loop, Object
from tests.infra.bicep.words import UnreadableError, line_of, named, source_of, tree

_KINDS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
}
_NO_DECLARATION = {"metadata_declaration"}  # nothing that these checks would need


@dataclass(frozen=True)
class Declaration:
    """One declaration. `type` is written as in tests/infra/types; `target` is a type@version or a module's path."""

    kind: str
    name: str
    line: int
    decorators: tuple[Call, ...] = ()
    type: str = "any"
    value: Expression | None = None
    target: str = ""
    existing: bool = False

    @property
    def body(self) -> Object:
        """The object of a resource or module, whatever is around it."""
        value = self.value
        while isinstance(value, Loop | If):
            value = value.body
        return value if isinstance(value, Object) else Object(self.line, ())

    @property
    def is_loop(self) -> bool:
        """Whether it stands for several."""
        return isinstance(self.value, Loop)

    @property
    def resource_type(self) -> str:
        """The type of a resource, without the version."""
        return self.target.partition("@")[0]

    def decorator(self, name: str) -> Call | None:
        """Return the decorator of this name."""
        return next((call for call in self.decorators if call.name == name), None)


@dataclass
class Template:
    """A parsed file. `faults` are the places that are no Bicep, as `file:line: sentence`."""

    path: str
    text: str
    scope: str = "resourceGroup"
    declarations: list[Declaration] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def of(self, kind: str) -> dict[str, Declaration]:
        """Return the declarations of a kind by name."""
        return {found.name: found for found in self.declarations if found.kind == kind}

    def at(self, line: int) -> str:
        """Return how a finding names a place."""
        return f"{self.path}:{line}"

    @cached_property
    def symbols(self) -> dict[str, Declaration]:
        """What the names in expressions stand for; of two with one name the first."""
        return {found.name: found for found in reversed(self.declarations) if found.kind != "output"}

    @cached_property
    def expressions(self) -> list[Expression]:
        """Every expression of the file, with all those inside."""
        roots = [declaration.value for declaration in self.declarations if declaration.value is not None]
        return [part for root in roots for part in root.inside()]


@lru_cache(maxsize=64)
def parse(path: str, text: str) -> Template:
    """Return what a file declares. Whatever cannot be read is told in `faults`, never passed over."""
    found = Template(path, text)
    root = tree(text)
    _find_errors(root, found)
    decorators: tuple[Call, ...] = ()
    for node in named(root):
        try:
            if node.type == "decorators":
                decorators = tuple(_decorator(child) for child in named(node))
            elif node.type == "target_scope_assignment":
                found.scope = source_of(named(node)[0]).strip("'")
            elif node.type in _KINDS:
                found.declarations.append(_declaration(node, decorators))
                decorators = ()
            elif node.type not in _NO_DECLARATION and not node.is_error:
                raise UnreadableError(f"{line_of(node)}: these checks do not read `{source_of(node).split()[0]}`.")
        except UnreadableError as problem:
            found.faults.append(f"{path}:{problem}")
    return found


def _find_errors(node: Node, found: Template) -> None:
    if node.is_error or node.is_missing:
        what = f"`{node.type}` is missing" if node.is_missing else f"this is no Bicep: `{source_of(node)[:60]}`"
        found.faults.append(f"{found.at(line_of(node))}: {what}.")
    elif node.has_error:
        for child in node.children:
            _find_errors(child, found)


def _decorator(node: Node) -> Call:
    call = expression(*named(node))
    if not isinstance(call, Call):
        raise UnreadableError(f"{line_of(node)}: a decorator has to be a call.")
    return call


def _declaration(node: Node, decorators: tuple[Call, ...]) -> Declaration:
    kind, line = _KINDS[node.type], line_of(node)
    name, *rest = named(node)
    common = {"kind": kind, "name": source_of(name), "line": line, "decorators": decorators}
    if kind == "var":
        return Declaration(**common, value=expression(*_after(node, "=")))
    if kind in ("param", "output"):
        value = _after(node, "=")
        return Declaration(**common, type=_type(rest[0]), value=expression(*value) if value else None)
    existing = any(child.type == "existing" for child in node.children)
    value = expression(*_after(node, "="))
    return Declaration(**common, target=source_of(rest[0]).strip("'"), existing=existing, value=value)


def _after(node: Node, sign: str) -> list[Node]:
    """Return the children behind a sign."""
    types = [child.type for child in node.children]
    return node.children[types.index(sign) + 1 :] if sign in types else []


def _type(node: Node) -> str:
    if node.type == "type":
        return _type(named(node)[0])
    if node.type == "primitive_type":
        return source_of(node)
    if node.type == "array_type":
        return _type(named(node)[0]) + "[]"
    if node.type == "union_type":
        return " | ".join(source_of(child).strip("'") for child in named(node))
    if node.type == "nullable_type":
        return _type(named(node)[0]) + " | null"
    if node.type == "string":
        return source_of(node).strip("'")
    if node.type == "object":
        return "object"
    raise UnreadableError(f"{line_of(node)}: these checks do not read the type `{source_of(node)}`.")
