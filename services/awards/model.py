"""The tables of awards."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from services.awards.rules import AWARD_KINDS, NextStar, Paper, Standing, next_star, star_rule
from shared.clock import business_date
from shared.storage import InstantUTC, naming


class Base(DeclarativeBase):
    """The base of the tables of awards."""

    metadata = MetaData(naming_convention=naming)
    type_annotation_map = {datetime: InstantUTC}  # noqa: RUF012  # SQLAlchemy reads it once


def _unique_where(where: str, name: str, *columns: str) -> Index:
    return Index(name, *columns, unique=True, postgresql_where=text(where), sqlite_where=text(where))


class NominationKind(StrEnum):
    """For what someone is nominated."""

    STAR = "star"
    COMMENDATION = "commendation"


class NominationState(StrEnum):
    """Where a nomination stands; `returned` waits for its clerk, `ended` was by an administrator.

    Of what was granted a star may be revoked.
    """

    OPEN = "open"
    RETURNED = "returned"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    REVOKED = "revoked"


class ReviewState(StrEnum):
    """Where a review of stars stands; `ended` is one that the hours, or an administrator, have ended."""

    OPEN = "open"
    TAKEN = "taken"
    KEPT = "kept"
    ENDED = "ended"


UNDECIDED = (NominationState.OPEN, NominationState.RETURNED)
"""The states in which a case still runs."""


class KnownVolunteer(Base):
    """A copy of who a volunteer is, kept by `volunteer.registered` and `volunteer.updated`."""

    __tablename__ = "known_volunteer"

    number: Mapped[str] = mapped_column(String(12), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(60), index=True)
    name: Mapped[str] = mapped_column(String(60))
    region: Mapped[str] = mapped_column(String(6), index=True)
    left_by: Mapped[str | None] = mapped_column(String(32))  # the transfer by which they moved to another node
    left_from: Mapped[str | None] = mapped_column(String(6))
    left_to: Mapped[str | None] = mapped_column(String(6))


class StandingRow(Base):
    """What counts towards a volunteer's stars: approved hours in hundredths, evaluations, and the stars held.

    Nobody is nominated while a standing `awaits_stars` of who came from another node.
    `review_due_at` is when the stars are to be looked at, because hours were `voided`: the name of the last activity.
    """

    __tablename__ = "standing"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 0 AND 5", name="stars"),
        CheckConstraint("quality_sum BETWEEN quality_count AND 5 * quality_count", name="quality"),
        CheckConstraint("total_hundredths >= 0", name="total"),
        CheckConstraint("voided IS NULL OR review_due_at IS NOT NULL", name="review"),
        Index(
            "ix_standing_review_due",
            "review_due_at",
            postgresql_where=text("review_due_at IS NOT NULL"),
            sqlite_where=text("review_due_at IS NOT NULL"),
        ),
    )

    volunteer_number: Mapped[str] = mapped_column(ForeignKey("known_volunteer.number"), primary_key=True)
    total_hundredths: Mapped[int] = mapped_column(default=0)
    quality_sum: Mapped[int] = mapped_column(default=0)
    quality_count: Mapped[int] = mapped_column(default=0)
    stars: Mapped[int] = mapped_column(default=0)
    awaits_stars: Mapped[bool] = mapped_column(default=False)
    review_due_at: Mapped[datetime | None]
    voided: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def nothing(cls, volunteer_number: str) -> StandingRow:
        """Answer the standing of who has no credited hours yet; it is not stored."""
        return cls(volunteer_number=volunteer_number, total_hundredths=0, quality_sum=0, quality_count=0, stars=0)

    @property
    def standing(self) -> Standing:
        """Answer the standing as the rules take it."""
        return Standing(
            total_hundredths=self.total_hundredths,
            quality_sum=self.quality_sum,
            quality_count=self.quality_count,
            stars=self.stars,
        )

    def next_star(self, session: Session, *, on: date) -> NextStar | None:
        """Answer what is missing to the next star by the rule of a date, or None for who has all five."""
        refused = refused_levels(session, self.volunteer_number)
        return next_star(star_rule(on), self.standing, refused=refused, on=on)


class Nomination(Base):
    """Someone proposed for a star (by their hours) or for a commendation (by a clerk), and what became of it."""

    __tablename__ = "nomination"
    __table_args__ = (
        CheckConstraint("kind IN ('star','commendation')", name="kind"),
        CheckConstraint("state IN ('open','returned','granted','refused','withdrawn','ended','revoked')", name="state"),
        CheckConstraint("(kind = 'star') = (stars IS NOT NULL)", name="stars_of_a_star"),
        CheckConstraint("stars IS NULL OR stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("(kind = 'commendation') = (award IS NOT NULL AND round IS NOT NULL)", name="award_and_round"),
        CheckConstraint("(state IN ('open','returned')) = (decided_at IS NULL)", name="decided"),
        _unique_where(
            "kind = 'star' AND state IN ('open','returned','granted')",
            "uq_nomination_star",
            "volunteer_number",
            "stars",
        ),
        _unique_where(
            "kind = 'commendation' AND state IN ('open','returned','granted')",
            "uq_nomination_commendation",
            "award",
            "round",
            "volunteer_number",
        ),
        Index("ix_nomination_volunteer", "volunteer_number", "kind", "state"),
        Index("ix_nomination_region", "region", "opened_at"),
        Index("ix_nomination_proposer", "proposer_account_id", "opened_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    volunteer_number: Mapped[str] = mapped_column(ForeignKey("known_volunteer.number"))
    region: Mapped[str] = mapped_column(String(6))
    stars: Mapped[int | None]
    award: Mapped[str | None] = mapped_column(String(40))
    round: Mapped[str | None] = mapped_column(String(20))
    story: Mapped[str] = mapped_column(Text, default="")
    proposer_account_id: Mapped[str] = mapped_column(String(60))
    proposer_name: Mapped[str] = mapped_column(String(60))
    case_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(20), default=NominationState.OPEN)
    reason: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]

    volunteer: Mapped[KnownVolunteer] = relationship()

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  # SQLAlchemy reads it once

    @property
    def paper(self) -> Paper:
        """Answer what the policy takes of a nomination."""
        return Paper(
            region=self.region,
            proposer_account_id=self.proposer_account_id,
            volunteer_account_id=self.volunteer.account_id,
            is_returned=self.state == NominationState.RETURNED,
        )


class Star(Base):
    """A star level given to a volunteer; rows are only added, and one that was taken away says when."""

    __tablename__ = "star"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("withdrawn_on IS NULL OR withdrawn_on >= granted_on", name="withdrawn"),
        _unique_where("withdrawn_on IS NULL", "uq_star_held", "volunteer_number", "stars"),
        Index("ix_star_volunteer", "volunteer_number"),
    )

    nomination_id: Mapped[str] = mapped_column(ForeignKey("nomination.id"), primary_key=True)
    volunteer_number: Mapped[str] = mapped_column(ForeignKey("known_volunteer.number"))
    stars: Mapped[int]
    granted_on: Mapped[date]
    decided_by_region: Mapped[str] = mapped_column(String(6))
    withdrawn_on: Mapped[date | None]

    nomination: Mapped[Nomination] = relationship()


class StarReview(Base):
    """The question whether a volunteer keeps stars that their hours no longer carry; one is open at a time.

    `stars` are held, `stars_left` are carried, `reason` is the activity whose hours were taken back.
    """

    __tablename__ = "star_review"
    __table_args__ = (
        CheckConstraint("state IN ('open','taken','kept','ended')", name="state"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("stars BETWEEN 1 AND 5 AND stars_left BETWEEN 0 AND stars - 1", name="stars"),
        _unique_where("state = 'open'", "uq_star_review_open", "volunteer_number"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    volunteer_number: Mapped[str] = mapped_column(ForeignKey("known_volunteer.number"))
    stars: Mapped[int]
    stars_left: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    case_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class Award(Base):
    """A commendation given to a volunteer; rows are only added."""

    __tablename__ = "award"
    __table_args__ = (
        UniqueConstraint("award", "round", "volunteer_number"),
        # Each node numbers its own; what came with a volunteer keeps the number that it has.
        _unique_where("came_by IS NULL", "uq_award_number", "number"),
        Index("ix_award_volunteer", "volunteer_number"),
        Index("ix_award_region", "region", "granted_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(40))
    nomination_id: Mapped[str] = mapped_column(ForeignKey("nomination.id"), unique=True)
    volunteer_number: Mapped[str] = mapped_column(ForeignKey("known_volunteer.number"))
    award: Mapped[str] = mapped_column(String(40))
    round: Mapped[str] = mapped_column(String(20))
    citation: Mapped[str] = mapped_column(String(300))
    region: Mapped[str] = mapped_column(String(6))
    granting_region: Mapped[str] = mapped_column(String(6))
    granted_on: Mapped[date]
    granted_at: Mapped[datetime]
    came_by: Mapped[str | None] = mapped_column(String(32))  # the transfer that brought it from another node

    volunteer: Mapped[KnownVolunteer] = relationship()

    @property
    def award_name(self) -> str:
        """Answer what the commendation is called: 优秀安全生产志愿者."""
        return AWARD_KINDS[self.award].zh


class AwardCounter(Base):
    """How many commendations were numbered in a year; its row lock hands the numbers out one by one."""

    __tablename__ = "award_counter"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


def refused_levels(session: Session, volunteer_number: str) -> dict[int, date]:
    """Answer the date (Asia/Shanghai) of the last refusal of each star level of a volunteer."""
    rows = session.execute(
        select(Nomination.stars, func.max(Nomination.decided_at, type_=InstantUTC))
        .where(
            Nomination.volunteer_number == volunteer_number,
            Nomination.kind == NominationKind.STAR.value,
            Nomination.state == NominationState.REFUSED.value,
        )
        .group_by(Nomination.stars)
    )
    return {stars: business_date(at) for stars, at in rows if stars is not None and at is not None}
