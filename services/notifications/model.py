"""The tables of notifications."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Index, Integer, MetaData, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.storage import InstantUTC, naming


class Base(DeclarativeBase):
    """The base of the tables of notifications."""

    metadata = MetaData(naming_convention=naming)
    type_annotation_map = {datetime: InstantUTC}  # noqa: RUF012  # SQLAlchemy reads it once


class PostHolder(Base):
    """A copy of who holds which post, kept by `post.changed`; ended posts stay, so that we know they were known."""

    __tablename__ = "post_holder"
    __table_args__ = (
        Index("ix_post_holder_seat", "role", "region"),
        Index("ix_post_holder_organisation", "organisation_id", "role"),
    )

    post_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(30))
    region: Mapped[str] = mapped_column(String(6))
    organisation_id: Mapped[str | None] = mapped_column(String(60))
    active: Mapped[bool]


class KnownVolunteer(Base):
    """A copy of which account a volunteer number belongs to, and of whose region they are at home."""

    __tablename__ = "known_volunteer"

    number: Mapped[str] = mapped_column(String(12), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(60))
    region: Mapped[str] = mapped_column(String(6))


class KnownOrganisation(Base):
    """A copy of who answers for an organisation, kept by `organisation.approved`."""

    __tablename__ = "known_organisation"

    organisation_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    head_account_id: Mapped[str] = mapped_column(String(60))


class KnownAbsence(Base):
    """A copy of who stands in for whom, kept by `absence.changed`; no business types mean all of them."""

    __tablename__ = "known_absence"

    absence_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    delegator_id: Mapped[str] = mapped_column(String(60), index=True)
    delegator_name: Mapped[str] = mapped_column(String(100))
    delegate_id: Mapped[str] = mapped_column(String(60))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    business_types: Mapped[list[str]] = mapped_column(JSON)
    active: Mapped[bool]


class Message(Base):
    """One message to one account; `dedupe` says what it is about, so that nobody is told the same thing twice."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("account_id", "dedupe"),
        Index("ix_message_account", "account_id", "seq"),
        Index(
            "ix_message_unread",
            "account_id",
            postgresql_where=text("read_at IS NULL"),
            sqlite_where=text("read_at IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    #: The order in which messages were written; several of one transaction share their instant.
    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    account_id: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(40))
    title_zh: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    body_zh: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(String(300))
    dedupe: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
