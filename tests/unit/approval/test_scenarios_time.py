"""Deadlines, reminders and the clock that stands still; sub-cases, stand-ins, copies, revocation and reminders."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.approval.core.refusal import RefusalCode
from shared.approval.core.state import Seat
from shared.approval.core.words import CaseState, StageState, TaskKind, TaskState, TimerKind, Verb
from shared.workdays import Workdays
from tests.unit.approval.cases import (
    ADA,
    ANN,
    BAO,
    BEN,
    CAI,
    CITY,
    COUNTY,
    DAI,
    EVERYBODY,
    NOON,
    REVOCABLE,
    Desk,
    branch,
    fork,
    node,
    one,
    party,
    route,
)

A, B, EVE = party("A", COUNTY), party("B", COUNTY), party("Eve")
#: 2017, but for 1 October to 8 October, with 30 September made up for.
HOLIDAYS = {date(2017, 10, day): False for day in range(1, 9)} | {date(2017, 9, 30): True}
LOADED = Workdays(years=frozenset({2017}), exceptions=HOLIDAYS)


def county(**more: Any) -> Any:
    return route(node("county", **more), node("city"))


def test_hours_are_of_the_clock_and_workdays_end_at_midnight_in_shanghai() -> None:
    assert Desk(county(due={"hours": 30})).case.stage(1).due_at == NOON + timedelta(hours=30)
    due = Desk(county(due={"workdays": 1}), workdays=LOADED).case.stage(1)
    assert (due.due_at, due.due_is_provisional) == (datetime(2017, 9, 4, 16, 0, tzinfo=UTC), False)


def test_a_deadline_past_the_last_loaded_year_is_provisional_and_counted_again() -> None:
    desk = Desk(county(due={"workdays": 21}))
    assert desk.case.stage(1).due_is_provisional
    first = desk.case.stage(1).due_at
    move = desk.recount(LOADED)
    assert move is not None
    assert (desk.case.stage(1).due_is_provisional, desk.case.rev) == (False, 1)
    assert desk.case.stage(1).due_at != first
    assert [timer.fire_at for timer in desk.timers.values()] == [desk.case.stage(1).due_at]
    assert desk.recount(LOADED) is None


def test_reminders_come_so_often_and_no_more_and_the_overdue_stage_waits_on() -> None:
    desk = Desk(county(due={"hours": 30}, remind={"every": {"hours": 8}, "most": 2}))
    fired = desk.wait(days=9)
    assert [(timer.kind, timer.number) for timer in fired] == [
        (TimerKind.REMIND, 1),
        (TimerKind.REMIND, 2),
        (TimerKind.OVERDUE, 1),
    ]
    assert (desk.case.state, desk.states()[0]) == (CaseState.RUNNING, "130123 open")


def test_an_overdue_stage_is_offered_to_the_superior_too_and_whoever_is_first_decides() -> None:
    desk = Desk(county(due={"hours": 1}, escalate={"role": "approver", "tier": "city"}))
    desk.wait(hours=2)
    assert [(task.region, task.state.value) for task in desk.case.tasks] == [("130123", "open"), ("130100", "open")]
    desk.do(Verb.APPROVE, CAI)
    assert [task.state.value for task in desk.case.tasks[:2]] == ["cancelled", "passed"]


def test_the_timer_of_a_stage_that_is_over_does_nothing_and_a_return_arms_a_new_one() -> None:
    desk = Desk(route(node("county", due={"hours": 5}), node("city")))
    desk.do(Verb.APPROVE, BEN)
    assert desk.wait(hours=9) == []
    desk.do(Verb.RETURN, CAI, node="county")
    assert [timer.stage for timer in desk.timers.values()] == [3]
    assert [timer.kind for timer in desk.wait(hours=9)] == [TimerKind.OVERDUE]


@pytest.mark.parametrize(("due", "moved"), [({"hours": 30}, timedelta(hours=72)), ({"workdays": 3}, timedelta(days=5))])
def test_while_a_case_is_suspended_its_clock_stands_still(due: dict[str, int], moved: timedelta) -> None:
    desk = Desk(county(due=due, remind={"every": {"hours": 8}, "most": 1}), workdays=LOADED)
    desk.wait(hours=9)
    before = desk.case.stage(1).due_at
    desk.at = datetime(2017, 9, 4, 4, 0, tzinfo=UTC) if "workdays" in due else desk.at
    desk.do(Verb.SUSPEND, ADA, opinion="停")
    assert desk.refused(Verb.APPROVE, BEN).code is RefusalCode.NOT_LEGAL_NOW
    desk.at += timedelta(hours=72) - timedelta(minutes=2)  # the two verbs that follow take a minute each
    desk.do(Verb.RESUME, ADA)
    assert before is not None
    assert desk.case.stage(1).due_at == before + moved
    assert all(key[1] is TimerKind.OVERDUE for key in desk.timers)  # the one reminder has been told


def test_a_suspended_case_can_be_terminated() -> None:
    desk = Desk()
    desk.do(Verb.SUSPEND, ADA, opinion="停")
    case = desk.do(Verb.TERMINATE, ADA, opinion="终止")
    assert (case.state, case.suspended_at) == (CaseState.TERMINATED, None)


SUBCASE = {"node": "sub", "title": {"zh": "子", "en": "Sub"}, "tier": "county", "subcase": "other"}


def test_a_stage_waits_for_its_case_and_goes_on_or_ends_with_it() -> None:
    for has_passed, state in ((True, "130123 passed"), (False, "130123 rejected")):
        desk = Desk(route(SUBCASE, node("city")))
        assert [stage.number for stage in desk.moves[0].waiting] == [1]
        desk.conclude(1, has_passed=has_passed)
        assert desk.states()[0] == state
        assert desk.conclude(1, has_passed=True) is None


def test_what_a_case_of_its_own_decides_while_all_stands_still_goes_on_afterwards() -> None:
    desk = Desk(route(SUBCASE, node("city")))
    desk.do(Verb.SUSPEND, ADA, opinion="停")
    desk.conclude(1, has_passed=True)
    assert desk.states() == ["130123 passed", "130100 waiting"]
    desk.do(Verb.RESUME, ADA)
    assert desk.states()[1] == "130100 open"


@pytest.mark.parametrize("verb", [Verb.WITHDRAW, Verb.TERMINATE, Verb.REJECT, Verb.TAKE_BACK, Verb.RETURN])
def test_the_case_that_nobody_waits_for_any_more_is_ended(verb: Verb) -> None:
    beside = fork("parallel", branch(SUBCASE), branch(one("x", "b")))
    desk = Desk(route(one("n1", "a"), beside), people=(A, B))
    desk.do(Verb.APPROVE, A)
    who = {Verb.WITHDRAW: ANN, Verb.TERMINATE: ADA, Verb.TAKE_BACK: A}.get(verb, B)
    desk.do(verb, who, opinion="不", **({"node": "n1"} if verb is Verb.RETURN else {}))
    assert [stage.node_key for stage in desk.moves[-1].abandoned] == ["sub"]


def test_what_a_case_of_its_own_has_decided_cannot_be_taken_back_from_before_it() -> None:
    desk = Desk(route(one("n1", "a"), SUBCASE, node("city")), people=(A, CAI))
    desk.do(Verb.APPROVE, A)
    desk.conclude(2, has_passed=True)
    assert desk.refused(Verb.TAKE_BACK, A).code is RefusalCode.ALREADY_DECIDED


def test_a_stand_in_decides_in_anothers_place_and_the_trail_says_so() -> None:
    desk = Desk()
    desk.do(Verb.APPROVE, replace(EVE, stands_for=(BEN,)))
    decision = desk.moves[-1].decision
    assert decision is not None
    assert (decision.actor, decision.on_behalf_of) == ("eve", "ben")
    task = desk.case.task(1)
    assert (task.ended_by, task.on_behalf_of) == (EVE.person, BEN.person)


@pytest.mark.parametrize("excluded", ["eve", "ben"])
def test_a_stand_in_decides_nothing_that_one_of_the_two_must_not(excluded: str) -> None:
    barred = EVE if excluded == "eve" else BEN
    desk = Desk(barred=(barred,))
    code = desk.refused(Verb.APPROVE, replace(EVE, stands_for=(BEN,))).code
    assert code in (RefusalCode.BARRED, RefusalCode.OWN_CASE)


def test_neither_of_two_decides_another_stage_after_one_has_for_the_other() -> None:
    both = replace(BEN, posts=(*BEN.posts, CITY))
    desk = Desk(people=(ANN, both, CAI, DAI))
    eve = replace(EVE, stands_for=(both,))
    desk.do(Verb.APPROVE, eve)
    for who in (both, eve, replace(EVE, posts=(CITY,))):
        assert desk.refused(Verb.APPROVE, who).code is RefusalCode.ONE_STAGE_PER_ROUND


def test_what_a_stand_in_takes_back_is_again_the_task_of_the_other() -> None:
    desk = Desk()
    eve = replace(EVE, stands_for=(BEN,))
    desk.do(Verb.APPROVE, eve)
    desk.do(Verb.TAKE_BACK, eve)
    assert desk.tasks()[-1] == "ben open"
    assert desk.do(Verb.APPROVE, BEN).stage(1).state is StageState.PASSED


def test_a_stand_in_who_claims_twice_has_claimed_once() -> None:
    desk, eve = Desk(), replace(EVE, stands_for=(BEN,))
    desk.do(Verb.CLAIM, eve)
    moves = len(desk.moves)
    desk.do(Verb.CLAIM, eve)
    assert (desk.tasks(), len(desk.moves)) == (["ben claimed"], moves)


def test_everybody_gets_one_copy_and_also_after_the_end() -> None:
    desk = Desk()
    desk.do(Verb.CC, ANN, to=(CAI, CAI))
    desk.do(Verb.WITHDRAW, ANN)
    desk.do(Verb.CC, ANN, to=(CAI, DAI))
    copies = [task.assignee for task in desk.case.tasks if task.kind is TaskKind.CC]
    assert copies == ["cai", "dai"]
    desk.do(Verb.MARK_READ, DAI)
    assert [task.state for task in desk.case.tasks if task.assignee == "dai"] == [TaskState.READ]


def test_the_initiator_asks_for_haste_once_a_day() -> None:
    desk = Desk()
    desk.do(Verb.REMIND, ANN)
    assert [reminder.by for reminder in desk.moves[-1].reminders] == [ANN.person]
    assert desk.refused(Verb.REMIND, ANN).code is RefusalCode.TOO_SOON
    desk.at += timedelta(hours=24)
    desk.do(Verb.REMIND, ANN)


def test_an_approved_case_can_be_revoked_for_so_many_days() -> None:
    desk = Desk(REVOCABLE)
    for who in (BEN, CAI, DAI):
        desk.do(Verb.APPROVE, who)
    desk.do(Verb.REQUEST_REVOCATION, ANN, opinion="有误")
    desk.at = (desk.case.closed_at or desk.at) + timedelta(days=30)
    assert desk.refused(Verb.REQUEST_REVOCATION, ANN, opinion="有误").code is RefusalCode.TOO_LATE


def test_a_task_is_given_to_no_system_administrator_and_to_none_who_is_asked_already() -> None:
    admin = party("Ai", Seat("system_admin", "130123"))
    desk = Desk(people=(*EVERYBODY, admin))
    for verb in (Verb.TRANSFER, Verb.DELEGATE, Verb.ADD_SIGN):
        assert desk.refused(verb, BEN, to=(admin,)).code is RefusalCode.RECIPIENT_UNFIT
    desk.do(Verb.ADD_SIGN, BEN, to=(BAO,))
    assert desk.refused(Verb.ADD_SIGN, BEN, to=(BAO,)).code is RefusalCode.RECIPIENT_UNFIT
