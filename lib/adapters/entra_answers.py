"""Reading what Entra ID answers: tokens, and refusals without their text, which may repeat what was sent."""

import base64
import json
import re
import time
from collections.abc import Sequence
from typing import Any

from lib.domain.advice import find_entra_codes
from lib.domain.errors import MicrosoftTrace
from lib.domain.microsoft import AppToken, EntraRefused, Granted, UserToken

_VISIBLE = re.compile(r"[!-~]+")
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def read_token(result: dict[str, Any], tenant: str) -> AppToken:
    """Return MSAL's token. Raises EntraRefused, also for a token of another tenant than it was asked of, ValueError."""
    if "access_token" not in result:
        raise read_refusal(result)
    value = _value(result)
    claims = _claims(value)
    token_tenant = claims.get("tid")
    if isinstance(token_tenant, str) and token_tenant.lower() != tenant:
        raise EntraRefused([], "wrong_tenant")
    roles = claims.get("roles")
    names = tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else ()
    now = time.time()
    ends = now + _seconds(result)
    return AppToken(value, ends, tenant if token_tenant else None, names, fetched_at=now)


def read_granted(
    result: dict[str, Any], cache: str, asked: Sequence[str], account: tuple[str, str] | None = None
) -> Granted:
    """Return what MSAL got for a code or a refresh token. Raises EntraRefused, ValueError (whose tokens are these?).

    An answer that names no scopes gave what was asked for (RFC 6749 section 5.1). To a refresh token the answer need
    not have an ID token (OpenID Connect Core 1.0, section 12.2): it is of the `account` (tenant, object id) then.
    """
    if "access_token" not in result:
        raise read_refusal(result)
    value = _value(result)
    id_claims = _claims(str(result.get("id_token")))
    # Graph's access tokens are opaque by contract; as far as they can be read they must agree.
    claims = _claims(value)
    tenant, object_id = (
        _of_one_account(name, known, claims, id_claims)
        for name, known in zip(("tid", "oid"), account or (None, None), strict=True)
    )
    scopes = str(result.get("scope") or claims.get("scp") or " ".join(asked))
    now = time.time()
    token = UserToken(
        value,
        now + _seconds(result),
        tenant,
        object_id,
        tuple(scopes.split()),
        fetched_at=now,
    )
    return Granted(token, cache, id_claims, renewable=bool(json.loads(cache).get("RefreshToken")))


def _value(result: dict[str, Any]) -> str:
    """Return the access token, which will be part of a header. Raises ValueError for what can be none."""
    value = result["access_token"]
    if not isinstance(value, str) or not _VISIBLE.fullmatch(value):
        raise ValueError("no token")
    return value


def _seconds(result: dict[str, Any]) -> float:
    """Return how long a token lasts; no longer than a day, which is the most that Entra ID gives without CAE."""
    return min(max(0.0, float(result.get("expires_in", 0))), 86_400.0)


def _of_one_account(name: str, known: str | None, *tokens: dict[str, Any]) -> str:
    found = {str(claims[name]).lower() for claims in tokens if name in claims} or ({known} if known else set())
    if len(found) != 1:
        raise ValueError("no account, or two")
    return found.pop()


def _claims(token: str) -> dict[str, Any]:
    """Return a token's claims, unverified: it came to us over TLS from Entra ID itself. Empty if it is opaque."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def read_refusal(answer: dict[str, Any]) -> EntraRefused:
    """Return Entra ID's OAuth error: its codes and ids, never its text."""
    listed = answer.get("error_codes")
    codes = [code for code in listed if isinstance(code, int)] if isinstance(listed, list) else []
    if not codes:  # older answers have the number in the text only
        codes = find_entra_codes(str(answer.get("error_description")))
    error, suberror = answer.get("error"), answer.get("suberror")
    return EntraRefused(
        codes,
        error if isinstance(error, str) else None,
        suberror=suberror if isinstance(suberror, str) else None,
        trace=MicrosoftTrace(
            code=f"AADSTS{codes[0]}" if codes else None,
            trace_id=_an_id(answer.get("trace_id")),
            correlation_id=_an_id(answer.get("correlation_id")),
        ),
    )


def _an_id(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and GUID.fullmatch(value) else None
