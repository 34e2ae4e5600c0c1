"""Entra ID refuses the application's client secret or certificate, or the application itself.

Sources: Microsoft Learn, "Microsoft Entra authentication and authorization error codes", "Microsoft identity platform
application authentication certificate credentials"; wordings seen in public logs.
"""

from lib.domain.advice.words import ENTERPRISE, REGISTRATION, SAVE, TELL_OPERATOR, Topic, entra
from lib.domain.errors import Owner

CODES = (
    *entra(
        7000215,
        topic=Topic.CREDENTIAL,
        owner=Owner.ATS_ADMIN,
        message="Entra ID does not accept the client secret. Usually the Secret ID was pasted instead of the Value, "
        "the text was cut off, or the secret was deleted.",
        remedy=f"Paste the secret's Value (not the Secret ID) into the Calendar Configuration, {SAVE}. The Value is "
        f"shown only once, when a secret is made. If it is lost, make a new one. {REGISTRATION} > Certificates & "
        "secrets > New client secret, and copy the Value. A brand-new secret can take a minute to work.",
    ),
    *entra(
        7000222,
        topic=Topic.CREDENTIAL_EXPIRED,
        owner=Owner.ENTRA_ADMIN,
        message="The client secret of this application has expired.",
        remedy=f"1. {REGISTRATION} > Certificates & secrets > New client secret. 2. Choose when it expires, select "
        "Add, and copy the Value (not the Secret ID) at once: it is shown only this time. 3. Paste it into the "
        f"Calendar Configuration, {SAVE}.",
    ),
    *entra(
        7000218,
        topic=Topic.CREDENTIAL,
        owner=Owner.ATS_ADMIN,
        message="Entra ID received no client secret for this application.",
        remedy=f"Paste the client secret's Value into the Calendar Configuration, {SAVE}. If a secret is already "
        "entered there, tell the operator of this connector.",
    ),
    *entra(
        70002,
        topic=Topic.CREDENTIAL,
        owner=Owner.ATS_ADMIN,
        message="Entra ID could not verify the application: the application (client) ID and the client secret "
        "usually do not belong together.",
        remedy="Compare the application (client) ID in the Calendar Configuration with the application's Overview "
        f"page. Paste the Value (not the Secret ID) of a client secret of that same application, {SAVE}. If it is "
        f"lost, make a new one. {REGISTRATION} > Certificates & secrets > New client secret.",
    ),
    *entra(
        50012,
        topic=Topic.CREDENTIAL,
        owner=Owner.ATS_ADMIN,
        message="Entra ID does not accept the proof of identity sent for this application: a wrong client secret, "
        "or a certificate that is not valid for it.",
        remedy=f"With a client secret: paste its Value (not the Secret ID) into the Calendar Configuration, {SAVE}. "
        f"With a certificate, check that the one in use is listed and has not expired. {REGISTRATION} > Certificates "
        "& secrets > Certificates.",
    ),
    *entra(
        700027,
        topic=Topic.CREDENTIAL,
        owner=Owner.ENTRA_ADMIN,
        message="Entra ID does not accept the certificate that the application signs in with: it is not uploaded to "
        "the application, or it has expired.",
        remedy=f"{REGISTRATION} > Certificates & secrets > Certificates > Upload certificate. Choose the certificate "
        "(.cer) that the connector signs in with, then test again.",
    ),
    *entra(
        700030,
        topic=Topic.CREDENTIAL,
        owner=Owner.ENTRA_ADMIN,
        message="The subject name in the certificate is not one that this application accepts.",
        remedy=f"{REGISTRATION} > Certificates & secrets > Certificates to see which certificate is expected. Upload "
        "the one in use, or let the operator of this connector use the registered one, then test again.",
    ),
    *entra(
        700024,
        50013,
        500133,
        topic=Topic.CREDENTIAL,
        owner=Owner.OPERATOR,
        message="Entra ID rejected the signed proof of identity. Usually a clock is wrong, or the proof was too old "
        "or made for another address.",
        remedy="Check the clock of the machine that signs, the audience (the sign-in address of the tenant), and "
        "that every request makes a new proof. Nothing needs to be changed in the Calendar Configuration.",
    ),
    *entra(
        700021,
        topic=Topic.CREDENTIAL,
        owner=Owner.OPERATOR,
        message="The signed proof of identity was made for another application (client) ID than the one asked for.",
        remedy="Check that the certificate or federated credential belongs to the application (client) ID in the "
        "Calendar Configuration, and that the proof names that ID.",
    ),
    *entra(
        700025,
        topic=Topic.CREDENTIAL,
        owner=Owner.ENTRA_ADMIN,
        message="The application is registered as a public client (an app on a device), which may not use a client "
        "secret.",
        remedy=f"{REGISTRATION} > Authentication, move the redirect URIs to the platform Web and set Allow public "
        "client flows to No. Then test again.",
    ),
    *entra(
        7000112,
        70001,
        1000031,
        topic=Topic.POLICY,
        owner=Owner.ENTRA_ADMIN,
        message="The application is disabled, so Entra ID lets nobody in with it.",
        remedy=f"{ENTERPRISE} > Properties and set Enabled for users to sign in? to Yes. If it is already Yes, the "
        "application may be deactivated in the tenant where it is registered; its owner can activate it there. Then "
        "test again.",
    ),
    *entra(
        70003,
        70005,
        topic=Topic.OURS,
        owner=Owner.OPERATOR,
        message="Entra ID does not support the kind of request that was sent for this application.",
        remedy=f"This is usually a fault of the connector. {TELL_OPERATOR}",
    ),
)
