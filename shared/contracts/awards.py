"""What `awards` tells: nominations, stars and awards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
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


@dataclass(frozen=True, kw_only=True)
class StarHeld:
    """A star level that somebody holds, with the decision that gave it."""

    nomination_id: str
    stars: int
    granted_on: date
    decided_by_region: str


@dataclass(frozen=True, kw_only=True)
class StarRefused:
    """A star level that was refused, which is not proposed again for a time."""

    nomination_id: str
    stars: int
    refused_at: datetime


@dataclass(frozen=True, kw_only=True)
class AwardHeld:
    """A commendation that somebody was given, with its number."""

    award_id: str
    nomination_id: str
    number: str
    award: str
    round: str
    citation: str
    region: str
    granting_region: str
    granted_on: date
    granted_at: datetime


@event("awards", "standing.handed_over", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class StandingHandedOver(Event):
    """Stars and commendations of a volunteer whom another node has received: all of them when `is_whole`.

    What was decided at the old home after that is told alone.
    """

    transfer_id: str
    volunteer_number: str
    from_region: str
    to_region: str
    stars: tuple[StarHeld, ...] = ()
    refused: tuple[StarRefused, ...] = ()
    awards: tuple[AwardHeld, ...] = ()
    is_whole: bool = False


@event("awards", "standing.taken_over", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class StandingTakenOver(Event):
    """The new home of a volunteer answers for their stars from now on; nodes above count them as they are there."""

    volunteer_number: str
    stars: int
