// Where logs go and who is woken: workspace, Application Insights and the action group.

@description('Suffix of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags of the resources.')
param tags object

@description('Days for which logs are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Principal ID of the function app\'s identity.')
param principalId string

@description('E-mail addresses that Azure Monitor tells, comma-separated.')
param recipients string

@description('A webhook that Azure Monitor calls with the common alert schema; empty for none.')
@secure()
param webhook string

var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'
var addresses = filter(map(split(recipients, ','), address => trim(address)), address => !empty(address))

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true // the connection string alone lets nobody write
  }
}

// The host sends the app's telemetry with the identity.
resource publishTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, principalId, monitoringMetricsPublisher)
  scope: component
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
  }
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'calendar' // at most 12 characters
    emailReceivers: [
      for (address, i) in addresses: {
        name: 'operator-${i + 1}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
    webhookReceivers: empty(webhook)
      ? []
      : [
          {
            name: 'webhook'
            serviceUri: webhook
            useCommonAlertSchema: true
          }
        ]
  }
}

output workspaceId string = workspace.id
output workspaceName string = workspace.name
output connectionString string = component.properties.ConnectionString
output actionGroupId string = actionGroup.id
