// The function app on Flex Consumption. Its settings are in settings.bicep, since PUBLIC_URL needs the app's own name.

@description('Name of the function app.')
param name string

@description('Name of the plan; Flex Consumption holds one app in each.')
param planName string

@description('Azure region.')
param location string

@description('Tags of the resources.')
param tags object

@description('Resource ID of the app\'s identity.')
param identityId string

@description('Blob endpoint of the host\'s storage account, with the slash at its end.')
param hostBlobEndpoint string

@description('Container for the deployment package.')
param packageContainer string

@description('Subnet for what the app sends out; empty without a virtual network.')
param subnetId string

@description('Memory of one instance in MB.')
param instanceMemoryMB int

@description('The most instances at a time, for each group of functions.')
param maximumInstanceCount int

@description('HTTP calls that one instance works on at a time.')
param perInstanceConcurrency int

@description('Instances for HTTP calls that are kept running.')
param alwaysReadyInstances int

@description('Workspace for the metrics.')
param workspaceId string

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true } // Linux
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' }) // the service's name in azure.yaml
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled' // browsers of the customers' users come here
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    keyVaultReferenceIdentity: identityId // there is no system-assigned identity
    siteConfig: {
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
    }
    functionAppConfig: {
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        triggers: { http: { perInstanceConcurrency: perInstanceConcurrency } }
        alwaysReady: alwaysReadyInstances > 0
          ? [{ name: 'http', instanceCount: alwaysReadyInstances }]
          : []
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostBlobEndpoint}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
    }
  }
}

// No deployment with a user name and a password: only with Entra ID.
resource basicAuthOff 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = [
  for kind in ['scm', 'ftp']: {
    parent: app
    name: kind
    properties: { allow: false }
  }
]

resource metrics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    metrics: [
      { category: 'AllMetrics', enabled: true }
    ]
  }
}

output id string = app.id
output name string = app.name
output hostName string = app.properties.defaultHostName
output domainVerificationId string = app.properties.customDomainVerificationId
