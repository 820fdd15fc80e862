"""A province of four nodes with their keys, and letters of any of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.nodes.core.keys import Charter, NodeKey
from shared.nodes.core.letters import BEGINNING, Letter, Signer, place_in_stream
from shared.nodes.core.nodemap import Node, NodeMap
from shared.nodes.core.receiving import StreamState, Verdict, World, judge
from shared.regions import Regions

NOW = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
NODES = (
    Node(id="hebei", name="河北省", hosts=("130000",), number_blocks=("01",)),
    Node(id="shijiazhuang", name="石家庄市", hosts=("130100",), upper="hebei", number_blocks=("11",)),
    Node(id="tangshan", name="唐山市", hosts=("130200",), upper="hebei", number_blocks=("12",)),
    Node(id="zhengding", name="正定县", hosts=("130123",), upper="shijiazhuang", number_blocks=("13",)),
)
MAP = NodeMap(NODES, Regions.load())
SIGNERS = {node.id: Signer(Signer.new_key(f"{node.id}-1")) for node in NODES}


def key_of(node: str, signer: Signer | None = None, **changed: Any) -> NodeKey:
    signer = signer or SIGNERS[node]
    made = NodeKey(
        kid=signer.kid,
        node_id=node,
        tier="city",
        region=MAP.get(node).hosts[0],
        alg="Ed25519",
        public_key=signer.public_key,
        not_before=NOW - timedelta(days=10),
        not_after=NOW + timedelta(days=300),
        status="active",
        registered_by="张三",
        approved_by="李四",
    )
    return replace(made, **changed)


def charter(*keys: NodeKey, epochs: Mapping[str, int] | None = None, map_: NodeMap = MAP) -> Charter:
    known = {key.kid: key for key in (*(key_of(node.id) for node in NODES), *keys)}
    return Charter(
        version=1,
        issued_at=NOW,
        expires_at=NOW + timedelta(days=400),
        map=map_,
        keys=known,
        epochs=epochs or {},
    )


def world(me: str, made: Charter | None = None) -> World:
    return World(me=me, charter=made or charter(), misfit=lambda _: None)


def event(
    name: str,
    data: Mapping[str, Any],
    *,
    node: str,
    service: str = "records",
    id: str = "e-1",
    time: datetime = NOW,
) -> bytes:
    """An event's bytes as a service's outbox has them."""
    said = {
        "specversion": "1.0",
        "id": id,
        "type": f"{service}.{name}.v1",
        "source": f"/{node}/{service}",
        "subject": "thing/1",
        "time": time.isoformat(),
        "aggregateversion": 1,
        "data": dict(data),
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def registered(serial: int, *, node: str = "shijiazhuang", region: str = "130100", block: str = "11") -> bytes:
    """A volunteer's registration."""
    data = {"volunteer_number": f"A{block}{serial:07d}0", "account_id": "a", "name": "王五", "region": region}
    return event("volunteer.registered", data, node=node, service="registration", id=f"{node}-{serial}")


@dataclass
class Sender:
    """One node as the sender of a stream."""

    node: str
    audience: str
    epoch: int = 1
    seq: int = 0
    hash: str = BEGINNING
    signer: Signer | None = None

    def letter(self, said: bytes, *, at: datetime = NOW) -> Letter:
        """The next letter of the stream."""
        self.seq += 1
        body = place_in_stream(said, audience=self.audience, epoch=self.epoch, seq=self.seq, prev_hash=self.hash)
        made = (self.signer or SIGNERS[self.node]).sign(body, now=at)
        self.hash = made.sha256
        return made

    def begin_anew(self) -> None:
        """Go on in the next epoch."""
        self.epoch, self.seq = self.epoch + 1, 0


@dataclass
class Memory:
    """A receiver's knowledge, in plain dictionaries."""

    states: dict[str, StreamState] = field(default_factory=dict)
    hashes: dict[tuple[str, int, int], str] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)

    def state(self, origin: str) -> StreamState:
        return self.states.get(origin, StreamState())

    def hash_at(self, origin: str, epoch: int, seq: int) -> str | None:
        return self.hashes.get((origin, epoch, seq))

    def has_hash(self, origin: str, hash_: str) -> bool:
        return hash_ in {known for (node, _, _), known in self.hashes.items() if node == origin}

    def content_of(self, event_id: str) -> str | None:
        return self.contents.get(event_id)

    def region_of(self, kind: str, key: str) -> str | None:
        return self.places.get((kind, key))


def received(
    letter: Letter | bytes, *, by: str = "shijiazhuang", me: str = "hebei", memory: Memory | None = None, **made: World
) -> Verdict:
    return judge(bytes(letter), transport=by, view=memory or Memory(), world=made.get("world", world(me)), now=NOW)


def sender() -> Sender:
    return Sender("shijiazhuang", "hebei")
