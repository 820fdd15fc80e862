"""The public keys of nodes, as the province's root published them: which may sign for which node, and when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.errors import Invalid
from shared.nodes.core.letters import BadSignature, Letter, NotALetter
from shared.nodes.core.nodemap import Node, NodeMap, node_from
from shared.regions import Regions

OVERLAP = timedelta(days=30)
"""How long an old key stays good beside its successor: the longest outage of a link that is planned for."""

VALID_FOR = timedelta(days=400)
"""How long a published charter may be gone by."""

Status = Literal["registered", "active", "revoked"]


class CharterRefused(Invalid):
    """A published list of nodes and keys is not the root's, is older than the one in force, or has expired."""

    default_code = "charter_refused"
    default_zh = "节点与密钥公告无效"
    default_en = "The published nodes and keys are not valid"


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeKey:
    """One key of one node. `registered` becomes `active` by a second person; `revoked` is for good."""

    kid: str
    node_id: str
    tier: str
    region: str
    alg: str
    public_key: Mapping[str, str]
    not_before: datetime
    not_after: datetime
    status: Status
    registered_by: str
    approved_by: str | None = None
    compromised_at: datetime | None = None

    def was_good_at(self, instant: datetime) -> bool:
        """Tell whether what it signed at this instant counts, unless it was stolen."""
        return self.status != "registered" and self.not_before <= instant <= self.not_after

    def as_dict(self) -> dict[str, Any]:
        """Answer it in the form of the files, instants as text."""
        made = asdict(self)
        return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in made.items()}

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> NodeKey:
        """Read it from the form of the files."""
        instants = {
            key: datetime.fromisoformat(given[key]) if given.get(key) else None
            for key in ("not_before", "not_after", "compromised_at")
        }
        return cls(**{**given, **instants})


@dataclass(frozen=True, kw_only=True)
class Charter:
    """What the province's root published: the map, the keys and each node's epoch. Its version only grows."""

    version: int
    issued_at: datetime
    expires_at: datetime
    map: NodeMap
    keys: Mapping[str, NodeKey]
    epochs: Mapping[str, int] = field(default_factory=dict)

    def epoch_of(self, node: str) -> int:
        """Answer how often a node has begun anew (after a restore); the first time is 1."""
        return self.epochs.get(node, 1)

    def is_in_force(self, now: datetime) -> bool:
        """Tell whether it may still be gone by; past its expiry nothing is taken in from other nodes."""
        return now < self.expires_at


def write_charter(
    *,
    version: int,
    issued_at: datetime,
    expires_at: datetime,
    nodes: Iterable[Node],
    keys: Iterable[NodeKey],
    epochs: Mapping[str, int],
) -> bytes:
    """Write the bytes that the root signs."""
    return json.dumps(
        {
            "version": version,
            "issued_at": issued_at.isoformat(),
            "expires_at": expires_at.isoformat(),
            "nodes": {
                node.id: {key: value for key, value in asdict(node).items() if key != "id" and value is not None}
                for node in nodes
            },
            "keys": [key.as_dict() for key in keys],
            "epochs": dict(epochs),
        },
        ensure_ascii=False,
        sort_keys=True,
    ).encode()


def read_charter(raw: bytes, *, root_key: Mapping[str, Any], regions: Regions) -> Charter:
    """Read what the root published, after its signature was checked.

    :raises CharterRefused: when it is not the root's, or cannot be read.
    """
    try:
        letter = Letter.parse(raw)
        letter.verify(root_key)
        found = json.loads(letter.body)
        keys = [NodeKey.of(each) for each in found["keys"]]
        nodes = [node_from(name, _without_tuples(given)) for name, given in found["nodes"].items()]
        return Charter(
            version=int(found["version"]),
            issued_at=datetime.fromisoformat(found["issued_at"]),
            expires_at=datetime.fromisoformat(found["expires_at"]),
            map=NodeMap(nodes, regions),
            keys={key.kid: key for key in keys},
            epochs={node: int(epoch) for node, epoch in found["epochs"].items()},
        )
    except BadSignature as error:
        raise CharterRefused(
            zh="公告不是省级根密钥签发的", en="The charter is not signed by the province's root"
        ) from error
    except (NotALetter, ValueError, KeyError, TypeError) as error:
        raise CharterRefused(zh=f"公告无法读取：{error!r}", en=f"The charter cannot be read: {error!r}") from error


def _without_tuples(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, list | tuple) else value for key, value in given.items()}
