"""The tables of the messaging kit, in every service's database."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, String, Table, Text

from shared.storage.append_only import append_only
from shared.storage.kit import InstantUTC, kit_metadata

_Serial = BigInteger().with_variant(Integer, "sqlite")

# Rows come and go, or change, far more often than PostgreSQL expects of a table: it is to clear up after a thousand
# dead rows and not after a fifth of the table, or the relay's index grows until every look at it is slow.
_BUSY = {"autovacuum_vacuum_scale_factor": 0.01, "autovacuum_vacuum_threshold": 1000, "autovacuum_vacuum_cost_delay": 1}
# These rows change in place and no index names what changes, so with room on the page no index entry is written.
_CHANGING = {**_BUSY, "fillfactor": 80}

stream_head = Table(
    "stream_head",
    kit_metadata,
    Column("aggregate_type", String(60), primary_key=True),
    Column("aggregate_id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    postgresql_with=_CHANGING,
    comment="How many events were published about each thing; its row lock keeps them in order",
)

outbox = Table(
    "outbox",
    kit_metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("aggregate_type", String(60), nullable=False),
    Column("aggregate_id", String(100), nullable=False),
    Column("aggregate_version", Integer, nullable=False),
    Column("type", String(120), nullable=False),
    Column("listener", String(60)),
    Column("payload", LargeBinary, nullable=False),
    Column("created_at", InstantUTC, nullable=False),
    Column("sent_at", InstantUTC),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", InstantUTC),
    Column("parked_reason", Text),
    sqlite_autoincrement=True,
    postgresql_with=_BUSY,
    comment="Events that became true with the transaction that wrote them; `listener` is set where only one is told",
)
Index(
    "ix_outbox_unsent",
    outbox.c.id,
    postgresql_where=outbox.c.sent_at.is_(None),
    sqlite_where=outbox.c.sent_at.is_(None),
)
Index("ix_outbox_sent_at", outbox.c.sent_at)
_troubled = outbox.c.sent_at.is_(None) & (outbox.c.attempts > 0)
Index(
    "ix_outbox_troubled",
    outbox.c.aggregate_type,
    outbox.c.aggregate_id,
    postgresql_where=_troubled,
    sqlite_where=_troubled,
)

inbox = Table(
    "inbox",
    kit_metadata,
    Column("event_id", String(100), primary_key=True),
    Column("content_sha256", LargeBinary(32), nullable=False),
    Column("type", String(120), nullable=False),
    Column("received_at", InstantUTC, nullable=False, index=True),
    postgresql_with=_BUSY,
    comment="Every event taken in, in the same transaction as its effect",
)

inbox_mark = Table(
    "inbox_mark",
    kit_metadata,
    Column("source", String(100), primary_key=True),
    Column("aggregate_type", String(60), primary_key=True),
    Column("aggregate_id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    postgresql_with=_CHANGING,
    comment="The newest version applied of each thing; kept for ever",
)

inbox_cursor = Table(
    "inbox_cursor",
    kit_metadata,
    Column("publisher", String(60), primary_key=True),
    Column("last_id", BigInteger, nullable=False),
    comment="Embedded mode: how far this listener has read each publisher's outbox",
)

held_event = Table(
    "held_event",
    kit_metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("event_id", String(100), nullable=False, index=True),
    Column("source", String(100), nullable=False),
    Column("aggregate_type", String(60), nullable=False),
    Column("aggregate_id", String(100), nullable=False),
    Column("type", String(120), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("headers", Text),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", InstantUTC),
    Column("reason", Text, nullable=False),
    Column("held_at", InstantUTC, nullable=False),
    sqlite_autoincrement=True,
    postgresql_with=_BUSY,
    comment="Events not applied yet: waiting for another try, behind an earlier one of the same thing, or dead",
)
Index("ix_held_event_aggregate", held_event.c.source, held_event.c.aggregate_type, held_event.c.aggregate_id)
Index("ix_held_event_due", held_event.c.state, held_event.c.next_attempt_at)

dead_letter_decision = Table(
    "dead_letter_decision",
    kit_metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("held_id", BigInteger, nullable=False),
    Column("event_id", String(100), nullable=False, index=True),
    Column("type", String(120), nullable=False),
    Column("verb", String(10), nullable=False),
    Column("decided_by", String(100), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("dead_because", Text, nullable=False),
    Column("decided_at", InstantUTC, nullable=False),
    CheckConstraint("verb IN ('replay', 'discard')", name="verb"),
    sqlite_autoincrement=True,
    comment="Who had a dead event tried again or given up, and why; never changed",
)
append_only(dead_letter_decision)

parked_release = Table(
    "parked_release",
    kit_metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("event_id", String(36), nullable=False, index=True),
    Column("type", String(120), nullable=False),
    Column("released_by", String(100), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("parked_because", Text, nullable=False),
    Column("released_at", InstantUTC, nullable=False),
    sqlite_autoincrement=True,
    comment="Who had an event tried again that the broker had refused too often, and why; never changed",
)
append_only(parked_release)
