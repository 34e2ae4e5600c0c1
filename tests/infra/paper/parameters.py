"""infra/main.parameters.json as azd reads it: `${NAME}` and `${NAME=default}` from the environment of a stage.

Source: learn.microsoft.com/azure/developer/azure-developer-cli/manage-environment-variables, and azd's own
`pkg/osutil/expandable_string.go`: what is not set and has no default is empty. Where the template wants a number or a
truth value, azd makes one of the text.
"""

import json
import re
from typing import Any

from tests.infra.bicep.kinds import plain
from tests.infra.paper.values import DeploymentError
from tests.infra.project import Project

PATH = "infra/main.parameters.json"
_STAGES = "infra/stages/"
PLACE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?:=([^{}]*))?\}")


def parameters(project: Project) -> dict[str, Any]:
    """Return the parameters of the file, with their places."""
    return {name: entry["value"] for name, entry in json.loads(project.texts[PATH])["parameters"].items()}


def variables(project: Project) -> dict[str, str]:
    """Return each variable that the file reads, with the parameter that gets it."""
    return {
        found[1]: name for name, value in parameters(project).items() for found in PLACE.finditer(json.dumps(value))
    }


def stages(project: Project) -> list[str]:
    """Return the names of the prepared environments."""
    found = [path for path in project.texts if path.startswith(_STAGES) and path.endswith(".env")]
    return [path.removeprefix(_STAGES).removesuffix(".env") for path in found]


def environment(project: Project, stage: str) -> dict[str, str]:
    """Return the variables of a prepared environment, with its name as azd adds it."""
    lines = project.texts[f"{_STAGES}{stage}.env"].splitlines()
    pairs = [line.partition("=") for line in lines if line.strip() and not line.startswith("#")]
    return {"AZURE_ENV_NAME": stage} | {name: value.strip('"') for name, _, value in pairs}


def given_by_azd(project: Project, stage: str) -> dict[str, Any]:
    """Return the parameters of a stage. Raises DeploymentError for a value of the wrong kind."""
    known = environment(project, stage)
    declared = project.main.of("param")
    found = {}
    for name, value in parameters(project).items():
        kind = plain(declared[name].type) if name in declared else "string"
        text = (
            PLACE.sub(lambda place: known.get(place[1]) or place[2] or "", value) if isinstance(value, str) else value
        )
        found[name] = _converted(name, text, kind)
    return found


def _converted(name: str, text: Any, kind: str) -> Any:
    try:
        value = json.loads(text) if kind in ("int", "bool", "array", "object") and isinstance(text, str) else text
    except ValueError as problem:
        raise DeploymentError(f"{PATH}:1: `{name}` is to be {kind}, and this is {text!r}.") from problem
    wanted = {"int": int, "bool": bool, "array": list, "object": dict}.get(kind, str)
    if type(value) is not wanted:
        raise DeploymentError(f"{PATH}:1: `{name}` is to be {kind}, and this is {text!r}.")
    return value
