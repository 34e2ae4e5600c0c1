"""Check: every resource is what Microsoft's type of exactly that API version takes."""

from collections.abc import Iterator

from tests.infra.bicep.fits import Fit
from tests.infra.bicep.kinds import Knowledge
from tests.infra.bicep.schemas import schemas
from tests.infra.bicep.scopes import symbol
from tests.infra.bicep.syntax import Call, Expression, Index, Name
from tests.infra.bicep.template import Declaration, Template
from tests.infra.project import Project

_BICEPS_OWN = frozenset({"scope", "parent", "dependsOn"})
_OF_EXISTING = {"name", "scope", "parent"}
_ANYWHERE = {"All", "AllExceptExtension"}  # what may be put on other resources


def check(project: Project) -> list[str]:
    """Return what is wrong with resources: types, versions, bodies, parents and scopes."""
    return [
        told
        for template in project.templates.values()
        for resource in template.of("resource").values()
        for told in _resource(project, template, resource)
    ]


def _resource(project: Project, template: Template, resource: Declaration) -> Iterator[str]:
    kind, _, version = resource.target.partition("@")
    schema = schemas().get(kind.lower())
    place = template.at(resource.line)
    if schema is None:
        yield f"{place}: {kind} is no type that is known here; see tests/infra/dump_types.py."
        return
    if kind != schema.type:
        yield f"{place}: {kind} is spelt {schema.type}."
    if version != schema.version:
        yield f"{place}: {kind} is checked in API version {schema.version}, and this is {version or 'none'}."
        return
    body = resource.body
    if resource.existing:
        yield from (
            f"{template.at(entry.line)}: an existing resource has a name, and scope or parent, but no `{entry.name}`."
            for entry in body.properties
            if entry.name not in _OF_EXISTING
        )
    else:
        fit = Fit(Knowledge(project, template), schema)
        for told in fit.object(body, "body", kind, _BICEPS_OWN):
            yield f"{template.path}:{told}"
    yield from _name(template, resource)
    yield from _parent(template, resource)
    yield from _scope(template, resource, schema.scopes)


def _name(template: Template, resource: Declaration) -> Iterator[str]:
    if resource.body.get("name") is None:
        yield f"{template.at(resource.line)}: the resource {resource.name} has no name."


def _parent(template: Template, resource: Declaration) -> Iterator[str]:
    parent = resource.body.get("parent")
    segments = resource.resource_type.count("/")
    if parent is None:
        if segments > 1:
            yield f"{template.at(resource.line)}: {resource.name} is a child: give its parent."
        return
    found = _symbol_of(template, parent)
    wanted = resource.resource_type.rpartition("/")[0]
    if found is None or found.kind != "resource":
        yield f"{template.at(parent.line)}: the parent of {resource.name} is no resource of this file."
    elif found.resource_type.lower() != wanted.lower():
        yield f"{template.at(parent.line)}: the parent of {resource.name} is a {found.resource_type}, not a {wanted}."


def _scope(template: Template, resource: Declaration, scopes: str) -> Iterator[str]:
    scope = resource.body.get("scope")
    if scope is None:
        if template.scope == "subscription" and scopes == "ResourceGroup" and not resource.existing:
            yield f"{template.at(resource.line)}: {resource.name} lives in a resource group: deploy it in a module."
        if template.scope == "resourceGroup" and scopes == "Subscription":
            yield f"{template.at(resource.line)}: {resource.name} lives in a subscription, this file in a group."
        return
    found = _symbol_of(template, scope)
    if isinstance(scope, Call) and scope.name in ("resourceGroup", "subscription", "tenant"):
        return
    if found is None or found.kind != "resource":
        yield f"{template.at(scope.line)}: the scope of {resource.name} is no resource of this file."
    elif scopes not in _ANYWHERE and not resource.existing:
        yield f"{template.at(scope.line)}: {resource.resource_type} cannot be put on another resource."


def _symbol_of(template: Template, expression: Expression) -> Declaration | None:
    """Return the declaration that a name, or one of a loop, stands for; a loop itself is nothing to name."""
    if isinstance(expression, Index) and isinstance(expression.base, Name):
        found = symbol(template, expression.base.name)
        return found if found and found.is_loop else None
    found = symbol(template, expression.name) if isinstance(expression, Name) else None
    return None if found and found.is_loop else found
