"""One way to turn a value into bytes, and bytes into a hash."""

from __future__ import annotations

import hashlib
import hmac
import json

# Made once: a call of `json.dumps` with options makes one each time.
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def canonical(value: object) -> bytes:
    """Answer the JSON of a value with sorted keys and no spaces: equal values give equal bytes on every node."""
    return _ENCODER.encode(value).encode()


def sha256(value: object) -> str:
    """Answer the SHA-256 of a value's canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def commitment(salt: str, value: object) -> str:
    """Answer what a hash chain keeps of personal text: a digest that says nothing without the salt.

    The text and its salt can be erased later, and the chain still verifies. Without a salt a short text such as
    「同意」 could be found again by trying.
    """
    return hmac.new(salt.encode(), canonical(value), hashlib.sha256).hexdigest()
