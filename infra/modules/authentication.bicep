// Optional: callers need a token of Entra ID besides their function key (App Service authentication).

@description('Name of the function app.')
param appName string

@description('Application (client) ID of the registration that stands for this API.')
param applicationId string

@description('The tenant that issues the callers\' tokens.')
param tenantId string

@description('Application (client) IDs of the callers, comma-separated.')
param callerApplicationIds string

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: appName
}

resource authentication 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      // The anonymous routes: browsers come here, and probes. `/*` at the end stands for everything below.
      excludedPaths: [
        '/connect/*'
        '/mobile/getcalendar'
        '/setup/*'
        '/health'
        '/openapi.json'
      ]
    }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: applicationId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [
            applicationId
            'api://${applicationId}'
          ]
          // Without any caller the list is [''], which lets nobody in; an empty one would let in every application.
          defaultAuthorizationPolicy: {
            allowedApplications: map(split(callerApplicationIds, ','), caller => trim(caller))
          }
        }
      }
    }
    login: { tokenStore: { enabled: false } } // nobody signs in here: tokens are only checked
  }
}
