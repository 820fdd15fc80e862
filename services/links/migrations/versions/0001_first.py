"""The tables that links began with."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

POSTGRESQL_TRIGGERS = (
    """
    CREATE OR REPLACE FUNCTION dead_letter_decision_is_append_only() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'dead_letter_decision is append-only'; END $$
    """,
    """
    CREATE TRIGGER dead_letter_decision_no_change
        BEFORE UPDATE OR DELETE OR TRUNCATE ON dead_letter_decision
        FOR EACH STATEMENT
        EXECUTE FUNCTION dead_letter_decision_is_append_only()
    """,
    """
    CREATE OR REPLACE FUNCTION parked_release_is_append_only() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'parked_release is append-only'; END $$
    """,
    """
    CREATE TRIGGER parked_release_no_change
        BEFORE UPDATE OR DELETE OR TRUNCATE ON parked_release
        FOR EACH STATEMENT
        EXECUTE FUNCTION parked_release_is_append_only()
    """,
    """
    CREATE OR REPLACE FUNCTION link_trail_is_append_only() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'link_trail is append-only'; END $$
    """,
    """
    CREATE TRIGGER link_trail_no_change
        BEFORE UPDATE OR DELETE OR TRUNCATE ON link_trail
        FOR EACH STATEMENT
        EXECUTE FUNCTION link_trail_is_append_only()
    """,
)
SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER dead_letter_decision_no_update
        BEFORE UPDATE ON dead_letter_decision
        BEGIN SELECT RAISE(ABORT, 'dead_letter_decision is append-only'); END
    """,
    """
    CREATE TRIGGER dead_letter_decision_no_delete
        BEFORE DELETE ON dead_letter_decision
        BEGIN SELECT RAISE(ABORT, 'dead_letter_decision is append-only'); END
    """,
    """
    CREATE TRIGGER parked_release_no_update
        BEFORE UPDATE ON parked_release
        BEGIN SELECT RAISE(ABORT, 'parked_release is append-only'); END
    """,
    """
    CREATE TRIGGER parked_release_no_delete
        BEFORE DELETE ON parked_release
        BEGIN SELECT RAISE(ABORT, 'parked_release is append-only'); END
    """,
    """
    CREATE TRIGGER link_trail_no_update
        BEFORE UPDATE ON link_trail
        BEGIN SELECT RAISE(ABORT, 'link_trail is append-only'); END
    """,
    """
    CREATE TRIGGER link_trail_no_delete
        BEFORE DELETE ON link_trail
        BEGIN SELECT RAISE(ABORT, 'link_trail is append-only'); END
    """,
)


