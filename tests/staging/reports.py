"""Reports that wait for their last decision, made by the commands that routes and reactions call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from services.launcher.parts import SERVICES, reactions_of
from services.records.commands.activities import ActivityForm, close_activity, open_activity, open_project
from services.records.commands.records import write_records
from services.records.rules import Shift
from services.reporting.commands.cases import approvals
from services.reporting.commands.drafts import edit_report, own_report
from services.reporting.commands.submission import submit_report
from services.reporting.model import Report
from shared.approval.core.state import Party
from shared.approval.core.words import Verb
from shared.approval.tables import CaseRow
from shared.clock import SystemClock, business_date
from shared.identity import Role
from shared.messaging.embedded import Courier
from shared.storage import Database
from tests.staging.people import Cast

_HOURS_A_DAY = 10
_BATCH = 20  # reports in one unit of work
_SUMMARY = "入户讲解用火用电用气安全，发放明白纸八百六十份。"


@dataclass(frozen=True)
class Waiting:
    """A report that waits for the province's decision, with the revision its case has now."""

    report_id: str
    case_id: str
    revision: int
    volunteers: tuple[str, ...]


class Stage:
    """A node whose databases are filled while nothing else runs."""

    def __init__(self, databases: Mapping[str, Database], cast: Cast) -> None:
        self.databases = databases
        self.cast = cast
        self._project_id = ""
        self._slots = 0
        self._commands = 0

    def set_up(self, *, people: int) -> None:
        """Bring officials, an organisation and so many volunteers to where every service knows them."""
        self.cast.appoint()
        self.carry()
        self.cast.enrol(people)
        self.carry()
        self._open_project()

    def carry(self) -> None:
        """Carry events until none is left, and mark them as sent."""
        courier = Courier(self.databases, {service: reactions_of(service) for service in SERVICES})
        while courier.carry_once():
            pass
        courier.mark_sent()

    def reports(self, count: int, *, lines: int) -> list[Waiting]:
        """Have so many reports of so many lines wait for the province, each line an hour of the next volunteer."""
        made: list[Waiting] = []
        while len(made) < count:
            activities = self._hold(min(_BATCH, count - len(made)), lines)
            self.carry()
            cases = self._submit(activities)
            for region in (self.cast.scene.county, *self.cast.scene.cities):
                self._approve(cases, region)
            self.carry()
            made += self._waiting(activities)
        return made

    def _open_project(self) -> None:
        with self.databases["records"].unit_of_work() as uow:
            project = open_project(
                uow,
                principal=self.cast.head,
                organisation_id=self.cast.organisation_id,
                name="安全进万家",
                theme="safety_into_homes",
                description="走进社区，讲解用火用电用气安全",
            )
            self._project_id = project.id

    def _hold(self, count: int, lines: int) -> dict[str, tuple[str, ...]]:
        """Hold activities; answers who served in each."""
        held: dict[str, tuple[str, ...]] = {}
        with self.databases["records"].unit_of_work() as uow:
            for _ in range(count):
                form = ActivityForm(
                    project_id=self._project_id,
                    name=f"入户宣传{self._slots}",
                    place="正定镇各社区",
                    beneficiaries="社区居民",
                    content="入户讲解家庭用气安全",
                    leader=self.cast.head.name,
                    category="special",
                    enters=["community"],
                )
                activity = open_activity(uow, principal=self.cast.head, form=form)
                shifts = [self._next_shift() for _ in range(lines)]
                write_records(uow, principal=self.cast.head, activity_id=activity.id, shifts=shifts)
                uow.session.flush()
                close_activity(uow, principal=self.cast.head, activity_id=activity.id)
                held[activity.id] = tuple(shift.volunteer_number for shift in shifts)
        return held

    def _next_shift(self) -> Shift:
        """Answer the next hour of the next volunteer: nobody is in two places at once."""
        turn, person = divmod(self._slots, len(self.cast.numbers))
        day, hour = divmod(turn, _HOURS_A_DAY)
        self._slots += 1
        return Shift(
            volunteer_number=self.cast.numbers[person],
            served_on=_today() - timedelta(days=1 + day),
            starts=(8 + hour) * 60,
            ends=(9 + hour) * 60,
            hours_hundredths=100,
            quality=self.cast.rng.randint(3, 5),
        )

    def _submit(self, activities: Mapping[str, object]) -> list[str]:
        cases = []
        with self.databases["reporting"].unit_of_work() as uow:
            for report_id in uow.session.scalars(select(Report.id).where(Report.activity_id.in_(activities))).all():
                report = own_report(uow, principal=self.cast.head, report_id=report_id)
                edit_report(uow, report, summary=_SUMMARY, problems="", lines=())
                submit_report(
                    uow,
                    report,
                    actor=Party(self.cast.head.account_id, self.cast.head.name),
                    approvals=approvals,
                    command_id=self._command(),
                )
                cases.append(str(report.case_id))
        return cases

    def _approve(self, cases: Sequence[str], region: str) -> None:
        with self.databases["reporting"].unit_of_work() as uow:
            for case_id in cases:
                approvals.act(
                    uow,
                    case_id=case_id,
                    verb=Verb.APPROVE,
                    actor=self.cast.officials[Role.APPROVER, region],
                    command_id=self._command(),
                )

    def _waiting(self, activities: Mapping[str, tuple[str, ...]]) -> list[Waiting]:
        wanted = (
            select(Report.id, Report.activity_id, CaseRow.id.label("case_id"), CaseRow.rev)
            .join(CaseRow, CaseRow.id == Report.case_id)
            .where(Report.activity_id.in_(activities))
        )
        with self.databases["reporting"].reading() as session:
            rows = session.execute(wanted).all()
        return [Waiting(row.id, row.case_id, row.rev, activities[row.activity_id]) for row in rows]

    def _command(self) -> str:
        self._commands += 1
        return f"staged-report-{self._commands}"


def _today() -> date:
    return business_date(SystemClock().now())
