"""The files in which mistakes are made."""

MAIN = "infra/main.bicep"
README = "infra/README.md"
PARAMETERS = "infra/main.parameters.json"
ALERTS = "infra/modules/alerts.bicep"
APP = "infra/modules/app.bicep"
CALLERS = "infra/modules/authentication.bicep"
DATA = "infra/modules/storage-data.bicep"
HOST = "infra/modules/storage-host.bicep"
IDENTITY = "infra/modules/identity.bicep"
MAIL = "infra/modules/email.bicep"
MONITORING = "infra/modules/monitoring.bicep"
NETWORK = "infra/modules/network.bicep"
SETTINGS = "infra/modules/settings.bicep"
VAULT = "infra/modules/vault.bicep"

Mutants = dict[str, tuple[str, str, str, str]]
"""By name: the file, what stands there, what it becomes, and words that one of the findings has to contain."""
