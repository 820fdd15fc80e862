"""What happened in the last weeks, after the year that the world tells: so that every listed person has work waiting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from functools import partial

from services.launcher.demo.activities import ActivityMaker
from services.launcher.demo.agenda import workday_after
from services.launcher.demo.enrolment import Enrolment
from services.launcher.demo.fieldwork import Fieldwork
from services.launcher.demo.ground import Ground
from services.launcher.demo.model import DemoActivity, DemoOrganisation, DemoPerson, DemoShift
from services.launcher.demo.people import PeopleMaker
from services.launcher.demo.places import Places
from services.launcher.demo.plans import Plan, Planner
from services.launcher.demo.rulings import Course
from shared.approval.core.state import Verb
from shared.calendar import quarter_bounds, quarter_of
from shared.regions import Level

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
#: Region, kind and name of organisations that have just applied.
_ORGANISATIONS = (
    ("130123", "street", "正定县新城铺镇安全志愿服务队"),
    ("130100", "industry", "石家庄市物业行业安全志愿服务队"),
    ("130200", "industry", "唐山市陶瓷行业安全志愿服务队"),
    ("130000", "experts", "河北省特种设备安全专家志愿服务队"),
)
#: Where people have just applied, and how many.
_PEOPLE = (("130123", 3), ("130100", 2), ("130000", 2))
_TRIES = 60
_WINDOW = (10, 24)
_WATCH_DAYS = 18
_WATCH_ENDS = 12
_WATCH = ("130123", "正定古城文旅安全守护", "城墙、景区入口和小吃街巡护，劝离占用消防通道的车辆，引导游客有序游览")


class Recent:
    """Adds the last weeks to the agenda."""

    def __init__(self, ground: Ground, enrolment: Enrolment, fieldwork: Fieldwork) -> None:
        self._ground = ground
        self._enrolment = enrolment
        self._fieldwork = fieldwork
        self._last = ground.agenda.last_day
        self._places = Places(ground.regions, on=ground.world.today)
        self._busy = {
            (entry.person, activity.shifts[entry.shift].on)
            for activity in ground.world.activities
            for entry in activity.entries
        }
        self._maker = ActivityMaker(
            ground.rng("recent"),
            people=ground.world.people,
            organisations=ground.world.organisations,
            projects=ground.world.projects,
            today=ground.world.today,
        )

    def plan(self) -> None:
        """Put down the reports that are on their way, and who has just applied."""
        for number, (region, course) in enumerate(_REPORTS):
            organisation = self._organisation(region)
            activity = next(self._activities(organisation, number))
            self._fieldwork.plan_activity(activity, course)
        # Long enough to bring somebody of 正定 to the hours of a first star in these days.
        watch = self._carried_out(self._watch())
        assert watch is not None
        self._fieldwork.plan_activity(watch, Course(pace=1))
        self._newcomers()

    def _organisation(self, region: str) -> DemoOrganisation:
        return next(one for one in self._ground.world.organisations if one.region == region)

    def _activities(self, organisation: DemoOrganisation, number: int) -> Iterator[DemoActivity]:
        """Answer what such an organisation might have held lately."""
        span = quarter_bounds(quarter_of(self._last))
        planner = Planner(self._ground.rng(f"recent {number}"), places=self._places, span=span)
        fitting = (one for _ in range(_TRIES) for one in planner.everyday((organisation,), quarter_of(self._last)))
        for turn, plan in enumerate(fitting):
            # By whole weeks, so that schools are still visited on school days.
            back = timedelta(days=_WINDOW[0] + (number + turn) % (_WINDOW[1] - _WINDOW[0]))
            target = self._last - back
            last = plan.shifts[-1].on
            moved = timedelta(weeks=round((target - last).days / 7))
            held = self._carried_out(
                replace(plan, shifts=tuple(replace(shift, on=shift.on + moved) for shift in plan.shifts))
            )
            if held is not None:
                yield held

    def _watch(self) -> Plan:
        region, name, content = _WATCH
        first = self._last - timedelta(days=_WATCH_ENDS + _WATCH_DAYS - 1)
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

    def _carried_out(self, plan: Plan) -> DemoActivity | None:
        """Answer the activity without those who did something else that day, or None when hardly anybody is left."""
        held = self._maker.carry_out(plan)
        if held is None:
            return None
        free = tuple(one for one in held.entries if (one.person, held.shifts[one.shift].on) not in self._busy)
        return replace(held, entries=free) if len({one.person for one in free}) > 1 else None

    def _newcomers(self) -> None:
        rng = self._ground.rng("newcomers")
        world = self._ground.world
        maker = PeopleMaker(rng, places=self._places, regions=self._ground.regions, today=world.today)

        def newcomer(region: str, kind: str) -> DemoPerson:
            made = maker.member(organisation="", kind=kind, region=region, founded_on=world.today - timedelta(days=400))
            return replace(made, key=f"n{made.key}", region=region)

        for region, kind, name in _ORGANISATIONS:
            head = newcomer(region, kind)
            organisation = self._applicant(region, kind, name, head)
            self._ground.agenda.on(
                self._days_ago(rng.randint(2, 6)),
                partial(self._enrolment.enter_organisation, organisation, head=head, waits=True),
            )
        for region, count in _PEOPLE:
            for _ in range(count):
                people = [newcomer(region, "street")]
                self._ground.agenda.on(self._days_ago(rng.randint(1, 5)), partial(self._enrolment.enter, people))

    def _days_ago(self, days: int) -> date:
        return workday_after(self._last - timedelta(days=days), days=0)

    def _applicant(self, region: str, kind: str, name: str, head: DemoPerson) -> DemoOrganisation:
        return DemoOrganisation(
            key=f"n{region}",
            name=name,
            region=region,
            kind=kind,
            parent=None,
            uscc=None,
            address=head.address,
            founded_on=self._last,
            introduction="组织本行业、本辖区志愿者开展安全宣传和隐患排查，普及安全知识。",
            head=head.key,
            members=(head.key,),
        )
