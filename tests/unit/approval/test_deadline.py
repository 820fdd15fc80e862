"""Deadlines and reminders: workdays to the end of the last day, hours by the clock, and what moves them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.approval.core import engine
from shared.approval.core.deadline import Due, due_after, moved_start
from shared.approval.core.definition import Span, Unit
from shared.approval.core.state import Timer
from shared.approval.core.words import CaseState, StageState, TimerKind, Verb
from shared.workdays import Workdays
from tests.unit.approval.cases import ADA, BEN, CAI, NOON, Desk, node, route

EXCEPTIONS = {date(2025, 10, day): False for day in range(1, 9)} | {date(2025, 10, 11): True}
KNOWN = Workdays(years=frozenset({2017, 2025}), exceptions=EXCEPTIONS)
DAYS, HOURS = Unit.WORKDAYS, Unit.HOURS
EVE = datetime(2025, 9, 30, 8, 30, tzinfo=UTC)  # 16:30 in Shijiazhuang
TIMED: dict[str, Any] = {"due": {"workdays": 2}, "remind": {"every": {"workdays": 1}, "most": 2}}
ESCALATED = TIMED | {"escalate": {"role": "approver", "tier": "city"}}


def midnight_after(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "due"),
    [
        (Span(1, DAYS), midnight_after(2025, 10, 9)),
        (Span(3, DAYS), midnight_after(2025, 10, 11)),
        (Span(24, HOURS), EVE + timedelta(days=1)),  # hours do not care for Golden Week
    ],
)
def test_workdays_end_with_the_day_and_hours_by_the_clock(span: Span, due: datetime) -> None:
    assert due_after(EVE, span, KNOWN) == Due(due)


def test_over_the_year_a_deadline_is_provisional_but_hours_never_are() -> None:
    late = datetime(2025, 12, 31, 4, 0, tzinfo=UTC)
    assert due_after(late, Span(1, DAYS), KNOWN) == Due(midnight_after(2026, 1, 1), is_provisional=True)
    assert due_after(late, Span(48, HOURS), KNOWN) == Due(late + timedelta(hours=48))


def test_an_evening_in_utc_is_the_next_day_in_shanghai() -> None:
    evening = datetime(2025, 10, 9, 17, 0, tzinfo=UTC)
    assert due_after(evening, Span(1, DAYS), KNOWN).at == midnight_after(2025, 10, 11)


def test_a_clock_that_stood_still_gives_back_workdays_or_hours() -> None:
    until = EVE + timedelta(days=11)  # 11 October
    assert moved_start(EVE, Span(5, HOURS), KNOWN, since=EVE, until=until) == until
    # The 9th, 10th and 11th were lost.
    assert moved_start(EVE, Span(5, DAYS), KNOWN, since=EVE, until=until) == until


def timer_of(desk: Desk, kind: TimerKind) -> Timer:
    return [timer for move in desk.moves for timer in move.timers if timer.kind is kind][-1]


def fire(desk: Desk, timer: Timer) -> bool:
    desk.at = max(desk.at, timer.fire_at)
    move = engine.fire(desk.case, timer, definition=desk.bound, world=desk.world)
    if move is not None:
        desk.moves.append(move)
        desk.case = move.case
    return move is not None


def test_reminders_come_as_often_as_the_node_says_and_no_more() -> None:
    desk = Desk(route(node("county", **TIMED)), workdays=KNOWN)
    first = timer_of(desk, TimerKind.REMIND)
    assert (first.number, first.fire_at) == (1, midnight_after(2017, 9, 4))
    assert fire(desk, first)
    assert [reminder.by for reminder in desk.moves[-1].reminders] == [None]
    assert not fire(desk, first)
    second = timer_of(desk, TimerKind.REMIND)
    assert (second.number, second.fire_at) == (2, midnight_after(2017, 9, 6))
    assert fire(desk, second)
    assert desk.moves[-1].timers == ()
    assert desk.case.stages[0].reminded == 2


def test_what_is_overdue_is_asked_higher_up_and_does_not_pass() -> None:
    desk = Desk(route(node("county", **ESCALATED)), workdays=KNOWN)
    assert fire(desk, timer_of(desk, TimerKind.OVERDUE))
    assert [stage.number for stage in desk.moves[-1].overdue] == [1]
    assert [(task.role, task.region) for task in desk.moves[-1].opened] == [("approver", "130100")]
    assert desk.case.state is CaseState.RUNNING
    assert desk.do(Verb.APPROVE, CAI).state is CaseState.APPROVED


def test_late_is_not_too_late() -> None:
    desk = Desk(route(node("county", **ESCALATED)), workdays=KNOWN)
    fire(desk, timer_of(desk, TimerKind.OVERDUE))
    assert desk.do(Verb.APPROVE, BEN).state is CaseState.APPROVED


def test_a_suspended_case_does_not_move_and_gets_its_time_back() -> None:
    desk = Desk(route(node("county", **TIMED)), people=(BEN, ADA), workdays=KNOWN)
    before, overdue = desk.case.stages[0], timer_of(desk, TimerKind.OVERDUE)
    fire(desk, timer_of(desk, TimerKind.REMIND))
    desk.at = NOON + timedelta(days=4)  # Tuesday
    desk.do(Verb.SUSPEND, ADA, opinion="核实情况")
    assert not fire(desk, overdue)
    desk.at = NOON + timedelta(days=11)
    desk.do(Verb.RESUME, ADA, opinion="核实完毕")
    after = desk.case.stages[0]
    assert before.due_at is not None
    assert after.due_at == before.due_at + timedelta(days=7)
    # The first reminder has come; the second comes as much later as the case stood still.
    assert [(timer.number, timer.fire_at) for timer in desk.moves[-1].timers if timer.kind is TimerKind.REMIND] == [
        (2, midnight_after(2017, 9, 12))
    ]


def test_a_decision_that_is_taken_back_has_its_timers_again() -> None:
    desk = Desk(route(node("county", **TIMED), node("city", **TIMED)), workdays=KNOWN)
    due = desk.case.stages[0].due_at
    desk.do(Verb.APPROVE, BEN)
    assert desk.case.stages[1].due_at is not None
    desk.do(Verb.TAKE_BACK, BEN)
    later = desk.case.stages[1]
    assert [later.state, later.due_at, later.clock_from] == [StageState.WAITING, None, None]
    assert {(timer.stage, timer.fire_at) for timer in desk.moves[-1].timers if timer.kind is TimerKind.OVERDUE} == {
        (1, due)
    }


def test_a_provisional_deadline_moves_when_its_year_is_loaded() -> None:
    desk = Desk(route(node("county", due={"workdays": 1})), workdays=Workdays())
    assert desk.case.stages[0].due_is_provisional
    holidays = {date(2017, 9, 4): False, date(2017, 9, 5): False}
    desk.workdays = Workdays(years=frozenset({2017}), exceptions=holidays)
    move = engine.recount(desk.case, definition=desk.bound, world=desk.world)
    assert move is not None
    (stage,) = move.case.stages
    assert (stage.due_at, stage.due_is_provisional) == (midnight_after(2017, 9, 6), False)
    assert [timer.fire_at for timer in move.timers] == [stage.due_at]
    assert engine.recount(move.case, definition=desk.bound, world=desk.world) is None


def test_the_timers_of_a_stage_that_is_over_do_nothing() -> None:
    desk = Desk(route(node("county", **TIMED), node("city"), node("province")), workdays=KNOWN)
    timers = [timer for move in desk.moves for timer in move.timers]
    desk.do(Verb.APPROVE, BEN)
    assert [fire(desk, timer) for timer in timers] == [False] * len(timers)
