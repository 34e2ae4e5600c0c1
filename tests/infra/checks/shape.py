"""Check: what Azure accepts and does not need, but this service does: plan, logs, tags, callers, e-mail.

Each of these could be left out of a template without anybody's noticing before it is missed.
"""

from collections.abc import Iterator
from typing import Any

from tests.infra.bicep.schemas import schemas
from tests.infra.paper.cases import deployments, once
from tests.infra.paper.values import Deployment, Resource
from tests.infra.project import Project

# learn.microsoft.com/azure/azure-functions/flex-consumption-plan, and the official samples
PLAN = {"name": "FC1", "tier": "FlexConsumption"}
# What is logged, for whoever has to find out later who read what: the categories are those of
# learn.microsoft.com/azure/azure-monitor/reference/logs-index.
LOGS = {
    "Microsoft.Communication/communicationServices": {"EmailSendMailOperational"},
    "Microsoft.KeyVault/vaults": {"audit"},
    "Microsoft.Storage/storageAccounts/blobServices": {"StorageWrite", "StorageDelete"},
    "Microsoft.Storage/storageAccounts/tableServices": {"StorageRead", "StorageWrite", "StorageDelete"},
    "Microsoft.Web/sites": {"AllMetrics"},
}
# learn.microsoft.com/azure/communication-services/quickstarts/email/send-email-smtp/smtp-authentication
SENDING = {
    "Microsoft.Communication/CommunicationServices/Read",
    "Microsoft.Communication/CommunicationServices/Write",
    "Microsoft.Communication/EmailServices/Write",
}


_UNTAGGED = {"Microsoft.Web/sites/certificates"}  # a part of the app, which has them


def check(project: Project) -> list[str]:
    """Return what is missing from the service."""
    parts = (_plan, _logs, _tags, _monitoring, _callers, _email)
    return once((case, told) for case, made in deployments(project).items() for part in parts for told in part(made))


def _at(found: Any, *path: str) -> Any:
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _plan(made: Deployment) -> Iterator[str]:
    plans = made.of("Microsoft.Web/serverfarms")
    for plan in plans:
        if plan.body.get("sku") != PLAN or plan.properties.get("reserved") is not True:
            yield f"{plan.place}: the plan is not Flex Consumption on Linux: {plan.body.get('sku')}."
    for app in made.of("Microsoft.Web/sites"):
        if app.body.get("kind") != "functionapp,linux":
            yield f"{app.place}: its kind is not functionapp,linux."
        if app.properties.get("serverFarmId") not in {plan.id for plan in plans}:
            yield f"{app.place}: the app is not in the plan that is made."
        if _at(app.properties, "functionAppConfig", "deployment", "storage", "type") != "blobContainer":
            yield f"{app.place}: Flex Consumption takes its package from a blobContainer."
        if _at(app.properties, "siteConfig", "minTlsVersion") not in ("1.2", "1.3"):
            yield f"{app.place}: minTlsVersion is not 1.2 or 1.3."


def _logs(made: Deployment) -> Iterator[str]:
    workspaces = {one.id for one in made.of("Microsoft.OperationalInsights/workspaces")}
    logged: dict[str, set[str]] = {}
    for setting in made.of("Microsoft.Insights/diagnosticSettings"):
        if setting.scope is None:
            yield f"{setting.place}: it is of nothing: a diagnostic setting needs a scope."
            continue
        if setting.properties.get("workspaceId") not in workspaces:
            yield f"{setting.place}: it does not write into the workspace."
        entries = [*setting.properties.get("logs", []), *setting.properties.get("metrics", [])]
        on = {entry.get("category") or entry.get("categoryGroup") for entry in entries if entry.get("enabled") is True}
        logged.setdefault(setting.scope.id, set()).update(map(str, on))
        dedicated = setting.properties.get("logAnalyticsDestinationType") == "Dedicated"
        if setting.scope.type == "Microsoft.KeyVault/vaults" and not dedicated:
            yield f"{setting.place}: without logAnalyticsDestinationType Dedicated the table AZKVAuditLogs stays empty."
    for kind, wanted in LOGS.items():
        for resource in made.of(kind):
            for category in sorted(wanted - logged.get(resource.id, set())):
                yield f"{resource.place}: {category} of {kind} is not logged."


