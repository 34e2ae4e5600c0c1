"""Resources and modules that Azure or Bicep would refuse."""

from tests.infra.mutants.files import ALERTS, APP, DATA, HOST, MAIL, MAIN, MONITORING, NETWORK, SETTINGS, VAULT, Mutants

IN_BODIES: Mutants = {
    "a property is misspelt": (APP, "kind: 'functionapp'\n", "kinds: 'functionapp'\n", "no property `kinds`"),
    "a nested property is misspelt": (APP, " minTlsVersion:", " minimumTlsVersion:", "no property"),
    "a property deep inside is misspelt": (APP, "perInstanceConcurrency: p", "perInstance: p", "no property"),
    "a property in a list is misspelt": (ALERTS, "threshold: alert", "treshold: alert", "no property"),
    "a property in a branch is misspelt": (MONITORING, "serviceUri: ", "serviceUrl: ", "no property"),
    "a property in a variable's place is wrong": (VAULT, "name: 'standard'", "nam: 'standard'", "no property"),
    "a required property is missing": (HOST, "  kind: 'StorageV2'\n", "", "needs the property `kind`"),
    "a required nested property is missing": (VAULT, "      family: 'A'\n", "", "needs the property"),
    "a text stands for a truth value": (APP, "httpsOnly: true", "httpsOnly: 'true'", "takes a bool"),
    "a number stands for a text": (APP, "version: '3.13'", "version: 3", "takes a string"),
    "a parameter of another type": (APP, "instanceMemoryMB: instanceMemoryMB", "instanceMemoryMB: name", "int"),
    "a text stands for a list": (ALERTS, "scopes: [workspaceId]", "scopes: workspaceId", "takes an array"),
    "a text stands for an object": (APP, "runtime: {", "runtime: 'python'\n      other: {", "takes an object"),
    "a value is none of Azure's": (HOST, "'TLS1_2'", "'TLS1_9'", "Azure knows"),
    "a value in a branch is none of Azure's": (VAULT, "'Allow' : 'Deny'", "'Allow' : 'No'", "Azure knows"),
    "a parameter allows what Azure does not": (
        VAULT,
        "param operatorPrincipalType string",
        "param operatorPrincipalType 'Users' | 'Groups'",
        "may become",
    ),
    "an API version does not exist": (VAULT, "vaults@2024-11-01", "vaults@2024-11-02", "API version"),
    "an API version is another": (
        APP,
        "'Microsoft.Web/sites@2024-11-01'",
        "'Microsoft.Web/sites@2024-04-01'",
        "is checked in API version",
    ),
    "a resource type is misspelt": (VAULT, "KeyVault/vaults@", "KeyVault/vault@", "no type"),
    "a read-only property is set": (
        APP,
        "    httpsOnly: true",
        "    defaultHostName: 'x'\n    httpsOnly: true",
        "read-only",
    ),
    "a kind of configuration is misspelt": (SETTINGS, "name: 'appsettings'", "name: 'appSettings'", "knows"),
    "the parent is a grandparent": (DATA, "parent: tableService", "parent: account", "the parent of"),
    "a child has no parent": (SETTINGS, "  parent: app\n", "", "give its parent"),
    "a scope is no resource": (VAULT, "scope: vault", "scope: principalId", "no resource of this file"),
    "an existing resource is given properties": (
        SETTINGS,
        "  name: appName\n",
        "  name: appName\n  location: 'x'\n",
        "existing",
    ),
}
IN_MODULES: Mutants = {
    "a module's path is misspelt": (MAIN, "'modules/vault.bicep'", "'modules/vaults.bicep'", "there is no file"),
    "a module's parameter is missing": (MAIN, "    skuName: storageSku\n", "", "needs the parameter `skuName`"),
    "a module has no such parameter": (
        MAIN,
        "    skuName: storageSku\n",
        "    sku: storageSku\n",
        "no parameter `sku`",
    ),
    "a module's parameter has another type": (
        MAIN,
        "publicAccess: !vnetEnabled",
        "publicAccess: 'yes'",
        "declared as bool",
    ),
    "a module's parameter is not allowed": (
        HOST,
        "param packageContainer string",
        "@allowed(['package'])\nparam packageContainer string",
        "may not be 'app-package'",
    ),
    "an output does not exist": (MAIN, "vault.outputs.uri", "vault.outputs.url", "no output `url`"),
    "outputs is forgotten": (MAIN, "vault.outputs.uri", "vault.uri", "read its `outputs`"),
    "a module has no scope": (
        MAIN,
        "'modules/vault.bicep' = {\n  scope: group\n",
        "'modules/vault.bicep' = {\n",
        "scope",
    ),
    "a module's scope is a text": (MAIN, "  scope: group\n", "  scope: token\n", "is no resource group"),
    "a module has another property": (MAIN, "  scope: group\n", "  scopes: group\n", "no property `scopes`"),
}
IN_START: Mutants = {
    "a name waits for Azure": (VAULT, "guid(vault.id,", "guid(vault.properties.vaultUri,", "the name"),
    "a name waits for another module": (MAIN, "name: 'rg-${env", "name: 'rg-${vault.outputs.name}${env", "the name"),
    "a condition waits for another module": (MAIN, "= if (vnetEnabled)", "= if (vault.outputs.uri != '')", "condition"),
    "a loop waits for Azure": (
        DATA,
        "for tableName in tableNames",
        "for tableName in split(account.properties.primaryEndpoints.table, '/')",
        "the loop",
    ),
    "a variable waits for Azure": (
        MAIL,
        "var ownDomain = !empty(domainName)",
        "var ownDomain = communication.properties.hostName == ''",
        "the condition",
    ),
}
IN_DEPLOYMENT: Mutants = {
    "something is read that is not made": (
        MAIN,
        "sendsByCommunicationServices ? email.?outputs.endpoint ?? '' : ''",
        "email.outputs.endpoint",
        "not made",
    ),
    "a value of a loop is none of Azure's": (ALERTS, "severity: 1", "severity: 9", "Azure knows"),
    "a table's name is none": (DATA, "'customers'", "'custo-mers'", "does not match"),
    "two resources are one": (MAIN, "'sthost${token}'", "'stdata${token}'", "deployed twice"),
    "a parameter is renamed": (MAIN, "param environmentName", "param environment", "environmentName"),
    "a case leads nowhere": (MAIN, "  none: ''", "  nobody: ''", "there is no `none`"),
    "a region is unknown": (MAIN, "  eastus2: 'United States'\n", "", "case"),
}
IN_NAMES: Mutants = {
    "an account has a hyphen": (MAIN, "'stdata${token}'", "'st-data${token}'", "may not be named"),
    "an account has capitals": (
        MAIN,
        "'stdata${token}'",
        "'st${take(environmentName, 1)}${token}'",
        "may not be named",
    ),
    "a name is too long": (MAIN, "'rg-${environmentName}'", "'rg-${environmentName}-${environmentName}'", "may not be"),
    "a group ends with a dot": (MAIN, "'rg-${environmentName}'", "'rg-${environmentName}.'", "may not be named"),
    "a vault's name is shared": (MAIN, "'kv-cal-${token}'", "'kv-calendar'", "another environment"),
    "a short name is too long": (MONITORING, "'calendar'", "'calendar-connector'", "at most 12"),
}
IN_NETWORK: Mutants = {
    "an endpoint is missing": (MAIN, "id: vault.outputs.id", "id: hostStorage.outputs.id", "has no private endpoint"),
    "an endpoint leads to another part": (MAIN, "part: 'table'", "part: 'blob'", "is not in the zone"),
    "a part that there is not": (MAIN, "part: 'table'", "part: 'tables'", "has no part 'tables'"),
    "a zone has another name": (MAIN, "'privatelink.table.", "'private.table.", "is not in the zone"),
    "a zone is linked to nothing": (NETWORK, "parent: zones[i]", "parent: zones[0]", "linked to the network"),
    "the app is in no subnet": (APP, "empty(subnetId) ? null : subnetId", "null", "in a subnet if"),
    "the app is in another subnet": (NETWORK, "name: 'app'", "name: 'apps'", "there is no subnet"),
    "the subnet is not delegated": (
        NETWORK,
        "'Microsoft.App/environments'",
        "'Microsoft.Web/serverFarms'",
        "delegated",
    ),
    "the vault stays open": (VAULT, "publicAccess ? 'Enabled' : 'Disabled'", "'Enabled'", "with a private network"),
    "the account is closed to all": (DATA, "publicAccess ? 'Allow' : 'Deny'", "'Deny'", "without one open"),
}
