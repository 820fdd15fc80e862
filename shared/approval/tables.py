"""The tables of the approval kit, in the database of every service that has cases.

The database repeats the rules of the core: the words of each state, one open case per business object, one decision
per command. `triggers` keeps decisions and trail append-only.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.approval.base import ApprovalBase, index_where, words
from shared.approval.core.voting import Denominator, Operator
from shared.approval.core.words import CLOSED, STOPPED, CaseState, Mode, StageState, TaskKind, TaskState, Token, Verb


class DefinitionState(StrEnum):
    """A definition is drafted, published (one version of a key at a time) and retired.

    A version that another node's case came with is known, and no case is started on it here until it is published.
    """

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"
    KNOWN = "known"


_CLOSED = words(sorted(CLOSED))
_UNDECIDED = "('waiting','open','claimed','delegated')"
_ACTIONABLE = "state IN ('open','claimed')"
_ASKED_FOR = "('approve','reject','return','resolve','answer')"
LONGEST_SIGNATURE = 200
_CODE, _ID, _HASH, _WORD = String(12), String(60), String(64), String(20)


class DefinitionRow(ApprovalBase):
    """One version of a definition; it never changes once it is published. `rev` counts the savings of a draft."""

    __tablename__ = "approval_definition"
    __table_args__ = (
        CheckConstraint(f"state IN {words(DefinitionState)}", name="state"),
        CheckConstraint("version >= 1 AND rev >= 1", name="counts"),
        CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published"),
        CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="retired"),
        index_where("state = 'draft'", "uq_approval_definition_draft", "key", unique=True),
        index_where("state = 'published'", "uq_approval_definition_published", "key", unique=True),
    )

    key: Mapped[str] = mapped_column(_ID, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(_WORD)
    body: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(_HASH)
    rev: Mapped[int] = mapped_column(default=1)
    saved_by: Mapped[str | None] = mapped_column(_ID)
    saved_at: Mapped[datetime | None]
    published_by: Mapped[str | None] = mapped_column(_ID)
    published_at: Mapped[datetime | None]
    retired_by: Mapped[str | None] = mapped_column(_ID)
    retired_at: Mapped[datetime | None]


class CaseRow(ApprovalBase):
    """One case as it stands; its row lock puts all that happens to the case in one order."""

    __tablename__ = "approval_case"
    __table_args__ = (
        CheckConstraint(f"state IN {words(CaseState)}", name="state"),
        CheckConstraint("round >= 1 AND rev >= 1", name="counts"),
        CheckConstraint(f"(closed_at IS NOT NULL) = (state IN {_CLOSED})", name="closed"),
        CheckConstraint("(suspended_at IS NOT NULL) = (state = 'suspended')", name="suspended"),
        CheckConstraint(f"token IN {words(Token)}", name="token"),
        CheckConstraint("handover >= 0 AND (token = 'here' OR handover >= 1)", name="handover"),
        CheckConstraint("state <> 'withdrawing' OR token = 'away'", name="withdrawing"),
        ForeignKeyConstraint(["def_key", "def_version"], ["approval_definition.key", "approval_definition.version"]),
        index_where(f"state NOT IN {_CLOSED}", "uq_approval_case_open", "business_type", "business_id", unique=True),
        Index("ix_approval_case_business", "business_type", "business_id"),
        Index("ix_approval_case_initiator", "initiator_id", "opened_at"),
        index_where(f"state NOT IN {_CLOSED}", "ix_approval_case_under_way", "initiator_id", "state"),
        Index("ix_approval_case_home_region", "home_region", "opened_at"),
        index_where("token = 'refused'", "ix_approval_case_refused", "id"),
        index_where(f"state IN {words(sorted(STOPPED))}", "ix_approval_case_stopped", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    origin: Mapped[str] = mapped_column(_ID)
    business_type: Mapped[str] = mapped_column(_ID)
    business_id: Mapped[str] = mapped_column(_ID)
    title: Mapped[str] = mapped_column(String(200))
    home_region: Mapped[str] = mapped_column(_CODE)
    token_region: Mapped[str] = mapped_column(_CODE)
    organisation_id: Mapped[str | None] = mapped_column(_ID, index=True)
    initiator_id: Mapped[str] = mapped_column(_ID)
    initiator_name: Mapped[str] = mapped_column(String(100))
    def_key: Mapped[str] = mapped_column(_ID)
    def_version: Mapped[int]
    def_sha: Mapped[str] = mapped_column(_HASH)
    state: Mapped[str] = mapped_column(_WORD)
    round: Mapped[int]
    rev: Mapped[int]
    last_verb: Mapped[str] = mapped_column(_WORD)
    last_id: Mapped[str] = mapped_column(_ID)
    last_name: Mapped[str] = mapped_column(String(100))
    last_at: Mapped[datetime]
    trail_seq: Mapped[int]
    trail_hash: Mapped[str] = mapped_column(_HASH)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    parent_case: Mapped[str | None] = mapped_column(ForeignKey("approval_case.id"), index=True)
    parent_stage: Mapped[int | None]
    token: Mapped[str] = mapped_column(_WORD)
    handover: Mapped[int]


class BarredRow(ApprovalBase):
    """Someone who never decides a case, such as the head of the organisation that submits it."""

    __tablename__ = "approval_barred"
    case_id: Mapped[str] = mapped_column(ForeignKey("approval_case.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(_ID, primary_key=True, index=True)


class RoundRow(ApprovalBase):
    """What a round is about: the content as it was submitted. The trail holds a commitment to it."""

    __tablename__ = "approval_round"
    case_id: Mapped[str] = mapped_column(ForeignKey("approval_case.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    def_key: Mapped[str] = mapped_column(_ID)
    def_version: Mapped[int]
    def_sha: Mapped[str] = mapped_column(_HASH)
    commitment: Mapped[str] = mapped_column(_HASH)
    opened_at: Mapped[datetime]
    content: Mapped[dict[str, Any] | None]
    salt: Mapped[str | None] = mapped_column(_HASH)


class StageRow(ApprovalBase):
    """One stop of a round. `after` holds the numbers of the stages that must pass before it opens.

    What it decided counts until `last_round`: its own, or a later one that took it over.
    """

    __tablename__ = "approval_stage"
    __table_args__ = (
        CheckConstraint(f"state IN {words(StageState)}", name="state"),
        CheckConstraint(f"mode IN {words(Mode)}", name="mode"),
        CheckConstraint(f"pass_op IN {words(Operator)}", name="pass_op"),
        CheckConstraint(f"denominator IN {words(Denominator)}", name="denominator"),
        CheckConstraint("(mode = 'vote') = (pass_value IS NOT NULL)", name="vote"),
        CheckConstraint("(pass_value IS NULL) = (pass_op IS NULL)", name="vote_operator"),
        CheckConstraint("(pass_value IS NULL) = (denominator IS NULL)", name="vote_denominator"),
        CheckConstraint("(mode IN ('all','vote')) = (veto IS NOT NULL)", name="veto"),
        CheckConstraint("last_round >= round", name="last_round"),
        UniqueConstraint("case_id", "round", "visit", "node_key"),
        CheckConstraint("due_at IS NULL OR clock_from IS NOT NULL", name="due"),
        index_where("state IN ('open','held')", "ix_approval_stage_active", "region", "state"),
        index_where("due_is_provisional AND state IN ('open','held')", "ix_approval_stage_provisional", "due_at"),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("approval_case.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    round: Mapped[int]
    last_round: Mapped[int]
    visit: Mapped[int]
    node_key: Mapped[str] = mapped_column(_ID)
    region: Mapped[str] = mapped_column(_CODE)
    mode: Mapped[str] = mapped_column(_WORD)
    pass_op: Mapped[str | None] = mapped_column(String(2))
    pass_value: Mapped[int | None]
    denominator: Mapped[str | None] = mapped_column(_WORD)
    veto: Mapped[bool | None]
    after: Mapped[list[Any]]
    state: Mapped[str] = mapped_column(_WORD)
    clock_from: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    due_is_provisional: Mapped[bool]
    reminded: Mapped[int]


class TaskRow(ApprovalBase):
    """What one post (`role` in `region`) or one person (`assignee`) is asked to do."""

    __tablename__ = "approval_task"
    __table_args__ = (
        CheckConstraint(f"state IN {words(TaskState)}", name="state"),
        CheckConstraint(f"kind IN {words(TaskKind)}", name="kind"),
        CheckConstraint("role IS NOT NULL OR assignee IS NOT NULL", name="addressed"),
        CheckConstraint("state <> 'claimed' OR assignee IS NOT NULL", name="claimed"),
        CheckConstraint("kind IN ('approve','cc') OR parent IS NOT NULL", name="parent"),
        CheckConstraint("(kind = 'cc') OR state <> 'read'", name="read"),
        CheckConstraint(f"(ended_at IS NULL) = (state IN {_UNDECIDED})", name="ended"),
        ForeignKeyConstraint(["case_id", "stage"], ["approval_stage.case_id", "approval_stage.number"]),
        ForeignKeyConstraint(["case_id", "parent"], ["approval_task.case_id", "approval_task.number"]),
        index_where(_ACTIONABLE, "ix_approval_task_post", "region", "role"),
        index_where(_ACTIONABLE, "ix_approval_task_assignee", "assignee"),
        index_where("kind = 'cc'", "ix_approval_task_copy", "assignee", "state", "opened_at"),
    )

    case_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stage: Mapped[int]
    kind: Mapped[str] = mapped_column(_WORD)
    parent: Mapped[int | None]
    position: Mapped[int]
    role: Mapped[str | None] = mapped_column(_ID)
    region: Mapped[str] = mapped_column(_CODE)
    assignee: Mapped[str | None] = mapped_column(_ID)
    assignee_name: Mapped[str] = mapped_column(String(100))
    on_behalf_of: Mapped[str | None] = mapped_column(_ID)
    on_behalf_of_name: Mapped[str | None] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(_WORD)
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[str | None] = mapped_column(_ID)
    ended_by_name: Mapped[str | None] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(60))


class DecisionRow(ApprovalBase):
    """What one person did to a case by one command. The last five columns can be erased, nothing can be changed."""

    __tablename__ = "approval_decision"
    __table_args__ = (
        CheckConstraint(f"verb IN {words(Verb)}", name="verb"),
        # Two nodes may call their commands alike.
        UniqueConstraint("command_id", "origin"),
        index_where(f"verb IN {_ASKED_FOR}", "ix_approval_decision_done", "actor_id", "at", "case_id", "verb"),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("approval_case.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(_ID, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    round: Mapped[int]
    stage: Mapped[int | None]
    task: Mapped[int | None]
    verb: Mapped[str] = mapped_column(_WORD)
    actor_id: Mapped[str] = mapped_column(_ID)
    on_behalf_of: Mapped[str | None] = mapped_column(_ID)
    command_id: Mapped[str] = mapped_column(String(255))
    commitment: Mapped[str] = mapped_column(_HASH)
    prev_hash: Mapped[str] = mapped_column(_HASH)
    hash: Mapped[str] = mapped_column(_HASH)
    actor_name: Mapped[str | None] = mapped_column(String(100))
    opinion: Mapped[str | None] = mapped_column(Text)
    signature: Mapped[str | None] = mapped_column(String(LONGEST_SIGNATURE))
    remarks: Mapped[list[Any] | None]
    salt: Mapped[str | None] = mapped_column(_HASH)


class EventRow(ApprovalBase):
    """One entry of the trail; rows are only added."""

    __tablename__ = "approval_event"
    case_id: Mapped[str] = mapped_column(ForeignKey("approval_case.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(_ID, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    round: Mapped[int]
    kind: Mapped[str] = mapped_column(_WORD)
    stage: Mapped[int | None]
    task: Mapped[int | None]
    region: Mapped[str | None] = mapped_column(_CODE)
    role: Mapped[str | None] = mapped_column(_ID)
    actor_id: Mapped[str | None] = mapped_column(_ID)
    decision_hash: Mapped[str | None] = mapped_column(_HASH)
    facts: Mapped[dict[str, Any]]
    prev_hash: Mapped[str] = mapped_column(_HASH)
    hash: Mapped[str] = mapped_column(_HASH)


class CommandRow(ApprovalBase):
    """The answer to an accepted command, kept as long as its case: the same command again gets it again."""

    __tablename__ = "approval_command"
    command_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("approval_case.id"), index=True)
    request_sha: Mapped[str] = mapped_column(_HASH)
    response: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
