"""The tables that reporting began with."""

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
    CREATE OR REPLACE FUNCTION approval_refuse_change() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' keeps what was written', ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    """
    CREATE OR REPLACE TRIGGER approval_event_unchanged
        BEFORE UPDATE ON approval_event
        FOR EACH ROW
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_event_undeleted
        BEFORE DELETE ON approval_event
        FOR EACH ROW
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_command_unchanged
        BEFORE UPDATE ON approval_command
        FOR EACH ROW
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_command_undeleted
        BEFORE DELETE ON approval_command
        FOR EACH ROW
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_attempt_unchanged
        BEFORE UPDATE ON approval_attempt
        FOR EACH ROW
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_attempt_undeleted
        BEFORE DELETE ON approval_attempt
        FOR EACH ROW
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_decision_unchanged
        BEFORE UPDATE OF case_id, origin, seq, at, round, stage, task, verb, actor_id, on_behalf_of, command_id, commitment, prev_hash, hash ON approval_decision
        FOR EACH ROW
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_decision_undeleted
        BEFORE DELETE ON approval_decision
        FOR EACH ROW
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_decision_unsaid
        BEFORE UPDATE OF actor_name, opinion, signature, remarks, salt ON approval_decision
        FOR EACH ROW
        WHEN (NEW.actor_name IS NOT NULL OR NEW.opinion IS NOT NULL OR NEW.signature IS NOT NULL OR NEW.remarks IS NOT NULL OR NEW.salt IS NOT NULL)
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_round_unchanged
        BEFORE UPDATE OF case_id, round, def_key, def_version, def_sha, commitment, opened_at ON approval_round
        FOR EACH ROW
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_round_undeleted
        BEFORE DELETE ON approval_round
        FOR EACH ROW
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_round_unsaid
        BEFORE UPDATE OF content, salt ON approval_round
        FOR EACH ROW
        WHEN (NEW.content IS NOT NULL OR NEW.salt IS NOT NULL)
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_definition_unchanged
        BEFORE UPDATE OF key, version, body, sha256, saved_by, saved_at, published_by, published_at ON approval_definition
        FOR EACH ROW
        WHEN (NOT (OLD.state = 'draft'))
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_definition_undeleted
        BEFORE DELETE ON approval_definition
        FOR EACH ROW
        WHEN (NOT (OLD.state = 'draft'))
        EXECUTE FUNCTION approval_refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER approval_definition_forward
        BEFORE UPDATE OF state ON approval_definition
        FOR EACH ROW
        WHEN (OLD.state = 'retired' OR (OLD.state = 'published' AND NEW.state <> 'retired'))
        EXECUTE FUNCTION approval_refuse_change()
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
    CREATE TRIGGER IF NOT EXISTS approval_event_unchanged
        BEFORE UPDATE ON approval_event
        FOR EACH ROW
        BEGIN SELECT RAISE(ABORT, 'approval_event keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_event_undeleted
        BEFORE DELETE ON approval_event
        FOR EACH ROW
        BEGIN SELECT RAISE(ABORT, 'approval_event keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_command_unchanged
        BEFORE UPDATE ON approval_command
        FOR EACH ROW
        BEGIN SELECT RAISE(ABORT, 'approval_command keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_command_undeleted
        BEFORE DELETE ON approval_command
        FOR EACH ROW
        BEGIN SELECT RAISE(ABORT, 'approval_command keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_attempt_unchanged
        BEFORE UPDATE ON approval_attempt
        FOR EACH ROW
        BEGIN SELECT RAISE(ABORT, 'approval_attempt keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_attempt_undeleted
        BEFORE DELETE ON approval_attempt
        FOR EACH ROW
        BEGIN SELECT RAISE(ABORT, 'approval_attempt keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_decision_unchanged
        BEFORE UPDATE OF case_id, origin, seq, at, round, stage, task, verb, actor_id, on_behalf_of, command_id, commitment, prev_hash, hash ON approval_decision
        FOR EACH ROW
        BEGIN SELECT RAISE(ABORT, 'approval_decision keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_decision_undeleted
        BEFORE DELETE ON approval_decision
        FOR EACH ROW
        BEGIN SELECT RAISE(ABORT, 'approval_decision keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_decision_unsaid
        BEFORE UPDATE OF actor_name, opinion, signature, remarks, salt ON approval_decision
        FOR EACH ROW
        WHEN NEW.actor_name IS NOT NULL OR NEW.opinion IS NOT NULL OR NEW.signature IS NOT NULL OR NEW.remarks IS NOT NULL OR NEW.salt IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'approval_decision keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_round_unchanged
        BEFORE UPDATE OF case_id, round, def_key, def_version, def_sha, commitment, opened_at ON approval_round
        FOR EACH ROW
        BEGIN SELECT RAISE(ABORT, 'approval_round keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_round_undeleted
        BEFORE DELETE ON approval_round
        FOR EACH ROW
        BEGIN SELECT RAISE(ABORT, 'approval_round keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_round_unsaid
        BEFORE UPDATE OF content, salt ON approval_round
        FOR EACH ROW
        WHEN NEW.content IS NOT NULL OR NEW.salt IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'approval_round keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_definition_unchanged
        BEFORE UPDATE OF key, version, body, sha256, saved_by, saved_at, published_by, published_at ON approval_definition
        FOR EACH ROW
        WHEN NOT (OLD.state = 'draft')
        BEGIN SELECT RAISE(ABORT, 'approval_definition keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_definition_undeleted
        BEFORE DELETE ON approval_definition
        FOR EACH ROW
        WHEN NOT (OLD.state = 'draft')
        BEGIN SELECT RAISE(ABORT, 'approval_definition keeps what was written'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS approval_definition_forward
        BEFORE UPDATE OF state ON approval_definition
        FOR EACH ROW
        WHEN OLD.state = 'retired' OR (OLD.state = 'published' AND NEW.state <> 'retired')
        BEGIN SELECT RAISE(ABORT, 'approval_definition keeps what was written'); END
    """,
)