def upgrade() -> None:
    op.create_table(
        "answered_command",
        sa.Column("account_id", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_answered_command")),
        comment="The answers to commands that carried an Idempotency-Key",
    )
    op.create_index(op.f("ix_answered_command_created_at"), "answered_command", ["created_at"], unique=False)
    op.create_table(
        "dead_letter_decision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("held_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("verb", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("dead_because", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verb IN ('replay', 'discard')", name=op.f("ck_dead_letter_decision_verb")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter_decision")),
        comment="Who had a dead event tried again or given up, and why; never changed",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_dead_letter_decision_event_id"), "dead_letter_decision", ["event_id"], unique=False)
    op.create_table(
        "held_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("aggregate_type", sa.String(length=60), nullable=False),
        sa.Column("aggregate_id", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_event")),
        comment="Events not applied yet: waiting for another try, behind an earlier one of the same thing, or dead",
        postgresql_with={
            "autovacuum_vacuum_scale_factor": 0.01,
            "autovacuum_vacuum_threshold": 1000,
            "autovacuum_vacuum_cost_delay": 1,
        },
        sqlite_autoincrement=True,
    )
    op.create_index("ix_held_event_aggregate", "held_event", ["source", "aggregate_type", "aggregate_id"], unique=False)
    op.create_index("ix_held_event_due", "held_event", ["state", "next_attempt_at"], unique=False)
    op.create_index(op.f("ix_held_event_event_id"), "held_event", ["event_id"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.String(length=100), nullable=False),
        sa.Column("content_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_inbox")),
        comment="Every event taken in, in the same transaction as its effect",
        postgresql_with={
            "autovacuum_vacuum_scale_factor": 0.01,
            "autovacuum_vacuum_threshold": 1000,
            "autovacuum_vacuum_cost_delay": 1,
        },
    )
    op.create_index(op.f("ix_inbox_received_at"), "inbox", ["received_at"], unique=False)
    op.create_table(
        "inbox_cursor",
        sa.Column("publisher", sa.String(length=60), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("publisher", name=op.f("pk_inbox_cursor")),
        comment="Embedded mode: how far this listener has read each publisher's outbox",
    )
    op.create_table(
        "inbox_mark",
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("aggregate_type", sa.String(length=60), nullable=False),
        sa.Column("aggregate_id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "aggregate_type", "aggregate_id", name=op.f("pk_inbox_mark")),
        comment="The newest version applied of each thing; kept for ever",
        postgresql_with={
            "autovacuum_vacuum_scale_factor": 0.01,
            "autovacuum_vacuum_threshold": 1000,
            "autovacuum_vacuum_cost_delay": 1,
            "fillfactor": 80,
        },
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("aggregate_type", sa.String(length=60), nullable=False),
        sa.Column("aggregate_id", sa.String(length=100), nullable=False),
        sa.Column("aggregate_version", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("listener", sa.String(length=60), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parked_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
        comment="Events that became true with the transaction that wrote them; `listener` is set where only one is told",
        postgresql_with={
            "autovacuum_vacuum_scale_factor": 0.01,
            "autovacuum_vacuum_threshold": 1000,
            "autovacuum_vacuum_cost_delay": 1,
        },
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_sent_at", "outbox", ["sent_at"], unique=False)
    op.create_index(
        "ix_outbox_troubled",
        "outbox",
        ["aggregate_type", "aggregate_id"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL AND attempts > 0"),
        sqlite_where=sa.text("sent_at IS NULL AND attempts > 0"),
    )
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["id"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
        sqlite_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "parked_release",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("released_by", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("parked_because", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_release")),
        comment="Who had an event tried again that the broker had refused too often, and why; never changed",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_parked_release_event_id"), "parked_release", ["event_id"], unique=False)
    op.create_table(
        "stream_head",
        sa.Column("aggregate_type", sa.String(length=60), nullable=False),
        sa.Column("aggregate_id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("aggregate_type", "aggregate_id", name=op.f("pk_stream_head")),
        comment="How many events were published about each thing; its row lock keeps them in order",
        postgresql_with={
            "autovacuum_vacuum_scale_factor": 0.01,
            "autovacuum_vacuum_threshold": 1000,
            "autovacuum_vacuum_cost_delay": 1,
            "fillfactor": 80,
        },
    )
    op.create_table(
        "charter",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_charter")),
        comment="The versions of map and keys that this node has gone by; they only grow",
    )
    op.create_table(
        "link_trail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_trail")),
        comment="What happened to links besides letters: stops, refusals, releases, repairs, charters",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "link_watch",
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("shovel", sa.String(length=20), nullable=True),
        sa.Column("queued", sa.BigInteger(), nullable=True),
        sa.Column("oldest_queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repairs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("repaired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_link_watch")),
        comment="What the broker said of the queue to each neighbour, and how often its shovel was made anew since",
    )
    op.create_table(
        "parked_letter",
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("origin", "epoch", "seq", name=op.f("pk_parked_letter")),
        comment="Letters that came before earlier ones",
    )
    op.create_table(
        "place",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_place")),
        comment="Where subjects live, as events have told: volunteers, organisations, records, cases",
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("transport", sa.String(length=60), nullable=False),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("check_no", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("sha256", name=op.f("uq_quarantine_sha256")),
        comment="Letters that were not believed, with the check that failed; of an oversized one the beginning",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "stream_in",
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("stopped", sa.String(length=60), nullable=True),
        sa.Column("released_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("question_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("question_id", sa.String(length=36), nullable=True),
        sa.Column("unanswered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("differs", sa.String(length=60), nullable=True),
        sa.Column("stopped_there", sa.String(length=60), nullable=True),
        sa.Column("charter_there", sa.Integer(), nullable=True),
        sa.Column("charter_told", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_stream_in")),
        comment="How far the stream of each node was taken in, why it stands still if it does, and what that node says",
    )
    op.create_table(
        "stream_in_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("fate", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_in_log")),
        sa.UniqueConstraint("origin", "epoch", "seq", name=op.f("uq_stream_in_log_origin_epoch_seq")),
        comment="Every letter taken in with what became of it; what another node said stays provable",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_stream_in_log_event_id"), "stream_in_log", ["event_id"], unique=False)
    op.create_index(op.f("ix_stream_in_log_taken_at"), "stream_in_log", ["taken_at"], unique=False)
    op.create_table(
        "stream_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("audience", sa.String(length=60), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_code", sa.String(length=60), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_log")),
        sa.UniqueConstraint("audience", "epoch", "seq", name=op.f("uq_stream_log_audience_epoch_seq")),
        sa.UniqueConstraint("audience", "event_id", name=op.f("uq_stream_log_audience_event_id")),
        comment="Every letter written, until it is receipted and ninety days more",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stream_log_receipted_at", "stream_log", ["receipted_at"], unique=False)
    op.create_index(
        "ix_stream_log_unreceipted",
        "stream_log",
        ["audience", "id"],
        unique=False,
        postgresql_where=sa.text("receipted_at IS NULL"),
        sqlite_where=sa.text("receipted_at IS NULL"),
    )
    op.create_table(
        "stream_out",
        sa.Column("audience", sa.String(length=60), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("held_because", sa.String(length=60), nullable=True),
        sa.PrimaryKeyConstraint("audience", name=op.f("pk_stream_out")),
        comment="The last letter written to each node; its row lock gives each letter its place",
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL_TRIGGERS if is_postgresql else SQLITE_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("stream_out")
    op.drop_index(
        "ix_stream_log_unreceipted",
        table_name="stream_log",
        postgresql_where=sa.text("receipted_at IS NULL"),
        sqlite_where=sa.text("receipted_at IS NULL"),
    )
    op.drop_index("ix_stream_log_receipted_at", table_name="stream_log")
    op.drop_table("stream_log")
    op.drop_index(op.f("ix_stream_in_log_taken_at"), table_name="stream_in_log")
    op.drop_index(op.f("ix_stream_in_log_event_id"), table_name="stream_in_log")
    op.drop_table("stream_in_log")
    op.drop_table("stream_in")
    op.drop_table("quarantine")
    op.drop_table("place")
    op.drop_table("parked_letter")
    op.drop_table("link_watch")
    op.drop_table("link_trail")
    op.drop_table("charter")
    op.drop_table("stream_head")
    op.drop_index(op.f("ix_parked_release_event_id"), table_name="parked_release")
    op.drop_table("parked_release")
    op.drop_index(
        "ix_outbox_unsent",
        table_name="outbox",
        postgresql_where=sa.text("sent_at IS NULL"),
        sqlite_where=sa.text("sent_at IS NULL"),
    )
    op.drop_index(
        "ix_outbox_troubled",
        table_name="outbox",
        postgresql_where=sa.text("sent_at IS NULL AND attempts > 0"),
        sqlite_where=sa.text("sent_at IS NULL AND attempts > 0"),
    )
    op.drop_index("ix_outbox_sent_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("inbox_mark")
    op.drop_table("inbox_cursor")
    op.drop_index(op.f("ix_inbox_received_at"), table_name="inbox")
    op.drop_table("inbox")
    op.drop_index(op.f("ix_held_event_event_id"), table_name="held_event")
    op.drop_index("ix_held_event_due", table_name="held_event")
    op.drop_index("ix_held_event_aggregate", table_name="held_event")
    op.drop_table("held_event")
    op.drop_index(op.f("ix_dead_letter_decision_event_id"), table_name="dead_letter_decision")
    op.drop_table("dead_letter_decision")
    op.drop_index(op.f("ix_answered_command_created_at"), table_name="answered_command")
    op.drop_table("answered_command")
    if op.get_bind().dialect.name == "postgresql":
        # The triggers went with their tables, the functions they call did not.
        for function in (
            "dead_letter_decision_is_append_only",
            "parked_release_is_append_only",
            "link_trail_is_append_only",
        ):
            op.execute(f"DROP FUNCTION {function}()")
