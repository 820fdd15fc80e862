"""The scenarios AP7 to AP10 and AP13: tasks that are handed on, signers, taking back and claiming."""

from __future__ import annotations

from typing import Any

import pytest

from shared.approval.core.refusal import RefusalCode
from shared.approval.core.words import CaseState, Placing, StageState, TaskState, Verb
from tests.unit.approval.cases import BAO, BEN, CAI, COUNTY, DAI, EVERYBODY, Desk, node, party, route

A, B, C, X, Y = (party(name, COUNTY) for name in ("A", "B", "C", "X", "Y"))
PEOPLE = (A, B, C, X, Y, CAI, DAI)


def of_county(mode: str, *accounts: str, **more: Any) -> Desk:
    return Desk(route(node("county", *accounts, mode=mode, **more), node("city")), people=PEOPLE)


def test_ap7_a_hands_on_to_b_who_decides_and_the_trail_shows_both() -> None:
    desk = of_county("any", "a")
    desk.do(Verb.TRANSFER, A, to=(B,))
    assert desk.refused(Verb.APPROVE, A).code is RefusalCode.NOT_YOUR_TURN
    desk.do(Verb.APPROVE, B)
    assert desk.states() == ["130123 passed", "130100 open"]
    told = [(note.kind, note.actor, note.facts.get("to")) for note in notes(desk) if note.actor in ("a", "b")]
    assert told == [(Verb.TRANSFER, "a", "b"), (Verb.APPROVE, "b", None)]


def notes(desk: Desk) -> list[Any]:
    return [entry.note for move in desk.moves for entry in move.entries]


def test_ap8_after_b_has_resolved_the_task_is_as_again_and_only_as_pass_moves_the_flow() -> None:
    desk = of_county("any", "a")
    desk.do(Verb.DELEGATE, A, to=(B,))
    assert desk.refused(Verb.APPROVE, A).code is RefusalCode.NOT_YOUR_TURN
    desk.do(Verb.RESOLVE, B, opinion="可以")
    assert (desk.states()[0], desk.tasks()) == ("130123 open", ["a open", "b passed"])
    desk.do(Verb.APPROVE, A)
    assert desk.states()[0] == "130123 passed"


def test_ap8_of_a_delegate_who_delegates_on_the_answer_goes_back_to_the_first() -> None:
    desk = of_county("any", "a")
    desk.do(Verb.DELEGATE, A, to=(B,))
    desk.do(Verb.DELEGATE, B, to=(C,))
    assert desk.refused(Verb.RESOLVE, B, opinion="?").code is RefusalCode.NOT_YOURS
    desk.do(Verb.RESOLVE, C, opinion="可以")
    assert desk.tasks() == ["a open", "b transferred", "c passed"]


@pytest.mark.parametrize("mode", ["any", "sequential", "all"])
def test_ap9_a_signer_before_speaks_first_and_then_the_node_goes_on(mode: str) -> None:
    desk = of_county(mode, "a", **({"veto": True} if mode == "all" else {}))
    desk.do(Verb.ADD_SIGN, A, to=(X,), placing=Placing.BEFORE)
    assert desk.tasks() == ["a waiting", "x open"]
    assert Verb.APPROVE not in desk.allowed(A)
    desk.do(Verb.APPROVE, X)
    assert desk.tasks() == ["a open", "x passed"]
    desk.do(Verb.APPROVE, A)
    assert desk.states()[0] == "130123 passed"


def test_ap9_removing_the_signer_before_restores_the_node() -> None:
    desk = of_county("any", "a")
    desk.do(Verb.ADD_SIGN, A, to=(X,), placing=Placing.BEFORE)
    desk.do(Verb.REMOVE_SIGN, A)
    assert desk.tasks() == ["a open", "x cancelled"]
    desk.do(Verb.APPROVE, A)


def test_ap9_a_designed_approver_and_the_last_one_cannot_be_removed() -> None:
    desk = of_county("all", "a", "b", veto=True)
    assert desk.refused(Verb.REMOVE_SIGN, A, task=2).code is RefusalCode.NOT_REMOVABLE
    desk.do(Verb.ADD_SIGN, A, to=(X,), placing=Placing.AFTER)
    assert desk.refused(Verb.REMOVE_SIGN, B, task=3).code is RefusalCode.NOT_YOURS
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.APPROVE, B)
    assert desk.refused(Verb.REMOVE_SIGN, A).code is RefusalCode.NOT_REMOVABLE


@pytest.mark.parametrize("placing", [Placing.AFTER, Placing.PARALLEL])
def test_ap9_a_node_with_a_signer_passes_when_both_have(placing: Placing) -> None:
    desk = of_county("any", "a")
    desk.do(Verb.ADD_SIGN, A, to=(X,), placing=placing)
    assert desk.tasks() == ["a open", "x waiting" if placing is Placing.AFTER else "x open"]
    desk.do(Verb.APPROVE, A)
    assert desk.states()[0] == "130123 open"
    desk.do(Verb.APPROVE, X)
    assert desk.states()[0] == "130123 passed"


def test_removing_a_signer_who_was_all_that_an_approved_node_waited_for_decides_it() -> None:
    desk = of_county("any", "a", "b")
    desk.do(Verb.ADD_SIGN, A, to=(X,), placing=Placing.PARALLEL)
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.REMOVE_SIGN, A)
    assert (desk.states()[0], desk.tasks()[1]) == ("130123 passed", "b cancelled")


