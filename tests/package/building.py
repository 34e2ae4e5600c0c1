"""The deployment package, built as the two tools build it that people deploy with.

Both zip the project's folder without what `.funcignore` names, with `host.json` at the zip's root; a build server then
installs `requirements.txt` (facts: azure-engineering.md 2.5, 1.10). But they read the file in two ways:

- azd reads it as git reads .gitignore (cli/azd/pkg/project/project_utils.go).
- Core Tools (`func azure functionapp publish`) have rules of their own (src/Cli/func/Common/GitIgnoreParser.cs): a
  pattern fits if the path from the root begins with it and the next character begins another word; `*` stands for at
  least one character that is no slash, `**` for at least one of any kind, and nothing else is special, brackets
  included; what one pattern with `!` fits is taken in, wherever that pattern stands.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pathspec

IGNORE_FILE = ".funcignore"
_ANY_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_NOT_OURS = (".git", "node_modules")
_READABLE = 0o100644 << 16

type Reading = Callable[[str, Iterable[str]], list[str]]
"""Returns what a package has, of these paths, under this text of `.funcignore`."""


def as_azd(text: str, paths: Iterable[str]) -> list[str]:
    """Return what azd packs: .gitignore's rules, and never its own folder nor local settings."""
    rules = pathspec.GitIgnoreSpec.from_lines(text.splitlines())
    own = re.compile(r"(?:.*/)?(?:\.azure/.*|local\.settings\.json|\.funcignore)")
    return sorted(path for path in paths if not own.fullmatch(path) and not rules.match_file(path))


def as_core_tools(text: str, paths: Iterable[str]) -> list[str]:
    """Return what Core Tools pack: their own rules, and never .git, .vscode nor local settings."""
    own = re.compile(
        r"(?:.*/)?(?:(?:\.git|\.vscode)/.*|(?:\.funcignore|\.gitignore|(?:local\.settings|project\.lock)\.json))"
    )
    lines = [line.strip() for line in text.splitlines()]
    patterns = [line for line in lines if line and not line.startswith("#")]
    left_out = _beginnings(pattern for pattern in patterns if not pattern.startswith("!"))
    taken_in = _beginnings(pattern[1:] for pattern in patterns if pattern.startswith("!"))
    return sorted(
        path for path in paths if not own.fullmatch(path) and (taken_in.match(path) or not left_out.match(path))
    )


def _beginnings(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return what fits the paths that begin with one of the patterns, as Core Tools understand them."""
    expressions = [
        re.escape(pattern.removeprefix("/")).replace(r"\*\*", ".+").replace(r"\*", "[^/]+") for pattern in patterns
    ]
    return re.compile(rf"(?:{'|'.join(expressions) or '(?!)'})\b", re.ASCII)


def files_below(folder: Path) -> Iterator[str]:
    """Yield the paths of all files of a folder, relative to it; not those of git, virtual environments and Node.js."""
    for entry in folder.iterdir():
        if entry.is_dir() and not (entry.name in _NOT_OURS or (entry / "pyvenv.cfg").exists()):
            yield from (f"{entry.name}/{path}" for path in files_below(entry))
        elif entry.is_file():
            yield entry.name


def packed(folder: Path, reading: Reading) -> list[str]:
    """Return the paths that a package of this folder has."""
    return reading((folder / IGNORE_FILE).read_text(encoding="utf-8"), files_below(folder))


def build(folder: Path, to: Path, reading: Reading = as_azd) -> Path:
    """Write the package of a folder: the same files make the same bytes. Return the zip's path."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as package:
        for path in packed(folder, reading):
            entry = zipfile.ZipInfo(path, _ANY_TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _READABLE
            package.writestr(entry, (folder / path).read_bytes())
    return to
