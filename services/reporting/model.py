"""The tables of reporting."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from shared.storage import InstantUTC, naming


class Base(DeclarativeBase):
    """The base of reporting's tables."""

    metadata = MetaData(naming_convention=naming)
    type_annotation_map = {datetime: InstantUTC}  # noqa: RUF012  # SQLAlchemy reads it once


class ReportState(StrEnum):
    """草稿, 审批中, 已退回, 已撤回 (as a draft), 已通过, 已驳回, 已撤销."""

    DRAFT = "draft"
    RUNNING = "running"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


class KnownOrganisation(Base):
    """A copy of the organisations that registration approved; the head never decides their reports."""

    __tablename__ = "known_organisation"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    region: Mapped[str] = mapped_column(String(6))
    head_account_id: Mapped[str] = mapped_column(String(32))


class Report(Base):
    """The report on one activity: what was done, and what it claims for each service record."""

    __tablename__ = "report"
    __table_args__ = (
        CheckConstraint("state IN ('draft','running','returned','approved','rejected','revoked')", name="state"),
        CheckConstraint("state = 'draft' OR case_id IS NOT NULL", name="case_if_submitted"),
        Index("ix_report_region", "region", "id"),
        Index("ix_report_organisation", "organisation_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    activity_id: Mapped[str] = mapped_column(String(32), unique=True)
    activity_name: Mapped[str] = mapped_column(String(100))
    project_name: Mapped[str] = mapped_column(String(100))
    organisation_id: Mapped[str] = mapped_column(String(32))
    organisation_name: Mapped[str] = mapped_column(String(100))
    region: Mapped[str] = mapped_column(String(6))
    quarter: Mapped[str] = mapped_column(String(6))
    place: Mapped[str] = mapped_column(String(200))
    beneficiaries: Mapped[str] = mapped_column(String(100))
    content: Mapped[str] = mapped_column(Text)
    leader: Mapped[str] = mapped_column(String(60))
    recorder: Mapped[str] = mapped_column(String(60))
    recorder_account_id: Mapped[str] = mapped_column(String(32))
    first_day: Mapped[date]
    last_day: Mapped[date]
    summary: Mapped[str] = mapped_column(Text, default="")
    problems: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10))
    case_id: Mapped[str | None] = mapped_column(String(40))
    round: Mapped[int] = mapped_column(default=0)
    drafted_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)
    lines: Mapped[list[ReportLineRow]] = relationship(
        order_by="ReportLineRow.place", cascade="all, delete-orphan", lazy="selectin"
    )

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  # SQLAlchemy reads it once


class ReportLineRow(Base):
    """What a report claims for one service record; the recorder's own figures stay beside it."""

    __tablename__ = "report_line"
    __table_args__ = (
        CheckConstraint("hours_hundredths > 0 AND hours_hundredths <= shift_hundredths", name="hours_within_shift"),
        CheckConstraint("quality BETWEEN 1 AND 5", name="quality"),
    )

    report_id: Mapped[str] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    record_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    place: Mapped[int]
    volunteer_number: Mapped[str] = mapped_column(String(12))
    volunteer_name: Mapped[str] = mapped_column(String(60))
    served_on: Mapped[date]
    starts: Mapped[str] = mapped_column(String(5))
    ends: Mapped[str] = mapped_column(String(5))
    shift_hundredths: Mapped[int]
    recorded_hundredths: Mapped[int]
    hours_hundredths: Mapped[int]
    quality: Mapped[int]
    counted: Mapped[bool] = mapped_column(default=True)
