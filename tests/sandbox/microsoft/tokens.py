"""Access tokens: JWTs in the form of Graph's own v1 tokens, signed with the simulator's key (facts 3.5)."""

import base64
import functools
import hashlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

LIFETIME = 3599  # seconds, as `expires_in` says
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"


@dataclass(frozen=True)
class SigningKey:
    """The key that signs tokens, with the certificate that the key list shows."""

    private: rsa.RSAPrivateKey
    certificate: bytes
    thumbprint: str

    def public_jwk(self, issuer: str) -> dict[str, Any]:
        """Return the key as `jwks_uri` lists it (facts 3.1)."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.thumbprint,
            "x5t": self.thumbprint,
            "n": _base64url(numbers.n.to_bytes(256)),
            "e": "AQAB",
            "x5c": [base64.b64encode(self.certificate).decode()],
            "issuer": issuer,
        }


@functools.cache
def signing_key() -> SigningKey:
    """Return the process's signing key; made once, since making one takes a while."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox token signing")])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .sign(private, SHA256())
    )
    thumbprint = _base64url(certificate.fingerprint(SHA1()))
    return SigningKey(private, certificate.public_bytes(Encoding.DER), thumbprint)


class InvalidToken(Exception):
    """A token that must be refused; the text is Microsoft's message."""


class Tokens:
    """Issues and checks the simulator's tokens."""

    def __init__(self) -> None:
        self._key = signing_key()
        self._checked: dict[bytes, dict[str, Any]] = {}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a signed token with these claims, as they are."""
        return jwt.encode(
            dict(claims), self._key.private, "RS256", {"x5t": self._key.thumbprint, "kid": self._key.thumbprint}
        )

    def issue(self, now: datetime, tenant_id: str, audience: str, **claims: Any) -> str:
        """Return an access token for this audience; claims that are None or empty are left out, as Entra does."""
        seconds = int(now.timestamp())
        usual = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant_id}/",
            "iat": seconds - 300,
            "nbf": seconds - 300,
            "exp": seconds + LIFETIME,
            "tid": tenant_id,
            "idp": f"https://sts.windows.net/{tenant_id}/",
            "tenant_region_scope": "EU",
            "uti": secrets.token_urlsafe(16),
            "rh": f"1.{secrets.token_urlsafe(12)}.",
            "ver": "1.0",
            "xms_tcdt": 1577836800,
        }
        return self.sign(usual | {name: value for name, value in claims.items() if value})

    def check(self, token: str | None, now: datetime, audiences: set[str]) -> dict[str, Any]:
        """Return the claims of a good token. Raises InvalidToken with one of the messages of facts 2.4."""
        if not token:
            raise InvalidToken("Access token is empty.")
        claims = self._verified(token)
        if claims.get("aud", "").rstrip("/") not in audiences:
            raise InvalidToken("Access token validation failure. Invalid audience.")
        if not claims["nbf"] <= now.timestamp() < claims["exp"]:
            raise InvalidToken("Lifetime validation failed, the token is expired.")
        return claims

    def _verified(self, token: str) -> dict[str, Any]:
        """Return the claims of a token with a good signature; seen tokens are not verified twice."""
        fingerprint = hashlib.sha256(token.encode()).digest()
        if fingerprint not in self._checked:
            try:
                claims = jwt.decode(
                    token,
                    self._key.private.public_key(),
                    ["RS256"],
                    options={
                        "verify_signature": True,
                        "verify_aud": False,
                        "verify_exp": False,
                        "verify_nbf": False,
                        "verify_iat": False,
                        "require": ["exp", "nbf", "aud", "tid"],
                    },
                )
            except jwt.PyJWTError:
                raise InvalidToken("CompactToken validation failed with reason code: 80049228.") from None
            if len(self._checked) > 10_000:
                self._checked.clear()
            self._checked[fingerprint] = claims
        return self._checked[fingerprint]


def new_id() -> str:
    """Return a random GUID."""
    return str(uuid.uuid4())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
