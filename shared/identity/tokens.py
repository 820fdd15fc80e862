"""Access tokens: short-lived Ed25519 JWTs that `registration` signs and every service checks offline."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.errors import Unauthenticated
from shared.identity.people import Post, Principal, Role

ALGORITHM: Final = "Ed25519"
ISSUER = "anyuan"
AUDIENCE = "anyuan"
ACCESS_LIFETIME = timedelta(minutes=10)
LEEWAY = timedelta(seconds=30)


@dataclass(frozen=True)
class TokenKeys:
    """A signing key and the public set that checks its signatures."""

    private: Mapping[str, Any]

    @classmethod
    def generate(cls) -> TokenKeys:
        """Make a new key with a random key id."""
        key = OKPKey.generate_key(ALGORITHM, parameters={"kid": secrets.token_hex(8), "use": "sig", "alg": ALGORITHM})
        return cls(key.as_dict(private=True))

    @property
    def public_set(self) -> dict[str, Any]:
        """Answer the JWKS that services check tokens with."""
        return TokenSigner(self.private).public_set


class TokenSigner:
    """What issues access tokens; only `registration` has one."""

    def __init__(self, private: Mapping[str, Any]) -> None:
        self._key = OKPKey.import_key(dict(private))
        self._kid = str(private["kid"])

    @property
    def public_set(self) -> dict[str, Any]:
        """Answer the JWKS that checks what is signed here."""
        return {"keys": [{**self._key.as_dict(private=False), "use": "sig", "alg": ALGORITHM, "kid": self._kid}]}

    @classmethod
    def from_file(cls, path: Path) -> TokenSigner:
        """Read the private key from a file."""
        return cls(json.loads(path.read_text()))

    def sign(self, principal: Principal, *, session_id: str, now: datetime) -> str:
        """Issue an access token for this person, valid for `ACCESS_LIFETIME`."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": principal.account_id,
            "sid": session_id,
            "typ": "access",
            "name": principal.name,
            "posts": [_post_claim(post) for post in principal.posts],
            "volunteer": principal.volunteer_number,
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + ACCESS_LIFETIME).timestamp()),
            "jti": secrets.token_hex(16),
        }
        return jwt.encode({"alg": ALGORITHM, "kid": self._kid, "typ": "JWT"}, claims, self._key, algorithms=[ALGORITHM])


class TokenVerifier:
    """What checks access tokens, with keys known beforehand and nothing fetched."""

    def __init__(self, public_set: Mapping[str, Any]) -> None:
        self.public_set = public_set
        self._keys = KeySet.import_key_set({"keys": list(public_set["keys"])})

    @classmethod
    def from_file(cls, path: Path) -> TokenVerifier:
        """Read the public key set from a file."""
        return cls(json.loads(path.read_text()))

    def verify(self, token: str, *, now: datetime) -> Principal:
        """Answer whom the token names.

        :raises Unauthenticated: `token_invalid` or `token_expired`.
        """
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
            claims = decoded.claims
            _check_claims(claims, now=now)
            return Principal(
                account_id=str(claims["sub"]),
                name=str(claims["name"]),
                posts=tuple(_post(entry) for entry in claims["posts"]),
                volunteer_number=claims.get("volunteer"),
            )
        except Unauthenticated:
            raise
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unauthenticated(
                "token_invalid", zh="登录凭证无效，请重新登录", en="The token is not valid: sign in again"
            ) from error


def _check_claims(claims: Mapping[str, Any], *, now: datetime) -> None:
    if claims["iss"] != ISSUER or claims["aud"] != AUDIENCE or claims["typ"] != "access":
        raise ValueError("not an access token of ours")
    instant = now.timestamp()
    if instant > int(claims["exp"]) + LEEWAY.total_seconds():
        raise Unauthenticated("token_expired", zh="登录已过期，请重新登录", en="The token has expired: sign in again")
    if instant < int(claims["nbf"]) - LEEWAY.total_seconds():
        raise ValueError("not valid yet")


def _post_claim(post: Post) -> dict[str, str]:
    claim = {"role": post.role.value, "region": post.region}
    return claim | {"organisation": post.organisation_id} if post.organisation_id else claim


def _post(claim: Mapping[str, str]) -> Post:
    return Post(role=Role(claim["role"]), region=claim["region"], organisation_id=claim.get("organisation"))