def _tags(made: Deployment) -> Iterator[str]:
    """Whoever pays has to see what belongs together; and what has a place is told where."""
    for resource in made.resources:
        schema = schemas().get(resource.type.lower())
        if schema is None or resource.existing or schema.variants("body"):
            continue
        known = schema.properties("body")
        takes_tags = "tags" in known and resource.type not in _UNTAGGED
        if takes_tags and not _at(resource.body, "tags", "azd-env-name"):
            yield f"{resource.place}: {resource.type} has no tag azd-env-name."
        if "location" in known and not known["location"].read_only and not resource.body.get("location"):
            yield f"{resource.place}: {resource.type} has no location."


def _monitoring(made: Deployment) -> Iterator[str]:
    workspaces = {one.id for one in made.of("Microsoft.OperationalInsights/workspaces")}
    for component in made.of("Microsoft.Insights/components"):
        if component.properties.get("WorkspaceResourceId") not in workspaces:
            yield f"{component.place}: its lines do not go into the workspace that the alerts ask."
    for group in made.of("Microsoft.Insights/actionGroups"):
        if group.properties.get("enabled") is not True:
            yield f"{group.place}: it tells nobody: enabled is not true."
        if not group.properties.get("emailReceivers"):
            yield f"{group.place}: it has no receiver."
        for receiver in [*group.properties.get("emailReceivers", []), *group.properties.get("webhookReceivers", [])]:
            if receiver.get("useCommonAlertSchema") is not True:
                yield f"{group.place}: {receiver.get('name')} does not get the common alert schema."


def _callers(made: Deployment) -> Iterator[str]:
    """App Service authentication, where it is asked for, is on and knows whom to let in."""
    for settings in made.of("Microsoft.Web/sites/config"):
        if settings.name != "authsettingsV2":
            continue
        entra = _at(settings.properties, "identityProviders", "azureActiveDirectory") or {}
        if _at(settings.properties, "platform", "enabled") is not True or entra.get("enabled") is not True:
            yield f"{settings.place}: it is not switched on."
        application = _at(entra, "registration", "clientId")
        if not application or application not in (_at(entra, "validation", "allowedAudiences") or []):
            yield f"{settings.place}: a token's audience is not this API's application."
        if not _at(entra, "validation", "defaultAuthorizationPolicy", "allowedApplications"):
            yield f"{settings.place}: any application of the tenant may call."
        if "/v2.0" not in str(_at(entra, "registration", "openIdIssuer")):
            yield f"{settings.place}: the issuer is not one tenant's version 2.0."
        if _at(settings.properties, "login", "tokenStore", "enabled") is not False:
            yield f"{settings.place}: tokens are stored, and nobody needs them."


def _email(made: Deployment) -> Iterator[str]:
    domains = {one.id for one in made.of("Microsoft.Communication/emailServices/domains")}
    for service in made.of("Microsoft.Communication/communicationServices"):
        linked = service.properties.get("linkedDomains") or []
        if not linked or not set(linked) <= domains:
            yield f"{service.place}: it has no domain to send from."
    for role in made.of("Microsoft.Authorization/roleDefinitions"):
        actions = [action for one in role.properties.get("permissions", []) for action in one.get("actions", [])]
        others = [one for one in role.properties.get("permissions", []) if one.get("dataActions")]
        if set(actions) != SENDING or others:
            yield f"{role.place}: the role is not the three actions that sending needs."
        if not _is_group(role):
            yield f"{role.place}: the role may be given outside of this resource group."


def _is_group(role: Resource) -> bool:
    scopes = role.properties.get("assignableScopes", [])
    return len(scopes) == 1 and "/resourceGroups/" in scopes[0]
