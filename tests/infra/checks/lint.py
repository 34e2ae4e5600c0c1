"""Check: what Bicep's own linter would warn of, as far as the other checks do not tell it.

The rules' names are those of learn.microsoft.com/azure/azure-resource-manager/bicep/linter.
"""

from collections.abc import Iterator

from tests.infra.bicep.syntax import Call, Expression, Literal, Member, Object, Text
from tests.infra.bicep.template import Declaration, Template
from tests.infra.project import Project

# Of no-hardcoded-env-urls: other clouds have other hosts, and environment() knows them.
HOSTS = (
    "core.windows.net",
    "database.windows.net",
    "gallery.azure.com",
    "graph.windows.net",
    "login.microsoftonline.com",
    "management.azure.com",
    "vault.azure.net",
)


def check(project: Project) -> list[str]:
    """Return what the linter would warn of."""
    return [
        f"{template.at(line)}: {told}"
        for template in project.templates.values()
        for declaration in template.declarations
        for line, told in _declaration(template, declaration)
    ]


def _declaration(template: Template, declaration: Declaration) -> Iterator[tuple[int, str]]:
    value = declaration.value
    keys = (
        {id(entry.name) for part in value.inside() if isinstance(part, Object) for entry in part.properties}
        if value
        else set()
    )
    for part in value.inside() if value else ():
        for text in _texts(part):
            for host in HOSTS:
                if host in text:
                    yield (
                        part.line,
                        f"{host} is another host in another cloud: use environment() (no-hardcoded-env-urls).",
                    )
        if isinstance(part, Text) and len(part.parts) == 1 and id(part) not in keys:
            yield part.line, "a text of nothing but one expression is that expression (simplify-interpolation)."
        if isinstance(part, Call) and part.name == "concat" and _is_text(part.arguments):
            yield part.line, "write one text with ${…} instead of concat (prefer-interpolation)."
        if _is_location(part) and declaration.kind != "param":
            yield part.line, "a location comes from a parameter (no-loc-expr-outside-params)."
    location = declaration.body.get("location") if declaration.kind == "resource" else None
    if isinstance(location, Literal) and str(location.value).lower() != "global":
        yield location.line, "a location comes from a parameter (no-hardcoded-location)."


def _texts(part: Expression) -> list[str]:
    if isinstance(part, Literal) and isinstance(part.value, str):
        return [part.value]
    return [text for text in part.parts if isinstance(text, str)] if isinstance(part, Text) else []


def _is_text(values: tuple[Expression, ...]) -> bool:
    return any(
        isinstance(value, Text) or (isinstance(value, Literal) and isinstance(value.value, str)) for value in values
    )


def _is_location(part: Expression) -> bool:
    if not isinstance(part, Member) or part.name != "location" or not isinstance(part.base, Call):
        return False
    return part.base.name in ("resourceGroup", "deployment")
