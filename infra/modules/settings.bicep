// The app settings. Azure replaces the whole set with each deployment, so all of them are given, always.

@description('Name of the function app.')
param appName string

@description('Name and value of every setting. No secrets: a secret is a Key Vault reference.')
param settings object

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: appName
}

resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: settings
}
