"""The province's book of node keys: every change takes two persons, and only the offline root publishes it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.clock import business_date
from shared.errors import Conflict, Invalid, NotFound
from shared.nodes.core.keys import OVERLAP, VALID_FOR, NodeKey, write_charter
from shared.nodes.core.letters import ALGORITHM, BadSignature, Letter, NotALetter, Signer
from shared.nodes.core.nodemap import NodeMap
from shared.nodes.files import write_whole

KEY_LASTS = timedelta(days=730)


class BookRefuses(Invalid):
    """A key is not registered, approved or revoked like this."""

    default_code = "key_refused"
    default_zh = "密钥登记不符合要求"
    default_en = "The key cannot be registered like this"


def new_request(node: str, *, now: datetime, replaces: str | None = None) -> tuple[dict[str, Any], bytes]:
    """Make a private key and the request to register it, which the key itself signs (proof of possession)."""
    kid = f"{node}-{now:%Y%m%d}-{secrets.token_hex(4)}"
    private = Signer.new_key(kid)
    signer = Signer(private)
    # Signatures tell their time in whole seconds: what is signed in the key's first second must not be before it.
    now = now.replace(microsecond=0)
    asked = {
        "kid": kid,
        "node_id": node,
        "public_key": signer.public_key,
        "not_before": now.isoformat(),
        "not_after": (now + KEY_LASTS).isoformat(),
        "replaces": replaces,
    }
    return private, bytes(signer.sign(json.dumps(asked).encode(), now=now))


@dataclass
class Book:
    """The keys of all nodes, and how often each node has begun anew. `version` is that of the last publication."""

    keys: dict[str, NodeKey] = field(default_factory=dict)
    replaces: dict[str, str] = field(default_factory=dict)
    epochs: dict[str, dict[str, Any]] = field(default_factory=dict)
    version: int = 0

    @classmethod
    def read(cls, path: Path) -> Book:
        """Read the book; a missing file is an empty one."""
        if not path.exists():
            return cls()
        found = json.loads(path.read_text(encoding="utf-8"))
        keys = {each["kid"]: NodeKey.of(each) for each in found["keys"]}
        return cls(keys=keys, replaces=found["replaces"], epochs=found["epochs"], version=found["version"])

    def write(self, path: Path) -> None:
        """Write the book, whole or not at all."""
        found = {
            "version": self.version,
            "keys": [key.as_dict() for key in self.keys.values()],
            "replaces": self.replaces,
            "epochs": self.epochs,
        }
        write_whole(path, json.dumps(found, ensure_ascii=False, indent=1).encode(), mode=0o600)

    def register(self, request: bytes, *, by: str, map_: NodeMap, now: datetime) -> NodeKey:
        """Enter a key that a node asks for; it counts for nothing until a second person approves it.

        :raises BookRefuses: when the request is not signed by the key itself, or names no node of the map.
        """
        asked = _proven(request)
        if asked["kid"] in self.keys:
            raise BookRefuses("key_known", zh=f"密钥 {asked['kid']} 已登记", en=f"{asked['kid']} is registered already")
        region = map_.level_of(asked["node_id"], on=business_date(now))
        made = NodeKey(
            kid=asked["kid"],
            node_id=asked["node_id"],
            tier=region.level.value,
            region=region.code,
            alg=ALGORITHM,
            public_key=asked["public_key"],
            not_before=datetime.fromisoformat(asked["not_before"]),
            not_after=datetime.fromisoformat(asked["not_after"]),
            status="registered",
            registered_by=_person(by),
        )
        if asked["replaces"] is not None:
            old = self.get(asked["replaces"])
            if old.node_id != made.node_id:
                raise BookRefuses(zh=f"{old.kid} 属于节点 {old.node_id}", en=f"{old.kid} is a key of {old.node_id}")
            self.replaces[made.kid] = old.kid
        self.keys[made.kid] = made
        return made

    def approve(self, kid: str, *, by: str) -> NodeKey:
        """Let a registered key count; the key it replaces stays good for thirty days more.

        :raises BookRefuses: when the one who registered it approves it.
        """
        key = self.get(kid)
        if key.status != "registered":
            raise Conflict(zh=f"密钥 {kid} 的状态是 {key.status}", en=f"Key {kid} is {key.status}")
        self.keys[kid] = replace(key, status="active", approved_by=_other(by, key.registered_by))
        if kid in self.replaces:
            old = self.get(self.replaces[kid])
            self.keys[old.kid] = replace(old, not_after=min(old.not_after, key.not_before + OVERLAP))
        return self.keys[kid]

    def revoke(self, kid: str, *, by: str, approved_by: str, compromised_at: datetime) -> NodeKey:
        """Take a key out for good: what it signed and was not taken in yet needs a person's release."""
        key, second = self.get(kid), _other(approved_by, by)
        self.keys[kid] = replace(
            key, status="revoked", registered_by=_person(by), approved_by=second, compromised_at=compromised_at
        )
        return self.keys[kid]

    def begin_anew(self, node: str, *, by: str, approved_by: str) -> int:
        """Give a node its next epoch, after it was restored from a backup; answers the epoch."""
        second = _other(approved_by, by)
        epoch = int(self.epochs.get(node, {"epoch": 1})["epoch"]) + 1
        self.epochs[node] = {"epoch": epoch, "opened_by": _person(by), "approved_by": second}
        return epoch

    def get(self, kid: str) -> NodeKey:
        """Answer a key.

        :raises NotFound: when it is not in the book.
        """
        if kid not in self.keys:
            raise NotFound(zh=f"登记簿中没有密钥 {kid}", en=f"The book has no key {kid}")
        return self.keys[kid]

    def publish(self, map_: NodeMap, *, root: Signer, now: datetime, valid_for: timedelta = VALID_FOR) -> bytes:
        """Write the next version of what all nodes go by, signed by the root."""
        map_.check(on=business_date(now))
        self.version += 1
        body = write_charter(
            version=self.version,
            issued_at=now,
            expires_at=now + valid_for,
            nodes=map_,
            keys=_published(self.keys.values()),
            epochs={node: int(opened["epoch"]) for node, opened in self.epochs.items()},
        )
        return bytes(root.sign(body, now=now))


def _published(keys: Iterable[NodeKey]) -> list[NodeKey]:
    return [key for key in keys if key.status != "registered"]


def _proven(request: bytes) -> Mapping[str, Any]:
    try:
        letter = Letter.parse(request)
        asked: Mapping[str, Any] = json.loads(letter.body)
        letter.verify(asked["public_key"])
        if letter.signed_by().kid != asked["kid"]:
            raise BadSignature("another key id in the signature")
    except (NotALetter, BadSignature, ValueError, KeyError, TypeError) as error:
        raise BookRefuses(
            "not_its_own_key", zh="申请不是由该密钥本身签名的", en="The request is not signed by the key itself"
        ) from error
    return asked


def _person(name: str) -> str:
    if not name.strip():
        raise BookRefuses(zh="须写明经办人", en="Name the person who does this")
    return name.strip()


def _other(second: str, first: str) -> str:
    if _person(second) == _person(first):
        raise BookRefuses("two_persons", zh="须由另一人复核", en="A second person must approve it")
    return second.strip()
