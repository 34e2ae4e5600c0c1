// A host name of your own. Its DNS records have to be there before (infra/README.md has the order).

@description('Name of the function app.')
param appName string

@description('Azure region.')
param location string

@description('The host name, such as calendar.ats.example.')
param hostName string

@description('Whether to get a certificate from Azure and use it. Needs the host name bound by an earlier deployment.')
param managedCertificate bool

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: appName
}

// On Flex Consumption certificates belong to the app, not to the resource group (in preview as of May 2026).
resource certificate 'Microsoft.Web/sites/certificates@2024-11-01' = if (managedCertificate) {
  parent: app
  name: replace(hostName, '.', '-')
  location: location
  properties: { canonicalName: hostName }
}

resource binding 'Microsoft.Web/sites/hostNameBindings@2024-11-01' = {
  parent: app
  name: hostName
  properties: {
    hostNameType: 'Verified'
    customHostNameDnsRecordType: 'CName'
    sslState: managedCertificate ? 'SniEnabled' : 'Disabled'
    thumbprint: managedCertificate ? certificate.?properties.thumbprint : null
  }
}
