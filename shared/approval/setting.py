"""What every command of a service's cases stands on, and what the core is told of the world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from shared.approval import absences, directory, workdays
from shared.approval.core.command import World
from shared.approval.core.route import Link
from shared.approval.core.state import Case, Party
from shared.approval.core.words import StageState, Tier
from shared.approval.names import RegionNames
from shared.approval.outcomes import Outcomes
from shared.clock import business_date
from shared.identity import Principal
from shared.regions import Regions
from shared.storage import Hosting
from shared.storage.trip import one_trip

Rows = Sequence[Any]
_AHEAD = (StageState.OPEN, StageState.HELD, StageState.WAITING)


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What a command's first trip to the database has brought along of the world, as rows."""

    posts: Rows  # the actor's, locked
    named: Rows  # the absence rules that name the actor
    calendar: Rows
    holders: Rows
    regions: frozenset[str]  # all of whose posts are in `holders`


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

    def chain(self, home_region: str, *, at: datetime) -> tuple[Link, ...]:
        """Answer a region and those above it, on the day.

        :raises Invalid: `unknown_region`, `region_not_reporting`.
        """
        steps = self.regions.chain(home_region, on=business_date(at))
        return tuple(Link(step.code, Tier(step.level.value)) for step in steps)

    def world(
        self,
        session: Session,
        home_region: str,
        *,
        at: datetime,
        case: Case | None = None,
        brought: Brought | None = None,
        here: Hosting | None = None,
        named: frozenset[str] = frozenset(),
    ) -> World:
        """Answer the world as a case of that region, or a case on its way, has to know it.

        Whoever moves a case says with `here` what this node hosts, and who lays out a round which regions it `named`.

        :raises Invalid: `unknown_region`, `region_not_reporting`.
        """
        chain = self.chain(home_region, at=at)
        # The chain of today may not be the one that the round was laid out by.
        ahead = {stage.region for stage in case.current_stages if stage.state in _AHEAD} if case else set()
        regions = ahead.union(named, (link.region for link in chain))
        missing = regions - (brought.regions if brought else set())
        holders: list[Any] = list(brought.holders) if brought else []
        calendar = brought.calendar if brought else None
        if missing:
            asked, counted = one_trip(session, [directory.holding(missing), workdays.asking()])
            holders += asked
            calendar = calendar or counted
        return World(
            at=at,
            seats=directory.seats(holders),
            chain=chain,
            workdays=workdays.known(session, calendar),
            away=here.others(regions, on=business_date(at)) if here is not None else {},
        )

    def seated(
        self,
        session: Session,
        actor: Principal | Party,
        *,
        business_type: str,
        at: datetime,
        brought: Brought | None = None,
        lock: bool = True,
    ) -> Party:
        """Answer the actor with the posts that the directory knows of, and those they stand in for.

        What a token says is not asked.
        """
        me = actor.account_id
        posts = directory.posts(brought.posts) if brought else directory.posts_of(session, me, lock=lock)
        named = brought.named if brought else None
        # Only officials stand in for others: whoever holds no post is spared the question.
        away = absences.standing_in(session, me, business_type=business_type, at=at, named=named) if posts else ()
        stands_for = directory.parties(session, [person.account_id for person in away]) if away else ()
        return Party(me, actor.name, posts, stands_for)
