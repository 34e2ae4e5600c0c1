"""The tenant cannot be found or used, or the address that Microsoft answers to is not registered.

Sources: Microsoft Learn, "Microsoft Entra authentication and authorization error codes", "National clouds", "How to
add a redirect URI to your application"; wordings seen in public logs.
"""

from lib.domain.advice.words import CENTER, REGISTRATION, SAVE, Topic, entra
from lib.domain.errors import Owner

_TENANT_ID = (
    f"{REGISTRATION} > Overview. Copy the Directory (tenant) ID from there into the Calendar Configuration, {SAVE}."
)
_CLOUD = (
    "If it is right, check the cloud: an organisation in Microsoft's US Government or China cloud needs a "
    "deployment of this connector for that cloud (setting MICROSOFT_CLOUD), and an application registered there. "
    "Ask the operator."
)
_REDIRECT = f"{REGISTRATION} > Authentication > Add Redirect URI (or Add a platform) > Web"
_EXACTLY = (
    "Enter each redirect URI that the Calendar Configuration shows, exactly so: https, letter case, and no slash at "
    "the end."
)

CODES = (
    *entra(
        90002,
        topic=Topic.TENANT,
        owner=Owner.ATS_ADMIN,
        message="Entra ID knows no tenant with this ID or domain. Usually it has a typing mistake, or the "
        "organisation is in another Microsoft cloud.",
        remedy=f"Check the tenant ID. {_TENANT_ID} {_CLOUD}",
    ),
    *entra(
        900023,
        50029,
        topic=Topic.TENANT,
        owner=Owner.ATS_ADMIN,
        message="What was entered as tenant ID is neither an ID nor a domain name that Entra ID can use.",
        remedy="Check the tenant ID: it is 32 digits and letters a to f in five groups, or a verified domain such "
        f"as contoso.onmicrosoft.com. {_TENANT_ID} {_CLOUD}",
    ),
    *entra(
        50059,
        50128,
        90019,
        topic=Topic.TENANT,
        owner=Owner.ATS_ADMIN,
        message="Entra ID could not tell which tenant was meant.",
        remedy=f"Check the tenant ID. {_TENANT_ID}",
    ),
    *entra(
        90038,
        900432,
        900382,
        1000104,
        topic=Topic.TENANT,
        owner=Owner.ATS_ADMIN,
        message="The tenant, the application and the account are not all in the same Microsoft cloud (global, US "
        "Government or China). An application cannot sign in across clouds.",
        remedy=f"Check the tenant ID. {_TENANT_ID} {_CLOUD}",
    ),
    *entra(
        50194,
        9001023,
        topic=Topic.TENANT,
        owner=Owner.ATS_ADMIN,
        message="The application is registered for one organisation only, but was addressed without naming a tenant.",
        remedy=f"Enter the tenant ID of the tenant in which the application is registered. {_TENANT_ID} If it is "
        "already there, tell the operator of this connector.",
    ),
    *entra(
        5000225,
        topic=Topic.TENANT,
        owner=Owner.ENTRA_ADMIN,
        message="Microsoft has blocked this tenant because it was not used for a long time.",
        remedy="An administrator of the tenant signs in to the Microsoft Entra admin center (entra.microsoft.com) "
        "or asks Microsoft's support to reactivate it. If the tenant is not the one in daily use, enter the right "
        "tenant ID in the Calendar Configuration.",
    ),
    *entra(
        500021,
        500022,
        500212,
        500213,
        50002,
        topic=Topic.POLICY,
        owner=Owner.ENTRA_ADMIN,
        message="A rule about access between organisations (tenant restrictions or cross-tenant access) does not "
        "allow this sign-in.",
        remedy="Sign in with an account of the configured tenant and, if possible, from another network. Otherwise "
        f"the Entra administrator checks the rules. {CENTER} > External Identities > Cross-tenant access settings.",
    ),
    *entra(
        50011,
        70004,
        topic=Topic.REDIRECT,
        owner=Owner.ENTRA_ADMIN,
        message="The address that Microsoft should answer to (the redirect URI) is not registered in the "
        "application exactly as it was sent.",
        remedy=f"{_REDIRECT}. {_EXACTLY} Save, wait a minute, and open the link again.",
    ),
    *entra(
        500113,
        900971,
        topic=Topic.REDIRECT,
        owner=Owner.ENTRA_ADMIN,
        message="The application has no address registered that Microsoft could answer to (no redirect URI).",
        remedy=f"{_REDIRECT}. {_EXACTLY} Save, wait a minute, and open the link again.",
    ),
    *entra(
        9002325,
        9002326,
        9002327,
        topic=Topic.REDIRECT,
        owner=Owner.ENTRA_ADMIN,
        message="The redirect URI is registered for the platform Single-page application, but this connector needs "
        "the platform Web.",
        remedy=f"{REGISTRATION} > Authentication, remove the redirect URI from Single-page application and add the "
        "same one under Web. Save, then sign in again.",
    ),
)
