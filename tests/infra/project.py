"""The files that the checks read, in memory, so that a test can change one and see what the checks say."""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tests.infra.bicep.template import Template, parse

ROOT = Path(__file__).parents[2]
MAIN = "infra/main.bicep"
_PATTERNS = ("infra/**/*", "azure.yaml", "host.json", "function_app.py", "lib/**/*.py", "README.md", "pyproject.toml")


@dataclass(frozen=True, eq=False)
class Project:
    """Texts by path from the repository's root. Two are the same only if they are one (so it can be a key)."""

    texts: dict[str, str]

    @cached_property
    def templates(self) -> dict[str, Template]:
        """Every Bicep file, parsed."""
        return {path: parse(path, text) for path, text in self.texts.items() if path.endswith(".bicep")}

    @property
    def main(self) -> Template:
        """The template that azd deploys."""
        return self.templates[MAIN]

    def module(self, template: Template, target: str) -> Template | None:
        """Return the template that a module of another template names, None if there is no such file."""
        parts: list[str] = []
        for part in [*template.path.split("/")[:-1], *target.split("/")]:
            if part == "..":
                parts = parts[:-1]
            elif part != ".":
                parts.append(part)
        return self.templates.get("/".join(parts))

    def changed(self, path: str, old: str, new: str) -> "Project":
        """Return the project with one edit, at the first such place. Raises AssertionError if there is none."""
        assert old in self.texts[path], f"{path} has no {old!r}"
        return Project(self.texts | {path: self.texts[path].replace(old, new, 1)})


@cache
def real() -> Project:
    """Return the repository's own files."""
    paths = {path for pattern in _PATTERNS for path in ROOT.glob(pattern) if path.is_file()}
    return Project({path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sorted(paths)})
