"""Stars and commendations: candidates are decided as they come, the newest of them still wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select

from services.awards.commands.cases import approvals
from services.awards.commands.commendations import Proposal, nominate
from services.awards.model import KnownVolunteer, Nomination, NominationKind, NominationState, StandingRow
from services.launcher.demo.agenda import workday_after
from services.launcher.demo.ground import Ground
from services.launcher.demo.offices import Offices
from services.launcher.demo.rulings import APPROVED, Course, Rulings, command_id
from shared.calendar import quarter_bounds
from shared.clock import business_date
from shared.hours import show_hours
from shared.regions import Level

_AWARD = "outstanding_volunteer"
#: In the region of the listed county, so many of the newest candidates are left to decide.
_LEFT_IN, _LEFT = "130123", 2
_NEW = timedelta(days=12)
_GRANTED = 4
#: Who is nominated now: somebody of this city (any other where it says None), and before which tier it waits.
_WAITING: tuple[tuple[str | None, Level], ...] = (
    ("130100", Level.CITY),
    ("130200", Level.CITY),
    (None, Level.PROVINCE),
)
#: A round is of the year in which most of what it honours was done.
_HALF_A_ROUND = timedelta(days=120)


class Honours:
    """Decides candidates and nominates for commendations."""

    def __init__(self, ground: Ground, offices: Offices, rulings: Rulings) -> None:
        self._ground = ground
        self._offices = offices
        self._rulings = rulings
        self._seen: set[str] = set()
        self._left: Counter[str] = Counter()
        self._nominated: set[str] = set()

    def plan(self) -> None:
        """Put down the round of last year and the one that has just begun; candidates are looked for each evening."""
        agenda = self._ground.agenda
        granted_on = quarter_bounds(self._ground.world.quarters[2]).first + timedelta(days=9)
        agenda.on(workday_after(granted_on, days=0), self._honour)
        agenda.on(workday_after(agenda.last_day - timedelta(days=8), days=0), self._nominate_anew)
        agenda.every_evening(self._look)

    def _look(self) -> None:
        """Find the candidates for stars that are new, and put down their decision unless they are to wait."""
        with self._ground.node.databases["awards"].reading() as session:
            rows = session.scalars(
                select(Nomination)
                .where(Nomination.kind == NominationKind.STAR.value, Nomination.state == NominationState.OPEN.value)
                .order_by(Nomination.volunteer_number)
            ).all()
        for row in rows:
            if row.id not in self._seen:
                self._seen.add(row.id)
                if not self._is_left(row):
                    self._follow(row, APPROVED)

    def _is_left(self, row: Nomination) -> bool:
        is_new = business_date(row.opened_at) > self._ground.agenda.last_day - _NEW
        if row.region != _LEFT_IN or not is_new or self._left[row.region] >= _LEFT:
            return False
        self._left[row.region] += 1
        return True

    def _follow(self, row: Nomination, course: Course) -> None:
        assert row.case_id is not None
        self._rulings.follow("awards", approvals, case_id=row.case_id, course=course)

    def _honour(self) -> None:
        """Nominate the best of different cities, all of whom are granted their award."""
        taken: set[str] = set()
        for volunteer, hours in self._starred():
            city = self._city(volunteer.region)
            if city not in taken and len(taken) < _GRANTED:
                taken.add(city)
                self._nominate(volunteer, hours, APPROVED)

    def _nominate_anew(self) -> None:
        for city, tier in _WAITING:
            for volunteer, hours in self._starred():
                own = self._city(volunteer.region)
                others = {named for named, _ in _WAITING if named}
                if volunteer.number not in self._nominated and (own == city or (city is None and own not in others)):
                    self._nominate(volunteer, hours, Course(waits_at=tier, pace=1))
                    break

    def _nominate(self, volunteer: KnownVolunteer, hours: int, course: Course) -> None:
        self._nominated.add(volunteer.number)
        proposal = Proposal(
            award=_AWARD,
            round=str((self._ground.agenda.today - _HALF_A_ROUND).year),
            volunteer_number=volunteer.number,
            story=f"{volunteer.name}一年来参加安全生产志愿服务累计{show_hours(hours)}小时，坚持到岗、耐心细致，"
            "多次发现并协助消除身边隐患，群众评价高，在志愿者中起到带头作用。",
        )
        with self._ground.work("awards") as uow:
            nomination = nominate(
                uow,
                proposal,
                clerk=self._offices.clerk(volunteer.region),
                regions=self._ground.regions,
                approvals=approvals,
                command_id=command_id(),
            )
        self._follow(nomination, course)

    def _starred(self) -> Iterable[tuple[KnownVolunteer, int]]:
        """Answer who has a star, those with the most hours first."""
        with self._ground.node.databases["awards"].reading() as session:
            rows = session.execute(
                select(KnownVolunteer, StandingRow.total_hundredths)
                .join(StandingRow, StandingRow.volunteer_number == KnownVolunteer.number)
                .where(StandingRow.stars > 0)
                .order_by(StandingRow.total_hundredths.desc(), KnownVolunteer.number)
            )
            return [(volunteer, hours) for volunteer, hours in rows]

    def _city(self, region: str) -> str:
        today: date = self._ground.agenda.today
        return next(one.code for one in self._ground.regions.chain(region, on=today) if one.level is Level.CITY)
