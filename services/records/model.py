"""The tables of records."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from services.records.rules import UNDER_WAY, TransferState
from shared.storage import InstantUTC, naming
from shared.storage.append_only import append_only


class Base(DeclarativeBase):
    """The base of records' tables."""

    metadata = MetaData(naming_convention=naming)
    type_annotation_map = {datetime: InstantUTC}  # noqa: RUF012  # SQLAlchemy reads it once


class RecordState(StrEnum):
    """待审, 已确认, 作废: only an approved report confirms a record."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    VOID = "void"


class ActivityState(StrEnum):
    """An activity is open while it is recorded, and held when its records are complete."""

    OPEN = "open"
    HELD = "held"


class KnownVolunteer(Base):
    """A copy of whom registration confirmed; its row lock orders what is written about one person."""

    __tablename__ = "known_volunteer"

    number: Mapped[str] = mapped_column(String(12), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32), index=True)
    name: Mapped[str] = mapped_column(String(60))
    region: Mapped[str] = mapped_column(String(6), index=True)


class KnownOrganisation(Base):
    """A copy of the organisations that registration approved."""

    __tablename__ = "known_organisation"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    region: Mapped[str] = mapped_column(String(6))


class Guest(Base):
    """A volunteer of another node whom an organisation wants to record; once introduced they are a known volunteer."""

    __tablename__ = "guest"

    organisation_id: Mapped[str] = mapped_column(ForeignKey("known_organisation.id"), primary_key=True)
    volunteer_number: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime]


class Project(Base):
    """Every activity belongs to a project of an organisation (notice III (1))."""

    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("known_organisation.id"))
    region: Mapped[str] = mapped_column(String(6), index=True)
    name: Mapped[str] = mapped_column(String(100))
    theme: Mapped[str] = mapped_column(String(30))
    description: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]


class Activity(Base):
    """What was organised: the fields of the notice that all its records share, and the organising unit (Order 67)."""

    __tablename__ = "activity"
    __table_args__ = (
        CheckConstraint("state IN ('open','held')", name="state"),
        CheckConstraint("(state = 'held') = (closed_at IS NOT NULL)", name="closed_if_held"),
        Index("ix_activity_region", "region", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("known_organisation.id"), index=True)
    region: Mapped[str] = mapped_column(String(6))
    name: Mapped[str] = mapped_column(String(100))
    place: Mapped[str] = mapped_column(String(200))
    beneficiaries: Mapped[str] = mapped_column(String(100))
    content: Mapped[str] = mapped_column(Text)
    leader: Mapped[str] = mapped_column(String(60))
    recorder: Mapped[str] = mapped_column(String(60))
    recorder_account_id: Mapped[str] = mapped_column(String(32))
    category: Mapped[str] = mapped_column(String(20))
    enters: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10))
    report_id: Mapped[str | None] = mapped_column(String(32))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  # SQLAlchemy reads it once


class ServiceRecord(Base):
    """One person's service on one day (notice II (3), Order 67 article 7).

    Starts and ends are minutes since midnight, hours are hundredths.
    """

    __tablename__ = "service_record"
    __table_args__ = (
        CheckConstraint("state IN ('pending','confirmed','void')", name="state"),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided_unless_pending"),
        CheckConstraint("starts >= 0 AND starts < ends AND ends <= 1440", name="shift_within_a_day"),
        CheckConstraint(
            "hours_hundredths > 0 AND hours_hundredths * 60 <= (ends - starts) * 100", name="hours_within_shift"
        ),
        CheckConstraint("quality BETWEEN 1 AND 5", name="quality"),
        UniqueConstraint("activity_id", "volunteer_number", "served_on", "starts"),
        Index("ix_service_record_person_day", "volunteer_number", "served_on"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    activity_id: Mapped[str] = mapped_column(ForeignKey("activity.id"))
    volunteer_number: Mapped[str] = mapped_column(ForeignKey("known_volunteer.number"))
    served_on: Mapped[date]
    starts: Mapped[int]
    ends: Mapped[int]
    hours_hundredths: Mapped[int]
    quality: Mapped[int]
    evaluated_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(10))
    report_id: Mapped[str | None] = mapped_column(String(32))
    recorded_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None] = mapped_column(String(500))
    credited_on: Mapped[date | None]  # by the home node of a volunteer of another node; our own have their ledger here


_UNDER_WAY = f"state IN ({', '.join(repr(state.value) for state in UNDER_WAY)})"


class Transfer(Base):
    """A volunteer's way to another home region, from the wish to the move (notice II (3)); one at a time."""

    __tablename__ = "transfer"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in TransferState)})", name="state"),
        CheckConstraint("from_region <> to_region", name="another_region"),
        CheckConstraint("(state IN ('open','returned')) = (decided_at IS NULL)", name="decided_unless_asked"),
        CheckConstraint("(state = 'moved') = (moved_at IS NOT NULL)", name="moved_at_if_moved"),
        Index(
            "uq_transfer_under_way",
            "volunteer_number",
            unique=True,
            postgresql_where=text(_UNDER_WAY),
            sqlite_where=text(_UNDER_WAY),
        ),
        Index("ix_transfer_volunteer", "volunteer_number", "asked_at"),
        Index("ix_transfer_from", "from_region", "id"),
        Index("ix_transfer_to", "to_region", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    volunteer_number: Mapped[str] = mapped_column(ForeignKey("known_volunteer.number"))
    from_region: Mapped[str] = mapped_column(String(6))
    to_region: Mapped[str] = mapped_column(String(6))
    reason: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(10))
    case_id: Mapped[str | None] = mapped_column(String(40))
    answer: Mapped[str] = mapped_column(Text)  # what was said when it was returned, rejected or ended
    consented_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  # SQLAlchemy reads it once


class LedgerEntry(Base):
    """One line of a volunteer's hours: never changed, never removed; the sum of the lines is the total."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("kind IN ('credit','void')", name="kind"),
        CheckConstraint("(kind = 'credit') = (hours_hundredths > 0)", name="credit_is_positive"),
        UniqueConstraint("record_id", "kind"),
        Index("ix_ledger_entry_volunteer", "volunteer_number", "entered_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    volunteer_number: Mapped[str] = mapped_column(ForeignKey("known_volunteer.number"))
    record_id: Mapped[str] = mapped_column(String(32))
    report_id: Mapped[str] = mapped_column(String(32), index=True)
    activity_name: Mapped[str] = mapped_column(String(100))
    region: Mapped[str | None] = mapped_column(String(6))  # the activity's, where the line was written
    served_on: Mapped[date]
    kind: Mapped[str] = mapped_column(String(10))
    hours_hundredths: Mapped[int] = mapped_column(Integer)
    quality: Mapped[int]
    entered_at: Mapped[datetime]

    @classmethod
    def total_of(cls, session: Session, volunteer_number: str) -> int:
        """Answer the sum of a volunteer's ledger, in hundredths of hours."""
        total = select(func.coalesce(func.sum(cls.hours_hundredths), 0)).where(cls.volunteer_number == volunteer_number)
        return int(session.execute(total).scalar_one())


append_only(LedgerEntry.__table__)  # type: ignore[arg-type]  # a mapped class has a Table
