// Everything that one deployment of the calendar connector needs. `azd up` reads main.parameters.json; README.md beside
// this file says what each part is for, what it asks, and which role lets whom do what.

targetScope = 'subscription'

// What is deployed where

@description('Name of this deployment, such as us-production. The resource group is named after it.')
@minLength(1)
@maxLength(60)
param environmentName string

@description('Azure region of what has one. E-mails are kept in the part of the world that it belongs to.')
@metadata({ azd: { type: 'location' } })
param location string

@description('The operators\' addresses, comma-separated: the app writes to them about every customer.')
@minLength(3)
param alertRecipients string

@description('Staging allows the configuration type Basic; production refuses it.')
@allowed(['production', 'staging'])
param deploymentStage string = 'production'

@description('Redundancy of both storage accounts. The tables have no other copy.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_LRS'

// Addresses

@description('https origin that callers use. Empty: the custom domain, or else the name that Azure gives the app.')
param publicUrl string = ''

@description('More redirect URIs of this deployment, comma-separated, each ending with /mobile/getcalendar.')
param redirectUris string = ''

@description('Redirect URIs of other deployments that customers register in the same application, comma-separated.')
param otherRedirectUris string = ''

@description('Origins to which a browser may return after consenting, comma-separated.')
param returnUrls string = ''

@description('A host name of your own for the app, such as calendar.ats.example; empty for none.')
param customDomain string = ''

@description('Whether to get a certificate for it from Azure: with the deployment after the one that binds the name.')
param customDomainCertificate bool = false

// Microsoft 365

@description('The Microsoft cloud of the customers\' tenants.')
@allowed(['global', 'usgov', 'usgovdod', 'china'])
param microsoftCloud string = 'global'

@description('Overrides the cloud\'s sign-in host; empty for the cloud\'s own.')
param entraUrl string = ''

@description('Overrides the cloud\'s Graph host; empty for the cloud\'s own.')
param graphUrl string = ''

@description('Application ID of this deployment\'s own application for Basic; empty for none.')
param basicApplicationId string = ''

// Alerts by e-mail

@description('What sends the alert letters: Communication Services, an SMTP server, or nothing (only log lines).')
@allowed(['communicationServices', 'smtp', 'none'])
param emailService string = 'communicationServices'

@description('Communication Services: where e-mails are kept at rest. Empty: what the region belongs to (US and EU).')
@allowed([
  ''
  'Africa'
  'Asia Pacific'
  'Australia'
  'Brazil'
  'Canada'
  'Europe'
  'France'
  'Germany'
  'India'
  'Japan'
  'Korea'
  'Norway'
  'Switzerland'
  'UAE'
  'UK'
  'United States'
  'usgov'
])
param emailDataLocation string = ''

@description('Communication Services: a domain of your own; empty for the one that Azure manages.')
param emailDomain string = ''

@description('Communication Services: whether Azure has verified that domain; until then the managed one sends.')
param emailDomainVerified bool = false

@description('Communication Services: the part of the sender before the @; another one wants a raised quota first.')
@minLength(1)
param emailSenderName string = 'DoNotReply'

@description('Communication Services: the role that lets the app send. Custom: you may make role definitions.')
@allowed(['contributor', 'custom'])
param emailRole string = 'contributor'

@description('SMTP: the from address.')
param emailSender string = ''

@description('SMTP: name of the vault\'s secret that is the server\'s address, such as smtps://user:password@host:465.')
@minLength(1)
param emailUrlName string = 'email-url'

@description('Days before a secret expires on which somebody is told, comma-separated.')
param alertDays string = '60,30,14,7,3,1,0'

@description('When the secret scan runs: NCRONTAB, UTC.')
param scanSchedule string = '0 0 7 * * *'

// Alerts of Azure Monitor

@description('Addresses that Azure Monitor tells, comma-separated. Empty: those of alertRecipients.')
param alarmRecipients string = ''

@description('A webhook that Azure Monitor calls (common alert schema); empty for none.')
@secure()
param alarmWebhook string = ''

@description('Failed calls within 15 minutes above which the alert fires.')
@minValue(0)
param failedCallsThreshold int = 5

@description('Calls with refused credentials within 30 minutes above which the alert fires.')
@minValue(0)
param refusedCredentialsThreshold int = 20

@description('Days for which logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

// Scale

@description('Memory of one instance in MB; 2048 has one processor core.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

// Microsoft's pages name 1 and 40 as the least; 40 is accepted either way.
@description('The most instances at a time, for each group of functions.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

// All handlers are async and wait for Microsoft 365 most of the time, so one event loop serves many calls. 100 is what
// the host itself takes as its limit; more would let one instance's core become the queue before another one starts.
@description('HTTP calls that one instance works on at a time.')
@minValue(1)
@maxValue(1000)
param perInstanceConcurrency int = 100

@description('Instances for HTTP calls that are kept running, against slow first answers; they cost while idle.')
@minValue(0)
@maxValue(1000)
param alwaysReadyInstances int = 0

// Network and callers

@description('Reach storage and vault through private endpoints only.')
param vnetEnabled bool = false

@description('Address space of that network, a /24 or larger.')
param vnetAddressPrefix string = '10.80.0.0/24'

@description('Application ID of the registration that stands for this API. Empty: a function key is enough.')
param callersApiApplicationId string = ''

@description('Application IDs of the callers that may get in with a token, comma-separated.')
param callersApplicationIds string = ''

@description('Tenant whose tokens callers show. Empty: the subscription\'s.')
param callersTenantId string = ''

// People

@description('Object ID of operators who may manage the vault\'s secrets and read the tables; empty for nobody.')
param operatorPrincipalId string = ''

@description('What that object ID stands for.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'Group'

// Names

var token = toLower(uniqueString(subscription().id, environmentName, location))
var appName = 'func-calendar-${token}'
var networkName = 'vnet-${token}'
var networks = '${subscription().id}/resourceGroups/${group.name}/providers/Microsoft.Network/virtualNetworks'
var appSubnetId = '${networks}/${networkName}/subnets/app'
var tags = {
  'azd-env-name': environmentName
  stage: deploymentStage
}

// Choices

// For another region give emailDataLocation: without it the deployment stops here and names the regions that are known.
var dataLocations = {
  centralus: 'United States'
  eastus: 'United States'
  eastus2: 'United States'
  northcentralus: 'United States'
  southcentralus: 'United States'
  westcentralus: 'United States'
  westus: 'United States'
  westus2: 'United States'
  westus3: 'United States'
  francecentral: 'Europe'
  germanywestcentral: 'Europe'
  italynorth: 'Europe'
  northeurope: 'Europe'
  polandcentral: 'Europe'
  spaincentral: 'Europe'
  swedencentral: 'Europe'
  westeurope: 'Europe'
}
var sendsByCommunicationServices = emailService == 'communicationServices'
var callersNeedTokens = !empty(callersApiApplicationId)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: 'id-calendar-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    retentionDays: logRetentionDays
    principalId: identity.outputs.principalId
    recipients: empty(alarmRecipients) ? alertRecipients : alarmRecipients
    webhook: alarmWebhook
  }
}

module hostStorage 'modules/storage-host.bicep' = {
  scope: group
  params: {
    name: 'sthost${token}'
    location: location
    tags: tags
    skuName: storageSku
    packageContainer: 'app-package'
    publicAccess: !vnetEnabled
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module dataStorage 'modules/storage-data.bicep' = {
  scope: group
  params: {
    name: 'stdata${token}'
    location: location
    tags: tags
    skuName: storageSku
    publicAccess: !vnetEnabled
    principalId: identity.outputs.principalId
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    name: 'kv-cal-${token}'
    location: location
    tags: tags
    publicAccess: !vnetEnabled
    principalId: identity.outputs.principalId
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
    workspaceId: monitoring.outputs.workspaceId
  }
}

module email 'modules/email.bicep' = if (sendsByCommunicationServices) {
  scope: group
  params: {
    token: token
    tags: tags
    // The module's condition again: Microsoft does not say whether Azure looks at the parameters of one left out.
    dataLocation: sendsByCommunicationServices && empty(emailDataLocation) ? dataLocations[location] : emailDataLocation
    domainName: emailDomain
    domainVerified: emailDomainVerified
    senderName: emailSenderName
    customRole: emailRole == 'custom'
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module network 'modules/network.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: networkName
    token: token
    location: location
    tags: tags
    addressPrefix: vnetAddressPrefix
    targets: [
      {
        name: 'host'
        id: hostStorage.outputs.id
        part: 'blob'
        zone: 'privatelink.blob.${environment().suffixes.storage}'
      }
      {
        name: 'data'
        id: dataStorage.outputs.id
        part: 'table'
        zone: 'privatelink.table.${environment().suffixes.storage}'
      }
      {
        name: 'vault'
        id: vault.outputs.id
        part: 'vault'
        zone: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
      }
    ]
  }
}

module app 'modules/app.bicep' = {
  scope: group
  params: {
    name: appName
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    hostBlobEndpoint: hostStorage.outputs.blobEndpoint
    packageContainer: hostStorage.outputs.packageContainer
    subnetId: vnetEnabled ? appSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    perInstanceConcurrency: perInstanceConcurrency
    alwaysReadyInstances: alwaysReadyInstances
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [network] // its subnet, and storage that can be reached
}

var azureUrl = 'https://${app.outputs.hostName}'
var ownUrl = empty(publicUrl) ? (empty(customDomain) ? azureUrl : 'https://${customDomain}') : publicUrl

// Asked under the module's own condition: Azure looks for the outputs even of a deployment that was left out.
var communicationUrl = sendsByCommunicationServices ? email.?outputs.endpoint ?? '' : ''
var communicationSender = sendsByCommunicationServices ? email.?outputs.sender ?? '' : ''
var emailDomainRecords = sendsByCommunicationServices ? email.?outputs.verificationRecords ?? {} : {}
var emailUrls = {
  communicationServices: communicationUrl
  smtp: '@Microsoft.KeyVault(SecretUri=${vault.outputs.uri}secrets/${emailUrlName})'
  none: ''
}
var emailSenders = {
  communicationServices: communicationSender
  smtp: emailSender
  none: ''
}

module settings 'modules/settings.bicep' = {
  scope: group
  params: {
    appName: app.outputs.name
    // The names and their meaning are those of the README and of lib/settings.py. An empty value means "not given".
    // Not set in Azure: TABLES_CONNECTION_STRING, AZURE_TENANT_ID, AZURE_CLIENT_SECRET, AZURE_AUTHORITY_HOST
    // A connection string would have a key, and the account takes none. Of azure-identity's own settings the managed
    // identity needs its client ID alone.
    settings: {
      PUBLIC_URL: ownUrl
      REDIRECT_URIS: redirectUris
      OTHER_REDIRECT_URIS: otherRedirectUris
      RETURN_URLS: returnUrls
      DEPLOYMENT_STAGE: deploymentStage
      KEY_VAULT_URL: vault.outputs.uri
      TABLES_ENDPOINT: dataStorage.outputs.tableEndpoint
      MICROSOFT_CLOUD: microsoftCloud
      ENTRA_URL: entraUrl
      GRAPH_URL: graphUrl
      BASIC_APPLICATION_ID: basicApplicationId
      EMAIL_URL: emailUrls[emailService]
      EMAIL_SENDER: emailSenders[emailService]
      ALERT_RECIPIENTS: alertRecipients
      ALERT_DAYS: alertDays
      SECRET_SCAN_SCHEDULE: scanSchedule
      AZURE_CLIENT_ID: identity.outputs.clientId

      // The platform's own: the host's storage and telemetry, both with the identity and without a key. The host has
      // blobs only: its table of diagnostic events would need one more role and says nothing that the logs do not.
      AzureWebJobsStorage__blobServiceUri: hostStorage.outputs.blobEndpoint
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.outputs.clientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.outputs.clientId};Authorization=AAD'
    }
  }
}

module domain 'modules/domain.bicep' = if (!empty(customDomain)) {
  scope: group
  params: {
    appName: app.outputs.name
    location: location
    hostName: customDomain
    managedCertificate: customDomainCertificate
  }
  dependsOn: [settings] // one change of an app at a time, else Azure may answer 409
}

module authentication 'modules/authentication.bicep' = if (callersNeedTokens) {
  scope: group
  params: {
    appName: app.outputs.name
    applicationId: callersApiApplicationId
    tenantId: empty(callersTenantId) ? tenant().tenantId : callersTenantId
    callerApplicationIds: callersApplicationIds
  }
  dependsOn: [settings, domain] // as above
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    failedCallsThreshold: failedCallsThreshold
    refusedCredentialsThreshold: refusedCredentialsThreshold
  }
}

// azd writes outputs into its environment, where parameters come from: no output is named like one of those.

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_NAME string = app.outputs.name
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
output AZURE_DATA_STORAGE_NAME string = dataStorage.outputs.name
output AZURE_LOG_WORKSPACE_NAME string = monitoring.outputs.workspaceName

@description('The app\'s own origin, whatever callers use.')
output AZURE_FUNCTION_URL string = azureUrl

@description('The origin that callers use: PUBLIC_URL.')
output SERVICE_API_URL string = ownUrl

@description('What customers enter in their application as redirect URIs, letter for letter.')
output REDIRECT_URIS_TO_REGISTER array = filter(
  map(
    split('${ownUrl}/mobile/getcalendar,${redirectUris},${otherRedirectUris}', ','),
    uri => trim(uri)
  ),
  uri => !empty(uri)
)

@description('The from address of the alert letters.')
output ALERT_SENDER string = emailSenders[emailService]

@description('DNS records that verify a domain of your own for e-mail; empty without one.')
output EMAIL_DOMAIN_RECORDS object = emailDomainRecords

@description('Value of the TXT record asuid.<host name> that lets a host name of your own be bound.')
output CUSTOM_DOMAIN_VERIFICATION_ID string = app.outputs.domainVerificationId
