"""How a case moves: in turn, any one, back, again, away, and held when nobody may decide."""

from __future__ import annotations

import pytest

from shared.approval.core.parsing import parse
from shared.approval.core.refusal import RefusalCode
from shared.approval.core.state import Person, Remark, Seat
from shared.approval.core.trail import Step
from shared.approval.core.words import CaseState, StageState, Verb
from tests.unit.approval.cases import ANN, BAO, BEN, CAI, CITY, COUNTY, DAI, PROVINCE, Desk, body, node, party, without

A, B, C = party("A"), party("B"), party("C")


def of_county(mode: str, *accounts: str) -> Desk:
    return Desk(parse(body(node("county", *accounts, mode=mode))), people=())


def test_a_case_climbs_the_tiers_and_is_approved() -> None:
    desk = Desk()
    assert desk.states() == ["130123 open", "130100 waiting", "130000 waiting"]
    desk.do(Verb.APPROVE, BEN)
    assert desk.states() == ["130123 passed", "130100 open", "130000 waiting"]
    desk.do(Verb.APPROVE, CAI)
    assert desk.case.token_region == "130000"
    desk.do(Verb.APPROVE, DAI)
    assert desk.states() == ["130123 passed", "130100 passed", "130000 passed"]
    assert (desk.case.state, desk.case.closed_at, desk.case.rev) == (CaseState.APPROVED, desk.at, 4)
    assert desk.case.token_region == "130123"


def test_deciding_one_case_leaves_another_of_the_same_definition_alone() -> None:
    """AP1."""
    first, second = Desk(), Desk()
    before = second.case
    first.do(Verb.APPROVE, BEN)
    assert second.case == before
    assert second.states()[0] == "130123 open"


def test_in_turn_the_second_has_no_task_before_the_first_has_passed() -> None:
    """AP2."""
    desk = of_county("sequential", "a", "b")
    assert desk.tasks() == ["a open"]
    entries = len(desk.moves)
    assert desk.refused(Verb.APPROVE, B).code is RefusalCode.NOT_YOUR_TURN
    assert len(desk.moves) == entries
    desk.do(Verb.APPROVE, A)
    assert desk.tasks() == ["a passed", "b open"]
    assert desk.case.state is CaseState.RUNNING
    assert desk.do(Verb.APPROVE, B).state is CaseState.APPROVED


def test_in_turn_one_reject_ends_it() -> None:
    desk = of_county("sequential", "a", "b")
    assert desk.do(Verb.REJECT, A).state is CaseState.REJECTED
    assert desk.tasks() == ["a rejected"]


@pytest.mark.parametrize(
    ("verb", "ended"),
    [(Verb.APPROVE, CaseState.APPROVED), (Verb.REJECT, CaseState.REJECTED), (Verb.RETURN, CaseState.RETURNED)],
)
def test_any_one_decides_and_the_late_learn_who_it_was(verb: Verb, ended: CaseState) -> None:
    """AP3."""
    desk = of_county("any", "a", "b", "c")
    assert desk.tasks() == ["a open", "b open", "c open"]
    assert desk.do(verb, B).state is ended
    assert [(task.state.value, task.reason, task.ended_by) for task in desk.case.tasks if task.assignee != "b"] == [
        ("cancelled", "decided_by_another", Person("b", "B")),
        ("cancelled", "decided_by_another", Person("b", "B")),
    ]
    late = desk.refused(Verb.APPROVE, A)
    assert late.winner is not None
    assert (late.winner.person.name, late.winner.verb) == ("B", verb)


def test_within_a_running_case_the_late_learn_who_decided_their_stage() -> None:
    desk = Desk()
    desk.do(Verb.APPROVE, BEN)
    for late in (BAO, BEN):
        refusal = desk.refused(Verb.REJECT, late)
        assert refusal.code is RefusalCode.ALREADY_DECIDED
        assert refusal.winner is not None
        assert (refusal.winner.person.name, refusal.winner.verb) == ("Ben", Verb.APPROVE)


def test_a_running_case_stays_on_its_version_and_a_new_one_uses_the_new() -> None:
    """AP11."""
    running = Desk(parse(body(node("county"), node("city"), version=1)))
    running.do(Verb.APPROVE, BEN)
    second = parse(body(node("county"), version=2))
    assert running.do(Verb.APPROVE, CAI).state is CaseState.APPROVED
    assert running.case.definition.version == 1
    fresh = Desk(second)
    assert fresh.do(Verb.APPROVE, BEN).state is CaseState.APPROVED
    assert fresh.case.definition == second.ref


def test_a_resubmitted_case_takes_the_version_that_is_active_by_then() -> None:
    desk = Desk(parse(body(node("county"), version=1)))
    desk.do(Verb.RETURN, BEN)
    desk.definition = parse(body(node("city"), version=2))
    desk.do(Verb.RESUBMIT, ANN, content={"hours": 100})
    assert desk.case.definition == desk.definition.ref
    assert desk.states() == ["130100 open"]
    first = desk.moves[-1].entries[0]
    assert first.note.facts["definition"]["version"] == 2


