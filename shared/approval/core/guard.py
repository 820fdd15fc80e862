"""Who may do what, now: the one guard that executes verbs and that tells a page which buttons to show.

The four-eyes rules live here: nobody decides their own case, nor one they are barred from (the head of the
organisation that submits), and one person decides at most one stage of a round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.approval.core.definition import Definition
from shared.approval.core.state import Case, LastMove, Party, Seat, Stage, Task
from shared.approval.core.words import ACTIONABLE, DECIDED, CaseState, StageState, TaskState, Verb

#: In which state of the case each verb can be legal at all.
LEGAL: Mapping[Verb, frozenset[CaseState]] = {
    Verb.APPROVE: frozenset({CaseState.RUNNING}),
    Verb.REJECT: frozenset({CaseState.RUNNING}),
    Verb.RETURN: frozenset({CaseState.RUNNING}),
    Verb.WITHDRAW: frozenset({CaseState.RUNNING, CaseState.RETURNED}),
    Verb.RESUBMIT: frozenset({CaseState.RETURNED}),
}
#: The verbs that decide a task, and what becomes of the task.
DECIDES: Mapping[Verb, TaskState] = {
    Verb.APPROVE: TaskState.PASSED,
    Verb.REJECT: TaskState.REJECTED,
    Verb.RETURN: TaskState.RETURNED,
}
_VERB_OF = {state: verb for verb, state in DECIDES.items()}


class RefusalCode(StrEnum):
    """Why a verb is refused."""

    NOT_YOURS = "not_yours"
    NOT_THE_INITIATOR = "not_the_initiator"
    OWN_CASE = "own_case"
    BARRED = "barred"
    ONE_STAGE_PER_ROUND = "one_stage_per_round"
    ALREADY_DECIDED = "already_decided"
    NOT_YOUR_TURN = "not_your_turn"
    NOT_LEGAL_NOW = "not_legal_now"
    HELD = "held"
    MAX_ROUNDS = "max_rounds"
    STALE_REVISION = "stale_revision"
    OPINION_REQUIRED = "opinion_required"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A verb that is not carried out; `winner` is the move it lost to, where there is one."""

    code: RefusalCode
    winner: LastMove | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """A verb that may be carried out, on this task when it decides one."""

    task: Task | None = None


class Refused(Exception):
    """A verb was refused; nothing has changed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code.value)
        self.refusal = refusal


def permit(case: Case, definition: Definition, verb: Verb, party: Party) -> Permit | Refusal:
    """Answer whether the party may do this now, and if not, why."""
    if verb in DECIDES:
        return _permit_deciding(case, definition, verb, party)
    if party.account_id != case.initiator.account_id:
        return Refusal(RefusalCode.NOT_THE_INITIATOR)
    if case.state not in LEGAL.get(verb, frozenset()):
        return Refusal(RefusalCode.NOT_LEGAL_NOW, case.last)
    return Permit()


def allowed_actions(case: Case, definition: Definition, party: Party) -> tuple[Verb, ...]:
    """Answer the verbs that the party may do now, by the guard that will execute them."""
    return tuple(verb for verb in LEGAL if isinstance(permit(case, definition, verb, party), Permit))


def deciders(case: Case, stage: Stage) -> frozenset[str]:
    """Answer the accounts that have decided something else in this round and so may not decide this stage too.

    Who decided an earlier visit of the same node may decide it again.
    """
    return frozenset(
        task.ended_by.account_id
        for other in case.current_stages
        if other.node_key != stage.node_key or other.number == stage.number
        for task in case.tasks_of(other)
        if task.state in DECIDED and task.ended_by is not None
    )


def excluded(case: Case, stage: Stage) -> frozenset[str]:
    """Answer every account that must not decide a stage: the initiator, the barred, this round's earlier deciders."""
    return frozenset({case.initiator.account_id}) | case.barred | deciders(case, stage)


def _permit_deciding(case: Case, definition: Definition, verb: Verb, party: Party) -> Permit | Refusal:
    if case.state not in LEGAL[verb]:
        return Refusal(RefusalCode.NOT_LEGAL_NOW, case.last)
    if party.account_id == case.initiator.account_id:
        return Refusal(RefusalCode.OWN_CASE)
    if party.account_id in case.barred:
        return Refusal(RefusalCode.BARRED)
    stage = case.active_stage
    task = _task_of(case, stage, party) if stage else None
    if stage is None or task is None:
        return _why_no_task(case, definition, party)
    if party.account_id in deciders(case, stage):
        return Refusal(RefusalCode.ONE_STAGE_PER_ROUND)
    if verb is Verb.RETURN and case.round >= definition.max_rounds:
        return Refusal(RefusalCode.MAX_ROUNDS)
    return Permit(task)


def _task_of(case: Case, stage: Stage, party: Party) -> Task | None:
    """Answer the task that a party would decide: one given to them by name before one given to their post."""
    theirs = [task for task in case.tasks_of(stage) if task.state in ACTIONABLE and task.addresses(party)]
    return min(theirs, key=lambda task: (task.assignee is None, task.number), default=None)


def _why_no_task(case: Case, definition: Definition, party: Party) -> Refusal:
    """Tell apart a decision that came too late, one that comes too early, and one that was never theirs."""
    asked = [stage for stage in case.current_stages if _asks(definition, stage, party)]
    if any(stage.state is StageState.HELD for stage in asked):
        decided = any(party.account_id in deciders(case, stage) for stage in asked)
        return Refusal(RefusalCode.ONE_STAGE_PER_ROUND if decided else RefusalCode.HELD)
    late = _lost_to(case, party)
    if late is not None:
        return Refusal(RefusalCode.ALREADY_DECIDED, late)
    return Refusal(RefusalCode.NOT_YOUR_TURN if asked else RefusalCode.NOT_YOURS)


def _asks(definition: Definition, stage: Stage, party: Party) -> bool:
    """Tell whether a stage that is not over asks this party, now or later."""
    if stage.state not in (StageState.WAITING, StageState.OPEN, StageState.HELD):
        return False
    return any(
        approver.account == party.account_id
        if approver.role is None
        else Seat(approver.role, stage.region) in party.posts
        for approver in definition.node(stage.node_key).approvers
    )


def _lost_to(case: Case, party: Party) -> LastMove | None:
    """Answer the decision that ended the party's latest task of this round, if somebody decided it."""
    for stage in reversed(case.current_stages):
        tasks = case.tasks_of(stage)
        ended = [task for task in tasks if task.ended_by is not None and task.addresses(party)]
        if ended:
            last = ended[-1]
            moves = [move for task in tasks if (move := decision_of(task)) is not None]
            return next((move for move in moves if (move.person, move.at) == (last.ended_by, last.ended_at)), None)
    return None


def decision_of(task: Task) -> LastMove | None:
    """Answer who decided a task, how and when; nothing for a task that was not decided."""
    if task.state not in DECIDED or task.ended_by is None or task.ended_at is None:
        return None
    return LastMove(_VERB_OF[task.state], task.ended_by, task.ended_at)
