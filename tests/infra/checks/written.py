"""What the code writes into its log: events, fields, error codes, functions' names. Read from the code itself."""

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

from tests.infra.project import Project

_WRITES = re.compile(r'telemetry\.|"event"|\.log\[|\.log \|=')  # a module that writes lines, or adds to one
# What function_app.py writes as a whole: the summary of a scan, and what the other timers did.
_HANDED_OVER = ("lib/web/scan_form.py", "lib/usecases/deliver_alerts.py", "lib/usecases/keep_alive.py")
_CODES = ("lib/domain/errors.py", "lib/domain/refusals.py", "lib/web/edge.py")
_CODE = re.compile(r"[a-z]+(?:[A-Z][a-z]+)*")
_WRITE = re.compile(r'telemetry\.write\(\s*"(\w+)"|"event": "(\w+)"')


@dataclass(frozen=True)
class Written:
    """Names that may stand in a query."""

    events: frozenset[str]
    fields: frozenset[str]
    codes: frozenset[str]
    functions: frozenset[str]


def written(project: Project) -> Written:
    """Return what the code writes."""
    sources = {path: text for path, text in project.texts.items() if path.endswith(".py")}
    return _written(tuple(sources.items()))


@lru_cache(maxsize=2)
def _written(sources: tuple[tuple[str, str], ...]) -> Written:
    texts = dict(sources)
    app = texts["function_app.py"]
    events = {name for text in texts.values() for pair in _WRITE.findall(text) for name in pair if name}
    writers = [text for path, text in sources if _WRITES.search(text) or path in _HANDED_OVER]
    fields = {name for text in writers for node in ast.walk(ast.parse(text)) for name in _keys(node)}
    codes = {
        node.value
        for path in _CODES
        for node in ast.walk(ast.parse(texts[path]))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value)
    }
    functions = {node.name for node in ast.walk(ast.parse(app)) if isinstance(node, ast.AsyncFunctionDef)}
    functions |= set(re.findall(r'name="(\w+)"', app))
    return Written(*(frozenset(found) for found in (events, fields, codes, functions)))


def _keys(node: ast.AST) -> set[str]:
    """Return the keys of dictionaries: displays, `line["ms"] = …`; and the fields of dataclasses (asdict)."""
    if isinstance(node, ast.Dict):
        return {key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.slice, ast.Constant):
        return {str(node.slice.value)}
    if isinstance(node, ast.ClassDef):
        lines = (line for line in node.body if isinstance(line, ast.AnnAssign))
        return {line.target.id for line in lines if isinstance(line.target, ast.Name)}
    return set()
