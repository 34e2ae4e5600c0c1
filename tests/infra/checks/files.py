"""Check: azure.yaml, main.parameters.json, host.json and the templates agree with each other and with the code."""

import json
import re
import tomllib
from collections.abc import Iterator

import yaml

from tests.infra.paper.cases import deployments
from tests.infra.paper.parameters import PATH, PLACE, environment, parameters, stages, variables
from tests.infra.paper.values import Resource
from tests.infra.project import MAIN, Project

_OUTPUT = re.compile(r"[A-Z][A-Z0-9_]*")
_BY_AZD = {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID", "AZURE_SUBSCRIPTION_ID"}


def check(project: Project) -> list[str]:
    """Return where the files contradict each other."""
    return [*_azure_yaml(project), *_parameters(project), *_stages(project), *_outputs(project), *_app(project)]


def _azure_yaml(project: Project) -> Iterator[str]:
    try:
        content = yaml.safe_load(project.texts["azure.yaml"])
    except yaml.YAMLError as problem:
        yield f"azure.yaml:1: this is no YAML: {problem}"
        return
    services = content.get("services", {})
    infra = content.get("infra", {})
    if f"{infra.get('path', 'infra')}/{infra.get('module', 'main')}.bicep" not in project.texts:
        yield "azure.yaml:1: it names a template that does not exist."
    for name, service in services.items():
        if (service.get("host"), service.get("language")) != ("function", "python"):
            yield f"azure.yaml:1: the service {name} is no Python function app."
        if service.get("project") != ".":
            yield f"azure.yaml:1: the service {name} is not in the repository's root, where function_app.py is."
    for case, made in deployments(project).items():
        tags = {one.body.get("tags", {}).get("azd-service-name") for one in made.of("Microsoft.Web/sites")}
        if tags != set(services):
            yield f"azure.yaml:1: services {sorted(services)}, but the app's azd-service-name is {tags} (case: {case})."
            return


def _parameters(project: Project) -> Iterator[str]:
    try:
        given = parameters(project)
    except (ValueError, KeyError) as problem:
        yield f"{PATH}:1: this is no file of parameters: {problem}"
        return
    declared = project.main.of("param")
    for name, value in given.items():
        if name not in declared:
            yield f"{PATH}:1: {MAIN} has no parameter `{name}`."
        text = json.dumps(value)
        if PLACE.sub("", text).count("$") or PLACE.sub("", text).count("{"):
            yield f"{PATH}:1: the value of `{name}` is neither a value nor `${{NAME=default}}`: {text}."
    for name, parameter in declared.items():
        if parameter.value is None and name not in given:
            yield f"{PATH}:1: the required parameter `{name}` is missing."
        default = getattr(parameter.value, "value", None)
        place = PLACE.fullmatch(str(given.get(name, "")))
        if place and parameter.value is not None and default is not None:
            own = str(default).lower() if isinstance(default, bool) else str(default)
            if (place[2] or "") != own:
                yield f"{PATH}:1: the default of `{name}` is {place[2] or ''!r} here and {own!r} in {MAIN}."


def _stages(project: Project) -> Iterator[str]:
    known = set(variables(project)) | _BY_AZD
    for stage in stages(project):
        for name in sorted(set(environment(project, stage)) - known):
            yield f"infra/stages/{stage}.env:1: no parameter reads {name}."


def _outputs(project: Project) -> Iterator[str]:
    """Azd writes outputs into the environment from which it reads parameters: they must not have the same names."""
    read = set(variables(project))
    for name, output in project.main.of("output").items():
        if not _OUTPUT.fullmatch(name):
            yield f"{MAIN}:{output.line}: azd takes outputs in capitals, and this is `{name}`."
        if name in read:
            yield f"{MAIN}:{output.line}: the output {name} would be the next deployment's parameter."


def _app(project: Project) -> Iterator[str]:
    host = json.loads(project.texts["host.json"])
    least = tomllib.loads(project.texts["pyproject.toml"])["project"]["requires-python"].removeprefix(">=")
    for made in deployments(project).values():
        for app in made.of("Microsoft.Web/sites"):
            config = app.properties.get("functionAppConfig", {})
            runtime = config.get("runtime", {})
            if runtime.get("name") != "python" or runtime.get("version") != least:
                yield f"{app.place}: the runtime is {runtime}, and the code is for Python {least}."
            limit = host.get("extensions", {}).get("http", {}).get("maxConcurrentRequests", 1000)
            wanted = (
                config.get("scaleAndConcurrency", {}).get("triggers", {}).get("http", {}).get("perInstanceConcurrency")
            )
            if isinstance(wanted, int) and wanted > limit:
                yield f"{app.place}: {wanted} calls at a time per instance, and host.json allows {limit}."
            storage = config.get("deployment", {}).get("storage", {})
            containers = made.of("Microsoft.Storage/storageAccounts/blobServices/containers")
            urls = {f"https://{one.full_name.replace('/default/', '.blob.core.windows.net/')}" for one in containers}
            if storage.get("value") not in urls:
                yield f"{app.place}: the package would go to {storage.get('value')}, which is not made."
            yield from _identity(app, {one.id for one in made.of("Microsoft.ManagedIdentity/userAssignedIdentities")})
        for group in made.of("Microsoft.Resources/resourceGroups"):
            if not group.body.get("tags", {}).get("azd-env-name"):
                yield f"{group.place}: azd finds its resource group by the tag azd-env-name."
        return


def _identity(app: Resource, identities: set[str]) -> Iterator[str]:
    """The app has the identity, and uses it for its package and for references to Key Vault."""
    given = app.body.get("identity", {})
    storage = (
        app.properties.get("functionAppConfig", {}).get("deployment", {}).get("storage", {}).get("authentication", {})
    )
    if given.get("type") != "UserAssigned" or set(given.get("userAssignedIdentities", {})) != identities:
        yield f"{app.place}: the app does not have the identity that is made."
    if app.properties.get("keyVaultReferenceIdentity") not in identities:
        yield f"{app.place}: keyVaultReferenceIdentity has to be the app's identity: there is no system-assigned one."
    if (storage.get("type"), {storage.get("userAssignedIdentityResourceId")}) != ("UserAssignedIdentity", identities):
        yield f"{app.place}: the package is not read with the app's identity."
