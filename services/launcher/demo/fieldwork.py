"""Projects, activities, hours and reports: written down by the head of each organisation as the year goes by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from random import Random

from sqlalchemy import select

from services.launcher.demo.agenda import workday_after
from services.launcher.demo.enrolment import Enrolment, Leader
from services.launcher.demo.ground import Ground
from services.launcher.demo.model import DemoActivity, DemoProject, DemoShiftEntry
from services.launcher.demo.rulings import APPROVED, Course, Rulings, command_id
from services.records.commands.activities import ActivityForm, close_activity, open_activity, open_project
from services.records.commands.records import write_records
from services.records.rules import Shift, minutes_of
from services.reporting.commands.cases import approvals
from services.reporting.commands.drafts import edit_report, own_report
from services.reporting.commands.submission import submit_report
from services.reporting.model import Report
from shared.approval.core.state import Party
from shared.approval.core.words import CaseState, Verb
from shared.approval.views import CaseView
from shared.hours import show_hours

_GROUPS = {
    "elderly": "老年人",
    "minors": "未成年人",
    "disabled": "残疾人",
    "migrant_workers": "进城务工人员",
    "hardship": "困难家庭",
    "public": "社会公众",
}
_PROBLEMS = (
    "部分群众对12350举报渠道仍不了解，需持续宣传。",
    "宣传材料准备不足，下次按参与人数的一倍半印制。",
    "个别老旧小区燃气软管老化，已登记并转社区跟进。",
    "现场互动环节时间偏短，今后增加实操体验。",
    "参与人员以老年人为主，需想办法吸引青年参加。",
)
#: One report in so many is given back once and corrected.
_RETURNED_ONE_IN = 12


@dataclass(frozen=True, kw_only=True)
class Undertaking:
    """An activity on its way: what it is at records, and what becomes of its report (None: it stays a draft)."""

    activity: DemoActivity
    leader: Leader
    activity_id: str
    course: Course | None


class Fieldwork:
    """What the organisations do and report."""

    def __init__(self, ground: Ground, enrolment: Enrolment, rulings: Rulings) -> None:
        self._ground = ground
        self._enrolment = enrolment
        self._rulings = rulings
        self._rng = ground.rng("fieldwork")
        self._projects: dict[str, str] = {}

    def plan(self) -> None:
        """Put down the projects, and every activity of the world with a report that is approved in the end."""
        own: dict[str, list[DemoProject]] = defaultdict(list)
        for project in self._ground.world.projects:
            own[project.organisation].append(project)
        for organisation, projects in own.items():
            day = workday_after(projects[0].opened_on, days=0)
            self._ground.agenda.on(day, partial(self._open_projects, organisation, projects))
        for number, activity in enumerate(self._ground.world.activities, start=1):
            first = Verb.RETURN if number % _RETURNED_ONE_IN == 0 else Verb.APPROVE
            self.plan_activity(activity, Course(first=first))

    def plan_activity(self, activity: DemoActivity, course: Course | None) -> None:
        """Put an activity down: opened shortly before it begins, recorded week by week, then closed and reported."""
        day = max(activity.shifts[0].on - timedelta(days=2), self._first_day(activity))
        self._ground.agenda.on(day, partial(self._open, activity, course))

    def _first_day(self, activity: DemoActivity) -> date:
        project = next(one for one in self._ground.world.projects if one.key == activity.project)
        return workday_after(project.opened_on, days=1)

    def _open_projects(self, organisation: str, projects: Sequence[DemoProject]) -> None:
        leader = self._enrolment.leaders[organisation]
        with self._ground.work("records") as uow:
            for project in projects:
                made = open_project(
                    uow,
                    principal=leader.principal,
                    organisation_id=leader.organisation_id,
                    name=project.name,
                    theme=project.theme or "everyday",
                    description=project.summary,
                )
                self._projects[project.key] = made.id

    def _open(self, activity: DemoActivity, course: Course | None) -> None:
        leader = self._enrolment.leaders[activity.organisation]
        form = ActivityForm(
            project_id=self._projects[activity.project],
            name=activity.name,
            place=f"{self._ground.region(activity.place_region).full_name}{activity.place}",
            beneficiaries="、".join(_GROUPS[group] for group in activity.target_groups),
            content=activity.content,
            leader=self._ground.world.person(activity.leader).name,
            category=activity.category,
            enters=activity.seven_enters,
        )
        with self._ground.work("records") as uow:
            made = open_activity(uow, principal=leader.principal, form=form)
        under_way = Undertaking(activity=activity, leader=leader, activity_id=made.id, course=course)
        weeks = _weeks(activity)
        for number, (day, entries) in enumerate(weeks, start=1):
            act = partial(self._record, under_way, entries, is_last=number == len(weeks))
            self._ground.agenda.on(day + timedelta(days=1), act)

    def _record(self, under_way: Undertaking, entries: Sequence[DemoShiftEntry], *, is_last: bool) -> None:
        leader, activity = under_way.leader.principal, under_way.activity
        shifts = [
            Shift(
                volunteer_number=self._enrolment.numbers[entry.person],
                served_on=activity.shifts[entry.shift].on,
                starts=minutes_of(activity.shifts[entry.shift].start),
                ends=minutes_of(activity.shifts[entry.shift].end),
                hours_hundredths=entry.hours,
                quality=entry.quality,
            )
            for entry in entries
        ]
        with self._ground.work("records") as uow:
            write_records(uow, principal=leader, activity_id=under_way.activity_id, shifts=shifts)
            if is_last:
                uow.session.flush()
                close_activity(uow, principal=leader, activity_id=under_way.activity_id)
        if is_last and under_way.course is not None:
            self._ground.agenda.soon(partial(self._submit, under_way, under_way.course), pace=under_way.course.pace)

    def _submit(self, under_way: Undertaking, course: Course, *, again: bool = False) -> None:
        leader = under_way.leader.principal
        with self._ground.work("reporting") as uow:
            report_id = uow.session.scalars(select(Report.id).where(Report.activity_id == under_way.activity_id)).one()
            report = own_report(uow, principal=leader, report_id=report_id)
            summary = _summary(under_way.activity, self._rng)
            if again:
                summary += "已按意见核对签到表，时长无误。"
            edit_report(uow, report, summary=summary, problems=self._rng.choice(_PROBLEMS), lines=())
            submit_report(
                uow,
                report,
                actor=Party(leader.account_id, leader.name),
                approvals=approvals,
                command_id=command_id(),
            )
            case_id = report.case_id
        assert case_id is not None

        def correct(view: CaseView) -> None:
            if view.state == CaseState.RETURNED and course.is_corrected:
                self._ground.agenda.soon(partial(self._submit, under_way, APPROVED, again=True), pace=2)

        self._rulings.follow("reporting", approvals, case_id=case_id, course=course, then=correct)


def _weeks(activity: DemoActivity) -> list[tuple[date, list[DemoShiftEntry]]]:
    """Answer the entries by calendar week, each week with its last day of work."""

    def week(entry: DemoShiftEntry) -> tuple[int, int]:
        year, number, _ = activity.shifts[entry.shift].on.isocalendar()
        return year, number

    found = []
    for _, group in groupby(sorted(activity.entries, key=lambda entry: (week(entry), entry.shift)), key=week):
        entries = list(group)
        found.append((max(activity.shifts[entry.shift].on for entry in entries), entries))
    return found


def _summary(activity: DemoActivity, rng: Random) -> str:
    people = len({entry.person for entry in activity.entries})
    hours = show_hours(sum(entry.hours for entry in activity.entries))
    reached = rng.randrange(40, 400, 10)
    papers = rng.randrange(100, 900, 50)
    return (
        f"在{activity.place}{activity.content}。{people}名志愿者参加，累计服务{hours}小时，"
        f"参与群众约{reached}人，发放宣传材料{papers}份。"
    )
