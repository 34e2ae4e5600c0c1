"""Check: where callers need tokens, exactly the routes without a function key are excluded from that."""

import re

from tests.infra.paper.cases import deployments
from tests.infra.project import Project

_ROUTE = re.compile(r'@?route\(\s*"([^"]+)"([^)]*)\)')
LATER = {"/setup/*"}  # a route that comes with the setup pages; its first page is opened by a link, too


def anonymous_paths(project: Project) -> set[str]:
    """Return the paths of the functions without a key, as App Service authentication writes them."""
    routes = _ROUTE.findall(project.texts["function_app.py"])
    return {_path(template) for template, rest in routes if "key=False" in rest}


def _path(template: str) -> str:
    """Return a route as a path; what is variable at its end stands for everything below."""
    fixed, variable, _ = template.partition("{")
    return f"/{fixed}*" if variable else f"/{fixed}"


def check(project: Project) -> list[str]:
    """Return paths that would be closed to browsers, or open to everybody."""
    wanted, found = anonymous_paths(project), []
    for made in deployments(project).values():
        for settings in made.of("Microsoft.Web/sites/config"):
            if settings.name != "authsettingsV2":
                continue
            validation = settings.properties.get("globalValidation", {})
            excluded, place = set(validation.get("excludedPaths", [])), settings.place
            found += [f"{place}: {path} has no key and is not in excludedPaths." for path in sorted(wanted - excluded)]
            found += [f"{place}: {path} is open to everybody." for path in sorted(excluded - wanted - LATER)]
            if validation.get("requireAuthentication") is not True:
                found.append(f"{place}: callers are let in without a token.")
            if validation.get("unauthenticatedClientAction") != "Return401":
                found.append(f"{place}: callers without a token have to get 401.")
    if len(wanted) < 3:
        found.append(
            "function_app.py:1: the routes without a key cannot be read any more (tests/infra/checks/routes.py)."
        )
    return list(dict.fromkeys(found))
