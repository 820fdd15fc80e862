"""Ways back: to a node or to the initiator, and where the flow goes on after that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.approval.core.refusal import RefusalCode
from shared.approval.core.words import CaseState, StageState, TaskState, Verb
from tests.unit.approval.cases import (
    ANN,
    BEN,
    CAI,
    COUNTY,
    DAI,
    Desk,
    branch,
    fork,
    keys,
    node,
    older,
    one,
    party,
    route,
)

A, B, C, D = (party(name, COUNTY) for name in "ABCD")
PEOPLE = (A, B, C, D, CAI, DAI)


@pytest.mark.parametrize("then", ["restart", "jump_back"])
def test_after_a_return_to_a_node_the_flow_starts_there_again_or_jumps_back(then: str) -> None:
    desk = Desk(
        route(one("n1", "a"), one("n2", "b"), one("n3", "c", returns={"to": ["n1"], "then": then})), people=PEOPLE
    )
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.APPROVE, B)
    desk.do(Verb.RETURN, C, node="n1")
    desk.do(Verb.APPROVE, A)
    assert keys(desk, StageState.OPEN) == (["n2"] if then == "restart" else ["n3"])


def test_returning_past_a_jump_back_beside_it_visits_every_node_once() -> None:
    definition = route(
        one("n1", "a"),
        one("n2", "b"),
        fork(
            "parallel",
            branch(one("n3", "c", returns={"to": ["n2"], "then": "jump_back"})),
            branch(one("n4", "d", returns={"to": ["n1"], "then": "restart"})),
        ),
    )
    desk = Desk(definition, people=PEOPLE)
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.APPROVE, B)
    desk.do(Verb.RETURN, C, node="n2")
    desk.do(Verb.RETURN, D, node="n1")
    assert (keys(desk, StageState.OPEN), keys(desk, StageState.WAITING)) == (["n1"], ["n2", "n3", "n4"])
    for who in (A, B, C, D):
        desk.do(Verb.APPROVE, who)
    assert desk.case.state is CaseState.APPROVED


JUMP = route(node("county"), node("city", returns={"to": ["initiator"], "then": "jump_back"}), node("province"))


def test_a_resubmission_jumps_back_over_every_round_to_the_node_that_returned() -> None:
    desk = Desk(JUMP)
    desk.do(Verb.APPROVE, BEN)
    for _ in range(2):
        desk.do(Verb.RETURN, CAI)
        desk.do(Verb.RESUBMIT, ANN)
        assert desk.states() == ["130100 open", "130000 waiting"]


def test_who_decided_what_a_round_has_taken_over_decides_nothing_else_in_it() -> None:
    ben = replace(BEN, posts=(*BEN.posts, *CAI.posts))
    desk = Desk(JUMP, people=(ANN, ben, CAI, DAI))
    desk.do(Verb.APPROVE, ben)
    desk.do(Verb.RETURN, CAI)
    desk.do(Verb.RESUBMIT, ANN)
    assert desk.refused(Verb.APPROVE, ben).code is RefusalCode.ONE_STAGE_PER_ROUND


def test_a_resubmission_starts_again_when_the_node_that_returned_is_no_longer_on_its_way() -> None:
    definition = route(
        one("n1", "a"),
        fork("exclusive", branch(one("n2", "b", returns={"then": "jump_back"}), when=older(5)), branch(default=True)),
    )
    desk = Desk(definition, people=PEOPLE, content={"age": 9})
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.RETURN, B)
    desk.do(Verb.RESUBMIT, ANN, content={"age": 1})
    assert (desk.case.state, keys(desk, StageState.OPEN)) == (CaseState.RUNNING, ["n1"])


def test_a_resubmission_under_another_version_starts_again() -> None:
    desk = Desk(JUMP)
    desk.do(Verb.APPROVE, BEN)
    desk.do(Verb.RETURN, CAI)
    desk.definition = route(node("county"), node("city"), version=2)
    desk.do(Verb.RESUBMIT, ANN)
    assert desk.states() == ["130123 open", "130100 waiting"]


def test_a_node_is_visited_as_often_as_the_definition_says() -> None:
    desk = Desk(route(one("n1", "a"), one("n2", "b"), max_visits=2), people=PEOPLE)
    for _ in range(2):
        desk.do(Verb.APPROVE, A)
        if Verb.RETURN in desk.allowed(B) and desk.case.stages[-1].visit == 1:
            desk.do(Verb.RETURN, B, node="n1")
    assert desk.refused(Verb.RETURN, B, node="n1").code is RefusalCode.MAX_VISITS


@pytest.mark.parametrize("where", ["*", "n9", "n2"])
def test_a_return_to_what_is_no_way_back_is_refused(where: str) -> None:
    desk = Desk(route(one("n1", "a"), one("n2", "b")), people=PEOPLE)
    desk.do(Verb.APPROVE, A)
    assert desk.refused(Verb.RETURN, B, node=where).code is RefusalCode.NOWHERE_TO_RETURN
    assert desk.do(Verb.RETURN, B, node="initiator").state is CaseState.RETURNED


def test_returning_to_and_from_a_node_of_several_neither_loses_nor_doubles_tasks() -> None:
    both = node("county", "a", "b", key="n1", mode="all", veto=True)
    desk = Desk(route(both, node("county", "c", "d", key="n2", mode="all", veto=True)), people=PEOPLE)
    for _ in range(3):
        for who in (A, B):
            desk.do(Verb.APPROVE, who)
        if desk.case.stages[-1].visit < 3:
            desk.do(Verb.RETURN, D, node="n1")
    for visit in (1, 2, 3):
        (stage,) = [found for found in desk.case.stages if (found.node_key, found.visit) == ("n1", visit)]
        assert [task.assignee for task in desk.case.tasks_of(stage)] == ["a", "b"]
    live = [task for task in desk.case.tasks if task.state is TaskState.OPEN]
    assert [task.assignee for task in live] == ["c", "d"]