def test_the_initiator_never_decides_even_from_the_deciding_post() -> None:
    """AP15, forbid: another holder decides."""
    both = party("Ann", COUNTY)
    desk = Desk(initiator=both, people=(both, BEN, CAI, DAI))
    assert desk.refused(Verb.APPROVE, both).code is RefusalCode.OWN_CASE
    assert desk.do(Verb.APPROVE, BEN).stage(1).state is StageState.PASSED


def test_with_no_other_holder_the_case_is_held_and_opens_when_one_comes() -> None:
    """AP15, forbid: with no other holder the case is held and alarms."""
    both = party("Ann", COUNTY)
    desk = Desk(initiator=both, people=(both, CAI, DAI))
    assert desk.states()[0] == "130123 held"
    assert [stage.region for stage in desk.moves[-1].held] == ["130123"]
    assert desk.case.tasks == ()
    assert desk.refused(Verb.APPROVE, both).code is RefusalCode.OWN_CASE
    assert desk.reseat(both, CAI, DAI) is None
    move = desk.reseat(both, BEN, CAI, DAI)
    assert move is not None
    assert [task.role for task in move.opened] == ["approver"]
    assert desk.states()[0] == "130123 open"
    desk.do(Verb.APPROVE, BEN)


def test_an_open_stage_is_held_when_its_last_decider_leaves() -> None:
    desk = Desk(people=(BEN, CAI, DAI))
    move = desk.reseat(CAI, DAI)
    assert move is not None
    assert desk.states()[0] == "130123 held"
    assert desk.tasks() == ["approver cancelled"]
    assert desk.case.tasks[0].reason == "nobody_to_decide"
    assert desk.refused(Verb.APPROVE, without(BEN, COUNTY)).code is RefusalCode.NOT_YOURS


def test_a_stage_that_asks_two_roles_asks_whichever_has_holders() -> None:
    clerk, approver = party("Cleo", Seat("clerk", "130123")), BEN
    desk = Desk(parse(body(node("county", "clerk", "approver"))), people=(ANN, clerk))
    assert desk.tasks() == ["clerk open"]
    desk.reseat(ANN, approver)
    assert desk.tasks() == ["clerk cancelled", "approver open"]
    assert desk.states() == ["130123 open"]
    desk.reseat(ANN, approver, clerk)
    assert desk.tasks() == ["clerk cancelled", "approver open", "clerk open"]
    assert desk.do(Verb.APPROVE, approver).state is CaseState.APPROVED


def test_posts_that_change_hands_elsewhere_change_nothing() -> None:
    desk = Desk()
    assert desk.reseat(BEN, BAO, CAI) is None
    desk.do(Verb.APPROVE, BEN)
    assert desk.do(Verb.APPROVE, CAI).active_stages
    assert desk.states()[-1] == "130000 held"


def test_the_barred_never_decide() -> None:
    desk = Desk(barred=(BEN,))
    assert desk.refused(Verb.APPROVE, BEN).code is RefusalCode.BARRED
    desk.do(Verb.APPROVE, BAO)
    assert Desk(barred=(BEN, BAO)).states()[0] == "130123 held"


def test_one_person_decides_one_stage_of_a_round_and_may_decide_again_in_the_next() -> None:
    twice = party("Ben", COUNTY, CITY)
    desk = Desk(people=(ANN, twice, CAI, DAI))
    desk.do(Verb.APPROVE, twice)
    assert desk.refused(Verb.APPROVE, twice).code is RefusalCode.ONE_STAGE_PER_ROUND
    desk.do(Verb.RETURN, CAI)
    desk.do(Verb.RESUBMIT, ANN)
    desk.do(Verb.APPROVE, twice)
    assert desk.states()[1] == "130100 open"


def test_a_stage_whose_only_holder_has_decided_before_is_held() -> None:
    desk = Desk(people=(ANN, party("Ben", COUNTY, CITY), DAI))
    desk.do(Verb.APPROVE, BEN)
    assert desk.states()[1] == "130100 held"
    assert desk.refused(Verb.APPROVE, party("Ben", COUNTY, CITY)).code is RefusalCode.ONE_STAGE_PER_ROUND


def test_one_person_is_not_two_of_a_sequence() -> None:
    desk = Desk(parse(body(node("county", "approver", "approver", mode="sequential"))))
    desk.do(Verb.APPROVE, BEN)
    assert desk.refused(Verb.APPROVE, BEN).code is RefusalCode.ONE_STAGE_PER_ROUND
    assert desk.do(Verb.APPROVE, BAO).state is CaseState.APPROVED


