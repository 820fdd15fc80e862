"""The tables beside the cases: their timers, what was refused, and who holds which post."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shared.approval.base import ApprovalBase, index_where, words
from shared.approval.core.words import TimerKind

_CODE, _ID, _HASH, _WORD = String(12), String(60), String(64), String(20)


class TimerState(StrEnum):
    """A timer is armed until it has fired, or until its stage is over."""

    ARMED = "armed"
    FIRED = "fired"
    CANCELLED = "cancelled"


class TimerRow(ApprovalBase):
    """A moment at which an undecided stage is to be spoken of again."""

    __tablename__ = "approval_timer"
    __table_args__ = (
        CheckConstraint(f"kind IN {words(TimerKind)}", name="kind"),
        CheckConstraint(f"state IN {words(TimerState)}", name="state"),
        ForeignKeyConstraint(["case_id", "stage"], ["approval_stage.case_id", "approval_stage.number"]),
        index_where("state = 'armed'", "ix_approval_timer_armed", "fire_at"),
    )

    case_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    stage: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(_WORD, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fire_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(_WORD)


class AttemptRow(ApprovalBase):
    """A verb that was refused: who tried what on which case, and why it was not done. Rows are only added."""

    __tablename__ = "approval_attempt"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    case_id: Mapped[str] = mapped_column(String(40), index=True)
    actor_id: Mapped[str] = mapped_column(_ID)
    verb: Mapped[str] = mapped_column(_WORD)
    command_id: Mapped[str] = mapped_column(String(255))
    code: Mapped[str] = mapped_column(_ID)
    trace_id: Mapped[str] = mapped_column(_HASH)


class HolderRow(ApprovalBase):
    """A post and who holds it, as `post.changed` told it: the directory that decisions are checked against."""

    __tablename__ = "approval_post"
    __table_args__ = (Index("ix_approval_post_seat", "region", "role"),)

    post_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(_ID, index=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(_ID)
    region: Mapped[str] = mapped_column(_CODE)
    organisation_id: Mapped[str | None] = mapped_column(_ID)
    active: Mapped[bool]


class PhraseRow(ApprovalBase):
    """One of the phrases (常用语) that somebody picks an opinion from, in the order in which they keep them."""

    __tablename__ = "approval_phrase"

    account_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(String(200))
