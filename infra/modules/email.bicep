// Azure Communication Services: what sends the alerts, with the app's identity and without any password. It is not the
// application whose secret expires, so the warning arrives.

@description('Suffix of the names.')
param token string

@description('Tags of the resources.')
param tags object

@description('Where Communication Services keeps e-mails at rest.')
param dataLocation string

@description('A domain of your own to send from; empty for the domain that Azure manages.')
param domainName string

@description('Whether Azure has verified that domain. Before that it can be neither linked nor sent from.')
param domainVerified bool

@description('The part of the sender before the @, on your own domain.')
@minLength(1)
param senderName string

@description('Whether to make a role with just the three actions that sending needs, instead of Contributor.')
param customRole bool

@description('Principal ID of the function app\'s identity.')
param principalId string

@description('Workspace for the e-mail logs.')
param workspaceId string

var contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c'
var senderRoleName = guid(resourceGroup().id, 'calendar-connector-email-sender')
var ownDomain = !empty(domainName)
var useOwnDomain = ownDomain && domainVerified
var standardSender = 'DoNotReply' // every domain has this sender from the beginning
var ownSender = useOwnDomain && toLower(senderName) != toLower(standardSender)

resource emailService 'Microsoft.Communication/emailServices@2025-05-01' = {
  name: 'email-${token}'
  location: 'global'
  tags: tags
  properties: { dataLocation: dataLocation }
}

// Sends until a domain of your own is verified. Its quota is small (10 letters an hour); the app spreads them.
resource managedDomain 'Microsoft.Communication/emailServices/domains@2025-05-01' = {
  parent: emailService
  name: 'AzureManagedDomain' // Azure wants this very name
  location: 'global'
  tags: tags
  properties: {
    domainManagement: 'AzureManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource customerDomain 'Microsoft.Communication/emailServices/domains@2025-05-01' = if (ownDomain) {
  parent: emailService
  name: ownDomain ? domainName : 'none.invalid' // Azure reads the name even where the resource is left out
  location: 'global'
  tags: tags
  properties: {
    domainManagement: 'CustomerManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource sender 'Microsoft.Communication/emailServices/domains/senderUsernames@2025-05-01' = if (ownSender) {
  parent: customerDomain
  name: senderName
  properties: {
    username: senderName
    displayName: 'Calendar connector'
  }
}

resource communication 'Microsoft.Communication/communicationServices@2025-05-01' = {
  name: 'acs-${token}'
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
    disableLocalAuth: true // Entra tokens only: the access keys are of no use
    linkedDomains: [useOwnDomain ? customerDomain.id : managedDomain.id]
  }
}

// The three actions that Microsoft documents for sending with an Entra identity.
resource senderRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (customRole) {
  name: senderRoleName
  properties: {
    roleName: 'Calendar connector e-mail sender (${token})'
    description: 'Send e-mail with this resource group\'s Communication Services.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Communication/CommunicationServices/Read'
          'Microsoft.Communication/CommunicationServices/Write'
          'Microsoft.Communication/EmailServices/Write'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource appMaySend 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(communication.id, principalId, customRole ? senderRoleName : contributor)
  scope: communication
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      customRole ? senderRoleName : contributor
    )
  }
  dependsOn: [senderRole]
}

resource emailLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: communication
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'EmailSendMailOperational', enabled: true } // not the delivery log, which has recipients' addresses
    ]
  }
}

output name string = communication.name
output endpoint string = 'https://${communication.properties.hostName}'
output sender string = useOwnDomain
  ? '${senderName}@${domainName}'
  : '${standardSender}@${managedDomain.properties.mailFromSenderDomain}'

@description('DNS records that verify a domain of your own; empty without one.')
output verificationRecords object = ownDomain ? customerDomain.?properties.verificationRecords ?? {} : {}
