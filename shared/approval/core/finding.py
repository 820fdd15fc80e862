"""Whose task is whose: which task a verb would be about for a party, or why there is none.

Who stands in for somebody (代) is bound by the rules of `exclusion` for both of them.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.approval.core.command import DUPLICATE, World
from shared.approval.core.definition import Definition
from shared.approval.core.exclusion import deciders, decision_of
from shared.approval.core.explaining import why_nothing
from shared.approval.core.refusal import Permit, Refusal, RefusalCode
from shared.approval.core.state import Case, LastMove, Party, Stage, Task
from shared.approval.core.ways_back import INITIATOR, depending, why_not_back
from shared.approval.core.words import (
    ACTIONABLE,
    SIGNERS,
    UNFINISHED,
    VOICES,
    Mode,
    StageState,
    TaskKind,
    TaskState,
    Verb,
)

#: An initiator asks for haste so often at most.
REMIND_EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May this party use this verb on this case now? On this task, or back to this node, where the verb names one."""

    case: Case
    definition: Definition
    verb: Verb
    party: Party
    world: World
    task: int | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """A task that is a party's to act on, and in whose place when not in their own."""

    task: Task
    principal: Party


def has_task(question: Question) -> bool:
    """Tell whether anything that is not finished is the party's to act on, in their own name or another's."""
    case, parties = question.case, (question.party, *question.party.stands_for)
    return any(
        task.state in UNFINISHED and any(task.addresses(party) for party in parties)
        for stage in case.active_stages
        for task in case.tasks_of(stage)
    )


def to_decide(question: Question) -> Permit | Refusal:
    """Answer the task that the party would decide."""
    case, party = question.case, question.party
    if party.account_id == case.initiator.account_id:
        return Refusal(RefusalCode.OWN_CASE)
    if party.account_id in case.barred:
        return Refusal(RefusalCode.BARRED)
    found = _own(question, VOICES, ACTIONABLE)
    if not found:
        return why_nothing(case, question.definition, party)
    refusals = []
    for own in found:
        code = _why_not(question, own)
        if code is None:
            return _permit(question, own)
        refusals.append(code)
    return Refusal(refusals[0])


def _why_not(question: Question, own: Own) -> RefusalCode | None:
    stage = question.case.stage(own.task.stage)
    both = {question.party.account_id, own.principal.account_id}
    if both & ({question.case.initiator.account_id} | question.case.barred):
        return RefusalCode.OWN_CASE
    if both & deciders(question.case, question.definition, stage):
        return RefusalCode.ONE_STAGE_PER_ROUND
    if question.verb is Verb.RETURN:
        return why_not_back(question.case, question.definition, stage, question.node or INITIATOR)
    return None


def to_hand_on(question: Question) -> Permit | Refusal:
    """Answer the task that the party may give to somebody else: one to decide, or one to give an opinion on."""
    found = _own(question, {TaskKind.DELEGATE}, ACTIONABLE)
    return _permit(question, found[0]) if found else to_decide(question)


def to_resolve(question: Question) -> Permit | Refusal:
    """Answer the delegated task that waits for the party's opinion."""
    return _first(question, {TaskKind.DELEGATE}, ACTIONABLE)


def to_answer(question: Question) -> Permit | Refusal:
    """Answer the question that somebody has put to the party."""
    return _first(question, {TaskKind.CONSULT}, ACTIONABLE)


def to_read(question: Question) -> Permit | Refusal:
    """Answer the copy that the party has not marked as read; of a copy no absence rule makes somebody else's."""
    mine = question.party.account_id
    copies = [
        task
        for task in question.case.tasks
        if task.kind is TaskKind.CC and task.assignee == mine and question.task in (None, task.number)
    ]
    unread = next((task for task in copies if task.state is TaskState.OPEN), None)
    if unread is None and not copies:
        return Refusal(RefusalCode.NOT_YOURS)
    return Permit(unread) if unread else Refusal(RefusalCode.NOT_LEGAL_NOW)


def to_claim(question: Question) -> Permit | Refusal:
    """Answer the post's task that the party may claim, or has claimed already."""
    mine = _own(question, VOICES, {TaskState.CLAIMED})
    if mine:
        return _permit(question, mine[0])
    verdict = to_decide(question)
    if isinstance(verdict, Refusal):
        return verdict
    assert verdict.task is not None
    is_a_posts = verdict.task.assignee is None
    return verdict if is_a_posts else Refusal(RefusalCode.NOT_LEGAL_NOW, question.case.last)


def to_unclaim(question: Question) -> Permit | Refusal:
    """Answer the task that the party has claimed."""
    return _first(question, VOICES, {TaskState.CLAIMED})


def to_take_back(question: Question) -> Permit | Refusal:
    """Answer the party's own approval, if nobody has acted after it."""
    case, me = question.case, question.party.account_id
    mine = [
        task
        for stage in case.live_stages
        # What a later version has dropped, or lets another case decide, stays as it was passed.
        if (node := question.definition.find(stage.node_key)) is not None and node.subcase is None
        for task in case.tasks_of(stage)
        if task.state is TaskState.PASSED
        and task.kind in VOICES
        and task.reason != DUPLICATE
        and task.ended_by is not None
        and task.ended_by.account_id == me
    ]
    if not mine:
        return Refusal(RefusalCode.NOT_YOURS)
    last = max(mine, key=lambda task: (task.ended_at, task.number))
    acted = _acted_after(question, last)
    return Refusal(RefusalCode.ALREADY_DECIDED, acted) if acted else Permit(last)


