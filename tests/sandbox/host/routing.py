"""ASP.NET's route templates: which function answers a path."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.sandbox.host.constraints import Constraint, parse_constraints
from tests.sandbox.host.errors import HostError

_PARAMETER = re.compile(
    r"""\{(?P<star>\*{0,2})(?P<name>[^{}:=?*/]+)
        (?P<constraints>(?::\w+(?:\(.*?\)(?=:|=|\?\}|\}))?)*)
        (?:=(?P<default>[^{}?]*))?(?P<optional>\?)?\}""",
    re.VERBOSE,
)


@dataclass
class Template:
    """A route template, compiled; `precedence` sorts more literal templates first."""

    text: str
    regex: re.Pattern[str]
    names: Sequence[str]
    constraints: Mapping[str, Sequence[Constraint]]
    defaults: Mapping[str, str]
    precedence: tuple[int, ...]
    shape: str  # equal for two templates that match the same paths
    example: str  # a path it could match, unless a constraint forbids

    def match(self, path: str) -> dict[str, str] | None:
        """Return the route parameters if `path` (decoded, without leading slash) fits, else None."""
        found = self.regex.fullmatch(path)
        if found is None:
            return None
        values = {name: value for name, value in zip(self.names, found.groups(), strict=True) if value}
        for name, constraints in self.constraints.items():
            if name in values and not all(fits(values[name]) for fits in constraints):
                return None
        return {**self.defaults, **values}


@dataclass
class _Builder:
    """Collects the parts of a template while its segments are read."""

    text: str
    pattern: str = ""
    names: list[str] = field(default_factory=list)
    constraints: dict[str, Sequence[Constraint]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    precedence: list[int] = field(default_factory=list)

    def add_segment(self, segment: str) -> None:
        slash = "/" if self.pattern else ""
        parameters = list(_PARAMETER.finditer(segment))
        alone = parameters[0] if parameters and parameters[0].group() == segment else None
        if alone is None:
            self.pattern += slash + self._mixed(segment, parameters)
            self.precedence.append(2 if parameters else 1)
            return
        pattern = self._parameter(alone)
        absent_is_fine = bool(alone["optional"] or alone["star"] or alone["default"] is not None)
        self.pattern += f"(?:{slash}{pattern})?" if absent_is_fine else slash + pattern
        self.precedence.append((5 if alone["star"] else 3) - bool(alone["constraints"]))

    def _mixed(self, segment: str, parameters: Sequence[re.Match[str]]) -> str:
        pattern, position = "", 0
        for parameter in parameters:
            pattern += self._literal(segment[position : parameter.start()]) + self._parameter(parameter)
            position = parameter.end()
        return pattern + self._literal(segment[position:])

    def _literal(self, text: str) -> str:
        literal = text.replace("{{", "").replace("}}", "")
        if "{" in literal or "}" in literal:
            raise HostError(f"The route template {self.text!r} is malformed near {text!r}.")
        return re.escape(text.replace("{{", "{").replace("}}", "}"))

    def _parameter(self, parameter: re.Match[str]) -> str:
        name = parameter["name"]
        if name.lower() in (known.lower() for known in self.names):
            raise HostError(f"The route template {self.text!r} names the parameter {name!r} twice.")
        self.names.append(name)
        if parameter["constraints"]:
            self.constraints[name] = parse_constraints(parameter["constraints"], self.text)
        if parameter["default"] is not None:
            self.defaults[name] = parameter["default"]
        return "(.*)" if parameter["star"] else "([^/]+?)"


def parse_template(text: str, prefix: str = "") -> Template:
    """Compile the route template `text` under the route prefix; raises HostError when it is malformed."""
    builder = _Builder(text)
    path = f"{prefix}/{text.strip('/')}".strip("/").lower()
    for segment in _segments(f"{prefix}/{text.strip('/')}".strip("/")):
        builder.add_segment(segment)
    return Template(
        text=text,
        regex=re.compile(builder.pattern + "/?", re.IGNORECASE | re.DOTALL),
        names=builder.names,
        constraints=builder.constraints,
        defaults=builder.defaults,
        precedence=tuple(builder.precedence),
        shape=_PARAMETER.sub(lambda found: f"{{{found['star']}{found['constraints']}{found['optional'] or ''}}}", path),
        example=_PARAMETER.sub("1", path),
    )


def _segments(text: str) -> list[str]:
    """Split at slashes, but not at those inside a parameter (a regex constraint may hold one)."""
    segments, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "/" and depth == 0:
            segments.append(text[start:position])
            start = position + 1
    return [*segments, text[start:]] if text else []
