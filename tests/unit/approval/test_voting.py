"""Several decide at once: all of them (会签), or enough of them (票签)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.approval.core.parsing import parse
from shared.approval.core.refusal import RefusalCode
from shared.approval.core.voting import Denominator, Operator, Tally, Threshold, result
from shared.approval.core.words import CaseState, Verb
from tests.unit.approval.cases import BAO, BEN, CAI, COUNTY, DAI, Desk, body, node, party

A, B, C, D, E = (party(name) for name in "ABCDE")
SIXTY = {"denominator": "ratio", "operator": ">=", "value": 60}


def of_county(mode: str, *accounts: str, veto: bool = True, **more: Any) -> Desk:
    return Desk(parse(body(node("county", *accounts, mode=mode, veto=veto, **more))), people=())


def by_weight(weights: dict[str, int], value: int) -> Desk:
    vote = {"denominator": "weight", "operator": ">=", "value": value}
    one = node("county", mode="vote", veto=False, vote=vote)
    one["approvers"] = [{"account": account, "weight": weight} for account, weight in weights.items()]
    return Desk(parse(body(one)), people=())


def test_all_must_pass() -> None:
    desk = of_county("all", "a", "b", "c")
    assert desk.tasks() == ["a open", "b open", "c open"]
    assert desk.do(Verb.APPROVE, B).state is CaseState.RUNNING
    again = desk.refused(Verb.REJECT, B)
    assert again.code is RefusalCode.ALREADY_DECIDED
    assert again.winner is not None
    assert again.winner.person.name == "B"
    assert desk.do(Verb.APPROVE, A).state is CaseState.RUNNING
    assert desk.do(Verb.APPROVE, C).state is CaseState.APPROVED


def test_one_reject_ends_what_all_must_pass() -> None:
    """AP4."""
    desk = of_county("all", "a", "b", "c")
    desk.do(Verb.APPROVE, A)
    assert desk.do(Verb.REJECT, B).state is CaseState.REJECTED
    assert desk.states() == ["130123 rejected"]
    assert desk.tasks() == ["a passed", "b rejected", "c cancelled"]
    decisions = [move.decision for move in desk.moves if move.decision]
    assert [(one.actor, one.verb) for one in decisions][1:] == [("a", Verb.APPROVE), ("b", Verb.REJECT)]
    late = desk.refused(Verb.APPROVE, C)
    assert late.winner is not None
    assert late.winner.person.name == "B"


def test_without_a_veto_all_are_heard_before_a_reject_ends_it() -> None:
    desk = of_county("all", "a", "b", veto=False)
    assert desk.do(Verb.REJECT, A).state is CaseState.RUNNING
    assert desk.do(Verb.APPROVE, B).state is CaseState.REJECTED


def test_one_return_sends_back_what_several_decide() -> None:
    desk = of_county("vote", "a", "b", veto=False, vote=SIXTY)
    assert desk.do(Verb.RETURN, A).state is CaseState.RETURNED
    assert desk.tasks() == ["a returned", "b cancelled"]


def test_a_vote_by_ratio_stops_early_in_both_directions() -> None:
    """AP5."""
    desk = of_county("vote", *"abcde", veto=False, vote=SIXTY)
    for voter in (A, B):
        assert desk.do(Verb.APPROVE, voter).state is CaseState.RUNNING
    assert desk.do(Verb.APPROVE, C).state is CaseState.APPROVED
    assert desk.tasks()[3:] == ["d cancelled", "e cancelled"]
    desk = of_county("vote", *"abcde", veto=False, vote=SIXTY)
    for voter in (A, B):
        assert desk.do(Verb.REJECT, voter).state is CaseState.RUNNING
    assert desk.do(Verb.REJECT, C).state is CaseState.REJECTED
    assert desk.tasks()[3:] == ["d cancelled", "e cancelled"]


def test_a_vote_by_weight_counts_the_heavy_more() -> None:
    """AP6."""
    desk = by_weight({"a": 30, "b": 35, "c": 35}, 50)
    assert desk.do(Verb.APPROVE, A).state is CaseState.RUNNING
    assert desk.do(Verb.APPROVE, C).state is CaseState.APPROVED
    assert desk.tasks() == ["a passed", "b cancelled", "c passed"]


def test_more_than_half_is_not_half() -> None:
    half = {"denominator": "ratio", "operator": ">", "value": 50}
    desk = of_county("vote", "a", "b", veto=False, vote=half)
    assert desk.do(Verb.APPROVE, A).state is CaseState.RUNNING
    assert desk.do(Verb.REJECT, B).state is CaseState.REJECTED


def test_a_vote_with_a_veto_ends_at_the_first_reject() -> None:
    desk = of_county("vote", "a", "b", "c", veto=True, vote={"denominator": "count", "operator": ">=", "value": 1})
    assert desk.do(Verb.REJECT, A).state is CaseState.REJECTED


def test_a_stage_whose_last_voice_nobody_may_give_is_held_and_never_passes() -> None:
    desk = Desk(parse(body(node("county", "approver", "approver", mode="all", veto=True))), people=(BEN, CAI, DAI))
    assert desk.tasks() == ["approver open", "approver open"]
    desk.do(Verb.APPROVE, BEN)
    assert desk.states() == ["130123 held"]
    assert desk.refused(Verb.APPROVE, BEN).code is RefusalCode.ONE_STAGE_PER_ROUND
    desk.reseat(BEN, BAO)
    assert desk.do(Verb.APPROVE, BAO).state is CaseState.APPROVED


def test_who_is_asked_by_name_decides_that_and_leaves_the_post_to_another() -> None:
    ben = party("Ben", COUNTY)
    desk = Desk(parse(body(node("county", "approver", "ben", mode="all", veto=True))), people=(ben, BAO))
    desk.do(Verb.APPROVE, ben)
    assert desk.tasks() == ["approver open", "ben passed"]
    assert desk.do(Verb.APPROVE, BAO).state is CaseState.APPROVED


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 9)), min_size=1, max_size=7),
    st.sampled_from(list(Denominator)),
    st.sampled_from(list(Operator)),
    st.integers(1, 60),
    st.booleans(),
)
def test_stopping_early_never_changes_what_the_full_count_would_say(
    voices: list[tuple[bool, int]], denominator: Denominator, operator: Operator, value: int, veto: bool
) -> None:
    threshold, total = Threshold(denominator, operator, value), sum(weight for _, weight in voices)
    yes = no = 0
    early: list[bool] = []
    for is_yes, weight in voices:
        yes, no = (yes + weight, no) if is_yes else (yes, no + weight)
        stopped = result(Tally(yes, no, total - yes - no), threshold=threshold, veto=veto)
        if stopped is not None:
            early.append(stopped)
    assert early  # with every voice heard it is always certain
    if not veto:
        assert set(early) == {threshold.is_reached(yes, of=total)}


@pytest.mark.parametrize("veto", [True, False])
def test_no_voice_decides_nothing(veto: bool) -> None:
    assert result(Tally(0, 0, 3), threshold=None, veto=veto) is None
