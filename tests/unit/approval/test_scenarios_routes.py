"""The scenarios AP11, AP12 and AP14, and ways through forks, by other versions and past who has approved before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.approval.core.refusal import RefusalCode
from shared.approval.core.state import Remark
from shared.approval.core.words import CaseState, StageState, Verb
from tests.unit.approval.cases import (
    ADA,
    ANN,
    BAO,
    BEN,
    CAI,
    COUNTY,
    DAI,
    EVERYBODY,
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


def test_ap11_a_running_case_finishes_by_its_version_and_a_new_one_takes_the_later() -> None:
    running = Desk(route(node("county"), node("city"), version=1))
    running.definition = route(node("county"), version=2)
    running.do(Verb.APPROVE, BEN)
    assert running.do(Verb.APPROVE, CAI).state is CaseState.APPROVED
    assert Desk(running.definition).do(Verb.APPROVE, BEN).state is CaseState.APPROVED


INCLUSIVE = route(
    fork(
        "inclusive",
        branch(one("x", "a"), when=older(7)),
        branch(one("y", "b"), when=older(5)),
        branch(default=True),
    ),
    one("z", "c"),
)


def test_ap12_by_default_the_case_goes_to_the_join_at_once() -> None:
    desk = Desk(INCLUSIVE, people=PEOPLE, content={"age": 1})
    assert keys(desk, StageState.OPEN) == ["z"]
    assert desk.do(Verb.APPROVE, C).state is CaseState.APPROVED


def test_ap12_the_join_does_not_wait_for_a_branch_that_was_not_taken() -> None:
    desk = Desk(INCLUSIVE, people=PEOPLE, content={"age": 6})
    assert [stage.node_key for stage in desk.case.stages] == ["y", "z"]
    desk.do(Verb.APPROVE, B)
    assert keys(desk, StageState.OPEN) == ["z"]


@pytest.mark.parametrize("order", [(A, B), (B, A)])
def test_ap12_the_join_waits_for_both_branches_in_either_order(order: tuple[Any, Any]) -> None:
    desk = Desk(INCLUSIVE, people=PEOPLE, content={"age": 8})
    assert keys(desk, StageState.OPEN) == ["x", "y"]
    desk.do(Verb.APPROVE, order[0])
    assert keys(desk, StageState.WAITING) == ["z"]
    desk.do(Verb.APPROVE, order[1])
    assert desk.do(Verb.APPROVE, C).state is CaseState.APPROVED


def test_ap14_only_what_the_deciding_node_lists_can_be_amended_and_it_is_told() -> None:
    desk = Desk(route(node("county", fields={"write": ["/lines/*/hours"]})))
    assert desk.refused(Verb.AMEND, ANN, remarks=[Remark("/title", "改")]).code is RefusalCode.FIELD_FROZEN
    both = [Remark("/lines/0/hours", "3→2"), Remark("/title", "改")]
    assert desk.refused(Verb.AMEND, ANN, remarks=both).code is RefusalCode.FIELD_FROZEN
    rev = desk.case.rev
    assert desk.do(Verb.AMEND, ANN, remarks=[Remark("/lines/0/hours", "3→2")]).rev == rev
    entry, decision = desk.moves[-1].entries[0], desk.moves[-1].decision
    assert entry.note.facts == {"fields": ["/lines/0/hours"]}
    assert decision is not None
    assert decision.said is not None
    assert decision.said.remarks == (Remark("/lines/0/hours", "3→2"),)


NESTED = route(
    fork(
        "inclusive",
        branch(fork("parallel", branch(one("p", "a")), branch(one("q", "b"))), one("r", "c"), when=older(5)),
        branch(one("s", "d"), when=older(1)),
        branch(default=True),
    ),
    node("city"),
)


def test_a_parallel_fork_inside_an_inclusive_one_joins_there_and_then_outside() -> None:
    desk = Desk(NESTED, people=PEOPLE, content={"age": 9})
    assert keys(desk, StageState.OPEN) == ["p", "q", "s"]
    desk.do(Verb.APPROVE, A)
    assert keys(desk, StageState.WAITING) == ["city", "r"]
    desk.do(Verb.APPROVE, B)
    assert keys(desk, StageState.OPEN) == ["r", "s"]
    desk.do(Verb.APPROVE, C)
    assert keys(desk, StageState.WAITING) == ["city"]
    desk.do(Verb.APPROVE, D)
    assert desk.do(Verb.APPROVE, CAI).state is CaseState.APPROVED


def test_returning_inside_a_branch_leaves_the_other_branch_alone() -> None:
    desk = Desk(NESTED, people=PEOPLE, content={"age": 9})
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.APPROVE, B)
    desk.do(Verb.RETURN, C, node="p")
    assert keys(desk, StageState.OPEN) == ["p", "s"]
    assert keys(desk, StageState.PASSED) == ["q"]
    desk.do(Verb.APPROVE, D)
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.APPROVE, C)
    assert desk.do(Verb.APPROVE, CAI).state is CaseState.APPROVED


def region_route(duplicates: str) -> Desk:
    return Desk(
        route(one("n1", "a"), one("n2", "b"), one("n3", "approver"), duplicates=duplicates),
        people=(A, B, ANN),
    )


@pytest.mark.parametrize(
    ("duplicates", "third"),
    [
        ("forbid", StageState.HELD),
        ("none", StageState.OPEN),
        ("once", StageState.PASSED),
        ("consecutive", StageState.PASSED),
    ],
)
def test_who_has_approved_before_is_asked_again_or_not_as_the_definition_says(
    duplicates: str, third: StageState
) -> None:
    desk = region_route(duplicates)
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.APPROVE, B)
    assert desk.case.stage(3).state is third


def test_one_after_the_other_means_the_node_just_before() -> None:
    desk = Desk(route(one("n1", "a"), one("n2", "b"), one("n3", "a"), duplicates="consecutive"), people=PEOPLE)
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.APPROVE, B)
    assert desk.case.stage(3).state is StageState.OPEN


@pytest.mark.parametrize("duplicates", ["none", "once", "consecutive"])
def test_nobody_ever_speaks_in_two_regions(duplicates: str) -> None:
    twice = replace(BEN, posts=(*BEN.posts, *CAI.posts))
    desk = Desk(route(node("county"), node("city"), duplicates=duplicates), people=(ANN, twice))
    desk.do(Verb.APPROVE, twice)
    assert desk.states() == ["130123 passed", "130100 held"]


def test_what_was_said_before_a_node_was_returned_to_does_not_answer_for_it_again() -> None:
    desk = Desk(route(one("n1", "a"), one("n2", "a"), one("n3", "b"), duplicates="once"), people=PEOPLE)
    desk.do(Verb.APPROVE, A)
    assert desk.case.stage(2).state is StageState.PASSED
    desk.do(Verb.RETURN, B, node="n2")
    assert keys(desk, StageState.OPEN) == ["n2"]


def test_taking_back_an_approval_takes_back_what_it_answered_for() -> None:
    desk = Desk(route(one("n1", "a"), one("n2", "a"), one("n3", "b"), duplicates="once"), people=PEOPLE)
    desk.do(Verb.APPROVE, A)
    desk.do(Verb.TAKE_BACK, A)
    assert (keys(desk, StageState.OPEN), keys(desk, StageState.WAITING)) == (["n1"], ["n2", "n3"])
    desk.do(Verb.APPROVE, A)
    assert keys(desk, StageState.OPEN) == ["n3"]


def test_who_alone_could_decide_two_branches_decides_one_and_the_other_is_held() -> None:
    desk = Desk(route(fork("parallel", branch(one("x", "approver")), branch(one("y", "approver")))), people=(ANN, BEN))
    desk.do(Verb.APPROVE, BEN, task=1)
    assert (keys(desk, StageState.PASSED), keys(desk, StageState.HELD)) == (["x"], ["y"])
    desk.do(Verb.TAKE_BACK, BEN)
    assert keys(desk, StageState.OPEN) == ["x", "y"]


def test_a_case_migrated_to_a_version_without_a_later_node_is_approved_without_it() -> None:
    desk = Desk()
    desk.do(Verb.APPROVE, BEN)
    shorter = route(node("county"), node("city"), version=2)
    assert desk.refused(Verb.MIGRATE, ADA, definition=shorter, content={}).code is RefusalCode.OPINION_REQUIRED
    desk.do(Verb.MIGRATE, ADA, opinion="新规定", definition=shorter, content={})
    assert desk.refused(Verb.RETURN, CAI, node="province").code is RefusalCode.NOWHERE_TO_RETURN
    assert desk.do(Verb.APPROVE, CAI).state is CaseState.APPROVED


def test_a_migrated_case_can_go_back_to_what_it_passed_and_what_was_acted_on_stays() -> None:
    desk = Desk(people=(*EVERYBODY, ADA))
    desk.do(Verb.APPROVE, BEN)
    later = route(node("county"), node("city"), node("province"), version=2)
    desk.do(Verb.MIGRATE, ADA, opinion="新规定", definition=later, content={})
    desk.do(Verb.APPROVE, CAI)
    assert desk.refused(Verb.TAKE_BACK, BEN).code is RefusalCode.ALREADY_DECIDED
    desk.do(Verb.RETURN, DAI, node="county")
    assert keys(desk, StageState.OPEN) == ["county"]
    assert desk.refused(Verb.APPROVE, BAO, expected_rev=1).code is RefusalCode.STALE_REVISION


@pytest.mark.parametrize("version", [1, 2])
def test_a_case_does_not_migrate_to_a_version_that_is_not_later_or_lacks_its_node(version: int) -> None:
    desk = Desk()
    target = route(node("city"), version=version)
    assert desk.refused(Verb.MIGRATE, ADA, definition=target, content={}).code is RefusalCode.CANNOT_MIGRATE
