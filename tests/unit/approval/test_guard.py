"""The table of states and verbs, and that a page's buttons are what the guard executes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.approval.core.guard import RULES, permit
from shared.approval.core.refusal import Permit, RefusalCode
from shared.approval.core.words import CLOSED, CaseState, TaskKind, TaskState, Verb
from tests.unit.approval.cases import ADA, ANN, BAO, BEN, CAI, EVERYBODY, REVOCABLE, Desk

DECIDING = (Verb.APPROVE, Verb.REJECT, Verb.RETURN)
HANDING = (Verb.CLAIM, Verb.TRANSFER, Verb.DELEGATE, Verb.ADD_SIGN, Verb.CONSULT)
RUNNING, RETURNED, SUSPENDED = CaseState.RUNNING, CaseState.RETURNED, CaseState.SUSPENDED
ALL = set(CaseState) - {CaseState.DRAFT}
#: In which states of the case each verb is legal for somebody whose it is.
TABLE = {
    **{verb: {RUNNING} for verb in (*DECIDING, *HANDING, Verb.UNCLAIM, Verb.TAKE_BACK, Verb.RESOLVE)},
    **{verb: {RUNNING} for verb in (Verb.REMOVE_SIGN, Verb.ANSWER, Verb.REMIND, Verb.AMEND)},
    **{verb: {RUNNING} for verb in (Verb.SUSPEND, Verb.MIGRATE, Verb.HAND_OVER_ALL)},
    Verb.WITHDRAW: {RUNNING, RETURNED},
    Verb.RESUBMIT: {RETURNED},
    Verb.CC: ALL,
    Verb.MARK_READ: ALL,
    Verb.COMMENT: {RUNNING, RETURNED, SUSPENDED},
    Verb.TERMINATE: {RUNNING, RETURNED, SUSPENDED},
    Verb.RESUME: {SUSPENDED},
    Verb.REQUEST_REVOCATION: {CaseState.APPROVED},
}


def prepared(verb: Verb) -> tuple[Desk, dict[str, Any]]:
    """Answer a desk on which the verb finds what it is about, and what it must be told."""
    desk = Desk(REVOCABLE)
    told: dict[str, Any] = {}
    if verb is Verb.UNCLAIM:
        desk.do(Verb.CLAIM, BEN)
    elif verb is Verb.HAND_OVER_ALL:
        desk.do(Verb.CLAIM, BEN)
        told["task"] = 1
    elif verb is Verb.RESOLVE:
        desk.do(Verb.DELEGATE, BAO, to=(BEN,))
    elif verb is Verb.REMOVE_SIGN:
        desk.do(Verb.ADD_SIGN, BEN, to=(BAO,))
    elif verb is Verb.ANSWER:
        desk.do(Verb.CONSULT, BAO, to=(BEN,), opinion="?")
    elif verb is Verb.TAKE_BACK:
        desk.do(Verb.APPROVE, BEN)
    elif verb is Verb.MARK_READ:
        desk.do(Verb.CC, ANN, to=(BEN,))
    return desk, told


ANNS = (Verb.WITHDRAW, Verb.RESUBMIT, Verb.REMIND, Verb.CC, Verb.COMMENT, Verb.REQUEST_REVOCATION)
ADAS = (Verb.SUSPEND, Verb.RESUME, Verb.TERMINATE, Verb.MIGRATE, Verb.HAND_OVER_ALL)
WHO = dict.fromkeys(ANNS, ANN) | dict.fromkeys(ADAS, ADA)


def test_the_table_names_every_verb() -> None:
    assert set(TABLE) == set(RULES) == set(Verb) - {Verb.SUBMIT}


@pytest.mark.parametrize("state", list(CaseState))
@pytest.mark.parametrize("verb", sorted(RULES))
def test_each_verb_is_legal_in_its_states_and_in_no_other(state: CaseState, verb: Verb) -> None:
    desk, told = prepared(verb)
    closed_at = desk.at if state in CLOSED else None
    case = replace(desk.case, state=state, closed_at=closed_at)
    verdict = permit(desk.question(verb, WHO.get(verb, BEN), case=case, **told))
    if state in TABLE[verb]:
        assert isinstance(verdict, Permit)
    else:
        assert not isinstance(verdict, Permit)
        assert verdict.code is RefusalCode.NOT_LEGAL_NOW


@pytest.mark.parametrize("state", sorted(CLOSED - {CaseState.APPROVED}))
def test_nothing_moves_a_closed_case(state: CaseState) -> None:
    desk = Desk()
    desk.case = replace(desk.case, state=state, closed_at=desk.at)
    moving = {verb for verb, rule in RULES.items() if rule.moves}
    assert not any(moving & set(desk.allowed(who)) for who in EVERYBODY)


def test_everybody_sees_their_own_buttons() -> None:
    desk = Desk()
    assert desk.allowed(BEN) == (*DECIDING, *HANDING[:-1], Verb.CONSULT, Verb.CC, Verb.COMMENT)
    assert desk.allowed(CAI) == ()
    assert desk.allowed(ANN) == (Verb.WITHDRAW, Verb.CC, Verb.REMIND, Verb.COMMENT)
    assert desk.allowed(ADA) == (Verb.SUSPEND, Verb.TERMINATE, Verb.MIGRATE)
    desk.do(Verb.RETURN, BEN)
    assert desk.allowed(ANN) == (Verb.WITHDRAW, Verb.RESUBMIT, Verb.CC, Verb.COMMENT)
    assert desk.allowed(BEN) == (Verb.CC, Verb.COMMENT)


@pytest.mark.parametrize("verb", ADAS)
def test_what_an_administrator_does_nobody_else_may(verb: Verb) -> None:
    desk, told = prepared(verb)
    for who in (ANN, BEN, CAI):
        verdict = permit(desk.question(verb, who, **told))
        assert not isinstance(verdict, Permit)
        assert verdict.code is RefusalCode.NOT_AN_ADMINISTRATOR


def test_a_verb_that_is_not_in_the_table_is_refused() -> None:
    verdict = permit(Desk().question(Verb.SUBMIT, ANN))
    assert not isinstance(verdict, Permit)
    assert verdict.code is RefusalCode.NOT_LEGAL_NOW


def test_kinds_that_decide_and_kinds_that_do_not_are_told_apart() -> None:
    desk = Desk()
    desk.do(Verb.CC, ANN, to=(BEN,))
    desk.do(Verb.CONSULT, BAO, to=(BEN,), opinion="?")
    kinds = [task.kind for task in desk.case.tasks]
    assert kinds == [TaskKind.APPROVE, TaskKind.CC, TaskKind.CONSULT]
    desk.do(Verb.APPROVE, BEN)
    assert [task.state for task in desk.case.tasks[:3]] == [TaskState.PASSED, TaskState.OPEN, TaskState.CANCELLED]
