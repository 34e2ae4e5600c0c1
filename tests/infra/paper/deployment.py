"""A deployment on paper: the resources that the templates would make with given parameters, without Azure.

Loops are unrolled, conditions decided, modules entered. What only Azure knows is `Later`, or a stand-in of the right
form (standins.py). Policies look at the result, so it does not matter how a template says something.
"""

from typing import Any

from tests.infra.bicep.scopes import symbol
from tests.infra.bicep.syntax import Expression, If, Loop, Object
from tests.infra.bicep.template import Declaration, Template
from tests.infra.paper import standins
from tests.infra.paper.standins import Later
from tests.infra.paper.values import Deployment, DeploymentError, Evaluator, Module, Resource
from tests.infra.project import Project


def deploy(project: Project, parameters: dict[str, Any]) -> Deployment:
    """Return what the main template makes. Raises DeploymentError for what would stop it."""
    made = Deployment()
    made.outputs = _Run(project, project.main, parameters, standins.subscription_scope(), made).all()
    return made


class _Run(Evaluator):
    """The evaluation of one template with one set of parameters."""

    def __init__(
        self, project: Project, template: Template, parameters: dict[str, Any], scope: str, made: Deployment
    ) -> None:
        super().__init__(project, template, scope)
        self._given, self._made = parameters, made
        self._known: dict[str, Any] = {}
        self._active: list[str] = []
        for name in parameters:
            if name not in template.of("param"):
                raise DeploymentError(f"{template.path}:1: there is no parameter `{name}`.")

    def all(self) -> dict[str, Any]:
        """Make everything and return the outputs."""
        for declaration in self._template.declarations:
            if declaration.kind != "output":
                self._symbol(declaration)
        return {name: self.value(found.value, {}) for name, found in self._template.of("output").items()}

    def _named(self, name: str, line: int) -> Any:
        found = symbol(self._template, name)
        if found is None:
            raise self.fail(line, f"`{name}` is not declared.")
        return self._symbol(found)

    def _symbol(self, found: Declaration) -> Any:
        if found.name not in self._known:
            if found.name in self._active:
                raise self.fail(found.line, f"`{found.name}` depends on itself.")
            self._active.append(found.name)
            self._known[found.name] = self._declared(found)
            self._active.pop()
        return self._known[found.name]

    def _declared(self, found: Declaration) -> Any:
        if found.kind == "param":
            return self._parameter(found)
        if found.kind == "var":
            return self.value(found.value, {})
        return self._several(found, found.value, {})

    def _parameter(self, found: Declaration) -> Any:
        if found.name not in self._given and found.value is None and not found.type.endswith("| null"):
            raise self.fail(found.line, f"the parameter `{found.name}` is not given.")
        value = self._given.get(found.name)
        value = self.value(found.value, {}) if value is None and found.value else value
        for call in found.decorators:
            limit = self.value(call.arguments[0], {}) if call.arguments else None
            size = len(value) if isinstance(value, str | list) else value
            wrong = (
                (call.name == "allowed" and value not in limit)
                or (call.name in ("minLength", "minValue") and size < limit)
                or (call.name in ("maxLength", "maxValue") and size > limit)
            )
            if wrong and not isinstance(value, Later):
                raise self.fail(found.line, f"`{found.name}` may not be {value!r} (@{call.name}).")
        return value

    def _several(self, found: Declaration, value: Expression | None, names: dict[str, Any]) -> Any:
        if isinstance(value, Loop):
            return [self._several(found, value.body, names | one) for one in self.rounds(value, names)]
        if isinstance(value, If):
            return self._several(found, value.body, names) if self.value(value.condition, names) else None
        assert isinstance(value, Object)
        return self._module(found, value, names) if found.kind == "module" else self._resource(found, value, names)

    def _module(self, found: Declaration, body: Object, names: dict[str, Any]) -> Module:
        target = self._project.module(self._template, found.target)
        if target is None:
            raise self.fail(found.line, f"there is no file {found.target}.")
        scope = body.get("scope")
        group = self.value(scope, names) if scope else None
        parameters = self.value(body.get("params"), names) if body.get("params") else {}
        where = group.id if isinstance(group, Resource) else self._scope
        return Module(_Run(self._project, target, parameters, where, self._made).all())

    def _resource(self, found: Declaration, body: Object, names: dict[str, Any]) -> Resource:
        own = [entry for entry in body.properties if entry.name not in ("dependsOn", "scope", "parent")]
        value = self.value(Object(body.line, tuple(own)), names)
        links = {key: self._link(found, body.get(key), names) for key in ("scope", "parent")}
        name = value.get("name")
        if not isinstance(name, str):
            raise self.fail(found.line, f"the name of {found.name} is no text.")
        kind, _, version = found.target.partition("@")
        made = Resource(
            kind,
            version,
            name,
            self._id(kind, name, links["scope"], links["parent"]),
            value,
            self._template.at(found.line),
            found.existing,
            **links,
        )
        self._made.resources.append(made)
        return made

    def _link(self, found: Declaration, value: Expression | None, names: dict[str, Any]) -> Resource | None:
        link = self.value(value, names) if value else None
        if value is not None and not isinstance(link, Resource | dict):
            raise self.fail(found.line, f"{found.name} refers to a resource that is not made.")
        return link if isinstance(link, Resource) else None

    def _id(self, kind: str, name: str, scope: Resource | None, parent: Resource | None) -> str:
        if kind == "Microsoft.Resources/resourceGroups":
            return f"{standins.subscription_scope()}/resourceGroups/{name}"
        if parent:
            return f"{parent.id}/{kind.rpartition('/')[2]}/{name}"
        return standins.resource_id(scope.id if scope else self._scope, kind, *name.split("/"))
