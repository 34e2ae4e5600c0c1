"""Consent is missing or was declined, or a policy of the organisation forbids the sign-in.

Sources: Microsoft Learn, "Microsoft Entra authentication and authorization error codes", "Grant tenant-wide admin
consent to an application", "Configure the admin consent workflow", "Conditional Access for workload identities".
"""

from lib.domain.advice.words import (
    APPROVERS,
    CONSENT_LINK,
    ENTERPRISE,
    REGISTRATION,
    SAVE,
    SIGN_IN_LOGS,
    Topic,
    entra,
)
from lib.domain.errors import Owner

_GRANT = f"{CONSENT_LINK} {APPROVERS}"
_RULE = f"{SIGN_IN_LOGS} and open the failed sign-in: the tab Conditional Access names the rule."

CODES = (
    *entra(
        7000229,
        topic=Topic.CONSENT,
        owner=Owner.ENTRA_ADMIN,
        message="The application is not yet known in this tenant: no administrator has approved it there.",
        remedy=f"If consent was given a moment ago, wait a minute or two and test again. Otherwise: {_GRANT}",
    ),
    *entra(
        700016,
        700011,
        topic=Topic.CONSENT,
        owner=Owner.ATS_ADMIN,
        message="Entra ID did not find this application in the tenant. Usually the application (client) ID or the "
        "tenant ID is wrong; otherwise no administrator has approved the application there yet.",
        remedy=f"1. {REGISTRATION} > Overview and compare the application (client) ID (not the object ID) and the "
        f"Directory (tenant) ID with the Calendar Configuration; correct them there, {SAVE}. 2. If both are right, "
        "send the admin consent link to an administrator of the tenant. If consent was given a moment ago, wait a "
        "minute or two and test again.",
    ),
    *entra(
        501051,
        topic=Topic.CONSENT,
        owner=Owner.ENTRA_ADMIN,
        message="The application has been given no application permission for the service it asks for, and that "
        "service requires one.",
        remedy=f"{CONSENT_LINK} For application permissions it takes a Privileged Role Administrator or a Global "
        "Administrator.",
    ),
    *entra(
        65001,
        90008,
        9002341,
        topic=Topic.CONSENT,
        owner=Owner.ENTRA_ADMIN,
        message="Nobody has consented to this application reading calendars, or the consent was taken back, or it "
        "asks for a permission that was added later.",
        remedy="Where users may consent for themselves, the user chooses Connect your calendar and accepts. Otherwise: "
        f"{_GRANT}",
    ),
    *entra(
        65004,
        topic=Topic.CONSENT,
        owner=Owner.USER,
        message="The consent was declined: the person signing in chose Cancel, or may not approve this application.",
        remedy="Open the link again and choose Accept. If there is no Accept, an administrator has to do it: use "
        f"the admin consent link. {APPROVERS}",
    ),
    *entra(
        90094,
        topic=Topic.CONSENT,
        owner=Owner.ENTRA_ADMIN,
        message="In this organisation users may not approve this application themselves; an administrator has to.",
        remedy=f"{_GRANT} After that each user chooses Connect your calendar again.",
    ),
    *entra(
        90095,
        topic=Topic.CONSENT,
        owner=Owner.ENTRA_ADMIN,
        message="An administrator has to approve this application first. Microsoft offered to send the "
        "administrators a request.",
        remedy="Write a reason in Microsoft's form and send it, or send the admin consent link to an administrator. An "
        "administrator decides about such requests in the Microsoft Entra admin center (entra.microsoft.com) under "
        f"Entra ID > Enterprise apps > Admin consent requests. {APPROVERS}",
    ),
    *entra(
        900941,
        topic=Topic.CONSENT,
        owner=Owner.ENTRA_ADMIN,
        message="An administrator has to approve this application first, because Microsoft considers its request as "
        "possibly risky. Usually its publisher is not verified, or it was registered recently.",
        remedy=f"{_GRANT} Before approving, compare the application (client) ID on Microsoft's page with the one in "
        "the Calendar Configuration.",
    ),
    *entra(
        90093,
        topic=Topic.CONSENT,
        owner=Owner.ENTRA_ADMIN,
        message="The account that tried to give consent does not have a role that may approve this application.",
        remedy=f"Open the admin consent link again with an account that may approve it. {APPROVERS}",
    ),
    *entra(
        650056,
        650057,
        65005,
        topic=Topic.CONSENT,
        owner=Owner.ENTRA_ADMIN,
        message="The permissions listed in the application's registration do not fit what it asks for, or they were "
        "never approved.",
        remedy=f"1. {REGISTRATION} > API permissions and add the Microsoft Graph permission Calendars.ReadBasic.All "
        "(application, for admin consent) or Calendars.ReadBasic (delegated, for users). 2. Choose Grant admin "
        f"consent there. {APPROVERS}",
    ),
    *entra(
        650052,
        650054,
        topic=Topic.CONSENT,
        owner=Owner.ENTRA_ADMIN,
        message="The application asks for a Microsoft service that this tenant does not have or has switched off.",
        remedy=f"Check that the tenant has Microsoft 365 with Exchange Online. {REGISTRATION} > API permissions and "
        "remove permissions for services that the tenant does not have, then give admin consent again.",
    ),
    *entra(
        50105,
        topic=Topic.POLICY,
        owner=Owner.ENTRA_ADMIN,
        message="Only people assigned to this application may use it, and this account is not assigned.",
        remedy=f"{ENTERPRISE} > Users and groups > Add user/group and add the person or a group that has them as a "
        "direct member. Or open Properties there and set Assignment required? to No. Then the person tries again.",
    ),
    *entra(
        53003,
        50131,
        topic=Topic.POLICY,
        owner=Owner.ENTRA_ADMIN,
        message="A Conditional Access rule of the organisation blocked the sign-in. Usually it depends on the "
        "place, the network, the device or the application.",
        remedy=f"{_RULE} Then allow this application, or the network addresses of the connector, in that rule. For "
        "an application without a user look under Service principal sign-ins for a rule for workload identities.",
    ),
    *entra(
        53000,
        53001,
        53002,
        50097,
        topic=Topic.POLICY,
        owner=Owner.ENTRA_ADMIN,
        message="The organisation allows this sign-in only from a device that it manages, and this one is not.",
        remedy="Open the link again on a device that the organisation manages. If it is refused there too, the "
        f"Entra administrator has to exclude this application from the rule. {_RULE}",
    ),
    *entra(
        530032,
        topic=Topic.POLICY,
        owner=Owner.ENTRA_ADMIN,
        message="A security policy of the organisation blocked the sign-in.",
        remedy=f"{_RULE} The Entra administrator decides whether this application or this person may be excluded.",
    ),
    *entra(
        530035,
        topic=Topic.POLICY,
        owner=Owner.ENTRA_ADMIN,
        message="The tenant's security defaults (Microsoft's basic protection) blocked the sign-in as unsafe.",
        remedy="Sign in again in an ordinary browser and finish Microsoft's extra verification. If it is refused "
        f"again, the Entra administrator looks at it. {SIGN_IN_LOGS}. The switch is under Entra ID > Overview > "
        "Properties > Manage security defaults; leave it on unless Conditional Access replaces it.",
    ),
    *entra(
        53011,
        53004,
        530034,
        topic=Topic.POLICY,
        owner=Owner.ENTRA_ADMIN,
        message="Microsoft blocked the sign-in because the account looks at risk.",
        remedy="The Entra administrator checks the account, in the Microsoft Entra admin center (entra.microsoft.com) "
        "under ID Protection > Risky users, and confirms it as safe or resets it. Then the person signs in again.",
    ),
)
