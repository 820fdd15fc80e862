"""The scenarios of the engine's plan, AP1 to AP6 and AP15: who decides, in which way, and what it comes to."""

from __future__ import annotations

from typing import Any

import pytest

from shared.approval.core.definition import Definition
from shared.approval.core.parsing import parse
from shared.approval.core.refusal import RefusalCode
from shared.approval.core.words import CaseState, StageState, TaskState, Verb
from tests.unit.approval.cases import ANN, BEN, CAI, COUNTY, DAI, Desk, body, node, party, route

A, B, C, D, E = (party(name, COUNTY) for name in "ABCDE")
PEOPLE = (A, B, C, D, E)


def of_county(mode: str, *accounts: str, **more: Any) -> Desk:
    return Desk(route(node("county", *accounts, mode=mode, **more)), people=PEOPLE)


def test_ap1_of_two_cases_of_one_definition_deciding_one_leaves_the_other_unchanged() -> None:
    first, second = of_county("any", "a"), of_county("any", "a")
    before = second.case
    assert first.do(Verb.APPROVE, A).state is CaseState.APPROVED
    assert second.case is before


def test_ap2_in_turn_b_first_is_refused_without_a_trace_and_has_a_task_after_a_has_passed() -> None:
    desk = of_county("sequential", "a", "b")
    moves = len(desk.moves)
    assert desk.refused(Verb.APPROVE, B).code is RefusalCode.NOT_YOUR_TURN
    assert (len(desk.moves), desk.tasks()) == (moves, ["a open"])
    desk.do(Verb.APPROVE, A)
    assert desk.tasks() == ["a passed", "b open"]


def test_ap3_any_one_passes_the_node_once_and_the_late_are_told_who_did() -> None:
    desk = of_county("any", "a", "b", "c")
    assert desk.do(Verb.APPROVE, B).state is CaseState.APPROVED
    assert desk.tasks() == ["a cancelled", "b passed", "c cancelled"]
    assert [
        (task.reason, task.ended_by and task.ended_by.name) for task in desk.case.tasks if task.assignee != "b"
    ] == [("decided_by_another", "B")] * 2
    late = desk.refused(Verb.APPROVE, A)
    assert late.winner is not None
    assert late.winner.person.name == "B"


def test_ap4_one_reject_of_all_ends_the_node_at_once_and_an_earlier_pass_stays_in_the_trail() -> None:
    desk = of_county("all", "a", "b", "c", veto=True)
    desk.do(Verb.APPROVE, A)
    assert desk.do(Verb.REJECT, B).state is CaseState.REJECTED
    assert desk.tasks() == ["a passed", "b rejected", "c cancelled"]
    told = [entry.note.kind for move in desk.moves for entry in move.entries if entry.note.actor == "a"]
    assert told == [Verb.APPROVE]


def test_ap5_sixty_in_a_hundred_of_five_stops_at_the_third_voice_either_way() -> None:
    vote = {"denominator": "ratio", "operator": ">=", "value": 60}
    desk = of_county("vote", *"abcde", veto=False, vote=vote)
    assert [desk.do(Verb.APPROVE, who).state.value for who in (A, B, C)] == ["running", "running", "approved"]
    desk = of_county("vote", *"abcde", veto=False, vote=vote)
    assert [desk.do(Verb.REJECT, who).state.value for who in (A, B, C)] == ["running", "running", "rejected"]


def test_ap6_by_weight_a_is_not_enough_and_with_c_it_is() -> None:
    one = node("county", mode="vote", veto=False, vote={"denominator": "weight", "operator": ">=", "value": 50})
    one["approvers"] = [{"account": name, "weight": weight} for name, weight in (("a", 30), ("b", 35), ("c", 35))]
    desk = Desk(parse(body(one)), people=PEOPLE)
    assert desk.do(Verb.APPROVE, A).state is CaseState.RUNNING
    assert desk.do(Verb.APPROVE, C).state is CaseState.APPROVED
    assert desk.tasks() == ["a passed", "b cancelled", "c passed"]


def test_ap15_forbid_refuses_the_initiator_and_another_holder_decides() -> None:
    ann = party("Ann", COUNTY)
    desk = Desk(route(node("county")), initiator=ann, people=(ann, BEN))
    assert desk.refused(Verb.APPROVE, ann).code is RefusalCode.OWN_CASE
    assert desk.do(Verb.APPROVE, BEN).state is CaseState.APPROVED


def test_ap15_forbid_holds_the_case_and_alarms_when_no_other_holds_the_post() -> None:
    ann = party("Ann", COUNTY)
    desk = Desk(route(node("county")), initiator=ann, people=(ann,))
    assert desk.states() == ["130123 held"]
    assert len(desk.moves[-1].held) == 1
    assert desk.case.state is CaseState.RUNNING


def superior(**more: Any) -> Definition:
    named = {"role": "approver", "tier": "city"}
    return route(
        node("county", if_initiator=named, **more), node("city", if_nobody={"role": "approver", "tier": "province"})
    )


def test_ap15_superior_offers_the_task_to_the_named_post_and_to_no_other_holder() -> None:
    ann = party("Ann", COUNTY)
    desk = Desk(superior(), initiator=ann, people=(ann, BEN, CAI, DAI))
    assert [(task.role, task.region) for task in desk.case.tasks] == [("approver", "130100")]
    assert desk.refused(Verb.APPROVE, BEN).code is RefusalCode.NOT_YOUR_TURN
    desk.do(Verb.APPROVE, CAI)
    assert desk.case.stage(1).state is StageState.PASSED


def test_ap15_who_decided_as_superior_decides_no_later_stage_and_the_named_post_does() -> None:
    ann = party("Ann", COUNTY)
    desk = Desk(superior(), initiator=ann, people=(ann, BEN, CAI, DAI))
    desk.do(Verb.APPROVE, CAI)
    assert desk.refused(Verb.APPROVE, CAI).code is not None
    assert [task.region for task in desk.case.tasks if task.state is TaskState.OPEN] == ["130000"]
    assert desk.do(Verb.APPROVE, DAI).state is CaseState.APPROVED


def test_where_nobody_is_to_be_found_not_even_at_the_named_post_the_case_is_held_and_never_passes() -> None:
    desk = Desk(route(node("county", if_nobody={"role": "approver", "tier": "city"})), people=(ANN,))
    assert desk.states() == ["130123 held"]
    move = desk.reseat(ANN, CAI)
    assert move is not None
    assert [task.region for task in move.opened] == ["130100"]
    assert desk.do(Verb.APPROVE, CAI).state is CaseState.APPROVED


@pytest.mark.parametrize("mode", ["any", "sequential"])
def test_a_post_that_is_empty_is_not_passed_over(mode: str) -> None:
    desk = Desk(route(node("county", mode=mode), node("city")), people=(CAI,))
    assert desk.states() == ["130123 held", "130100 waiting"]
