"""Making the key files of a node, once."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from shared.identity import TokenKeys
from shared.sealing import Sealer


@dataclass(frozen=True)
class KeyFiles:
    """Where a node's keys lie."""

    folder: Path

    @property
    def token_keys(self) -> Path:
        """The public keys that tokens are checked with."""
        return self.folder / "token-keys.json"

    @property
    def token_signing_key(self) -> Path:
        """The private key that signs tokens."""
        return self.folder / "token-signing-key.json"

    @property
    def data_key(self) -> Path:
        """The keys that seal ID numbers."""
        return self.folder / "data-key.json"

    @property
    def portal_secret(self) -> Path:
        """The secret that signs the portal's cookies."""
        return self.folder / "portal-secret"


def init_keys(folder: Path) -> KeyFiles:
    """Make the keys that are not there yet; those that are stay as they are.

    The public file is written last: where it lies, the private one lies too.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = KeyFiles(folder)
    if not files.data_key.exists():
        _write(files.data_key, json.dumps(Sealer.new_keys()))
    if not files.portal_secret.exists():
        _write(files.portal_secret, secrets.token_hex(32))
    if not files.token_keys.exists():
        keys = TokenKeys.generate()
        _write(files.token_signing_key, json.dumps(dict(keys.private)))
        _write(files.token_keys, json.dumps(keys.public_set))
    return files


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
