"""Only tokens that registration signed, for us, now, are believed (S-T01, S-T02)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from shared.errors import Unauthenticated
from shared.identity import Post, Principal, Role, TokenKeys, TokenSigner, TokenVerifier
from shared.identity.tokens import ACCESS_LIFETIME, LEEWAY

NOW = datetime(2026, 9, 20, 4, 0, tzinfo=UTC)
KEYS = TokenKeys.generate()
SIGNER = TokenSigner(KEYS.private)
VERIFIER = TokenVerifier(KEYS.public_set)
WANG = Principal(
    account_id="wang",
    name="王明",
    posts=(
        Post(role=Role.CLERK, region="130123"),
        Post(role=Role.ORGANISATION_ADMIN, region="130123", organisation_id="o1"),
    ),
    volunteer_number="A0100000015",
)
TOKEN = SIGNER.sign(WANG, session_id="s1", now=NOW)


def part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    def read(text: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=="))
        return found

    header, claims, signature = token.split(".")
    return read(header), read(claims), signature


def signed(claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    """Sign anything with our own key, as registration never would."""
    found = {"alg": "Ed25519", "kid": KEYS.private["kid"], **(header or {})}
    return jwt.encode(found, dict(claims), OKPKey.import_key(dict(KEYS.private)), algorithms=["Ed25519"])


def refusal(token: str, *, now: datetime = NOW) -> str:
    with pytest.raises(Unauthenticated) as caught:
        VERIFIER.verify(token, now=now)
    return caught.value.code


def test_a_token_says_who_someone_is() -> None:
    assert VERIFIER.verify(TOKEN, now=NOW) == WANG
    nobody = replace(WANG, posts=(), volunteer_number=None)
    assert VERIFIER.verify(SIGNER.sign(nobody, session_id="s", now=NOW), now=NOW) == nobody


def test_a_token_lives_ten_minutes_and_a_little_leeway() -> None:
    end = NOW + ACCESS_LIFETIME + LEEWAY
    assert VERIFIER.verify(TOKEN, now=end) == WANG
    assert refusal(TOKEN, now=end + timedelta(seconds=1)) == "token_expired"


def test_a_token_from_the_future_is_refused() -> None:
    assert VERIFIER.verify(TOKEN, now=NOW - LEEWAY) == WANG
    assert refusal(TOKEN, now=NOW - LEEWAY - timedelta(seconds=1)) == "token_invalid"


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "NONE", "", None])
def test_unsigned_tokens_are_refused(alg: str | None) -> None:
    header, claims, signature = parts(TOKEN)
    for last in ("", signature):
        assert refusal(f"{part({**header, 'alg': alg})}.{part(claims)}.{last}") == "token_invalid"


def public_key_as(form: str) -> bytes:
    jwk = KEYS.public_set["keys"][0]
    raw = base64.urlsafe_b64decode(jwk["x"] + "==")
    key = Ed25519PublicKey.from_public_bytes(raw)
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    forms: dict[str, bytes] = {
        "raw": raw,
        "base64": jwk["x"].encode(),
        "jwk": json.dumps(jwk).encode(),
        "pem": key.public_bytes(serialization.Encoding.PEM, info),
        "der": key.public_bytes(serialization.Encoding.DER, info),
    }
    return forms[form]


@pytest.mark.parametrize("form", ["raw", "base64", "jwk", "pem", "der"])
def test_the_public_key_is_no_shared_secret(form: str) -> None:
    header, claims, _ = parts(TOKEN)
    body = f"{part({**header, 'alg': 'HS256'})}.{part(claims)}"
    mac = hmac.new(public_key_as(form), body.encode(), hashlib.sha256).digest()
    assert refusal(f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}") == "token_invalid"


@pytest.mark.parametrize(
    "kid", ["", "other", "../../etc/passwd", "' OR 1=1 --", "a\x00b", "https://evil.example/k", None, 7, ["x"]]
)
def test_another_key_id_names_no_key_of_ours(kid: Any) -> None:
    header, claims, signature = parts(TOKEN)
    assert refusal(f"{part({**header, 'kid': kid})}.{part(claims)}.{signature}") == "token_invalid"


def test_a_key_that_comes_with_the_token_is_not_used() -> None:
    mine = TokenKeys.generate()
    stranger = TokenSigner({**mine.private, "kid": KEYS.private["kid"]})
    assert refusal(stranger.sign(WANG, session_id="s", now=NOW)) == "token_invalid"
    assert refusal(TokenSigner(mine.private).sign(WANG, session_id="s", now=NOW)) == "token_invalid"
    header, claims, signature = parts(stranger.sign(WANG, session_id="s", now=NOW))
    for name, value in (
        ("jwk", mine.public_set["keys"][0]),
        ("jku", "https://evil.example/jwks"),
        ("x5u", "https://evil.example/c"),
    ):
        assert refusal(f"{part({**header, name: value})}.{part(claims)}.{signature}") == "token_invalid"


def test_a_critical_header_that_we_do_not_know_is_refused() -> None:
    _, claims, signature = parts(TOKEN)
    header = {"alg": "Ed25519", "kid": KEYS.private["kid"], "crit": ["exp2"], "exp2": 1}
    assert refusal(f"{part(header)}.{part(claims)}.{signature}") == "token_invalid"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "other"},
        {"aud": "other"},
        {"aud": ["anyuan"]},
        {"typ": "refresh"},
        {"exp": "soon"},
        {"nbf": None},
        {"posts": [{"role": "emperor", "region": "130000"}]},
        {"posts": "clerk"},
    ],
)
def test_a_token_for_something_else_is_refused(wrong: dict[str, Any]) -> None:
    _, claims, _ = parts(TOKEN)
    assert refusal(signed({**claims, **wrong})) == "token_invalid"


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "typ", "name", "posts", "exp", "nbf"])
def test_a_token_that_leaves_something_out_is_refused(missing: str) -> None:
    _, claims, _ = parts(TOKEN)
    del claims[missing]
    assert refusal(signed(claims)) == "token_invalid"


@given(place=st.integers(0, len(TOKEN) - 1), character=st.sampled_from("ABab01-_.=é\n"))
def test_a_changed_token_is_refused(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    # The last letter of a part has bits that carry nothing; the same bytes are the same token.
    if base64_parts(changed) != base64_parts(TOKEN):
        assert refusal(changed) == "token_invalid"


def base64_parts(token: str) -> list[bytes] | None:
    try:
        return [base64.urlsafe_b64decode(text + "==") for text in token.split(".")]
    except ValueError:
        return None


@given(st.text(max_size=200))
def test_any_other_text_is_refused(text: str) -> None:
    assert refusal(text) == "token_invalid"


def test_keys_in_use_beside_each_other_are_both_believed() -> None:
    """A key is changed by publishing the new one first and taking the old one away later."""
    new = TokenKeys.generate()
    both = TokenVerifier({"keys": [*KEYS.public_set["keys"], *new.public_set["keys"]]})
    assert both.verify(TOKEN, now=NOW) == WANG
    assert both.verify(TokenSigner(new.private).sign(WANG, session_id="s", now=NOW), now=NOW) == WANG


def test_the_published_set_holds_no_private_part() -> None:
    assert all("d" not in key for key in SIGNER.public_set["keys"])