@pytest.mark.parametrize("first", list(Placing))
@pytest.mark.parametrize("second", list(Placing))
def test_signers_of_signers_all_get_their_turn(first: Placing, second: Placing) -> None:
    desk = of_county("any", "a")
    desk.do(Verb.ADD_SIGN, A, to=(X,), placing=first)
    if first is Placing.AFTER:
        desk.do(Verb.APPROVE, A)
    desk.do(Verb.ADD_SIGN, X, to=(Y,), placing=second)
    for _ in range(3):
        for who in (A, X, Y):
            if Verb.APPROVE in desk.allowed(who):
                desk.do(Verb.APPROVE, who)
    assert desk.states()[0] == "130123 passed"
    assert sorted(desk.tasks()[:3]) == ["a passed", "x passed", "y passed"]


def test_ap10_a_takes_back_while_b_has_not_acted_and_bs_task_is_cancelled() -> None:
    desk = Desk(route(node("county", "a"), node("city", "b")), people=PEOPLE)
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.TAKE_BACK, A)
    assert desk.tasks() == ["a cancelled", "b cancelled", "a open"]
    assert desk.states() == ["130123 open", "130100 waiting"]


def test_ap10_in_turn_inside_one_node_the_next_ones_task_is_cancelled_too() -> None:
    desk = of_county("sequential", "a", "b")
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.TAKE_BACK, A)
    assert desk.tasks() == ["a cancelled", "b cancelled", "a open"]
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.APPROVE, B)
    assert desk.states()[0] == "130123 passed"


@pytest.mark.parametrize("verb", [Verb.APPROVE, Verb.CLAIM, Verb.ADD_SIGN, Verb.DELEGATE, Verb.TRANSFER])
def test_ap10_once_b_has_acted_taking_back_is_refused(verb: Verb) -> None:
    other = party("Cao", CAI.posts[0])
    desk = Desk(people=(*EVERYBODY, other))
    desk.do(Verb.APPROVE, BEN)
    desk.do(verb, CAI, to=() if verb in (Verb.APPROVE, Verb.CLAIM) else (other,))
    assert desk.refused(Verb.TAKE_BACK, BEN).code is RefusalCode.ALREADY_DECIDED


def test_what_was_acted_on_in_an_earlier_visit_cannot_be_taken_back() -> None:
    desk = Desk(route(node("county", key="n1"), node("county", key="n2"), node("county", key="n3")), people=PEOPLE)
    for who in (A, B):
        desk.do(Verb.APPROVE, who)
    desk.do(Verb.RETURN, C, node="n2")
    assert desk.refused(Verb.TAKE_BACK, A).code is RefusalCode.ALREADY_DECIDED


def test_a_stage_that_is_taken_back_has_its_timers_again() -> None:
    desk = Desk(route(node("county", due={"hours": 24}), node("city")))
    due = desk.case.stage(1).due_at
    desk.do(Verb.APPROVE, BEN)
    assert desk.timers == {}
    desk.do(Verb.TAKE_BACK, BEN)
    assert desk.case.stage(1).due_at == due
    assert [timer.fire_at for timer in desk.timers.values()] == [due]
    assert desk.case.stage(2).state is StageState.WAITING


def test_all_of_several_get_their_tasks_back_when_the_last_takes_back() -> None:
    desk = of_county("all", "a", "b", veto=True)
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.APPROVE, B)
    assert desk.refused(Verb.TAKE_BACK, A).code is RefusalCode.ALREADY_DECIDED
    desk.do(Verb.TAKE_BACK, B)
    live = [task.assignee for task in desk.case.tasks if task.state in (TaskState.OPEN, TaskState.PASSED)]
    assert live == ["a", "b"]


def test_ap13_a_second_claimer_is_refused_and_the_same_again_succeeds_without_a_row() -> None:
    desk = Desk()
    desk.do(Verb.CLAIM, BEN)
    refused = desk.refused(Verb.CLAIM, BAO)
    assert (refused.code, refused.winner and refused.winner.person.name) == (RefusalCode.TASK_CLAIMED, "Ben")
    moves, before = len(desk.moves), desk.case
    assert desk.do(Verb.CLAIM, BEN) is before
    assert len(desk.moves) == moves


def test_a_claimed_task_is_the_posts_again_when_its_claimer_leaves_or_gives_it_back() -> None:
    for leaves in (True, False):
        desk = Desk()
        desk.do(Verb.CLAIM, BEN)
        if leaves:
            desk.reseat(BAO, CAI, DAI)
        else:
            desk.do(Verb.UNCLAIM, BEN)
        assert desk.tasks() == ["approver open"]
        assert desk.do(Verb.APPROVE, BAO).state is CaseState.RUNNING


def test_the_task_of_a_delegate_who_leaves_goes_back_to_the_one_who_asked() -> None:
    desk = of_county("any", "a")
    desk.do(Verb.DELEGATE, A, to=(B,))
    desk.reseat(A, C, X, Y, CAI, DAI)
    assert desk.tasks() == ["a open", "b cancelled"]


@pytest.mark.parametrize("placing", list(Placing))
def test_a_signer_who_leaves_is_waited_for_no_more(placing: Placing) -> None:
    desk = of_county("any", "a")
    desk.do(Verb.ADD_SIGN, A, to=(X,), placing=placing)
    if placing is not Placing.BEFORE:
        desk.do(Verb.APPROVE, A)
    desk.reseat(A, B, C, Y, CAI, DAI)
    if placing is Placing.BEFORE:
        desk.do(Verb.APPROVE, A)
    assert desk.states()[0] == "130123 passed"
