"""How the lasting things of awards stand, for a listener that begins: stars and commendations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.awards.commands.commendations import award_as_told
from services.awards.commands.stars import star_as_told
from services.awards.model import Award, Star
from shared.contracts.awards import AwardGranted, StarGranted
from shared.messaging import Snapshots

snapshots = Snapshots("awards")


@snapshots.of(StarGranted)
def stars(session: Session, after: str, limit: int) -> Sequence[StarGranted]:
    """Answer all levels that the next volunteers hold, each volunteer's in their order.

    What was taken away is left out: told alone it would seem to be held.
    """
    held = Star.withdrawn_on.is_(None)
    holders = select(Star.volunteer_number).where(held, Star.volunteer_number > after).distinct()
    page = holders.order_by(Star.volunteer_number).limit(limit).scalar_subquery()
    wanted = select(Star).where(held, Star.volunteer_number.in_(page)).order_by(Star.volunteer_number, Star.stars)
    return [star_as_told(star) for star in session.scalars(wanted)]


@snapshots.of(AwardGranted)
def awards(session: Session, after: str, limit: int) -> Sequence[AwardGranted]:
    """Answer the commendations that were granted."""
    wanted = select(Award).where(Award.id > after).order_by(Award.id).limit(limit)
    return [award_as_told(award) for award in session.scalars(wanted)]
