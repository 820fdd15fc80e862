"""Sealing personal numbers: AES-256-GCM bound to one row and column, and a keyed index for equality.

The sealed form is version(1) | algorithm(1) | key id(4) | nonce(12) | ciphertext and tag, so that keys and
algorithms can change while old rows stay readable.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = 1
_AES_256_GCM = 1
_HEAD = struct.Struct(">BBI")
_NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed value was moved, altered, or sealed with a key that is not here."""


@dataclass(frozen=True)
class Sealer:
    """What seals and opens values; its keys never show in its representation."""

    keys: Mapping[int, bytes] = field(repr=False)
    active: int
    index_key: bytes = field(repr=False)

    @classmethod
    def from_file(cls, path: Path) -> Sealer:
        """Read the keys from a file made by `new_keys`."""
        found = json.loads(path.read_text())
        return cls(
            keys={int(number): base64.b64decode(key) for number, key in found["keys"].items()},
            active=found["active"],
            index_key=base64.b64decode(found["index"]),
        )

    @staticmethod
    def new_keys() -> dict[str, object]:
        """Make fresh keys, in the form that is written to a file."""
        fresh = [base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2)]
        return {"active": 1, "keys": {"1": fresh[0]}, "index": fresh[1]}

    def seal(self, value: str, *, place: str) -> bytes:
        """Encrypt a value for one place, written `table/column/row id`; it opens nowhere else."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self.keys[self.active]).encrypt(nonce, value.encode(), place.encode())
        return _HEAD.pack(_VERSION, _AES_256_GCM, self.active) + nonce + sealed

    def open(self, sealed: bytes, *, place: str) -> str:
        """Decrypt a value sealed for this place.

        :raises SealBroken: when it was moved or altered, or its key is not here.
        """
        try:
            version, algorithm, key_id = _HEAD.unpack_from(sealed)
            if (version, algorithm) != (_VERSION, _AES_256_GCM):
                raise SealBroken(f"sealed in form {version}.{algorithm}")
            nonce = sealed[_HEAD.size : _HEAD.size + _NONCE_BYTES]
            return (
                AESGCM(self.keys[key_id]).decrypt(nonce, sealed[_HEAD.size + _NONCE_BYTES :], place.encode()).decode()
            )
        except (InvalidTag, KeyError, struct.error, ValueError) as error:
            raise SealBroken(f"cannot be opened at {place}") from error

    def index(self, value: str, *, purpose: str) -> bytes:
        """Answer a keyed hash by which equal values are found without being readable."""
        return hmac.new(self.index_key, f"{purpose}\0{value}".encode(), hashlib.sha256).digest()
