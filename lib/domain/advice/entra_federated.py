"""Sign-in without a client secret: federated identity credentials.

Sources: Microsoft Learn, "Workload identity federation", "Configure an application to trust a managed identity" and
"Microsoft Entra authentication and authorization error codes"; wordings seen in public logs. 700238 from memory.
"""

from lib.domain.advice.words import REGISTRATION, Topic, entra
from lib.domain.errors import Owner

_WHERE = f"{REGISTRATION} > Certificates & secrets > Federated credentials, and compare."
_WAIT = "One that was just added takes a few minutes to work; then test again."
_WHAT = "(a federated credential lets an application sign in without a client secret)"

CODES = (
    *entra(
        70021,
        topic=Topic.CREDENTIAL,
        owner=Owner.ENTRA_ADMIN,
        message=f"No federated credential of the application fits the sign-in {_WHAT}.",
        remedy=f"{_WHERE} Issuer, subject and audience must equal those of the sign-in exactly, letter case "
        f"included. {_WAIT}",
    ),
    *entra(
        700211,
        topic=Topic.CREDENTIAL,
        owner=Owner.ENTRA_ADMIN,
        message=f"The issuer of the sign-in is not the one in the application's federated credential {_WHAT}.",
        remedy=f"{_WHERE} For a managed identity the issuer is https://login.microsoftonline.com/, the tenant ID, "
        f"and /v2.0, with no slash after it. {_WAIT}",
    ),
    *entra(
        700212,
        topic=Topic.CREDENTIAL,
        owner=Owner.ENTRA_ADMIN,
        message=f"The audience of the sign-in is not the one in the application's federated credential {_WHAT}.",
        remedy=f"{_WHERE} The audience is api://AzureADTokenExchange (US Government: "
        f"api://AzureADTokenExchangeUSGov, China: api://AzureADTokenExchangeChina). {_WAIT}",
    ),
    *entra(
        700213,
        topic=Topic.CREDENTIAL,
        owner=Owner.ENTRA_ADMIN,
        message=f"The subject of the sign-in is not the one in the application's federated credential {_WHAT}.",
        remedy=f"{_WHERE} For a managed identity the subject is its object (principal) ID, not its client ID. {_WAIT}",
    ),
    *entra(
        70025,
        7000226,
        topic=Topic.CREDENTIAL,
        owner=Owner.ENTRA_ADMIN,
        message=f"The application has no federated credential {_WHAT}.",
        remedy=f"{REGISTRATION} > Certificates & secrets > Federated credentials > Add credential. Or enter a client "
        f"secret in the Calendar Configuration. {_WAIT}",
    ),
    *entra(
        700229,
        topic=Topic.CREDENTIAL,
        owner=Owner.OPERATOR,
        message="A user's token was presented as the application's federated credential; only a token of an "
        "application or managed identity can be one.",
        remedy="Let the connector sign in with its managed identity. Nothing needs to be changed in the Calendar "
        "Configuration.",
    ),
    *entra(
        7002131,
        7002241,
        700235,
        topic=Topic.CREDENTIAL,
        owner=Owner.ENTRA_ADMIN,
        message="The sign-in does not fit the matching expression of the application's flexible federated "
        f"credential {_WHAT}.",
        remedy=f"{_WHERE} Correct the claims matching expression, or use a federated credential with a fixed issuer "
        f"and subject. {_WAIT}",
    ),
    *entra(
        700238,
        topic=Topic.CREDENTIAL,
        owner=Owner.ENTRA_ADMIN,
        message="The tenant that issued the federated credential is usually not allowed as an issuer for this "
        f"application {_WHAT}.",
        remedy=f"{_WHERE} Use a managed identity of an allowed tenant, or enter a client secret in the Calendar "
        "Configuration.",
    ),
)
