"""Check: each deployment on paper succeeds, and what it would send to Azure fits Microsoft's types.

The check of bodies has looked at the text; here the values are known, those of loops and parameters too.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.infra.bicep.fits import Fit
from tests.infra.bicep.kinds import Knowledge
from tests.infra.bicep.schemas import schemas
from tests.infra.bicep.syntax import Array, Call, Expression, Literal, Object, Property
from tests.infra.paper.cases import attempts, deployments, once
from tests.infra.paper.standins import Later
from tests.infra.paper.values import Deployment, DeploymentError, Resource
from tests.infra.project import Project


def check(project: Project) -> list[str]:
    """Return what stops a deployment, and values that Azure would refuse."""
    found = [(name, str(told)) for name, told in attempts(project).items() if isinstance(told, DeploymentError)]
    for name, made in deployments(project).items():
        found += [(name, told) for told in _twice(made)]
        found += [(name, told) for resource in made.resources for told in _refused(project, resource)]
    return once(found)


def _twice(made: Deployment) -> Iterator[str]:
    """Two declarations of one thing would overwrite each other."""
    own = [found for found in made.resources if not found.existing]
    ids = Counter(found.id.lower() for found in own)
    for found in own:
        if ids[found.id.lower()] > 1 and found.type != "Microsoft.Resources/resourceGroups":
            yield f"{found.place}: {found.type} {found.full_name} is deployed twice."


def _refused(project: Project, resource: Resource) -> Iterator[str]:
    schema = schemas().get(resource.type.lower())
    path, _, line = resource.place.rpartition(":")
    if schema is None or resource.existing or schema.version != resource.version:
        return
    fit = Fit(Knowledge(project, project.templates[path]), schema)
    body = expression(resource.body, int(line))
    assert isinstance(body, Object)
    for told in fit.object(body, "body", resource.type):
        yield f"{path}:{told}"


def expression(value: Any, line: int) -> Expression:
    """Return a value as an expression of that line; what only Azure knows is anything."""
    if isinstance(value, Later) or (isinstance(value, str) and "<Microsoft." in value) or value is None:
        return Call(line, "any", ())
    if isinstance(value, dict):
        return Object(line, tuple(Property(line, str(name), expression(part, line)) for name, part in value.items()))
    if isinstance(value, list):
        return Array(line, tuple(expression(part, line) for part in value))
    return Literal(line, value)
