"""The token endpoint's grants of users: authorization_code and refresh_token (facts 3.3, 4.4, 4.5).

Checks are in this order: the application and its credential, the grant itself, the account, the tenant's policies,
the scopes. What an error says beside its code (`suberror`, `claims`) is in `texts.py`.
"""

import secrets
from datetime import datetime

from tests.sandbox.microsoft.entra import policy
from tests.sandbox.microsoft.entra.clients import check_credential, find_application, multi_tenant_application
from tests.sandbox.microsoft.entra.discovery import SHARED_TENANTS, find_tenant
from tests.sandbox.microsoft.entra.errors import EntraError
from tests.sandbox.microsoft.entra.grants import CODE_LIFETIME, Code, Grants, SignIn
from tests.sandbox.microsoft.entra.scopes import Scopes, read_scopes
from tests.sandbox.microsoft.entra.user_tokens import access_token, challenge_of, client_info, id_token
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import Account, Tenant


class UserGrants:
    """Redeems what /authorize gave out."""

    def __init__(self, shared: Surroundings, grants: Grants) -> None:
        self._shared = shared
        self._grants = grants

    def redeem_code(self, tenant_name: str, form: dict[str, str]) -> dict[str, object]:
        """Answer the grant authorization_code. Raises EntraError."""
        authority = self._authenticate(tenant_name, form)
        for parameter in ("code", "redirect_uri"):
            if not form.get(parameter):
                raise EntraError(900144, parameter=parameter)
        code = self._grants.codes.get(form["code"])
        if code is None:
            raise EntraError(9002313)
        sign_in = code.sign_in
        _check_client(sign_in, form, "code")
        if authority not in (None, code.authority):
            raise EntraError(700005)
        if code.redeemed:
            raise EntraError(54005)
        if self._shared.now() - code.issued >= CODE_LIFETIME:
            raise EntraError(70008)
        if form["redirect_uri"] != code.redirect_uri:
            raise EntraError(500112, uri=form["redirect_uri"], asked=code.redirect_uri)
        _check_verifier(code, form.get("code_verifier", ""))
        tenant, account = self._account(sign_in, code.issued)
        answer = self._answer(sign_in, tenant, account, form, code.nonce)
        code.redeemed = True
        return answer

    def redeem_refresh_token(self, tenant_name: str, form: dict[str, str]) -> dict[str, object]:
        """Answer the grant refresh_token. Raises EntraError."""
        authority = self._authenticate(tenant_name, form)
        if not form.get("refresh_token"):
            raise EntraError(900144, parameter="refresh_token")
        token = self._grants.refresh_tokens.get(form["refresh_token"])
        if token is None:
            raise EntraError(9002313)
        _check_client(token.sign_in, form, "refresh_token")
        tenant, account = self._account(token.sign_in, token.issued)
        if authority not in (None, tenant.id):
            raise self._foreign(authority, account, tenant, form["client_id"])
        policy.check_age(account, token, self._shared.now())
        return self._answer(token.sign_in, tenant, account, form, None)

    def _authenticate(self, tenant_name: str, form: dict[str, str]) -> str | None:
        """Check the application and its credential; return the tenant's id, None at an address of all tenants."""
        world = self._shared.world
        if tenant_name.lower() in SHARED_TENANTS:
            authority, application = None, multi_tenant_application(world, form["client_id"])
        else:
            tenant = find_tenant(world, tenant_name)
            authority, application = tenant.id, find_application(world, tenant, form["client_id"])
        check_credential(application, form, self._shared.now())
        if application.disabled:
            raise EntraError(7000112, app=application.app_id, app_name=application.display_name)
        return authority

    def _foreign(self, authority: str | None, account: Account, tenant: Tenant, app_id: str) -> EntraError:
        """Return the refusal of a user whom the tenant in the address does not know."""
        asked = self._shared.world.tenants[authority or tenant.id]
        application = find_application(self._shared.world, asked, app_id)
        parts = {"name": asked.display_name, "app": app_id, "app_name": application.display_name}
        user = account.user_principal_name
        return EntraError(50020, "invalid_grant", user=user, provider=tenant.id, **parts)

    def _account(self, sign_in: SignIn, issued: datetime) -> tuple[Tenant, Account]:
        """Return who signed in. Raises EntraError if the account is gone or its sessions were revoked."""
        tenant = self._shared.world.tenants[sign_in.tenant_id]
        account = policy.still_there(tenant, sign_in.user_id)
        policy.check_revoked(account, sign_in, issued)
        return tenant, account

    def _answer(
        self, sign_in: SignIn, tenant: Tenant, account: Account, form: dict[str, str], nonce: str | None
    ) -> dict[str, object]:
        """Return the tokens, after the policies and the consent were looked at again. Raises EntraError."""
        shared = self._shared
        application = find_application(shared.world, tenant, sign_in.app_id)
        policy.admit(application, account)
        policy.check_sign_in(account, strong=sign_in.strong)
        scopes = self._scopes(sign_in, form, application, tenant)
        granted = application.scopes(account.object_id)
        if scopes.missing(application, account.object_id) or (scopes.default and not granted):
            raise EntraError(65001, app=application.app_id, app_name=application.display_name)
        answer: dict[str, object] = {
            "token_type": "Bearer",
            "scope": scopes.answered(granted),
            "expires_in": self._shared.user_token_seconds,
            "ext_expires_in": self._shared.user_token_seconds,
            "access_token": access_token(shared, sign_in, scopes, tenant, application, account),
        }
        if "offline_access" in sign_in.scopes.free:
            answer["refresh_token"] = self._grants.add_refresh_token(sign_in, shared.now())
        if "openid" in scopes.free:
            answer["id_token"] = id_token(shared, sign_in, scopes, tenant, account, nonce)
        if form.get("client_info") == "1":
            answer["client_info"] = client_info(account.object_id, tenant.id)
        return answer

    def _scopes(self, sign_in: SignIn, form: dict[str, str], application: Application, tenant: Tenant) -> Scopes:
        """Return what the tokens are for: what this request asks for, by default what the sign-in asked for."""
        if not form.get("scope"):
            return sign_in.scopes
        return read_scopes(form["scope"], self._shared.graph_audiences, application, tenant.display_name)


def _check_client(sign_in: SignIn, form: dict[str, str], parameter: str) -> None:
    """Refuse a grant that another application was given. Raises EntraError."""
    if sign_in.app_id.lower() != form["client_id"].lower():
        raise EntraError(70000, parameter=parameter)


def _check_verifier(code: Code, verifier: str) -> None:
    """Check PKCE: a missing verifier is as wrong as another one, and so is one that nobody announced."""
    if code.challenge is None and not verifier:
        return
    expected = challenge_of(verifier, code.challenge_method)
    if code.challenge is None or not secrets.compare_digest(expected.encode(), code.challenge.encode()):
        raise EntraError(501481)
