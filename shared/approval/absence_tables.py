"""The table of absence rules, in the database of every service that has cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shared.approval.base import ApprovalBase

_ID, _NAME = String(60), String(100)


class AbsenceRow(ApprovalBase):
    """Who stands in for whom and when, as `absence.changed` told it; ended rules stay, so that they stay ended."""

    __tablename__ = "approval_absence"
    __table_args__ = (
        CheckConstraint("delegator_id <> delegate_id", name="another_person"),
        CheckConstraint("starts_at < ends_at", name="period"),
        Index("ix_approval_absence_delegator", "delegator_id", "ends_at"),
        Index("ix_approval_absence_delegate", "delegate_id", "ends_at"),
    )

    absence_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    delegator_id: Mapped[str] = mapped_column(_ID)
    delegator_name: Mapped[str] = mapped_column(_NAME)
    delegate_id: Mapped[str] = mapped_column(_ID)
    delegate_name: Mapped[str] = mapped_column(_NAME)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    business_types: Mapped[list[Any]]
    active: Mapped[bool]