def upgrade() -> None:
    op.create_table(
        "known_organisation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("head_account_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_organisation")),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("activity_id", sa.String(length=32), nullable=False),
        sa.Column("activity_name", sa.String(length=100), nullable=False),
        sa.Column("project_name", sa.String(length=100), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("organisation_name", sa.String(length=100), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("beneficiaries", sa.String(length=100), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("leader", sa.String(length=60), nullable=False),
        sa.Column("recorder", sa.String(length=60), nullable=False),
        sa.Column("recorder_account_id", sa.String(length=32), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("state = 'draft' OR case_id IS NOT NULL", name=op.f("ck_report_case_if_submitted")),
        sa.CheckConstraint(
            "state IN ('draft','running','returned','approved','rejected','revoked')", name=op.f("ck_report_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("activity_id", name=op.f("uq_report_activity_id")),
    )
    op.create_index("ix_report_organisation", "report", ["organisation_id", "id"], unique=False)
    op.create_index("ix_report_region", "report", ["region", "id"], unique=False)
    op.create_table(
        "report_line",
        sa.Column("report_id", sa.String(length=32), nullable=False),
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("volunteer_number", sa.String(length=12), nullable=False),
        sa.Column("volunteer_name", sa.String(length=60), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("starts", sa.String(length=5), nullable=False),
        sa.Column("ends", sa.String(length=5), nullable=False),
        sa.Column("shift_hundredths", sa.Integer(), nullable=False),
        sa.Column("recorded_hundredths", sa.Integer(), nullable=False),
        sa.Column("hours_hundredths", sa.Integer(), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "hours_hundredths > 0 AND hours_hundredths <= shift_hundredths",
            name=op.f("ck_report_line_hours_within_shift"),
        ),
        sa.CheckConstraint("quality BETWEEN 1 AND 5", name=op.f("ck_report_line_quality")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_line_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", "record_id", name=op.f("pk_report_line")),
    )
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
        "approval_absence",
        sa.Column("absence_id", sa.String(length=60), nullable=False),
        sa.Column("delegator_id", sa.String(length=60), nullable=False),
        sa.Column("delegator_name", sa.String(length=100), nullable=False),
        sa.Column("delegate_id", sa.String(length=60), nullable=False),
        sa.Column("delegate_name", sa.String(length=100), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_types", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("delegator_id <> delegate_id", name=op.f("ck_approval_absence_another_person")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_approval_absence_period")),
        sa.PrimaryKeyConstraint("absence_id", name=op.f("pk_approval_absence")),
    )
    op.create_index("ix_approval_absence_delegate", "approval_absence", ["delegate_id", "ends_at"], unique=False)
    op.create_index("ix_approval_absence_delegator", "approval_absence", ["delegator_id", "ends_at"], unique=False)
    op.create_table(
        "approval_attempt",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=60), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("command_id", sa.String(length=255), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("trace_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_attempt")),
    )
    op.create_index(op.f("ix_approval_attempt_at"), "approval_attempt", ["at"], unique=False)
    op.create_index(op.f("ix_approval_attempt_case_id"), "approval_attempt", ["case_id"], unique=False)
    op.create_table(
        "approval_calendar_alarm",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("year", "region", name=op.f("pk_approval_calendar_alarm")),
    )
    op.create_table(
        "approval_definition",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("saved_by", sa.String(length=60), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(length=60), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.String(length=60), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'draft') = (published_at IS NULL)", name=op.f("ck_approval_definition_published")),
        sa.CheckConstraint(
            "(state = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_approval_definition_retired")
        ),
        sa.CheckConstraint(
            "state IN ('draft','published','retired','known')", name=op.f("ck_approval_definition_state")
        ),
        sa.CheckConstraint("version >= 1 AND rev >= 1", name=op.f("ck_approval_definition_counts")),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_approval_definition")),
    )
    op.create_index(
        "uq_approval_definition_draft",
        "approval_definition",
        ["key"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
        sqlite_where=sa.text("state = 'draft'"),
    )
    op.create_index(
        "uq_approval_definition_published",
        "approval_definition",
        ["key"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
        sqlite_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "approval_phrase",
        sa.Column("account_id", sa.String(length=60), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "place", name=op.f("pk_approval_phrase")),
    )
    op.create_table(
        "approval_post",
        sa.Column("post_id", sa.String(length=60), nullable=False),
        sa.Column("account_id", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", sa.String(length=60), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_approval_post")),
    )
    op.create_index(op.f("ix_approval_post_account_id"), "approval_post", ["account_id"], unique=False)
    op.create_index("ix_approval_post_seat", "approval_post", ["region", "role"], unique=False)
    op.create_table(
        "approval_workday_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loads", sa.Integer(), nullable=False),
        sa.CheckConstraint("loads >= 1", name=op.f("ck_approval_workday_year_loads")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_approval_workday_year")),
    )
    op.create_table(
        "approval_case",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("business_type", sa.String(length=60), nullable=False),
        sa.Column("business_id", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("home_region", sa.String(length=12), nullable=False),
        sa.Column("token_region", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", sa.String(length=60), nullable=True),
        sa.Column("initiator_id", sa.String(length=60), nullable=False),
        sa.Column("initiator_name", sa.String(length=100), nullable=False),
        sa.Column("def_key", sa.String(length=60), nullable=False),
        sa.Column("def_version", sa.Integer(), nullable=False),
        sa.Column("def_sha", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("last_verb", sa.String(length=20), nullable=False),
        sa.Column("last_id", sa.String(length=60), nullable=False),
        sa.Column("last_name", sa.String(length=100), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trail_seq", sa.Integer(), nullable=False),
        sa.Column("trail_hash", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parent_case", sa.String(length=40), nullable=True),
        sa.Column("parent_stage", sa.Integer(), nullable=True),
        sa.Column("token", sa.String(length=20), nullable=False),
        sa.Column("handover", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NOT NULL) = (state IN ('approved','rejected','revoked','terminated','withdrawn'))",
            name=op.f("ck_approval_case_closed"),
        ),
        sa.CheckConstraint(
            "(suspended_at IS NOT NULL) = (state = 'suspended')", name=op.f("ck_approval_case_suspended")
        ),
        sa.CheckConstraint(
            "handover >= 0 AND (token = 'here' OR handover >= 1)", name=op.f("ck_approval_case_handover")
        ),
        sa.CheckConstraint("state <> 'withdrawing' OR token = 'away'", name=op.f("ck_approval_case_withdrawing")),
        sa.CheckConstraint(
            "state IN ('draft','running','returned','suspended','withdrawing','withdrawn','approved','rejected','terminated','revoked')",
            name=op.f("ck_approval_case_state"),
        ),
        sa.CheckConstraint(
            "token IN ('here','away','guest','given_back','refused')", name=op.f("ck_approval_case_token")
        ),
        sa.CheckConstraint("round >= 1 AND rev >= 1", name=op.f("ck_approval_case_counts")),
        sa.ForeignKeyConstraint(
            ["def_key", "def_version"],
            ["approval_definition.key", "approval_definition.version"],
            name=op.f("fk_approval_case_def_key_def_version"),
        ),
        sa.ForeignKeyConstraint(["parent_case"], ["approval_case.id"], name=op.f("fk_approval_case_parent_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_case")),
    )
    op.create_index("ix_approval_case_business", "approval_case", ["business_type", "business_id"], unique=False)
    op.create_index("ix_approval_case_home_region", "approval_case", ["home_region", "opened_at"], unique=False)
    op.create_index("ix_approval_case_initiator", "approval_case", ["initiator_id", "opened_at"], unique=False)
    op.create_index(op.f("ix_approval_case_organisation_id"), "approval_case", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_approval_case_parent_case"), "approval_case", ["parent_case"], unique=False)
    op.create_index(
        "ix_approval_case_refused",
        "approval_case",
        ["id"],
        unique=False,
        postgresql_where=sa.text("token = 'refused'"),
        sqlite_where=sa.text("token = 'refused'"),
    )
    op.create_index(
        "ix_approval_case_stopped",
        "approval_case",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('suspended','withdrawing')"),
        sqlite_where=sa.text("state IN ('suspended','withdrawing')"),
    )
    op.create_index(
        "ix_approval_case_under_way",
        "approval_case",
        ["initiator_id", "state"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('approved','rejected','revoked','terminated','withdrawn')"),
        sqlite_where=sa.text("state NOT IN ('approved','rejected','revoked','terminated','withdrawn')"),
    )
    op.create_index(
        "uq_approval_case_open",
        "approval_case",
        ["business_type", "business_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('approved','rejected','revoked','terminated','withdrawn')"),
        sqlite_where=sa.text("state NOT IN ('approved','rejected','revoked','terminated','withdrawn')"),
    )
    op.create_table(
        "approval_workday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["year"], ["approval_workday_year.year"], name=op.f("fk_approval_workday_year")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_approval_workday")),
    )
    op.create_index(op.f("ix_approval_workday_year"), "approval_workday", ["year"], unique=False)
    op.create_table(
        "approval_barred",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["approval_case.id"], name=op.f("fk_approval_barred_case_id")),
        sa.PrimaryKeyConstraint("case_id", "account_id", name=op.f("pk_approval_barred")),
    )
    op.create_index(op.f("ix_approval_barred_account_id"), "approval_barred", ["account_id"], unique=False)
    op.create_table(
        "approval_command",
        sa.Column("command_id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("request_sha", sa.String(length=64), nullable=False),
        sa.Column("response", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["approval_case.id"], name=op.f("fk_approval_command_case_id")),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_approval_command")),
    )
    op.create_index(op.f("ix_approval_command_case_id"), "approval_command", ["case_id"], unique=False)
    op.create_table(
        "approval_decision",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=True),
        sa.Column("task", sa.Integer(), nullable=True),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=60), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=60), nullable=True),
        sa.Column("command_id", sa.String(length=255), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=100), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("signature", sa.String(length=200), nullable=True),
        sa.Column("remarks", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("salt", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "verb IN ('submit','approve','reject','return','resubmit','withdraw','take_back','request_revocation','terminate','claim','unclaim','transfer','delegate','resolve','add_sign','remove_sign','cc','mark_read','remind','comment','consult','answer','suspend','resume','migrate','hand_over_all','amend')",
            name=op.f("ck_approval_decision_verb"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["approval_case.id"], name=op.f("fk_approval_decision_case_id")),
        sa.PrimaryKeyConstraint("case_id", "origin", "seq", name=op.f("pk_approval_decision")),
        sa.UniqueConstraint("command_id", "origin", name=op.f("uq_approval_decision_command_id_origin")),
    )
    op.create_index(
        "ix_approval_decision_done",
        "approval_decision",
        ["actor_id", "at", "case_id", "verb"],
        unique=False,
        postgresql_where=sa.text("verb IN ('approve','reject','return','resolve','answer')"),
        sqlite_where=sa.text("verb IN ('approve','reject','return','resolve','answer')"),
    )
    op.create_table(
        "approval_event",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=True),
        sa.Column("task", sa.Integer(), nullable=True),
        sa.Column("region", sa.String(length=12), nullable=True),
        sa.Column("role", sa.String(length=60), nullable=True),
        sa.Column("actor_id", sa.String(length=60), nullable=True),
        sa.Column("decision_hash", sa.String(length=64), nullable=True),
        sa.Column("facts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["approval_case.id"], name=op.f("fk_approval_event_case_id")),
        sa.PrimaryKeyConstraint("case_id", "origin", "seq", name=op.f("pk_approval_event")),
    )
    op.create_table(
        "approval_round",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("def_key", sa.String(length=60), nullable=False),
        sa.Column("def_version", sa.Integer(), nullable=False),
        sa.Column("def_sha", sa.String(length=64), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("salt", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["approval_case.id"], name=op.f("fk_approval_round_case_id")),
        sa.PrimaryKeyConstraint("case_id", "round", name=op.f("pk_approval_round")),
    )
    op.create_table(
        "approval_stage",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("last_round", sa.Integer(), nullable=False),
        sa.Column("visit", sa.Integer(), nullable=False),
        sa.Column("node_key", sa.String(length=60), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("pass_op", sa.String(length=2), nullable=True),
        sa.Column("pass_value", sa.Integer(), nullable=True),
        sa.Column("denominator", sa.String(length=20), nullable=True),
        sa.Column("veto", sa.Boolean(), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("clock_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_is_provisional", sa.Boolean(), nullable=False),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.CheckConstraint("(mode = 'vote') = (pass_value IS NOT NULL)", name=op.f("ck_approval_stage_vote")),
        sa.CheckConstraint("(mode IN ('all','vote')) = (veto IS NOT NULL)", name=op.f("ck_approval_stage_veto")),
        sa.CheckConstraint("denominator IN ('count','ratio','weight')", name=op.f("ck_approval_stage_denominator")),
        sa.CheckConstraint("mode IN ('sequential','any','all','vote')", name=op.f("ck_approval_stage_mode")),
        sa.CheckConstraint("pass_op IN ('>=','>')", name=op.f("ck_approval_stage_pass_op")),
        sa.CheckConstraint(
            "state IN ('waiting','open','held','passed','rejected','returned','cancelled')",
            name=op.f("ck_approval_stage_state"),
        ),
        sa.CheckConstraint(
            "(pass_value IS NULL) = (denominator IS NULL)", name=op.f("ck_approval_stage_vote_denominator")
        ),
        sa.CheckConstraint("(pass_value IS NULL) = (pass_op IS NULL)", name=op.f("ck_approval_stage_vote_operator")),
        sa.CheckConstraint("due_at IS NULL OR clock_from IS NOT NULL", name=op.f("ck_approval_stage_due")),
        sa.CheckConstraint("last_round >= round", name=op.f("ck_approval_stage_last_round")),
        sa.ForeignKeyConstraint(["case_id"], ["approval_case.id"], name=op.f("fk_approval_stage_case_id")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_approval_stage")),
        sa.UniqueConstraint(
            "case_id", "round", "visit", "node_key", name=op.f("uq_approval_stage_case_id_round_visit_node_key")
        ),
    )
    op.create_index(
        "ix_approval_stage_active",
        "approval_stage",
        ["region", "state"],
        unique=False,
        postgresql_where=sa.text("state IN ('open','held')"),
        sqlite_where=sa.text("state IN ('open','held')"),
    )
    op.create_index(
        "ix_approval_stage_provisional",
        "approval_stage",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_is_provisional AND state IN ('open','held')"),
        sqlite_where=sa.text("due_is_provisional AND state IN ('open','held')"),
    )
    op.create_table(
        "approval_task",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=True),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("assignee", sa.String(length=60), nullable=True),
        sa.Column("assignee_name", sa.String(length=100), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=60), nullable=True),
        sa.Column("on_behalf_of_name", sa.String(length=100), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.String(length=60), nullable=True),
        sa.Column("ended_by_name", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (state IN ('waiting','open','claimed','delegated'))",
            name=op.f("ck_approval_task_ended"),
        ),
        sa.CheckConstraint("(kind = 'cc') OR state <> 'read'", name=op.f("ck_approval_task_read")),
        sa.CheckConstraint("kind IN ('approve','cc') OR parent IS NOT NULL", name=op.f("ck_approval_task_parent")),
        sa.CheckConstraint(
            "kind IN ('approve','delegate','sign_before','sign_after','sign_parallel','consult','cc')",
            name=op.f("ck_approval_task_kind"),
        ),
        sa.CheckConstraint("state <> 'claimed' OR assignee IS NOT NULL", name=op.f("ck_approval_task_claimed")),
        sa.CheckConstraint(
            "state IN ('waiting','open','claimed','delegated','passed','rejected','returned','transferred','cancelled','read')",
            name=op.f("ck_approval_task_state"),
        ),
        sa.CheckConstraint("role IS NOT NULL OR assignee IS NOT NULL", name=op.f("ck_approval_task_addressed")),
        sa.ForeignKeyConstraint(
            ["case_id", "parent"],
            ["approval_task.case_id", "approval_task.number"],
            name=op.f("fk_approval_task_case_id_parent"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "stage"],
            ["approval_stage.case_id", "approval_stage.number"],
            name=op.f("fk_approval_task_case_id_stage"),
        ),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_approval_task")),
    )
    op.create_index(
        "ix_approval_task_assignee",
        "approval_task",
        ["assignee"],
        unique=False,
        postgresql_where=sa.text("state IN ('open','claimed')"),
        sqlite_where=sa.text("state IN ('open','claimed')"),
    )
    op.create_index(
        "ix_approval_task_copy",
        "approval_task",
        ["assignee", "state", "opened_at"],
        unique=False,
        postgresql_where=sa.text("kind = 'cc'"),
        sqlite_where=sa.text("kind = 'cc'"),
    )
    op.create_index(
        "ix_approval_task_post",
        "approval_task",
        ["region", "role"],
        unique=False,
        postgresql_where=sa.text("state IN ('open','claimed')"),
        sqlite_where=sa.text("state IN ('open','claimed')"),
    )
    op.create_table(
        "approval_timer",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fire_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.CheckConstraint("kind IN ('remind','overdue')", name=op.f("ck_approval_timer_kind")),
        sa.CheckConstraint("state IN ('armed','fired','cancelled')", name=op.f("ck_approval_timer_state")),
        sa.ForeignKeyConstraint(
            ["case_id", "stage"],
            ["approval_stage.case_id", "approval_stage.number"],
            name=op.f("fk_approval_timer_case_id_stage"),
        ),
        sa.PrimaryKeyConstraint("case_id", "stage", "kind", "number", name=op.f("pk_approval_timer")),
    )
    op.create_index(
        "ix_approval_timer_armed",
        "approval_timer",
        ["fire_at"],
        unique=False,
        postgresql_where=sa.text("state = 'armed'"),
        sqlite_where=sa.text("state = 'armed'"),
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL_TRIGGERS if is_postgresql else SQLITE_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index(
        "ix_approval_timer_armed",
        table_name="approval_timer",
        postgresql_where=sa.text("state = 'armed'"),
        sqlite_where=sa.text("state = 'armed'"),
    )
    op.drop_table("approval_timer")
    op.drop_index(
        "ix_approval_task_post",
        table_name="approval_task",
        postgresql_where=sa.text("state IN ('open','claimed')"),
        sqlite_where=sa.text("state IN ('open','claimed')"),
    )
    op.drop_index(
        "ix_approval_task_copy",
        table_name="approval_task",
        postgresql_where=sa.text("kind = 'cc'"),
        sqlite_where=sa.text("kind = 'cc'"),
    )
    op.drop_index(
        "ix_approval_task_assignee",
        table_name="approval_task",
        postgresql_where=sa.text("state IN ('open','claimed')"),
        sqlite_where=sa.text("state IN ('open','claimed')"),
    )
    op.drop_table("approval_task")
    op.drop_index(
        "ix_approval_stage_provisional",
        table_name="approval_stage",
        postgresql_where=sa.text("due_is_provisional AND state IN ('open','held')"),
        sqlite_where=sa.text("due_is_provisional AND state IN ('open','held')"),
    )
    op.drop_index(
        "ix_approval_stage_active",
        table_name="approval_stage",
        postgresql_where=sa.text("state IN ('open','held')"),
        sqlite_where=sa.text("state IN ('open','held')"),
    )
    op.drop_table("approval_stage")
    op.drop_table("approval_round")
    op.drop_table("approval_event")
    op.drop_index(
        "ix_approval_decision_done",
        table_name="approval_decision",
        postgresql_where=sa.text("verb IN ('approve','reject','return','resolve','answer')"),
        sqlite_where=sa.text("verb IN ('approve','reject','return','resolve','answer')"),
    )
    op.drop_table("approval_decision")
    op.drop_index(op.f("ix_approval_command_case_id"), table_name="approval_command")
    op.drop_table("approval_command")
    op.drop_index(op.f("ix_approval_barred_account_id"), table_name="approval_barred")
    op.drop_table("approval_barred")
    op.drop_index(op.f("ix_approval_workday_year"), table_name="approval_workday")
    op.drop_table("approval_workday")
    op.drop_index(
        "uq_approval_case_open",
        table_name="approval_case",
        postgresql_where=sa.text("state NOT IN ('approved','rejected','revoked','terminated','withdrawn')"),
        sqlite_where=sa.text("state NOT IN ('approved','rejected','revoked','terminated','withdrawn')"),
    )
    op.drop_index(
        "ix_approval_case_under_way",
        table_name="approval_case",
        postgresql_where=sa.text("state NOT IN ('approved','rejected','revoked','terminated','withdrawn')"),
        sqlite_where=sa.text("state NOT IN ('approved','rejected','revoked','terminated','withdrawn')"),
    )
    op.drop_index(
        "ix_approval_case_stopped",
        table_name="approval_case",
        postgresql_where=sa.text("state IN ('suspended','withdrawing')"),
        sqlite_where=sa.text("state IN ('suspended','withdrawing')"),
    )
    op.drop_index(
        "ix_approval_case_refused",
        table_name="approval_case",
        postgresql_where=sa.text("token = 'refused'"),
        sqlite_where=sa.text("token = 'refused'"),
    )
    op.drop_index(op.f("ix_approval_case_parent_case"), table_name="approval_case")
    op.drop_index(op.f("ix_approval_case_organisation_id"), table_name="approval_case")
    op.drop_index("ix_approval_case_initiator", table_name="approval_case")
    op.drop_index("ix_approval_case_home_region", table_name="approval_case")
    op.drop_index("ix_approval_case_business", table_name="approval_case")
    op.drop_table("approval_case")
    op.drop_table("approval_workday_year")
    op.drop_index("ix_approval_post_seat", table_name="approval_post")
    op.drop_index(op.f("ix_approval_post_account_id"), table_name="approval_post")
    op.drop_table("approval_post")
    op.drop_table("approval_phrase")
    op.drop_index(
        "uq_approval_definition_published",
        table_name="approval_definition",
        postgresql_where=sa.text("state = 'published'"),
        sqlite_where=sa.text("state = 'published'"),
    )
    op.drop_index(
        "uq_approval_definition_draft",
        table_name="approval_definition",
        postgresql_where=sa.text("state = 'draft'"),
        sqlite_where=sa.text("state = 'draft'"),
    )
    op.drop_table("approval_definition")
    op.drop_table("approval_calendar_alarm")
    op.drop_index(op.f("ix_approval_attempt_case_id"), table_name="approval_attempt")
    op.drop_index(op.f("ix_approval_attempt_at"), table_name="approval_attempt")
    op.drop_table("approval_attempt")
    op.drop_index("ix_approval_absence_delegator", table_name="approval_absence")
    op.drop_index("ix_approval_absence_delegate", table_name="approval_absence")
    op.drop_table("approval_absence")
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
    op.drop_table("report_line")
    op.drop_index("ix_report_region", table_name="report")
    op.drop_index("ix_report_organisation", table_name="report")
    op.drop_table("report")
    op.drop_table("known_organisation")
    if op.get_bind().dialect.name == "postgresql":
        # The triggers went with their tables, the functions they call did not.
        for function in (
            "dead_letter_decision_is_append_only",
            "parked_release_is_append_only",
            "approval_refuse_change",
        ):
            op.execute(f"DROP FUNCTION {function}()")
