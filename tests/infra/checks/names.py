"""Check: names keep Azure's rules for every environment name, and are the deployment's own where all Azure shares them.

Source of the rules: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules.
"""

import re
from collections.abc import Iterator

from tests.infra.paper.cases import deployments, once
from tests.infra.paper.values import Deployment, Resource
from tests.infra.project import Project

RULES = {
    "Microsoft.Authorization/roleAssignments": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Microsoft.Authorization/roleDefinitions": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Microsoft.Communication/communicationServices": r"[A-Za-z0-9-]{1,63}",
    "Microsoft.Communication/emailServices": r"[A-Za-z0-9-]{1,63}",
    "Microsoft.Insights/actionGroups": r"[^:<>+/&%\\?|]{1,259}[^:<>+/&%\\?| .]",
    "Microsoft.Insights/components": r"[^%&\\?/]{1,259}[^%&\\?/ .]",
    "Microsoft.Insights/scheduledQueryRules": r"[^*<>%:?+\\&#/{}]{1,259}[^*<>%:?+\\&#/{} .]",
    "Microsoft.KeyVault/vaults": r"[A-Za-z](?!.*--)[A-Za-z0-9-]{1,22}[A-Za-z0-9]",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}",
    "Microsoft.Network/privateEndpoints": r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}[A-Za-z0-9_]",
    "Microsoft.Network/virtualNetworks": r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}[A-Za-z0-9_]",
    "Microsoft.OperationalInsights/workspaces": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    "Microsoft.Resources/resourceGroups": r"[\w().-]{0,89}[\w()-]",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.Storage/storageAccounts/blobServices/containers": r"[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]",
    "Microsoft.Storage/storageAccounts/tableServices/tables": r"[A-Za-z][A-Za-z0-9]{2,62}",
    "Microsoft.Web/serverfarms": r"[A-Za-z0-9-]{1,60}",
    "Microsoft.Web/sites": r"[A-Za-z0-9][A-Za-z0-9-]{0,58}[A-Za-z0-9]",
}
# All of Azure shares these: two deployments, also of the same subscription, need two names.
SHARED = {
    "Microsoft.Communication/communicationServices",
    "Microsoft.Communication/emailServices",
    "Microsoft.KeyVault/vaults",
    "Microsoft.Storage/storageAccounts",
    "Microsoft.Web/sites",
}


def check(project: Project) -> list[str]:
    """Return the names that Azure would refuse, or that two deployments would share."""
    made = deployments(project)
    found = once((case, told) for case, deployment in made.items() for told in _refused(deployment))
    if "least" in made and "shortest name" in made:
        found += _shared(made["least"], made["shortest name"])
    return found


def _refused(deployment: Deployment) -> Iterator[str]:
    for resource in (found for found in deployment.resources if not found.existing):
        rule = RULES.get(resource.type)
        if rule and not re.fullmatch(rule, resource.name):
            yield f"{resource.place}: {resource.type} may not be named {resource.name!r}."
        if (
            resource.type == "Microsoft.Insights/actionGroups"
            and len(resource.properties.get("groupShortName", "")) > 12
        ):
            yield f"{resource.place}: a short name of an action group has at most 12 characters."


def _shared(one: Deployment, other: Deployment) -> Iterator[str]:
    def by_place(deployment: Deployment) -> dict[tuple[str, str], list[Resource]]:
        found: dict[tuple[str, str], list[Resource]] = {}
        for resource in deployment.resources:
            if resource.type in SHARED and not resource.existing:
                found.setdefault((resource.type, resource.place), []).append(resource)
        return found

    second = by_place(other)
    for key, resources in by_place(one).items():
        for resource in resources:
            if resource.name in {found.name for found in second.get(key, [])}:
                yield f"{resource.place}: another environment would have the {resource.type} {resource.name} too."
