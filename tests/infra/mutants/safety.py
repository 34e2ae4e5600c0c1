"""Roles, settings and keys that are not as they should be."""

from tests.infra.mutants.files import APP, DATA, HOST, IDENTITY, MAIL, MAIN, MONITORING, README, VAULT, Mutants

IN_ROLES: Mutants = {
    "a digit of a role's id": (VAULT, "b86a8fe4-44ce", "b86a8fe4-44cf", "no role that is known"),
    "another role's id": (
        VAULT,
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        "4633458b-17de-408a-b874-0445c86b69e6",
        "does not stand beside it",
    ),
    "no principalType": (VAULT, "    principalType: 'ServicePrincipal'\n", "", "principalType"),
    "a role for the whole group": (VAULT, "  scope: vault\n", "", "has no scope"),
    "Contributor on the vault": (MAIL, "  scope: communication\n", "  scope: emailService\n", "too much"),
    "a name without the principal": (VAULT, "guid(vault.id, principalId, ", "guid(vault.id, ", "the principal"),
    "a name without the role": (VAULT, "principalId, keyVaultSecretsOfficer)", "principalId)", "the role"),
    "a name without the scope": (VAULT, "guid(vault.id, ", "guid(", "the scope"),
    "a name that is no guid": (
        VAULT,
        "name: guid(vault.id, principalId, ",
        "name: format('{0}{1}', principalId, ",
        "needs a name `guid",
    ),
    "one name for all tables": (DATA, "guid(account.id, tableName, ", "guid(account.id, ", "have the name"),
    "a role for a client id": (
        IDENTITY,
        "identity.properties.principalId",
        "identity.properties.clientId",
        "is not the app's identity",
    ),
    "a role is not explained": (README, "| `appMayUseTables` |", "| `appMayUseTable` |", "not in the table of roles"),
    "a role is explained that nobody has": (
        README,
        "| `appMayUseTables` |",
        "| `x` | y | z | w |\n| `appMayUseTables` |",
        "there is no role assignment `x`",
    ),
    "another id in the README": (README, "b86a8fe4-44ce", "b86a8fe4-44cf", "the row of"),
}
IN_SETTINGS: Mutants = {
    "a setting is missing": (MAIN, "      ALERT_DAYS: alertDays\n", "", "ALERT_DAYS is missing"),
    "a setting is misspelt": (MAIN, "      ALERT_DAYS: ", "      ALERTS_DAYS: ", "nothing reads"),
    "a setting that Flex forbids": (
        MAIN,
        "      GRAPH_URL: ",
        "      WEBSITE_TIME_ZONE: 'UTC'\n      GRAPH_URL: ",
        "Flex",
    ),
    "a setting is given all the same": (
        MAIN,
        "      GRAPH_URL: ",
        "      AZURE_TENANT_ID: ''\n      GRAPH_URL: ",
        "is given",
    ),
    "the comment names no setting": (
        MAIN,
        "Not set in Azure: ",
        "Not set in Azure: TABLES, ",
        "no setting of the code",
    ),
    "the platform's setting is missing": (
        MAIN,
        "      AzureWebJobsStorage__credential: 'managedidentity'\n",
        "",
        "missing",
    ),
    "the app would not start": (MAIN, "'https://${app.outputs.hostName}'", "app.outputs.hostName", "would not start"),
    "another identity": (
        MAIN,
        "      AZURE_CLIENT_ID: identity.outputs.clientId",
        "      AZURE_CLIENT_ID: token",
        "identity",
    ),
    "the host's account for tables": (
        MAIN,
        "dataStorage.outputs.tableEndpoint",
        "hostStorage.outputs.blobEndpoint",
        "TABLES",
    ),
    "the telemetry's identity": (MAIN, ";Authorization=AAD", ";Authorization=Key", "APPLICATIONINSIGHTS"),
}
IN_SECRECY: Mutants = {
    "shared keys are allowed": (
        DATA,
        "allowSharedKeyAccess: false",
        "allowSharedKeyAccess: true",
        "allowSharedKeyAccess",
    ),
    "shared keys are not refused": (HOST, "    allowSharedKeyAccess: false\n", "", "allowSharedKeyAccess"),
    "blobs are public": (HOST, "allowBlobPublicAccess: false", "allowBlobPublicAccess: true", "allowBlobPublicAccess"),
    "a key is asked for": (
        DATA,
        "output id string = account.id",
        "output id string = account.listKeys().keys[0].value",
        "asks Azure for a key",
    ),
    "Application Insights takes a key": (MONITORING, "DisableLocalAuth: true", "DisableLocalAuth: false", "takes keys"),
    "the e-mail service takes keys": (MAIL, "    disableLocalAuth: true", "    // disableLocalAuth: true", "keys"),
    "a secure parameter has a default": (
        MAIN,
        "alarmWebhook string = ''",
        "alarmWebhook string = 'https://x'",
        "default",
    ),
    "an output shows a secret": (
        MAIN,
        "SERVICE_API_URL string = ownUrl",
        "SERVICE_API_URL string = alarmWebhook",
        "shows",
    ),
    "a variable shows a secret": (MAIN, "var ownUrl = empty(publicUrl)", "var ownUrl = !empty(alarmWebhook)", "shows"),
    "a secret is not secure in a module": (MONITORING, "@secure()\n", "", "is not secure and gets"),
    "a secret is secure in a module only": (MAIN, "@secure()\n", "", "`alarmWebhook` is not secure"),
    "a password is not secure": (MAIL, "param senderName string", "param senderPassword string", "@secure()"),
    "a connection string with a key": (MAIN, "ENTRA_URL: entraUrl", "ENTRA_URL: 'AccountKey=abc'", "a key in it"),
    "publishing with a password": (APP, "{ allow: false }", "{ allow: true }", "not switched off"),
    "the vault can be purged": (VAULT, "enablePurgeProtection: true", "enablePurgeProtection: false", "vault"),
    "no TLS": (APP, "    httpsOnly: true\n", "", "without TLS"),
}
IN_TABLES: Mutants = {
    "a table is misspelt": (DATA, "  'customers'\n", "  'customer'\n", "opens the table customers"),
    "a table is missing": (DATA, "  'scans'\n", "", "opens the table scans"),
    "a table is too much": (DATA, "  'scans'\n", "  'scans'\n  'more'\n", "nothing opens"),
    "the role is on the account": (DATA, "scope: tables[i]", "scope: account", "may not use the table"),
}
