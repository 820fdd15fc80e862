"""Makes the secrets of a deployment that are not there yet, and gives each container's volume its own and no others.

Every folder below ROOT is a volume. `operator` holds the passwords of all database roles and broker users, and is where
the others are copied from: to change one, remove its file there and start again. The keys of registration
are made in its own volume and are nowhere else.
"""

import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from services.launcher.keys import KeyFiles
from services.launcher.parts import SERVICES
from shared.identity import TokenKeys, TokenSigner
from shared.sealing import Sealer

ONLY_US = 0o400
# The public images of PostgreSQL and RabbitMQ run under users of their own; nobody else sees their volumes.
WHOEVER_HAS_THE_VOLUME = 0o444


def write(path: Path, text: str, mode: int = ONLY_US) -> None:
    """Write a file whole or not at all; one that says the same already is left alone."""
    if path.exists() and path.read_text() == text:
        return
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.chmod(mode)
    draft.replace(path)
    print(f"wrote {path}")


def keep(path: Path, make: Callable[[], str]) -> str:
    """Answer what a file says, which is made if need be."""
    if not path.exists():
        write(path, make())
    return path.read_text()


def password() -> str:
    """Make a password that needs no quoting anywhere."""
    return secrets.token_hex(24)


def make_keys(root: Path) -> None:
    """Make the keys of registration and give everybody the public ones."""
    own = KeyFiles(root / "registration")
    keep(own.data_key, lambda: json.dumps(Sealer.new_keys()))
    keep(own.token_signing_key, lambda: json.dumps(dict(TokenKeys.generate().private)))
    public = json.dumps(TokenSigner.from_file(own.token_signing_key).public_set)
    for service in SERVICES:
        write(KeyFiles(root / service).token_keys, public)
    keep(KeyFiles(root / "portal").portal_secret, lambda: secrets.token_hex(32))


def make_passwords(root: Path) -> None:
    """Make the passwords of the servers and give each service its own; migrations have the owner's, services not."""
    operator = root / "operator"
    write(root / "postgres" / "postgres", keep(operator / "postgres", password), WHOEVER_HAS_THE_VOLUME)
    for service in SERVICES:
        write(root / f"{service}-owner" / "database", keep(operator / f"{service}_owner.database", password))
        write(root / service / "database", keep(operator / f"{service}.database", password))
        write(root / service / "broker", keep(operator / f"{service}.broker", password))
    first = first_definitions(keep(operator / "administrator.broker", password))
    write(root / "rabbitmq" / "definitions.json", json.dumps(first), WHOEVER_HAS_THE_VOLUME)


def first_definitions(administrator: str) -> dict[str, object]:
    """Answer what RabbitMQ reads when it starts: its administrator, who then makes the other users."""
    # The salt is made from the password, so that the file stays the same from start to start.
    salt = hashlib.sha256(b"salt " + administrator.encode()).digest()[:4]
    digest = salt + hashlib.sha256(salt + administrator.encode()).digest()
    user = {
        "name": "administrator",
        "password_hash": base64.b64encode(digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": ["administrator"],
    }
    rights = {"user": "administrator", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
    return {"users": [user], "vhosts": [{"name": "/"}], "permissions": [rights]}


if __name__ == "__main__":
    make_keys(Path(sys.argv[1]))
    make_passwords(Path(sys.argv[1]))
