"""What was held in the last weeks, after the year that the world tells, so that every listed official has work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from random import Random

from services.launcher.demo.activities import ActivityMaker
from services.launcher.demo.model import DemoActivity, DemoOrganisation, DemoShift, DemoWorld
from services.launcher.demo.places import Places
from services.launcher.demo.plans import Plan, Planner
from services.launcher.demo.rulings import Course
from shared.approval.core.words import Verb
from shared.calendar import quarter_bounds, quarter_of
from shared.regions import Level, Regions

_AT_COUNTY = Course(waits_at=Level.COUNTY, pace=1)
_AT_CITY = Course(waits_at=Level.CITY, pace=1)
_AT_PROVINCE = Course(waits_at=Level.PROVINCE, pace=1)
#: Region of the organisation, and what becomes of its report; None leaves a draft.
_REPORTS: tuple[tuple[str, Course | None], ...] = (
    ("130123", _AT_COUNTY),
    ("130123", _AT_COUNTY),
    ("130123", Course(first=Verb.RETURN, is_corrected=False, pace=1)),
    ("130123", Course(first=Verb.REJECT, pace=1)),
    ("130123", None),
    ("130123", _AT_CITY),
    ("130102", _AT_CITY),
    ("130100", _AT_CITY),
    ("130200", _AT_CITY),
    ("130200", None),
    ("130202", _AT_CITY),
    ("130203", _AT_PROVINCE),
    ("130108", _AT_PROVINCE),
    ("130682", _AT_PROVINCE),
)
#: How many days ago such an activity was over, at least and less than.
_WINDOW = (10, 24)
_TRIES = 60
#: Long enough to bring somebody of 正定 to the hours of a first star in these days.
_WATCH = ("130123", "正定古城文旅安全守护", "城墙、景区入口和小吃街巡护，劝离占用消防通道的车辆，引导游客有序游览")
_WATCH_DAYS = 18
_WATCH_ENDED = 12

Lately = tuple[tuple[DemoActivity, Course | None], ...]


def held_lately(world: DemoWorld, regions: Regions, *, seed: int, last_day: date) -> Lately:
    """Answer what was held in the weeks before this day, and what becomes of each report (None: it stays a draft)."""
    maker = _Maker(world, regions, seed=seed, last_day=last_day)
    reports = [(next(maker.activities(region, number)), course) for number, (region, course) in enumerate(_REPORTS)]
    return (*reports, (maker.watch(), Course(pace=1)))


def credited_lately(lately: Lately) -> frozenset[str]:
    """Answer the keys of those whose hours of the last weeks are approved."""
    approved = (one for one, course in lately if course and course.first is Verb.APPROVE and course.waits_at is None)
    return frozenset(entry.person for activity in approved for entry in activity.entries)


class _Maker:
    """Holds activities after the world's own, without taking anybody from what they do in it."""

    def __init__(self, world: DemoWorld, regions: Regions, *, seed: int, last_day: date) -> None:
        self._world = world
        self._seed = seed
        self._last = last_day
        self._places = Places(regions, on=world.today)
        self._busy = {
            (entry.person, activity.shifts[entry.shift].on)
            for activity in world.activities
            for entry in activity.entries
        }
        self._maker = ActivityMaker(
            self._rng("people"),
            people=world.people,
            organisations=world.organisations,
            projects=world.projects,
            today=world.today,
        )

    def activities(self, region: str, number: int) -> Iterator[DemoActivity]:
        """Answer what the first organisation of a region might have held lately."""
        quarter = quarter_of(self._last)
        organisation = self._organisation(region)
        planner = Planner(self._rng(str(number)), places=self._places, span=quarter_bounds(quarter))
        plans = (plan for _ in range(_TRIES) for plan in planner.everyday((organisation,), quarter))
        for turn, plan in enumerate(plans, start=number):
            wanted = self._last - timedelta(days=_WINDOW[0] + turn % (_WINDOW[1] - _WINDOW[0]))
            # By whole weeks, so that schools are still visited on school days.
            moved = timedelta(weeks=(wanted - plan.shifts[-1].on).days // 7)
            held = self._held(replace(plan, shifts=tuple(replace(one, on=one.on + moved) for one in plan.shifts)))
            if held is not None:
                yield held

    def watch(self) -> DemoActivity:
        """Answer the long activity whose hours bring candidates."""
        held = self._held(self._watch())
        assert held is not None, "an organisation of its size finds people for this"
        return held

    def _organisation(self, region: str) -> DemoOrganisation:
        return next(one for one in self._world.organisations if one.region == region)

    def _watch(self) -> Plan:
        region, name, content = _WATCH
        first = self._last - timedelta(days=_WATCH_ENDED + _WATCH_DAYS - 1)
        return Plan(
            organisation=self._organisation(region),
            name=name,
            content=content,
            place="正定古城南城门广场",
            place_region=region,
            theme="safety_into_homes",
            category="special",
            form="other",
            seven_enters=("public_place",),
            target_groups=("public",),
            focus_day=None,
            shifts=tuple(
                DemoShift(on=first + timedelta(days=day), start=time(9, 30), end=time(17, 30))
                for day in range(_WATCH_DAYS)
            ),
            crowd=(6, 6),
            open_to_neighbours=False,
        )

    def _held(self, plan: Plan) -> DemoActivity | None:
        """Answer the activity without those who did something else that day, or None when hardly anybody is left."""
        held = self._maker.carry_out(plan)
        if held is None:
            return None
        free = tuple(one for one in held.entries if (one.person, held.shifts[one.shift].on) not in self._busy)
        return replace(held, entries=free) if len({one.person for one in free}) > 1 else None

    def _rng(self, part: str) -> Random:
        return Random(f"{self._seed}:recent:{part}")  # noqa: S311 - made-up data must be the same again, not secret
