"""A user's sign-in: the proofs that travel with it, and what must be true before anything is stored.

MSAL 1.38 and newer checks neither `aud` nor `iss` of an ID token, so we do (OpenID Connect Core 1.0, section 3.1.3.7).
Its signature need not be checked: the token came from the token endpoint over TLS (same section, point 6).
"""

import base64
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from lib.domain.clouds import Cloud
from lib.domain.configuration import Access
from lib.domain.consent import Ending
from lib.domain.fields import GUID, same_user

_CLOCK_SKEW = timedelta(minutes=5)  # what Microsoft's own libraries allow


def code_verifier(binder: str) -> str:
    """Return the PKCE code verifier of a sign-in (RFC 7636).

    It comes from the random cookie that binds the browser, of which only a digest is stored: so neither a reader of
    the table nor a holder of the code alone can redeem it.
    """
    return _derived("code verifier", binder)


def code_challenge(binder: str) -> str:
    """Return the PKCE code challenge of a sign-in, method S256."""
    return _base64url(hashlib.sha256(code_verifier(binder).encode()).digest())


def nonce_seed(binder: str) -> str:
    """Return what the nonce of a sign-in is the hash of (OpenID Connect Core 1.0, section 15.5.2)."""
    return _derived("nonce", binder)


def nonce(binder: str) -> str:
    """Return the nonce that the ID token of this sign-in must carry."""
    return hashlib.sha256(nonce_seed(binder).encode()).hexdigest()


def _derived(purpose: str, binder: str) -> str:
    return _base64url(hashlib.sha256(f"{purpose} {binder}".encode()).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class Asked:
    """What is sent to the authorization endpoint (Microsoft Learn, "OAuth 2.0 authorization code flow")."""

    application_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str = field(repr=False)
    binder: str = field(repr=False)
    user: str
    select_account: bool = False


def authorize_url(cloud: Cloud, tenant: str, access: Access, asked: Asked) -> str:
    """Return the address that a browser is sent to."""
    query = {
        "client_id": asked.application_id,
        "response_type": "code",
        "response_mode": "form_post",
        "redirect_uri": asked.redirect_uri,
        "scope": " ".join((*asked.scopes, "openid", "profile", "offline_access")),
        "state": asked.state,
        "nonce": nonce(asked.binder),
        "code_challenge": code_challenge(asked.binder),
        "code_challenge_method": "S256",
        "client_info": "1",
    }
    if asked.select_account:
        query["prompt"] = "select_account"  # together with login_hint it is not supported
    elif "@" in asked.user:
        query["login_hint"] = asked.user
    if hint := domain_hint(access):
        query["domain_hint"] = hint
    return f"{sign_in_url(cloud, access)}/{tenant}/oauth2/v2.0/authorize?{urlencode(query)}"


def sign_in_url(cloud: Cloud, access: Access) -> str:
    """Return where people sign in: the host of the custom sign-in URL if the cloud has it, else the cloud's own.

    That it has was checked when the URL was saved; the row may have been changed since.
    """
    host = _custom(access).netloc.lower()
    return f"https://{host}" if host in cloud.sign_in_hosts else cloud.entra_url


def _custom(access: Access) -> SplitResult:
    """Return the parts of the custom sign-in URL, empty ones without it or if it cannot be read."""
    try:
        return urlsplit(access.login_url or "")
    except ValueError:
        return urlsplit("")


def domain_hint(access: Access) -> str | None:
    """Return the domain in the custom sign-in URL. `whr` is its older name, which OAuth does not know."""
    given = dict(parse_qsl(_custom(access).query))
    return given.get("domain_hint") or given.get("whr")


@dataclass(frozen=True)
class Expected:
    """What an ID token has to say."""

    application_id: str
    tenant: str
    issuer: str
    nonce: str = field(repr=False)


@dataclass(frozen=True)
class SignedIn:
    """The account that signed in: its tenant and object id, and the name it signs in with (which may change)."""

    tenant: str
    object_id: str
    user_principal_name: str | None


class NotOurs(Exception):
    """An ID token that is not the answer to this sign-in. `ending` is what the user is told."""

    def __init__(self, ending: Ending, claim: str) -> None:
        super().__init__(claim)
        self.ending = ending
        self.claim = claim


def read_id_token(claims: Mapping[str, Any], expected: Expected, now: datetime) -> SignedIn:
    """Return who signed in. Raises NotOurs: a token of another application, tenant or sign-in, or an expired one."""
    tenant = _guid(claims, "tid")
    if claims.get("aud") != expected.application_id:
        raise NotOurs(Ending.MICROSOFT_ERROR, "aud")
    if tenant != expected.tenant:
        raise NotOurs(Ending.WRONG_TENANT, "tid")
    if claims.get("iss") != expected.issuer:
        raise NotOurs(Ending.MICROSOFT_ERROR, "iss")
    ends = claims.get("exp")
    if not isinstance(ends, int | float) or not ends > (now - _CLOCK_SKEW).timestamp():
        raise NotOurs(Ending.MICROSOFT_ERROR, "exp")
    if claims.get("nonce") != expected.nonce:
        raise NotOurs(Ending.MICROSOFT_ERROR, "nonce")
    name = claims.get("preferred_username")
    return SignedIn(tenant, _guid(claims, "oid"), name if isinstance(name, str) else None)


def _guid(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not GUID.fullmatch(value):
        raise NotOurs(Ending.MICROSOFT_ERROR, name)
    return value.lower()


def is_named(invited: str, names: Collection[str | None]) -> bool:
    """Return whether the invited name is one of these; letter case does not count in names and addresses."""
    return same_user(invited) in {same_user(name) for name in names if name}


def addresses_of(profile: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names in Graph's /me that prove an account: never other mails, which users may set themselves."""
    names = [profile.get("userPrincipalName"), profile.get("mail")]
    listed = profile.get("proxyAddresses")
    for address in listed if isinstance(listed, list) else []:
        if isinstance(address, str) and address[:5].lower() == "smtp:":
            names.append(address[5:])
    return tuple(name for name in names if isinstance(name, str))
