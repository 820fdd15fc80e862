"""The table of states and verbs, and that a page's buttons are what the guard executes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.approval.core.guard import LEGAL, Permit, RefusalCode, allowed_actions, permit
from shared.approval.core.words import CLOSED, CaseState, Verb
from tests.unit.approval.cases import ANN, BEN, CAI, EVERYBODY, THREE_TIERS, Desk

DECIDING = (Verb.APPROVE, Verb.REJECT, Verb.RETURN)
TABLE = {
    CaseState.RUNNING: {*DECIDING, Verb.WITHDRAW},
    CaseState.RETURNED: {Verb.RESUBMIT, Verb.WITHDRAW},
}


@pytest.mark.parametrize("state", list(CaseState))
@pytest.mark.parametrize("verb", list(LEGAL))
def test_each_verb_is_legal_in_its_states_and_in_no_other(state: CaseState, verb: Verb) -> None:
    case = replace(Desk().case, state=state)
    who = BEN if verb in DECIDING else ANN
    verdict = permit(case, THREE_TIERS, verb, who)
    if verb in TABLE.get(state, set()):
        assert isinstance(verdict, Permit)
    else:
        assert not isinstance(verdict, Permit)
        assert verdict.code is RefusalCode.NOT_LEGAL_NOW


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_nothing_moves_a_closed_case(state: CaseState) -> None:
    case = replace(Desk().case, state=state)
    assert all(allowed_actions(case, THREE_TIERS, who) == () for who in EVERYBODY)


def test_everybody_sees_their_own_buttons() -> None:
    desk = Desk()
    assert allowed_actions(desk.case, THREE_TIERS, BEN) == DECIDING
    assert allowed_actions(desk.case, THREE_TIERS, CAI) == ()
    assert allowed_actions(desk.case, THREE_TIERS, ANN) == (Verb.WITHDRAW,)
    desk.do(Verb.RETURN, BEN)
    assert allowed_actions(desk.case, THREE_TIERS, ANN) == (Verb.WITHDRAW, Verb.RESUBMIT)
    assert allowed_actions(desk.case, THREE_TIERS, BEN) == ()


def test_a_verb_that_is_not_in_the_table_is_refused() -> None:
    verdict = permit(Desk().case, THREE_TIERS, Verb.TERMINATE, ANN)
    assert not isinstance(verdict, Permit)
    assert verdict.code is RefusalCode.NOT_LEGAL_NOW
