"""From a text to Bicep expressions: tree-sitter-bicep finds the words, Bicep's own precedence puts them together.

The tree's declarations are right, and so are its errors. Its expressions are not: it reads `a ? b : c.d` as
`(a ? b : c).d`, and `[f().x]` as two items. So only its leaves are used, and read anew here.
"""

import re

from tree_sitter import Node

from tests.infra.bicep.syntax import (
    Array,
    Call,
    Choice,
    Expression,
    If,
    Index,
    Lambda,
    Literal,
    Loop,
    Member,
    Name,
    Object,
    Operator,
    Property,
    Text,
)
from tests.infra.bicep.words import UnreadableError, leaves, line_of, source_of

_NAMES = {"identifier", "property_identifier", "loop_variable", "loop_enumerator"}
_DOTS = {".", ".?", "::"}
# learn.microsoft.com/azure/azure-resource-manager/bicep/operators#operator-precedence-and-associativity
_BINARY = {"??": 1, "||": 2, "&&": 3}
_BINARY |= dict.fromkeys(("==", "!=", "=~", "!~"), 4)
_BINARY |= dict.fromkeys(("<", "<=", ">", ">="), 5)
_BINARY |= dict.fromkeys(("+", "-"), 6) | dict.fromkeys(("*", "/", "%"), 7)


def expression(*nodes: Node) -> Expression:
    """Return the expression that these nodes, one after another, are. Raises UnreadableError."""
    reader = _Reader([leaf for node in nodes for leaf in leaves(node)])
    found = reader.whole()
    reader.expect_end()
    return found


