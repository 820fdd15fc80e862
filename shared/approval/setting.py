"""What every command of a service's cases stands on, and what the core is told of the world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from shared.approval import directory, workdays
from shared.approval.core.command import World
from shared.approval.core.route import Link
from shared.approval.core.state import Case, Party, Seat
from shared.approval.core.words import StageState, Tier
from shared.approval.outcomes import Outcomes
from shared.approval.views import RegionNames
from shared.clock import business_date
from shared.identity import Principal
from shared.regions import Regions

_AHEAD = (StageState.OPEN, StageState.HELD, StageState.WAITING)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The node, its regions, and what the service does when its cases move."""

    service: str
    node: str
    regions: Regions
    outcomes: Outcomes

    def names(self, at: datetime) -> RegionNames:
        """Answer the names of regions on the day of an instant."""
        return RegionNames.at(self.regions, at)

    def world(self, session: Session, home_region: str, *, at: datetime, case: Case | None = None) -> World:
        """Answer the world as a case of that region, or a case on its way, has to know it.

        :raises Invalid: `unknown_region`, `region_not_reporting`.
        """
        steps = self.regions.chain(home_region, on=business_date(at))
        chain = tuple(Link(step.code, Tier(step.level.value)) for step in steps)
        ahead = {stage.region for stage in case.current_stages if stage.state in _AHEAD} if case else set()
        seats = directory.holders(session, {link.region for link in chain} | ahead)
        return World(at=at, seats=seats, chain=chain, workdays=workdays.known(session))

    def seated(
        self,
        session: Session,
        actor: Principal | Party,
        *,
        business_type: str,
        at: datetime,
        posts: tuple[Seat, ...] | None = None,
        lock: bool = True,
    ) -> Party:
        """Answer the actor with the posts that the directory knows of; what a token says is not asked."""
        del business_type, at
        if posts is None:
            posts = directory.posts_of(session, actor.account_id, lock=lock)
        return Party(actor.account_id, actor.name, posts)
