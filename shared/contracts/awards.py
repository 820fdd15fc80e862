"""What `awards` tells: nominations, stars and awards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.contracts.base import Event, event


@event("awards", "nomination.opened", key="nomination_id")
@dataclass(frozen=True, kw_only=True)
class NominationOpened(Event):
    """A volunteer became a candidate: for a star by their hours, or for a commendation by a clerk."""

    nomination_id: str
    kind: Literal["star", "commendation"]
    title: str
    volunteer_number: str
    region: str


@event("awards", "nomination.decided", key="nomination_id")
@dataclass(frozen=True, kw_only=True)
class NominationDecided(Event):
    """A nomination was decided; the reason says why where it was refused."""

    nomination_id: str
    kind: Literal["star", "commendation"]
    title: str
    volunteer_number: str
    granted: bool
    reason: str


@event("awards", "star.granted", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class StarGranted(Event):
    """A volunteer was given a star level by the tier that decides it."""

    volunteer_number: str
    nomination_id: str
    stars: int
    granted_on: date
    decided_by_region: str


@event("awards", "star.withdrawn", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class StarWithdrawn(Event):
    """Stars were taken away, because hours that carried them did not count: a decision of the tier that decides them.

    `stars` is the level that was held and `stars_left` the one that is held now; `nomination_ids` name the grants that
    are undone.
    """

    volunteer_number: str
    review_id: str
    stars: int
    stars_left: int
    nomination_ids: tuple[str, ...]
    withdrawn_on: date
    decided_by_region: str
    reason: str


@event("awards", "award.granted", key="award_id")
@dataclass(frozen=True, kw_only=True)
class AwardGranted(Event):
    """A commendation was granted; it enters the volunteer's file."""

    award_id: str
    nomination_id: str
    volunteer_number: str
    award: str
    citation: str
    granted_on: date
    granting_region: str
