"""The whole demonstration world, made in one go."""

from __future__ import annotations

from datetime import date
from itertools import chain
from random import Random

from services.launcher.demo.activities import ActivityMaker
from services.launcher.demo.model import DemoActivity, DemoWorld
from services.launcher.demo.organisations import make_organisations, make_projects
from services.launcher.demo.places import Places
from services.launcher.demo.plans import Planner
from shared.calendar import Span, quarter_bounds, quarters_before
from shared.regions import Regions

#: How many full quarters before today are filled: a year, as reports and scorecards want it.
QUARTERS = 4


def build_demo_world(*, seed: int, today: date, regions: Regions) -> DemoWorld:
    """Answer the world that belongs to this seed and day: the same on every machine.

    Activities come in the order of their last day, so that whoever sends them moves the clock only forward.
    """
    quarters = quarters_before(today, count=QUARTERS)
    span = Span(first=quarter_bounds(quarters[0]).first, last=quarter_bounds(quarters[-1]).last)
    places = Places(regions, on=today)
    organisations, people = make_organisations(_rng(seed, "people"), places=places, regions=regions, today=today)
    projects = make_projects(organisations, quarters=quarters, regions=regions, today=today)
    planner = Planner(_rng(seed, "plans"), places=places, span=span)
    maker = ActivityMaker(
        _rng(seed, "activities"), people=people, organisations=organisations, projects=projects, today=today
    )
    # Campaigns come first: they need the same people for weeks; the rest goes into the days that are left.
    plans = chain(
        planner.campaigns(organisations),
        planner.focus_days(organisations),
        *(planner.everyday(organisations, quarter) for quarter in quarters),
    )
    held = [activity for plan in plans if (activity := maker.carry_out(plan)) is not None]
    return DemoWorld(
        today=today,
        quarters=quarters,
        people=people,
        organisations=organisations,
        projects=projects,
        activities=tuple(sorted(held, key=_last_moment)),
    )


def _last_moment(activity: DemoActivity) -> tuple[date, str]:
    return activity.shifts[-1].on, activity.key


def _rng(seed: int, part: str) -> Random:
    # Each part draws from its own stream, so that a new surname does not move every activity.
    return Random(f"{seed}:{part}")  # noqa: S311 - made-up data must be the same again, not secret
