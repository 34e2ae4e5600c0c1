"""What one request for a token says about a credential and about the consent behind it."""

from dataclasses import replace

from lib.domain.advice import Topic
from lib.domain.configuration import Consent, Revision
from lib.domain.findings import Seen, Trouble
from lib.domain.microsoft import AppToken, EntraRefused
from lib.domain.permissions import READS_CALENDARS
from lib.domain.refusals import entra_advice

# The service principal is gone: consent was withdrawn, or the application deleted (facts 4.1). The last one says that
# an application without app roles gets no app-only token, which user consent does not need.
_NOT_CONSENTED = frozenset({7000229, 700016, 700011})
_NO_APP_ROLE = 501051

# Of the refusals about the credential: the others (a certificate, the clock, a public client) have their own remedies.
_A_NEW_SECRET_HELPS = frozenset({7000215, 7000218, 7000222})


def of_refusal(seen: Seen, refused: EntraRefused, revision: Revision, *, active: bool) -> Seen:
    """Return what a final refusal adds to what was seen. `active`: this revision answers, so it once had consent.

    Without that, missing consent is no news: it has not been given yet.
    """
    advice = entra_advice(refused)
    codes = set(refused.codes)
    trouble = Trouble(advice.code, advice.message, "" if codes & _A_NEW_SECRET_HELPS else advice.remedy)
    if advice.topic is Topic.CREDENTIAL_EXPIRED:
        return replace(seen, asked=True, refused=trouble, expired_by_entra=True)
    if codes & _NOT_CONSENTED or advice.topic in {Topic.CONSENT, Topic.PERMISSION}:
        if accepts_secret(refused, revision):
            return replace(seen, asked=True)
        return replace(seen, asked=True, unproven=True, withdrawn=trouble if active else None)
    return replace(seen, asked=True, refused=trouble)


def accepts_secret(refused: EntraRefused, revision: Revision) -> bool:
    """Return whether a refusal says that the secret is right: no app role, where users connect and none is needed."""
    return _NO_APP_ROLE in refused.codes and revision.users_connect


def withdrawn(token: AppToken, revision: Revision, *, active: bool) -> Trouble | None:
    """Return that an administrator's consent was withdrawn, None if the token shows it or does not need to.

    With RBAC for Applications (`scoped`) a token carries no calendar role and the calls work.
    """
    if not active or revision.access.consent is not Consent.ADMIN or revision.scoped:
        return None
    if set(token.roles) & READS_CALENDARS:
        return None
    return Trouble(
        "consentRequired",
        "The application's tokens carry no calendar permission any more: the administrator's consent was withdrawn.",
        "Send the admin consent link to an administrator of the tenant, who signs in and accepts; then test.",
    )
