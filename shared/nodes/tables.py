"""The tables of a node's links, in the database of `links`; outbox and inbox beside them are the messaging kit's."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint

from shared.storage.append_only import append_only
from shared.storage.kit import InstantUTC, naming

nodes_metadata = MetaData(naming_convention=naming)
"""What a node keeps of its streams."""

_Serial = BigInteger().with_variant(Integer, "sqlite")
_NODE = String(60)
_HASH = String(64)

stream_out = Table(
    "stream_out",
    nodes_metadata,
    Column("audience", _NODE, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", _HASH, nullable=False),
    Column("held_because", String(60)),
    comment="The last letter written to each node; its row lock gives each letter its place",
)

stream_log = Table(
    "stream_log",
    nodes_metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("audience", _NODE, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("type", String(120), nullable=False),
    Column("hash", _HASH, nullable=False),
    Column("letter", LargeBinary, nullable=False),
    Column("entered_at", InstantUTC, nullable=False),
    Column("receipted_at", InstantUTC),
    Column("refused_code", String(60)),
    UniqueConstraint("audience", "epoch", "seq"),
    UniqueConstraint("audience", "event_id"),
    sqlite_autoincrement=True,
    comment="Every letter written, until it is receipted and ninety days more",
)
Index(
    "ix_stream_log_unreceipted",
    stream_log.c.audience,
    stream_log.c.id,
    postgresql_where=stream_log.c.receipted_at.is_(None),
    sqlite_where=stream_log.c.receipted_at.is_(None),
)
Index("ix_stream_log_receipted_at", stream_log.c.receipted_at)

stream_in = Table(
    "stream_in",
    nodes_metadata,
    Column("origin", _NODE, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", _HASH, nullable=False),
    Column("stopped", String(60)),
    Column("released_to", BigInteger, nullable=False, server_default="0"),
    Column("asked_at", InstantUTC),
    Column("heard_at", InstantUTC),
    Column("back_at", InstantUTC),
    Column("question_at", InstantUTC),
    Column("question_id", String(36)),
    Column("unanswered", Integer, nullable=False, server_default="0"),
    Column("compared_at", InstantUTC),
    Column("differs", String(60)),
    Column("stopped_there", String(60)),
    Column("charter_there", Integer),
    Column("charter_told", Integer),
    comment="How far the stream of each node was taken in, why it stands still if it does, and what that node says",
)

stream_in_log = Table(
    "stream_in_log",
    nodes_metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("origin", _NODE, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("event_id", String(36), nullable=False, index=True),
    Column("content_sha256", _HASH, nullable=False),
    Column("hash", _HASH, nullable=False),
    Column("fate", String(10), nullable=False),
    Column("code", String(60), nullable=False),
    Column("letter", LargeBinary, nullable=False),
    Column("taken_at", InstantUTC, nullable=False, index=True),
    UniqueConstraint("origin", "epoch", "seq"),
    sqlite_autoincrement=True,
    comment="Every letter taken in with what became of it; what another node said stays provable",
)

link_watch = Table(
    "link_watch",
    nodes_metadata,
    Column("node", _NODE, primary_key=True),
    Column("shovel", String(20)),
    Column("queued", BigInteger),
    Column("oldest_queued_at", InstantUTC),
    Column("looked_at", InstantUTC),
    Column("repairs", Integer, nullable=False, server_default="0"),
    Column("repaired_at", InstantUTC),
    comment="What the broker said of the queue to each neighbour, and how often its shovel was made anew since",
)

parked_letter = Table(
    "parked_letter",
    nodes_metadata,
    Column("origin", _NODE, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("prev_hash", _HASH, nullable=False),
    Column("letter", LargeBinary, nullable=False),
    Column("parked_at", InstantUTC, nullable=False),
    comment="Letters that came before earlier ones",
)

quarantine = Table(
    "quarantine",
    nodes_metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("transport", _NODE, nullable=False),
    Column("origin", _NODE, nullable=False),
    Column("check_no", Integer, nullable=False),
    Column("code", String(60), nullable=False),
    Column("detail", Text, nullable=False),
    Column("sha256", _HASH, nullable=False, unique=True),
    Column("letter", LargeBinary, nullable=False),
    Column("times", Integer, nullable=False, server_default="1"),
    Column("put_at", InstantUTC, nullable=False),
    sqlite_autoincrement=True,
    comment="Letters that were not believed, with the check that failed; of an oversized one the beginning",
)

place = Table(
    "place",
    nodes_metadata,
    Column("kind", String(40), primary_key=True),
    Column("key", String(100), primary_key=True),
    Column("region", String(6), nullable=False),
    comment="Where subjects live, as events have told: volunteers, organisations, records, cases",
)

charter = Table(
    "charter",
    nodes_metadata,
    Column("version", Integer, primary_key=True),
    Column("sha256", _HASH, nullable=False),
    Column("expires_at", InstantUTC, nullable=False),
    Column("taken_at", InstantUTC, nullable=False),
    comment="The versions of map and keys that this node has gone by; they only grow",
)

link_trail = Table(
    "link_trail",
    nodes_metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("at", InstantUTC, nullable=False),
    Column("node", _NODE, nullable=False),
    Column("what", String(40), nullable=False),
    Column("code", String(60), nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
    comment="What happened to links besides letters: stops, refusals, releases, repairs, charters",
)
append_only(link_trail)
