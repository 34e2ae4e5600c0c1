"""Check: the app settings are those that the code reads, none that Flex Consumption forbids, and they start it."""

import re
from collections.abc import Iterator

from lib.settings import NAMES, SettingsError, forget_empty, read
from tests.infra.paper.cases import deployments, once, parameters_of
from tests.infra.paper.values import Deployment, Resource
from tests.infra.project import Project

# What the platform reads: learn.microsoft.com/azure/azure-functions/functions-app-settings
NEEDED = {
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
ALLOWED = NEEDED | {
    "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
    "PYTHON_THREADPOOL_THREAD_COUNT",
}
# learn.microsoft.com/azure/azure-functions/functions-app-settings, "Flex Consumption plan deprecations"
FORBIDDEN = re.compile(
    r"FUNCTIONS_WORKER_RUNTIME(_VERSION)?|FUNCTIONS_EXTENSION_VERSION|FUNCTIONS_WORKER_PROCESS_COUNT"
    r"|FUNCTIONS_MAX_HTTP_CONCURRENCY|FUNCTIONS_WORKER_DYNAMIC_CONCURRENCY_ENABLED|WEBSITE_RUN_FROM_PACKAGE"
    r"|SCM_DO_BUILD_DURING_DEPLOYMENT|ENABLE_ORYX_BUILD|WEBSITE_CONTENT\w*|WEBSITE_VNET_ROUTE_ALL|WEBSITE_TIME_ZONE|TZ"
    r"|WEBSITE_DNS_SERVER|WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT|WEBSITE_NODE_DEFAULT_VERSION|XDG_CACHE_HOME"
)
_NOT_SET = re.compile(r"//\s*Not set in Azure:\s*(.+)")


def check(project: Project) -> list[str]:
    """Return what is wrong with the app settings."""
    left_out, wrong = _left_out(project)
    found = []
    for case, made in deployments(project).items():
        sets = [one for one in made.of("Microsoft.Web/sites/config") if one.name == "appsettings"]
        if len(sets) != 1:
            found.append((case, f"{project.main.path}:1: the app settings are given {len(sets)} times."))
        found += [(case, told) for settings in sets for told in _settings(case, made, settings, left_out)]
    return wrong + once(found)


def _left_out(project: Project) -> tuple[set[str], list[str]]:
    """Return the settings that a comment says are not set in Azure, and what is wrong with that comment."""
    lists = [found[1] for it in project.templates.values() for found in _NOT_SET.finditer(it.text)]
    if len(lists) != 1:
        return set(), [f"{project.main.path}:1: one comment has to say `Not set in Azure: …`; there are {len(lists)}."]
    names = set(re.findall(r"[A-Z][A-Z_]+", lists[0]))
    wrong = sorted(names - set(NAMES))
    return names, [f"{project.main.path}:1: {name} is no setting of the code." for name in wrong]


def _settings(case: str, made: Deployment, settings: Resource, left_out: set[str]) -> Iterator[str]:
    given, place = settings.properties, settings.place
    for name in sorted(set(NAMES) - left_out - set(given)):
        yield f"{place}: the setting {name} is missing."
    for name in sorted(set(NAMES) & left_out & set(given)):
        yield f"{place}: the setting {name} is given, and a comment says it is not."
    for name in sorted(NEEDED - set(given)):
        yield f"{place}: the platform's setting {name} is missing."
    for name, value in given.items():
        if FORBIDDEN.fullmatch(name):
            yield f"{place}: Flex Consumption does not take the setting {name}."
        elif name not in NAMES and name not in ALLOWED and not name.startswith("AzureFunctionsJobHost__"):
            yield f"{place}: nothing reads the setting {name}."
        if not isinstance(value, str):
            yield f"{place}: the setting {name} has to be a text, and is {value!r}."
    yield from _starts(case, settings)
    yield from _own_resources(made, settings)


def _starts(case: str, settings: Resource) -> Iterator[str]:
    """The code itself reads them; Azure replaces a reference to Key Vault before."""
    environment = {name: str(value) for name, value in settings.properties.items()}
    for name, value in environment.items():
        if value.startswith("@Microsoft.KeyVault("):
            environment[name] = "smtps://user:password@mail.example:465"
    forget_empty(environment)
    try:
        found = read(environment)
    except SettingsError as problem:
        yield f"{settings.place}: the app would not start: {problem}"
        return
    wanted = parameters_of(case).get("deploymentStage", "production")
    if not case.startswith("stage ") and found.production != (wanted == "production"):
        yield f"{settings.place}: DEPLOYMENT_STAGE is not what was asked for."


def _own_resources(made: Deployment, settings: Resource) -> Iterator[str]:
    """Each setting leads to the resource that this deployment makes for it."""
    given, place = settings.properties, settings.place
    identities = [one.name for one in made.of("Microsoft.ManagedIdentity/userAssignedIdentities")]
    tables = {
        one.parent.parent.name
        for one in made.of("Microsoft.Storage/storageAccounts/tableServices/tables")
        if one.parent and one.parent.parent
    }
    accounts = {one.name for one in made.of("Microsoft.Storage/storageAccounts")}
    host = str(given.get("AzureWebJobsStorage__accountName") or given.get("AzureWebJobsStorage__blobServiceUri"))
    if len(identities) != 1:
        yield f"{place}: the app has {len(identities)} identities instead of one."
    if given.get("AZURE_CLIENT_ID") != given.get("AzureWebJobsStorage__clientId"):
        yield f"{place}: the host and the app are not the same identity."
    expected = f"ClientId={given.get('AZURE_CLIENT_ID')};Authorization=AAD"
    if given.get("APPLICATIONINSIGHTS_AUTHENTICATION_STRING") != expected:
        yield f"{place}: APPLICATIONINSIGHTS_AUTHENTICATION_STRING has to be {expected}."
    if given.get("AzureWebJobsStorage__credential") != "managedidentity":
        yield f"{place}: AzureWebJobsStorage__credential has to be managedidentity."
    if not any(name in str(given.get("TABLES_ENDPOINT")) for name in tables):
        yield f"{place}: TABLES_ENDPOINT is not of the account that has the tables."
    if not any(name in host for name in accounts - tables) or any(name in host for name in tables):
        yield f"{place}: the host's storage is not the account without tables."
    if not any(one.name in str(given.get("KEY_VAULT_URL")) for one in made.of("Microsoft.KeyVault/vaults")):
        yield f"{place}: KEY_VAULT_URL is not of the vault that is made."
