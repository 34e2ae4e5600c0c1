"""Whom a tenant lets in, who may consent, and how long a grant holds (facts 4.4, 4.5)."""

from collections.abc import Set
from datetime import UTC, datetime

from tests.sandbox.microsoft.entra.errors import EntraError
from tests.sandbox.microsoft.entra.grants import REFRESH_LIFETIME, RefreshToken, SignIn
from tests.sandbox.microsoft.tokens import GRAPH_APP_ID
from tests.sandbox.world.applications import ADMIN_SCOPES, Application
from tests.sandbox.world.tenants import Account, Tenant


def admit(application: Application, account: Account) -> None:
    """Refuse users who are not assigned, and whom Conditional Access blocks. Raises EntraError 50105 or 53003."""
    if application.assignment_required and account.object_id not in application.assigned:
        raise EntraError(50105, app=application.app_id, app_name=application.display_name)
    if account.conditional_access == "block":
        raise EntraError(53003)


def check_sign_in(account: Account, *, strong: bool) -> None:
    """Refuse a sign-in that is too weak by now. Raises EntraError 50076."""
    if account.conditional_access == "mfa" and not strong:
        raise EntraError(50076, resource=GRAPH_APP_ID)


def still_there(tenant: Tenant, user_id: str) -> Account:
    """Return the account. Raises EntraError: removed (50034), disabled (50057)."""
    account = tenant.account(user_id)
    if account is None:
        raise EntraError(50034, user="{EmailHidden}", tenant=tenant.id)
    if account.disabled:
        raise EntraError(50057)
    return account


def check_revoked(account: Account, sign_in: SignIn, issued: datetime) -> None:
    """Refuse what was issued before the user's sessions were revoked. Raises EntraError 50173."""
    if account.revocations > sign_in.revocations and account.tokens_valid_from is not None:
        raise EntraError(50173, issued=_time(issued), valid_from=_time(account.tokens_valid_from))


def check_age(account: Account, token: RefreshToken, now: datetime) -> None:
    """Refuse a refresh token that is too old. Raises EntraError 700082 or 70043."""
    if now - token.issued >= REFRESH_LIFETIME:
        raise EntraError(700082, issued=_time(token.issued))
    frequency = account.sign_in_frequency
    if frequency is not None and now - token.sign_in.at >= frequency:
        raise EntraError(70043, issued=_time(token.issued), seconds=str(int(frequency.total_seconds())))


def may_consent(tenant: Tenant, account: Account, scopes: Set[str]) -> bool:
    """Tell whether somebody may consent to these scopes for themselves: administrators always, users by policy."""
    if not scopes or account.may_consent(to_roles=False):
        return True
    return tenant.user_consent == "allowed" and not scopes & ADMIN_SCOPES


def _time(moment: datetime) -> str:
    """Return a time as these messages have it, with seven digits of a second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
