"""The tables of registration."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.storage import InstantUTC, naming


class Base(DeclarativeBase):
    """The base of registration's tables."""

    metadata = MetaData(naming_convention=naming)
    type_annotation_map = {datetime: InstantUTC}  # noqa: RUF012  # SQLAlchemy reads it once


class PostState(StrEnum):
    """A post is proposed by one administrator and becomes active when another confirms it."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    ENDED = "ended"


class RegistrationState(StrEnum):
    """Where a person's or an organisation's registration stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


class Account(Base):
    """Someone who can sign in, or (without a user name) someone who was entered by others and has not claimed it."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    username: Mapped[str | None] = mapped_column(String(40), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(60))
    active: Mapped[bool] = mapped_column(default=True)
    failed_tries: Mapped[int] = mapped_column(default=0)
    closed_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class OneUseSecret(Base):
    """A secret that lets someone choose the first password of an account, once."""

    __tablename__ = "one_use_secret"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignIn(Base):
    """A signed-in device: its refresh secret changes with every use, and an old one ends the whole session."""

    __tablename__ = "sign_in"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    refresh_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PostRow(Base):
    """A role in a region, given to an account by two administrators or by an approved registration."""

    __tablename__ = "post"
    __table_args__ = (
        CheckConstraint("state IN ('proposed','active','ended')", name="state"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_persons"),
        CheckConstraint("state <> 'active' OR confirmed_by IS NOT NULL", name="confirmed_if_active"),
        Index(
            "uq_post_one_administrator_role",
            "account_id",
            unique=True,
            postgresql_where=text("role IN ('system_admin','security_admin','audit_admin') AND state <> 'ended'"),
            sqlite_where=text("role IN ('system_admin','security_admin','audit_admin') AND state <> 'ended'"),
        ),
        Index(
            "uq_post_of_official",
            "account_id",
            "role",
            "region",
            unique=True,
            postgresql_where=text("organisation_id IS NULL AND state <> 'ended'"),
            sqlite_where=text("organisation_id IS NULL AND state <> 'ended'"),
        ),
        Index("ix_post_account", "account_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str] = mapped_column(String(30))
    region: Mapped[str] = mapped_column(String(6))
    organisation_id: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(10))
    proposed_by: Mapped[str] = mapped_column(String(60))
    confirmed_by: Mapped[str | None] = mapped_column(String(60))
    changed_at: Mapped[datetime]


class AbsenceRow(Base):
    """An absence rule: while one official is away, another does their tasks. It is set, and perhaps ended early."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("delegator_id <> delegate_id", name="another_person"),
        CheckConstraint("starts_at < ends_at", name="period"),
        Index("ix_absence_delegator", "delegator_id", "ends_at"),
        Index("ix_absence_delegate", "delegate_id", "ends_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    delegator_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    delegate_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    business_types: Mapped[list[str]] = mapped_column(JSON)
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  # SQLAlchemy reads it once


class Volunteer(Base):
    """A person registered under their real name; the number stands for them everywhere else (MZ/T 061-2015)."""

    __tablename__ = "volunteer"
    __table_args__ = (
        CheckConstraint("state IN ('pending','approved','refused')", name="state"),
        CheckConstraint("state <> 'approved' OR number IS NOT NULL", name="number_if_approved"),
        Index("ix_volunteer_region", "region", "state"),
        Index(
            "uq_volunteer_person",
            "id_number_index",
            unique=True,
            postgresql_where=text("state <> 'refused'"),
            sqlite_where=text("state <> 'refused'"),
        ),
        Index(
            "uq_volunteer_account",
            "account_id",
            unique=True,
            postgresql_where=text("state <> 'refused'"),
            sqlite_where=text("state <> 'refused'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str | None] = mapped_column(String(12), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    sex: Mapped[str] = mapped_column(String(1))
    birth_date_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    id_number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    id_number_index: Mapped[bytes] = mapped_column(LargeBinary(32))
    mobile_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    region: Mapped[str] = mapped_column(String(6))
    category: Mapped[str] = mapped_column(String(30))
    specialties: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10))
    case_id: Mapped[str | None] = mapped_column(String(40))
    revision: Mapped[int] = mapped_column(default=1)
    applied_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  # SQLAlchemy reads it once


class Organisation(Base):
    """A volunteer organisation of a region; its head answers for it and administers it."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("state IN ('pending','approved','refused')", name="state"),
        Index("ix_organisation_region", "region", "state"),
        Index(
            "uq_organisation_name",
            "region",
            "name",
            unique=True,
            postgresql_where=text("state <> 'refused'"),
            sqlite_where=text("state <> 'refused'"),
        ),
        Index(
            "uq_organisation_uscc",
            "uscc",
            unique=True,
            postgresql_where=text("uscc IS NOT NULL AND state <> 'refused'"),
            sqlite_where=text("uscc IS NOT NULL AND state <> 'refused'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    region: Mapped[str] = mapped_column(String(6))
    kind: Mapped[str] = mapped_column(String(30))
    uscc: Mapped[str | None] = mapped_column(String(18))
    purpose: Mapped[str] = mapped_column(Text)
    head_account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    state: Mapped[str] = mapped_column(String(10))
    case_id: Mapped[str | None] = mapped_column(String(40))
    revision: Mapped[int] = mapped_column(default=1)
    applied_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  # SQLAlchemy reads it once


class Consent(Base):
    """What someone agreed to, when, and in which version of the text (PIPL articles 13 to 16, 29)."""

    __tablename__ = "consent"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(30))
    policy_version: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class NumberBlock(Base):
    """How many volunteer numbers of a node's block are given; its row lock hands them out one by one."""

    __tablename__ = "number_block"

    block: Mapped[str] = mapped_column(String(2), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class FileEntry(Base):
    """One line of a volunteer's e-file, entered by an event of the service that owns the fact."""

    __tablename__ = "file_entry"
    __table_args__ = (
        CheckConstraint("kind IN ('hours','star','award','transfer')", name="kind"),
        Index("ix_file_entry_volunteer", "volunteer_number", "happened_on"),
    )

    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    volunteer_number: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(300))
    hours_hundredths: Mapped[int | None]
    stars: Mapped[int | None]
    withdrawn_on: Mapped[date | None]
    happened_on: Mapped[date]


class Move(Base):
    """A volunteer's move from this node to another one or the other way, by its transfer.

    A volunteer who comes is `verified` by records, has a name when their file is here, and is received with both; then
    they have an account, which is theirs when they have claimed it.
    """

    __tablename__ = "move"
    __table_args__ = (
        CheckConstraint("received_at IS NULL OR (verified AND account_id IS NOT NULL)", name="received_when_verified"),
        CheckConstraint("claimed_at IS NULL OR received_at IS NOT NULL", name="claimed_when_received"),
        Index("ix_move_volunteer", "volunteer_number", "noted_at"),
    )

    transfer_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    volunteer_number: Mapped[str] = mapped_column(String(12))
    from_region: Mapped[str] = mapped_column(String(6))
    to_region: Mapped[str] = mapped_column(String(6))
    noted_at: Mapped[datetime]
    verified: Mapped[bool]
    name: Mapped[str | None] = mapped_column(String(60))
    category: Mapped[str | None] = mapped_column(String(30))
    specialties: Mapped[list[str]] = mapped_column(JSON)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    received_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