def _acted_after(question: Question, passed: Task) -> LastMove | None:
    """Answer the move of somebody who has acted on what this approval opened, or spoken after it in its stage."""
    assert passed.ended_at is not None
    case = question.case
    stage = case.stage(passed.stage)
    for task in case.tasks_of(stage):
        decision = decision_of(task)
        is_later = decision is not None and task.number != passed.number and decision.at >= passed.ended_at
        if is_later and task.reason != DUPLICATE:
            return decision
        if _got_its_turn(stage, passed, task) and (_is_touched(task) or _has_added(case, task, passed.ended_at)):
            return decision or case.last
    for later in depending(case, stage):
        if later.state is StageState.PASSED and question.definition.waits(later.node_key):
            return case.last
        for task in case.tasks_of(later):
            is_new = task.kind in VOICES and task.opened_at >= passed.ended_at
            if is_new and (_is_touched(task) or task.kind in SIGNERS):
                return decision_of(task) or case.last
    return None


def _got_its_turn(stage: Stage, passed: Task, task: Task) -> bool:
    """Tell whether an approval gave a task of its own stage its turn."""
    if passed.kind is TaskKind.SIGN_BEFORE and task.number == passed.parent:
        return True
    if task.kind is TaskKind.SIGN_AFTER and task.parent == passed.number:
        return True
    is_in_turn = stage.mode is Mode.SEQUENTIAL and task.position > passed.position
    return is_in_turn and task.kind in VOICES


def _has_added(case: Case, task: Task, since: datetime) -> bool:
    return any(one.kind in SIGNERS and one.parent == task.number and one.opened_at >= since for one in case.tasks)


def _is_touched(task: Task) -> bool:
    untouched = (TaskState.OPEN, TaskState.WAITING, TaskState.CANCELLED)
    return task.state not in untouched and task.reason != DUPLICATE


def to_remove(question: Question) -> Permit | Refusal:
    """Answer the added signer whom the party may take off again: one they added, who has not spoken.

    Never the last one who is left to speak, and never one whom the definition asks.
    """
    case = question.case
    if question.task is not None and not _is_task_of(case, question.task, SIGNERS):
        return Refusal(RefusalCode.NOT_REMOVABLE)
    mine = [
        task
        for stage in case.active_stages
        for task in case.unfinished(stage)
        if task.kind in SIGNERS and question.task in (None, task.number) and _is_adder(case, question.party, task)
    ]
    if not mine:
        return Refusal(RefusalCode.NOT_YOURS)
    left = [task for task in mine if _others_are_left(case, task)]
    return Permit(left[0]) if left else Refusal(RefusalCode.NOT_REMOVABLE)


def _is_adder(case: Case, party: Party, signer: Task) -> bool:
    assert signer.parent is not None
    adder = case.task(signer.parent)
    if adder.ended_by is not None:
        return adder.ended_by.account_id == party.account_id
    return any(adder.addresses(one) for one in (party, *party.stands_for))


def _others_are_left(case: Case, signer: Task) -> bool:
    others = case.unfinished(case.stage(signer.stage))
    return any(task.kind in VOICES and task.number != signer.number for task in others)


def to_hand_over(question: Question) -> Permit | Refusal:
    """Answer the named task, if it is somebody's by name and not finished."""
    case, number = question.case, question.task
    if number is None or not _is_task_of(case, number, VOICES | {TaskKind.DELEGATE, TaskKind.CONSULT}):
        return Refusal(RefusalCode.NOT_LEGAL_NOW, case.last)
    task = case.task(number)
    is_somebodys = task.state in UNFINISHED and task.assignee is not None
    return Permit(task) if is_somebodys else Refusal(RefusalCode.NOT_LEGAL_NOW, case.last)


def _is_task_of(case: Case, number: int, kinds: Container[TaskKind]) -> bool:
    return 1 <= number <= len(case.tasks) and case.task(number).kind in kinds


def to_hasten(question: Question) -> Permit | Refusal:
    """Permit a reminder, unless the last one was a moment ago."""
    last = question.case.reminded_at
    if last is not None and question.world.at < last + REMIND_EVERY:
        return Refusal(RefusalCode.TOO_SOON)
    return Permit()


def to_revoke(question: Question) -> Permit | Refusal:
    """Permit a request to revoke, while the definition still allows it."""
    allowed, closed_at = question.definition.revocation, question.case.closed_at
    if allowed is None or closed_at is None:
        return Refusal(RefusalCode.NOT_LEGAL_NOW, question.case.last)
    if question.world.at > closed_at + timedelta(days=allowed.days):
        return Refusal(RefusalCode.TOO_LATE)
    return Permit()


def freely(_question: Question) -> Permit | Refusal:
    """Permit a verb that is about no task."""
    return Permit()


def _first(question: Question, kinds: Container[TaskKind], states: Container[TaskState]) -> Permit | Refusal:
    found = _own(question, kinds, states)
    return _permit(question, found[0]) if found else Refusal(RefusalCode.NOT_YOURS)


def _permit(question: Question, own: Own) -> Permit:
    is_own = own.principal.account_id == question.party.account_id
    return Permit(own.task, None if is_own else own.principal.person)


def _own(question: Question, kinds: Container[TaskKind], states: Container[TaskState]) -> list[Own]:
    """Answer the tasks that are a party's: in their own name first, by name before by post, the oldest first."""
    case, party = question.case, question.party
    found = [
        Own(task, principal)
        for stage in case.active_stages
        for task in case.tasks_of(stage)
        if task.kind in kinds and task.state in states and question.task in (None, task.number)
        for principal in (party, *party.stands_for)
        if task.addresses(principal)
    ]
    return sorted(found, key=lambda own: (own.principal != party, own.task.assignee is None, own.task.number))
