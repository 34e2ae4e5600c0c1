"""The words of a Bicep file, and the tree that tree-sitter-bicep makes of them."""

from collections.abc import Iterator
from functools import cache

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_WHOLE = {"string", "boolean", "null", "number"}  # nodes that are one word for us


class UnreadableError(Exception):
    """Something that is no Bicep, or that these checks do not read; the text begins with the line."""


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bicep.language()))


def tree(text: str) -> Node:
    """Return the root of a file's syntax tree."""
    return _parser().parse(text.encode()).root_node


def line_of(node: Node) -> int:
    """Return a node's line, counted from 1."""
    return node.start_point[0] + 1


def source_of(node: Node) -> str:
    """Return a node's text."""
    return (node.text or b"").decode()


def named(node: Node) -> list[Node]:
    """Return a node's named children without comments."""
    return [child for child in node.named_children if not child.type.endswith("comment")]


def leaves(node: Node) -> Iterator[Node]:
    """Return the words of a node, without comments; a string is one word."""
    if node.type in _WHOLE or not node.children:
        if not node.type.endswith("comment"):
            yield node
    else:
        for child in node.children:
            yield from leaves(child)
