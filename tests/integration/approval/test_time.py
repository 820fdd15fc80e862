"""The clock of cases: deadlines in workdays, reminders, what is overdue, and a year that is loaded later."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from shared.approval import timers
from shared.approval.core.words import TimerKind, Verb
from shared.approval.jobs import Firing, Recounting, jobs
from shared.approval.lists import TaskList
from shared.approval.service import Approvals
from shared.approval.tables_beside import TimerRow
from shared.approval.views import CaseView, StageView
from shared.contracts.cases import CalendarMissing, TaskAssigned, TaskOverdue, TaskReminded
from shared.identity import Role
from tests.integration.approval.office import ANN, BAO, BEN, CAI, CITY, COUNTY, START, Office, TickingClock, official

ADA = official("Ada", CITY, Role.SYSTEM_ADMIN)
#: Ten workdays after Thursday 1 October 2026, in Golden Week: the 8th to the 10th (a Saturday), then on to the 20th.
DUE = datetime(2026, 10, 20, 16, 0, tzinfo=UTC)
LATER = DUE + timedelta(hours=1)
YEAR_END = datetime(2026, 12, 30, 1, 0, tzinfo=UTC)
YEAR_2027 = {date(2027, 1, 1): False, date(2027, 1, 4): False}


def set_clock(office: Office, instant: datetime) -> None:
    clock = office.database.clock
    assert isinstance(clock, TickingClock)
    clock.instant = instant


def fire_all(office: Office, instant: datetime) -> None:
    set_clock(office, instant)
    firing = Firing(office.approvals, office.database, 2)
    while firing():
        pass


def told(office: Office) -> Counter[str]:
    """Answer what the clock has told, by event."""
    return Counter(type(event).__name__ for event in office.events() if isinstance(event, TaskReminded | TaskOverdue))


def stage_of(office: Office, case: CaseView, number: int = 1) -> StageView:
    return office.view(case).case.stages[number - 1]


def load_2027(office: Office) -> None:
    with office.database.unit_of_work() as uow:
        office.approvals.load_workdays(uow, year=2027, days=YEAR_2027, source="2027.csv")


def test_a_case_is_due_in_workdays_with_golden_week_and_its_saturday(office: Office) -> None:
    stage = stage_of(office, office.open("r1"))
    assert (stage.due_at, stage.due_is_provisional) == (DUE, False)
    assert stage_of(office, office.open("r2"), 2).due_at is None


def test_reminders_come_once_each_and_no_more_than_the_node_says(office: Office) -> None:
    case = office.open("r1")
    fire_all(office, START + timedelta(days=7))
    assert told(office) == {}
    for days in range(7, 19):
        fire_all(office, START + timedelta(days=days, hours=16))
        fire_all(office, START + timedelta(days=days, hours=17))
    assert told(office) == {"TaskReminded": 3}
    assert {event.reminded_by for event in office.events() if isinstance(event, TaskReminded)} == {None}
    assert office.view(case).case.rev == case.rev
    assert office.trail_problems(case) == ()


def test_what_is_overdue_is_told_and_asked_higher_up_once(office: Office) -> None:
    case = office.open("r1")
    for minutes in (0, 1, 60):
        fire_all(office, LATER + timedelta(minutes=minutes))
    assert told(office)["TaskOverdue"] == 1
    asked = [event for event in office.events() if isinstance(event, TaskAssigned) and event.region == CITY]
    assert [(event.role, event.kind) for event in asked] == [("approver", "approve")]
    # Nothing passed by itself, and who is late may still decide.
    assert office.act(case, Verb.APPROVE, BEN).stages[0].state == "passed"
    assert office.trail_problems(case) == ()


def test_the_superior_who_was_asked_decides_in_the_place_of_who_is_late(office: Office) -> None:
    office.post(official("Cui", CITY))
    case = office.open("r1")
    fire_all(office, LATER)
    assert office.act(case, Verb.APPROVE, CAI).stages[0].decided_by_name == "Cai"


def test_two_workers_at_once_do_a_thing_once(office: Office) -> None:
    for number in range(6):
        office.open(f"r{number}")
    barrier = Barrier(2)

    def work() -> None:
        mine = Firing(office.approvals, office.database, 2)
        barrier.wait(10)
        while mine():
            pass

    set_clock(office, LATER)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work), pool.submit(work)]:
            done.result(60)
    fire_all(office, LATER + timedelta(minutes=1))
    assert told(office) == {"TaskReminded": 6, "TaskOverdue": 6}


def test_one_case_that_fails_holds_up_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [office.open(f"r{number}") for number in range(5)]
    really = Approvals.fire

    def fire(self: Approvals, uow: Any, *, case_id: str, timer: Any) -> None:
        if case_id == cases[0].id:
            raise RuntimeError("this case cannot be moved")
        really(self, uow, case_id=case_id, timer=timer)

    monkeypatch.setattr(Approvals, "fire", fire)
    fire_all(office, LATER)
    assert told(office)["TaskOverdue"] == 4
    monkeypatch.undo()
    fire_all(office, LATER)
    assert told(office)["TaskOverdue"] == 5


def test_a_suspended_case_stands_still_and_is_due_that_much_later(office: Office) -> None:
    office.post(ADA)
    case = office.open("r1")
    set_clock(office, DUE - timedelta(hours=2))
    office.act(case, Verb.SUSPEND, ADA, opinion="核实情况")
    fire_all(office, LATER)
    assert told(office) == {}
    set_clock(office, LATER + timedelta(days=1))
    office.act(case, Verb.RESUME, ADA, opinion="核实完毕")
    assert stage_of(office, case).due_at == DUE + timedelta(days=2)
    fire_all(office, LATER + timedelta(days=1, hours=1))
    assert told(office)["TaskOverdue"] == 0
    fire_all(office, LATER + timedelta(days=2))
    assert told(office)["TaskOverdue"] == 1


def test_a_timer_that_was_read_before_the_case_was_suspended_is_kept(office: Office) -> None:
    office.post(ADA)
    case = office.open("r1")
    set_clock(office, LATER)
    with office.database.reading() as session:
        found = timers.due(session, at=LATER, limit=10)
    office.act(case, Verb.SUSPEND, ADA, opinion="核实情况")
    for case_id, timer in found:
        with office.database.unit_of_work() as uow:
            office.approvals.fire(uow, case_id=case_id, timer=timer)
    with office.database.reading() as session:
        assert set(session.scalars(select(TimerRow.state))) == {"armed"}


def test_the_timers_of_a_withdrawn_case_and_of_a_stage_that_is_over_never_fire(office: Office) -> None:
    office.act(office.open("r1"), Verb.WITHDRAW, ANN)
    office.act(office.open("r2"), Verb.RETURN, BEN)
    office.act(office.open("r3"), Verb.REJECT, BAO)
    fire_all(office, LATER)
    assert told(office) == {}
    with office.database.reading() as session:
        assert set(session.scalars(select(TimerRow.state))) == {"cancelled"}


def test_a_later_round_has_timers_of_its_own(office: Office) -> None:
    case = office.open("r1")
    office.act(case, Verb.RETURN, BEN)
    set_clock(office, LATER)
    office.act(case, Verb.RESUBMIT, ANN)
    fire_all(office, LATER + timedelta(minutes=1))
    assert told(office) == {}
    fire_all(office, LATER + timedelta(days=30))
    assert told(office) == {"TaskReminded": 1, "TaskOverdue": 1}


def test_past_the_last_loaded_year_a_deadline_is_provisional_and_nothing_is_refused(office: Office) -> None:
    set_clock(office, YEAR_END)
    case = office.open("r1")
    assert stage_of(office, case).due_is_provisional
    assert office.act(case, Verb.APPROVE, BEN).stages[1].due_is_provisional
    office.open("r2")
    alarms = [event for event in office.events() if isinstance(event, CalendarMissing)]
    assert alarms == [CalendarMissing(year=2027, region=COUNTY), CalendarMissing(year=2027, region=CITY)]
    with office.database.reading() as session:
        counted = office.approvals.counts(session, principal=CAI, at=START)
    assert counted.provisional == 2


def test_a_year_that_is_loaded_moves_its_provisional_deadlines_once(office: Office) -> None:
    known = office.open("r3")
    set_clock(office, YEAR_END)
    waiting, decided = office.open("r1"), office.open("r2")
    office.act(decided, Verb.REJECT, BEN)
    before = stage_of(office, waiting).due_at
    assert before == datetime(2027, 1, 13, 16, 0, tzinfo=UTC)
    # Nobody knows more than before: nothing is counted.
    assert not Recounting(office.approvals, office.database)()
    load_2027(office)
    recounting = Recounting(office.approvals, office.database, 1)
    while recounting():
        pass
    stage = stage_of(office, waiting)
    assert (stage.due_at, stage.due_is_provisional) == (datetime(2027, 1, 15, 16, 0, tzinfo=UTC), False)
    assert recounting.counted == 1
    assert stage_of(office, known).due_is_provisional is False
    with office.database.reading() as session:
        overdue = select(TimerRow.fire_at).where(TimerRow.case_id == waiting.id, TimerRow.kind == TimerKind.OVERDUE)
        assert session.scalar(overdue) == stage.due_at
        assert office.approvals.counts(session, principal=BEN, at=START).provisional == 0
    entries = office.entries(waiting)
    Recounting(office.approvals, office.database)()
    assert office.entries(waiting) == entries
    assert office.trail_problems(waiting) == ()


def test_what_has_fired_does_not_fire_again_when_its_moment_is_counted_again(office: Office) -> None:
    set_clock(office, YEAR_END)
    case = office.open("r1")
    fire_all(office, YEAR_END + timedelta(days=60))
    assert told(office) == {"TaskReminded": 1, "TaskOverdue": 1}
    load_2027(office)
    Recounting(office.approvals, office.database)()
    assert not stage_of(office, case).due_is_provisional
    fire_all(office, YEAR_END + timedelta(days=61))
    assert told(office)["TaskOverdue"] == 1
    fire_all(office, YEAR_END + timedelta(days=90))
    assert told(office)["TaskOverdue"] == 1
    reminded = [event.task for event in office.events() if isinstance(event, TaskReminded)]
    assert reminded.count(1) == 3


def test_a_deadline_shows_in_the_lists(office: Office) -> None:
    set_clock(office, YEAR_END)
    office.open("r1")
    with office.database.reading() as session:
        (item,) = office.approvals.tasks(session, which=TaskList.TODO, principal=BEN, at=START).items
    assert (item.due_at, item.due_is_provisional) == (datetime(2027, 1, 13, 16, 0, tzinfo=UTC), True)


def test_the_jobs_are_two_of_the_clock_and_one_of_other_nodes(office: Office) -> None:
    found = jobs(office.approvals, office.database)
    assert [job.name for job in found] == ["timers", "handovers", "deadlines"]
    with office.database.unit_of_work() as uow:
        assert [job.work(uow) for job in found] == [False, False, False]