class _Reader:
    """A recursive descent through the words of one expression."""

    def __init__(self, leaves: list[Node]) -> None:
        self._leaves = leaves
        self._place = 0

    def _sees(self, *kinds: str, ahead: int = 0) -> bool:
        place = self._place + ahead
        return place < len(self._leaves) and self._leaves[place].type in kinds

    def _take(self, *kinds: str) -> Node:
        if not self._sees(*kinds):
            wanted = " or ".join(f"`{kind}`" for kind in kinds)
            raise UnreadableError(f"{self._line()}: {wanted} is missing{self._before()}.")
        self._place += 1
        return self._leaves[self._place - 1]

    def _line(self) -> int:
        if not self._leaves:
            return 0
        return line_of(self._leaves[min(self._place, len(self._leaves) - 1)])

    def _before(self) -> str:
        return f" before `{source_of(self._leaves[self._place])[:40]}`" if self._place < len(self._leaves) else ""

    def _on_same_line(self) -> bool:
        last, following = self._leaves[self._place - 1], self._leaves[self._place]
        return last.end_point[0] == following.start_point[0]

    def expect_end(self) -> None:
        """Raise UnreadableError if anything is left."""
        if self._place < len(self._leaves):
            raise UnreadableError(
                f"{self._line()}: `{source_of(self._leaves[self._place])[:40]}` is one word too many."
            )

    def whole(self) -> Expression:
        """Read an expression, a conditional resource or a loop's body."""
        if self._sees("if"):
            line = line_of(self._take("if"))
            self._take("(")
            condition = self._choice()
            self._take(")")
            return If(line, condition, self._object())
        return self._choice()

    def _choice(self) -> Expression:
        condition = self._binary(0)
        if not self._sees("?"):
            return condition
        self._take("?")
        yes = self._choice()
        self._take(":")
        return Choice(condition.line, condition, yes, self._choice())

    def _binary(self, least: int) -> Expression:
        left = self._unary()
        while self._sees(*_BINARY) and _BINARY[self._leaves[self._place].type] > least:
            sign = self._take(*_BINARY).type
            left = Operator(left.line, sign, (left, self._binary(_BINARY[sign])))
        return left

    def _unary(self) -> Expression:
        if self._sees("!", "-"):
            sign = self._take("!", "-")
            return Operator(line_of(sign), sign.type, (self._unary(),))
        found = self._primary()
        while self._place < len(self._leaves):
            if self._sees(*_DOTS):
                safe = self._take(*_DOTS).type == ".?"
                found = self._member(found, source_of(self._take(*_NAMES)), safe)
            elif self._sees("[") and self._on_same_line():
                self._take("[")
                safe = self._sees("?") and self._take("?") is not None
                found = Index(found.line, found, self._choice(), safe)
                self._take("]")
            elif self._sees("!") and self._on_same_line():
                self._take("!")  # "not null": nothing that these checks would need
            else:
                break
        return found

    def _member(self, base: Expression, name: str, safe: bool) -> Expression:
        if self._sees("(") and self._on_same_line():
            return Call(base.line, name, self._arguments(), base)
        return Member(base.line, base, name, safe)

    def _arguments(self) -> tuple[Expression, ...]:
        self._take("(")
        found = []
        while not self._sees(")"):
            found.append(self._choice())
            if not self._sees(")"):
                self._take(",")
        self._take(")")
        return tuple(found)

    def _primary(self) -> Expression:
        line = self._line()
        if self._sees("string"):
            return _text(self._take("string"))
        if self._sees("boolean", "null", "number"):
            word = source_of(self._take("boolean", "null", "number"))
            values: dict[str, bool | None] = {"true": True, "false": False, "null": None}
            return Literal(line, values[word] if word in values else int(word))
        if self._sees("{"):
            return self._object()
        if self._sees("["):
            return self._array()
        names = self._lambda_names()
        if names:
            return Lambda(line, names, self._choice())
        if self._sees("("):
            self._take("(")
            found = self._choice()
            self._take(")")
            return found
        name = source_of(self._take("identifier"))
        if self._sees("(") and self._on_same_line():
            return Call(line, name, self._arguments())
        return Name(line, name)

    def _lambda_names(self) -> tuple[str, ...]:
        """Take `x =>` or `(x, y) =>` if that is what follows."""
        start = self._place
        names = []
        if self._sees("identifier") and self._sees("=>", ahead=1):
            names.append(source_of(self._take("identifier")))
        elif self._sees("("):
            self._take("(")
            while self._sees("identifier"):
                names.append(source_of(self._take("identifier")))
                if self._sees(","):
                    self._take(",")
            if not (self._sees(")") and self._sees("=>", ahead=1)):
                self._place = start
                return ()
            self._take(")")
        if names:
            self._take("=>")
        return tuple(names)

    def _object(self) -> Object:
        line, found = line_of(self._take("{")), []
        while not self._sees("}"):
            at = self._line()
            name = _text(self._take("string")) if self._sees("string") else source_of(self._take(*_NAMES, "for", "if"))
            self._take(":")
            found.append(Property(at, str(name.value) if isinstance(name, Literal) else name, self._choice()))
            self._separator("}")
        self._take("}")
        return Object(line, tuple(found))

    def _separator(self, end: str) -> None:
        if self._sees(","):
            self._take(",")
        elif not self._sees(end) and self._place < len(self._leaves) and self._on_same_line():
            raise UnreadableError(f"{self._line()}: a comma or a new line is missing{self._before()}.")

    def _array(self) -> Expression:
        line = line_of(self._take("["))
        if self._sees("for"):
            found = self._loop(line)
            self._take("]")
            return found
        items = []
        while not self._sees("]"):
            items.append(self._choice())
            self._separator("]")
        self._take("]")
        return Array(line, tuple(items))

    def _loop(self, line: int) -> Expression:
        self._take("for")
        names = []
        if self._sees("("):
            self._take("(")
            names.append(source_of(self._take(*_NAMES)))
            self._take(",")
            names.append(source_of(self._take(*_NAMES)))
            self._take(")")
        else:
            names.append(source_of(self._take(*_NAMES)))
        self._take("in")
        source = self._choice()
        self._take(":")
        return Loop(line, tuple(names), source, self.whole())


_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}


def _unescaped(raw: bytes) -> str:
    def one(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else _ESCAPES.get(found[0], found[0][1:])

    return re.sub(r"\\u\{([0-9a-fA-F]+)\}|\\.", one, raw.decode())


def _text(node: Node) -> Literal | Text:
    raw, line = node.text or b"", line_of(node)
    if raw.startswith(b"'''"):
        return Literal(line, raw[3:-3].decode().removeprefix("\n"))
    if b"\n" in raw:
        raise UnreadableError(f"{line}: a quote is missing at the end of this line.")
    parts: list[str | Expression] = []
    place = 1
    for child in node.children:
        if child.type == "interpolation":
            parts.append(_unescaped(raw[place : child.start_byte - node.start_byte]))
            parts.append(expression(*child.children[1:-1]))
            place = child.end_byte - node.start_byte
    parts.append(_unescaped(raw[place:-1]))
    if len(parts) == 1:
        return Literal(line, parts[0])
    return Text(line, tuple(part for part in parts if part != ""))
