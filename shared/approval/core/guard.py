"""Who may do what, now: the one guard that executes verbs and that tells a page which buttons to show.

`RULES` is the table: for each verb who may use it, in which states of the case, and which task it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from shared.approval.core import finding
from shared.approval.core.exclusion import ADMINISTRATOR
from shared.approval.core.finding import Question
from shared.approval.core.refusal import Permit, Refusal, RefusalCode
from shared.approval.core.state import Seat
from shared.approval.core.ways_back import ANYWHERE
from shared.approval.core.words import CaseState, Token, Verb


def initiator(question: Question) -> RefusalCode | None:
    """Refuse everybody but the one who opened the case."""
    is_theirs = question.party.account_id == question.case.initiator.account_id
    return None if is_theirs else RefusalCode.NOT_THE_INITIATOR


def administrator(question: Question) -> RefusalCode | None:
    """Refuse everybody but an administrator of the home region or of one above it."""
    seats = {Seat(ADMINISTRATOR, link.region) for link in question.world.chain}
    return None if seats & set(question.party.posts) else RefusalCode.NOT_AN_ADMINISTRATOR


def involved(question: Question) -> RefusalCode | None:
    """Refuse everybody but the initiator and those who have, or had, a task in the case."""
    case, party = question.case, question.party
    is_asked = any(task.addresses(one) for task in case.tasks for one in (party, *party.stands_for))
    has_ended = any(task.ended_by and task.ended_by.account_id == party.account_id for task in case.tasks)
    is_theirs = party.account_id == case.initiator.account_id
    return None if is_theirs or is_asked or has_ended else RefusalCode.NOT_YOURS


def anybody(_question: Question) -> RefusalCode | None:
    """Refuse nobody by who they are: whether the verb is theirs is a matter of their task."""
    return None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. `moves` tells whether the verb moves the case: it then has a new revision."""

    who: Callable[[Question], RefusalCode | None]
    states: frozenset[CaseState]
    task: Callable[[Question], Permit | Refusal] = finding.freely
    moves: bool = True


_RUNNING = frozenset({CaseState.RUNNING})
_UNDER_WAY = _RUNNING | {CaseState.RETURNED}
_NOT_OVER = _UNDER_WAY | {CaseState.SUSPENDED}
_KNOWN = frozenset(CaseState) - {CaseState.DRAFT}

RULES: Mapping[Verb, Rule] = {
    Verb.APPROVE: Rule(anybody, _RUNNING, finding.to_decide),
    Verb.REJECT: Rule(anybody, _RUNNING, finding.to_decide),
    Verb.RETURN: Rule(anybody, _RUNNING, finding.to_decide),
    Verb.WITHDRAW: Rule(initiator, _UNDER_WAY),
    Verb.RESUBMIT: Rule(initiator, frozenset({CaseState.RETURNED})),
    Verb.TAKE_BACK: Rule(anybody, _RUNNING, finding.to_take_back),
    Verb.CLAIM: Rule(anybody, _RUNNING, finding.to_claim),
    Verb.UNCLAIM: Rule(anybody, _RUNNING, finding.to_unclaim),
    Verb.TRANSFER: Rule(anybody, _RUNNING, finding.to_hand_on),
    Verb.DELEGATE: Rule(anybody, _RUNNING, finding.to_hand_on),
    Verb.RESOLVE: Rule(anybody, _RUNNING, finding.to_resolve),
    Verb.ADD_SIGN: Rule(anybody, _RUNNING, finding.to_decide),
    Verb.REMOVE_SIGN: Rule(anybody, _RUNNING, finding.to_remove),
    Verb.CONSULT: Rule(anybody, _RUNNING, finding.to_decide, moves=False),
    Verb.ANSWER: Rule(anybody, _RUNNING, finding.to_answer, moves=False),
    Verb.CC: Rule(involved, _KNOWN, moves=False),
    Verb.MARK_READ: Rule(anybody, _KNOWN, finding.to_read, moves=False),
    Verb.REMIND: Rule(initiator, _RUNNING, finding.to_hasten, moves=False),
    Verb.COMMENT: Rule(involved, _NOT_OVER, moves=False),
    Verb.REQUEST_REVOCATION: Rule(involved, frozenset({CaseState.APPROVED}), finding.to_revoke),
    Verb.SUSPEND: Rule(administrator, _RUNNING),
    Verb.RESUME: Rule(administrator, frozenset({CaseState.SUSPENDED})),
    Verb.TERMINATE: Rule(administrator, _NOT_OVER),
    Verb.MIGRATE: Rule(administrator, _RUNNING),
    Verb.HAND_OVER_ALL: Rule(administrator, _RUNNING, finding.to_hand_over),
    # Whether the record is theirs to change is for the service that owns it; the fields are checked by the engine.
    Verb.AMEND: Rule(anybody, _RUNNING, moves=False),
}
#: The verbs that a page offers as buttons. The others are reached in other ways: a change of the record itself, or
#: a move of everything that one person holds.
OFFERED = tuple(verb for verb in RULES if verb not in (Verb.AMEND, Verb.HAND_OVER_ALL))

#: What can be done to a case where its home and the node that moves it are two, by who has the right to move it.
_IN_TWO_PLACES: Mapping[Token, frozenset[Verb]] = {
    # To withdraw is asked of the other node then.
    Token.AWAY: frozenset({Verb.WITHDRAW, Verb.COMMENT, Verb.MARK_READ}),
    # The record and its initiator are at home: what needs them is done there.
    Token.GUEST: frozenset(RULES)
    - {Verb.WITHDRAW, Verb.RESUBMIT, Verb.REMIND, Verb.AMEND, Verb.MIGRATE, Verb.REQUEST_REVOCATION},
    Token.GIVEN_BACK: frozenset({Verb.MARK_READ}),
    Token.REFUSED: frozenset({Verb.MARK_READ}),
}

_OFFERED_RULES = tuple((verb, RULES[verb]) for verb in OFFERED)


def permit(question: Question) -> Permit | Refusal:
    """Answer whether the party may do this now, and if not, why."""
    rule = RULES.get(question.verb)
    if rule is None:
        return Refusal(RefusalCode.NOT_LEGAL_NOW, question.case.last)
    not_theirs = rule.who(question)
    if not_theirs is not None:
        return Refusal(not_theirs)
    if question.case.state not in rule.states:
        return Refusal(RefusalCode.NOT_LEGAL_NOW, question.case.last)
    verdict = rule.task(question)
    token = question.case.token
    # Whoever would be refused anyway is told why rather than where.
    if token is not Token.HERE and isinstance(verdict, Permit) and question.verb not in _IN_TWO_PLACES[token]:
        return Refusal(RefusalCode.ELSEWHERE)
    return verdict


#: What a party can be permitted only about a task of theirs that is not finished.
_ABOUT_A_TASK_OF_THEIRS = frozenset(
    {
        finding.to_decide,
        finding.to_hand_on,
        finding.to_resolve,
        finding.to_answer,
        finding.to_claim,
        finding.to_unclaim,
    }
)


def allowed_actions(question: Question) -> tuple[Verb, ...]:
    """Answer the verbs that the party of a question may use now, by the guard that will execute them.

    The question's own verb does not matter.
    """
    has_task = finding.has_task(question)
    asked = (
        replace(question, verb=verb, task=None, node=ANYWHERE)
        for verb, rule in _OFFERED_RULES
        # Most have nothing to do here, and why not is nobody's question.
        if question.case.state in rule.states and (has_task or rule.task not in _ABOUT_A_TASK_OF_THEIRS)
    )
    return tuple(one.verb for one in asked if isinstance(permit(one), Permit))
