"""What is no Bicep, and names that mean nothing."""

from tests.infra.mutants.files import ALERTS, APP, DATA, IDENTITY, MAIN, NETWORK, VAULT, Mutants

IN_SYNTAX: Mutants = {
    "a brace is missing": (APP, "properties: { reserved: true }", "properties: { reserved: true", "no Bicep"),
    "a quote is missing": (VAULT, "family: 'A'", "family: 'A", "a quote is missing"),
    "an opening quote is missing": (VAULT, "family: 'A'", "family: A'", "a comma or a new line"),
    "a comma is missing": (VAULT, "guid(vault.id, principalId", "guid(vault.id principalId", "`,` is missing"),
    "a colon is missing": (VAULT, "family: 'A'", "family 'A'", "`:` is missing"),
    "a keyword is misspelt": (VAULT, "resource vault '", "resorce vault '", "no Bicep"),
    "two properties stand in one line": (VAULT, "family: 'A'\n", "family: 'A' ", "a comma or a new line"),
    "a bracket is missing": (ALERTS, "scopes: [workspaceId]", "scopes: [workspaceId", "no Bicep"),
    "a choice has no second branch": (
        VAULT,
        "publicAccess ? 'Allow' : 'Deny'",
        "publicAccess ? 'Allow'",
        "`:` is missing",
    ),
    "a type is misspelt": (MAIN, "param vnetEnabled bool", "param vnetEnabled boolean", "the type `boolean`"),
}
IN_SYMBOLS: Mutants = {
    "a name is misspelt": (VAULT, "workspaceId: workspaceId", "workspaceId: workspaceID", "not declared"),
    "a name in a text is misspelt": (MAIN, "'plan-${token}'", "'plan-${tokens}'", "`tokens` is not declared"),
    "a loop's name is used outside": (VAULT, "tenant().tenantId", "tableName", "not declared"),
    "a parameter is not used": (
        VAULT,
        "@description('Azure region.')",
        "@description('x')\nparam needless string\n\n@description('Azure region.')",
        "nothing uses the param `needless`",
    ),
    "a variable is not used": (MAIN, "var token = ", "var needless = 1\nvar token = ", "nothing uses the var"),
    "an existing resource is not used": (
        APP,
        "resource plan '",
        "resource other 'Microsoft.Web/sites@2024-11-01' existing = {\n  name: 'x'\n}\n\nresource plan '",
        "nothing uses the resource `other`",
    ),
    "a name is declared twice": (MAIN, "var token = ", "var token = 'x'\nvar token = ", "declared twice"),
    "a function is misspelt": (NETWORK, "cidrSubnet(", "cidrSubnets(", "no function"),
    "an argument is missing": (NETWORK, "addressPrefix, 26, 0)", "addressPrefix, 26)", "takes 3 arguments"),
    "an argument is too much": (MAIN, "var token = toLower(", "var token = toLower('x', ", "takes 1 arguments"),
    "a decorator is misspelt": (MAIN, "@secure()", "@secured()", "@secured is no decorator"),
    "a decorator has no argument": (MAIN, "@minLength(1)", "@minLength()", "takes 1 argument"),
    "a decorator is for another type": (MAIN, "@minValue(30)", "@minLength(30)", "cannot stand on a int"),
    "a parameter has no description": (VAULT, "@description('Azure region.')\n", "", "no description"),
    "a default is not allowed": (
        MAIN,
        "storageSku string = 'Standard_LRS'",
        "storageSku string = 'LRS'",
        "not allowed",
    ),
    "a default is beyond its limit": (MAIN, "logRetentionDays int = 90", "logRetentionDays int = 9", "beyond its"),
    "a default has another type": (MAIN, "vnetEnabled bool = false", "vnetEnabled bool = 'false'", "declared as bool"),
    "an output has another type": (VAULT, "output uri string", "output uri int", "declared as int"),
    "one of a loop is not named": (DATA, "scope: tables[i]", "scope: tables", "is a loop"),
    "an index is too much": (VAULT, "scope: vault", "scope: vault[0]", "takes no index"),
    "a read property is misspelt": (IDENTITY, "properties.clientId", "properties.clientid", "no property"),
    "a read property is of another type": (VAULT, "properties.vaultUri", "properties.uri", "no property"),
    "a property is given twice": (VAULT, "family: 'A'", "family: 'A'\n      family: 'A'", "twice"),
    "a setting is given twice": (MAIN, "      GRAPH_URL: ", "      ENTRA_URL: ''\n      GRAPH_URL: ", "twice"),
    "the scope is misspelt": (MAIN, "targetScope = 'subscription'", "targetScope = 'subscriptions'", "no target scope"),
}
IN_LINT: Mutants = {
    "a host of one cloud": (MAIN, "${environment().suffixes.storage}", "core.windows.net", "no-hardcoded-env-urls"),
    "a fixed region": (VAULT, "location: location", "location: 'eastus2'", "no-hardcoded-location"),
    "the group's region": (
        VAULT,
        "location: location",
        "location: resourceGroup().location",
        "no-loc-expr-outside-params",
    ),
    "a needless text": (VAULT, "name: name", "name: '${name}'", "simplify-interpolation"),
    "texts put together": (MAIN, "'plan-${token}'", "concat('plan-', token)", "prefer-interpolation"),
}