def test_return_ends_the_round_and_resubmission_opens_fresh_tasks() -> None:
    """退回 to the initiator."""
    desk = Desk()
    desk.do(Verb.APPROVE, BEN)
    desk.do(Verb.RETURN, CAI, opinion="工时有误", remarks=[Remark("/lines/0/hours", "超过活动时长")])
    assert desk.states() == ["130123 passed", "130100 returned", "130000 cancelled"]
    assert (desk.case.state, desk.case.token_region) == (CaseState.RETURNED, "130123")
    desk.do(Verb.RESUBMIT, ANN, content={"hours": 100})
    assert (desk.case.state, desk.case.round) == (CaseState.RUNNING, 2)
    assert desk.states() == ["130123 open", "130100 waiting", "130000 waiting"]
    assert len(desk.case.stages) == 6
    snapshot = desk.moves[-1].snapshot
    assert snapshot is not None
    assert (snapshot.round, snapshot.content) == (2, {"hours": 100})


def test_past_the_last_round_a_case_cannot_be_returned() -> None:
    desk = Desk(parse(body(node("county"), max_rounds=2)))
    desk.do(Verb.RETURN, BEN)
    desk.do(Verb.RESUBMIT, ANN)
    assert desk.refused(Verb.RETURN, BEN).code is RefusalCode.MAX_ROUNDS
    assert desk.do(Verb.REJECT, BEN).state is CaseState.REJECTED


@pytest.mark.parametrize("returned", [False, True])
def test_the_initiator_takes_a_case_back(returned: bool) -> None:
    """撤回."""
    desk = Desk()
    if returned:
        desk.do(Verb.RETURN, BEN)
    assert desk.do(Verb.WITHDRAW, ANN).state is CaseState.WITHDRAWN
    assert all(stage.state in (StageState.CANCELLED, StageState.RETURNED) for stage in desk.case.stages)
    late = desk.refused(Verb.APPROVE, BEN)
    assert late.code is RefusalCode.NOT_LEGAL_NOW
    assert late.winner is not None
    assert (late.winner.person.name, late.winner.verb) == ("Ann", Verb.WITHDRAW)


def test_nobody_else_takes_a_case_back_or_submits_it_again() -> None:
    desk = Desk()
    assert desk.refused(Verb.WITHDRAW, BEN).code is RefusalCode.NOT_THE_INITIATOR
    desk.do(Verb.RETURN, BEN)
    assert desk.refused(Verb.RESUBMIT, BEN).code is RefusalCode.NOT_THE_INITIATOR


def test_a_stale_revision_is_refused_while_the_verb_is_still_legal() -> None:
    desk = Desk()
    desk.do(Verb.RETURN, BEN)
    desk.do(Verb.RESUBMIT, ANN)
    assert desk.refused(Verb.APPROVE, BEN, expected_rev=1).code is RefusalCode.STALE_REVISION
    desk.do(Verb.APPROVE, BEN, expected_rev=3)


def test_who_lost_a_race_is_told_the_winner_and_not_the_revision() -> None:
    desk = Desk()
    rev = desk.case.rev
    desk.do(Verb.APPROVE, BEN, expected_rev=rev)
    assert desk.refused(Verb.APPROVE, BAO, expected_rev=rev).code is RefusalCode.ALREADY_DECIDED


def test_a_later_tier_must_wait_and_a_stranger_has_no_part() -> None:
    desk = Desk()
    assert desk.refused(Verb.APPROVE, CAI).code is RefusalCode.NOT_YOUR_TURN
    assert desk.refused(Verb.APPROVE, party("Eve", PROVINCE)).code is RefusalCode.NOT_YOUR_TURN
    assert desk.refused(Verb.APPROVE, party("Eve")).code is RefusalCode.NOT_YOURS


def test_a_move_tells_its_steps_in_order() -> None:
    desk = of_county("any", "a", "b")
    desk.do(Verb.APPROVE, A)
    kinds = [entry.note.kind for move in desk.moves for entry in move.entries]
    assert kinds == [
        Verb.SUBMIT,
        Step.STAGE_OPENED,
        Verb.APPROVE,
        Step.TASK_CANCELLED,
        Step.CASE_CLOSED,
    ]


def test_a_voice_of_an_open_stage_that_is_asked_again_stands_in_the_trail() -> None:
    clerk = party("Clerk", Seat("clerk", "130123"))
    desk = Desk(parse(body(node("county", "approver", "clerk", mode="all", veto=True))), people=(BEN, clerk))
    desk.reseat(BEN)
    assert desk.tasks() == ["approver open", "clerk cancelled"]
    move = desk.reseat(BEN, clerk)
    assert move is not None
    assert [entry.note.kind for entry in move.entries] == [Step.STAGE_OPENED]
    assert desk.tasks() == ["approver open", "clerk cancelled", "clerk open"]
