"""The tokens of a signed-in user: a delegated access token for Graph, and the ID token (facts 3.5)."""

import base64
import hashlib
import json
import secrets

from tests.sandbox.microsoft.entra.grants import SignIn
from tests.sandbox.microsoft.entra.scopes import Scopes
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import Account, Tenant

_ID_TOKEN_LIFETIME = 3600


def access_token(
    shared: Surroundings, sign_in: SignIn, scopes: Scopes, tenant: Tenant, application: Application, account: Account
) -> str:
    """Return an access token for Graph that carries every scope granted to this user, asked for or not."""
    claims = {
        "acr": "1",
        "amr": ["pwd", "mfa"] if sign_in.strong else ["pwd"],
        "app_displayname": application.display_name,
        "appid": application.app_id,
        "appidacr": "1",
        "idtyp": "user",
        "name": account.display_name,
        "exp": int(shared.now().timestamp()) + shared.user_token_seconds,
        "oid": account.object_id,
        "scp": scopes.in_token(application.scopes(account.object_id)),
        "sid": sign_in.session_id,
        "sub": _pairwise("graph", tenant.id, account.object_id),
        "unique_name": account.user_principal_name,
        "upn": account.user_principal_name,
        "xms_st": {"sub": _pairwise(application.app_id, tenant.id, account.object_id)},
    } | shared.access_token_changes
    audience = scopes.audience(shared.graph_url)
    return shared.tokens.issue(shared.now(), tenant.id, audience, **claims)


def id_token(
    shared: Surroundings, sign_in: SignIn, scopes: Scopes, tenant: Tenant, account: Account, nonce: str | None
) -> str:
    """Return an ID token of version 2.0."""
    seconds = int(shared.now().timestamp())
    claims = {
        "ver": "2.0",
        "iss": f"{shared.entra_url}/{tenant.id}/v2.0",
        "aud": sign_in.app_id,
        "iat": seconds - 300,
        "nbf": seconds - 300,
        "exp": seconds + _ID_TOKEN_LIFETIME,
        "sub": _pairwise(sign_in.app_id, tenant.id, account.object_id),
        "tid": tenant.id,
        "sid": sign_in.session_id,
        "nonce": nonce,
        "rh": f"1.{secrets.token_urlsafe(12)}.",
        "uti": secrets.token_urlsafe(16),
    }
    if "profile" in scopes.free:
        claims |= {
            "oid": account.object_id,
            "preferred_username": account.user_principal_name,
            "name": account.display_name,
        }
    if "email" in scopes.free:
        claims["email"] = account.mail
    claims |= shared.id_token_changes
    return shared.tokens.sign({name: value for name, value in claims.items() if value is not None})


def client_info(user_id: str, tenant_id: str) -> str:
    """Return the `client_info` that MSAL makes an account's id of."""
    told = json.dumps({"uid": user_id, "utid": tenant_id}, separators=(",", ":"))
    return _base64url(told.encode())


def challenge_of(verifier: str, method: str) -> str:
    """Return the PKCE challenge that belongs to a verifier (RFC 7636, 4.6)."""
    return _base64url(hashlib.sha256(verifier.encode()).digest()) if method == "S256" else verifier


def _pairwise(app_id: str, tenant_id: str, user_id: str) -> str:
    """Return a subject that no two applications share."""
    return _base64url(hashlib.sha256(f"{app_id}/{tenant_id}/{user_id}".encode()).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
