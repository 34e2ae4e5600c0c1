"""Every check, by what it says. Each takes the files and returns its findings as `file:line: sentence`."""

from collections.abc import Callable

from tests.infra.checks import (
    alerts,
    bodies,
    deployment,
    files,
    lint,
    modules,
    names,
    network,
    roles,
    routes,
    secrecy,
    settings,
    shape,
    start,
    symbols,
    syntax,
    tables,
)
from tests.infra.project import Project

CHECKS: dict[str, Callable[[Project], list[str]]] = {
    "every file is Bicep": syntax.check,
    "names, functions and decorators exist": symbols.check,
    "resources are what Microsoft's types take": bodies.check,
    "Bicep's linter has nothing to say": lint.check,
    "modules and their users agree": modules.check,
    "what is planned with is known at the start": start.check,
    "deployments succeed on paper": deployment.check,
    "names keep Azure's rules": names.check,
    "roles are few and explained": roles.check,
    "app settings are the code's": settings.check,
    "nothing secret is used or shown": secrecy.check,
    "a private network reaches what it closes": network.check,
    "nothing is missing that this service needs": shape.check,
    "tables are the code's": tables.check,
    "alerts ask for what is written": alerts.check,
    "routes without a key are the only open ones": routes.check,
    "the files agree with each other": files.check,
}
