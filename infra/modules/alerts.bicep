// Five alerts. The host's own record of requests is off (host.json), so the table AppRequests is empty: the app's
// structured lines in AppTraces are what is asked. Each of them is one JSON object that begins with {"event": …}.
// A query answers rows with the column `amount`; the alert fires when their sum is above the threshold.

@description('Suffix of the names.')
param token string

@description('Azure region, that of the workspace.')
param location string

@description('Tags of the resources.')
param tags object

@description('The workspace that is asked.')
param workspaceId string

@description('Who is told.')
param actionGroupId string

@description('Failed calls within 15 minutes above which the first alert fires.')
param failedCallsThreshold int

@description('Refused credentials within 30 minutes above which the fourth alert fires.')
param refusedCredentialsThreshold int

// A query that names a table without rows (yet, or for 30 days) fails: Azure refuses the rule, or switches it off after
// a week. An app in good health writes no AppExceptions. So every table is one side of a fuzzy union with an empty one.
// ItemCount is how many lines a line stands for: one, as long as host.json has nothing sampled. Its type in workspaces
// is not always that of Microsoft's reference, and a union would make two columns of it: hence the conversions.
var appLines = '''
let lines = union isfuzzy=true
    (datatable(TimeGenerated: datetime, Message: string, SeverityLevel: long, ItemCount: long)[]),
    (AppTraces
    | project TimeGenerated, Message, SeverityLevel = tolong(SeverityLevel), ItemCount = tolong(ItemCount));
'''

// An exception outside of a function is the host's or the worker's: the app does not start.
var failedCalls = '''
let failures = lines
| where Message has_any ('request', 'timerFailed')
| extend line = parse_json(substring(Message, indexof(Message, '{"event"')))
| extend event = tostring(line.event)
| where (event == 'request' and toint(line.status) >= 500) or event == 'timerFailed'
| project TimeGenerated, amount = ItemCount, event, functionName = tostring(line['function']),
    status = toint(line.status), error = tostring(line.error), exception = tostring(line.exception),
    place = tostring(line.at), customer = tostring(line.customer), requestId = tostring(line.requestId);
union isfuzzy=true
    failures,
    (AppExceptions
    | where isempty(OperationName)
    | project TimeGenerated, amount = tolong(ItemCount), event = 'start', exception = ExceptionType,
        place = OuterMessage)
'''

// Always one row. A deployment that began less than 26 hours ago is given time; one that writes nothing at all is not.
// Azure groups results by TimeGenerated, and may leave out what is later than its evaluation: any time before will do.
var noSecretScan = '''
lines
| summarize oldest = min(TimeGenerated),
    scans = countif(Message has 'secretScan' and TimeGenerated > ago(26h)
        and tostring(parse_json(substring(Message, indexof(Message, '{"event"'))).event) == 'secretScan')
| project TimeGenerated = ago(1h), amount = iff(scans == 0 and (isnull(oldest) or oldest < ago(26h)), 1, 0)
'''

// The lines secretAlert say what the letters would have said; they count only while letters do not go out.
var secretsNotTold = '''
let told = lines
| where Message has_any ('secretScan', 'alertsDelivered', 'timerFailed', 'secretAlert')
| extend line = parse_json(substring(Message, indexof(Message, '{"event"')))
| extend event = tostring(line.event), functionName = tostring(line['function'])
| extend letters = event == 'alertsDelivered' or functionName == 'deliver_alerts';
let lettersStuck = toscalar(told | where letters and SeverityLevel >= 3 | count) > 0;
told
| where (event == 'secretScan' and SeverityLevel >= 3)
    or (letters and SeverityLevel >= 3)
    or event == 'timerFailed'
    or (event == 'secretAlert' and lettersStuck)
| project TimeGenerated, amount = ItemCount, event, functionName, customer = tostring(line.customer), details = Message
'''

var refusedCredentials = '''
lines
| where Message has_any ('credentialExpired', 'credentialRefused')
| extend line = parse_json(substring(Message, indexof(Message, '{"event"')))
| where tostring(line.event) == 'request' and tostring(line.error) in ('credentialExpired', 'credentialRefused')
| project TimeGenerated, amount = ItemCount, customer = tostring(line.customer), error = tostring(line.error),
    microsoftCode = tostring(line.microsoftCode)
'''

var orNothing = '''
union isfuzzy=true (datatable(TimeGenerated: datetime, amount: long)[]), (
'''

// A disabled version answers 403 too: the app disables versions itself, and reading one is no refusal.
var vaultRefusals = '''
AZKVAuditLogs
| where HttpStatusCode == 403 and ResultDescription !has 'disabled secret'
| project TimeGenerated, amount = tolong(1), OperationName, ResultSignature, ResultDescription, Identity,
    CallerIpAddress
'''

var alerts = [
  {
    name: 'failed-calls'
    title: 'Calendar connector - calls fail'
    description: '''
Calls ended with status 500 to 599, timers broke off, or the app does not start. Look at the rows: a row start
is a wrong setting or a faulty package; 500 is a fault of the connector; 502 and 504 are Microsoft 365, Key
Vault or storage. See infra/README.md, Alerts.
'''
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    query: '${appLines}${failedCalls}'
    threshold: failedCallsThreshold
  }
  {
    name: 'no-secret-scan'
    title: 'Calendar connector - nobody watches the secrets'
    description: '''
For 26 hours no secret scan has ended, so expiring secrets are not told. Run POST /secret-scan with a function
key; if that fails or there are no logs at all, look whether the app starts. See infra/README.md, Alerts.
'''
    severity: 1
    frequency: 'PT1H'
    window: 'P2D'
    query: '${appLines}${noSecretScan}'
    threshold: 0
  }
  {
    name: 'secrets-not-told'
    title: 'Calendar connector - a scan is not complete, a timer broke off, or letters do not go out'
    description: '''
A secret scan could not look at everything, a timer broke off, or alert letters were not sent. The rows name
the problem; rows secretAlert are what the letters would have said: tell those customers yourself. See
infra/README.md, Alerts.
'''
    severity: 1
    frequency: 'PT1H'
    window: 'P1D'
    query: '${appLines}${secretsNotTold}'
    threshold: 0
  }
  {
    name: 'refused-credentials'
    title: 'Calendar connector - Entra ID refuses credentials'
    description: '''
Many calls failed because a client secret has expired or is refused. The rows name the customers: have the
secret renewed in the Calendar Configuration. See infra/README.md, Alerts.
'''
    severity: 2
    frequency: 'PT15M'
    window: 'PT30M'
    query: '${appLines}${refusedCredentials}'
    threshold: refusedCredentialsThreshold
  }
  {
    name: 'vault-refusals'
    title: 'Calendar connector - Key Vault refused somebody'
    description: '''
Key Vault answered 403. If the identity is the app's, its role or the vault's network rules are missing and
calls fail; if not, somebody tried to read secrets without a right to. See infra/README.md, Alerts.
'''
    severity: 2
    frequency: 'PT15M'
    window: 'PT15M'
    query: '${orNothing}${vaultRefusals})'
    threshold: 0
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: 'alert-${alert.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.title
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      autoMitigate: true
      skipQueryValidation: true // the tables may not be there yet (see appLines)
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Total'
            metricMeasureColumn: 'amount'
            operator: 'GreaterThan'
            threshold: alert.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]
