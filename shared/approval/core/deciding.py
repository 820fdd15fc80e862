"""The verbs that decide: approve, reject, return, and to take an approval back; and to withdraw the whole case."""

from __future__ import annotations

from dataclasses import replace

from shared.approval.core.asking import ask, fall_back, open_ready, settle
from shared.approval.core.command import DECIDED_BY_ANOTHER, RETURNED, TAKEN_BACK, WITHDRAWN, Command
from shared.approval.core.exclusion import DECIDES
from shared.approval.core.moving import Moving
from shared.approval.core.refusal import Permit, RefusalCode, Refused
from shared.approval.core.route import PlannedStage
from shared.approval.core.state import Stage, Task
from shared.approval.core.ways_back import following
from shared.approval.core.words import (
    SIGNERS,
    After,
    CaseState,
    StageState,
    TaskKind,
    TaskState,
    Verb,
)


def decide(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `approve` or `reject`: the answer of one approver or signer."""
    task = _required(permit)
    _need_opinion(moving, command, task)
    moving.note_verb(command, task)
    _answer(moving, command, permit, task, DECIDES[command.verb])
    if command.verb is Verb.APPROVE:
        _wake_signers(moving, task)
    fall_back(moving, task)
    settle(moving, moving.case.stage(task.stage), command.actor.person)


def return_(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `return`: to the initiator, which ends the round, or to a node of this round, which visits it anew."""
    task = _required(permit)
    _need_opinion(moving, command, task)
    stage, person = moving.case.stage(task.stage), command.actor.person
    if command.node is None:
        moving.note_verb(command, task)
        _answer(moving, command, permit, task, TaskState.RETURNED)
        moving.end_round(stage, StageState.RETURNED, DECIDED_BY_ANOTHER, person)
        moving.case = replace(moving.case, state=CaseState.RETURNED)
        return
    then = moving.definition.node(stage.node_key).returns.then
    moving.note_verb(command, task, to=command.node, then=then.value)
    _answer(moving, command, permit, task, TaskState.RETURNED)
    target = next(one for one in moving.case.live_stages if one.node_key == command.node)
    _visit_again(moving, target, stage, then, command)
    open_ready(moving)


def take_back(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `take_back`: what the approval opened is closed again, and the task is the approver's once more."""
    passed = _required(permit)
    moving.note_verb(command, passed)
    person = command.actor.person
    stage = moving.case.stage(passed.stage)
    for later in following(moving.case, stage):
        if later.state is not StageState.WAITING:
            moving.cancel_tasks(later, TAKEN_BACK, person)
            moving.change_stage(_not_begun(later))
    moving.cancel_task(passed, TAKEN_BACK, person)
    for signer in moving.case.tasks_of(stage):
        if signer.kind is TaskKind.SIGN_AFTER and signer.position == passed.position and signer.state is TaskState.OPEN:
            moving.change_task(replace(signer, state=TaskState.WAITING))
    moving.set_stage(stage, StageState.OPEN)
    if stage.clock_from is not None:
        # Its timers ended with it; its time is still counted from when it was first asked.
        moving.start_clock(stage, stage.clock_from)
    again = replace(
        passed,
        state=TaskState.OPEN,
        assignee=person.account_id,
        assignee_name=person.name,
        ended_by=None,
        ended_at=None,
    )
    moving.add_task(again)
    ask(moving, stage)


def _not_begun(stage: Stage) -> Stage:
    """Answer a stage as it was before anybody was asked."""
    return replace(stage, state=StageState.WAITING, clock_from=None, due_at=None, due_is_provisional=False, reminded=0)


def withdraw(moving: Moving, command: Command, _permit: Permit) -> None:
    """Carry out `withdraw`: the initiator ends a case that is on its way."""
    moving.note_verb(command)
    moving.end_round(None, StageState.CANCELLED, WITHDRAWN, command.actor.person)
    moving.close(CaseState.WITHDRAWN)


def _required(permit: Permit) -> Task:
    assert permit.task is not None
    return permit.task


def _need_opinion(moving: Moving, command: Command, task: Task) -> None:
    node = moving.definition.node(moving.case.stage(task.stage).node_key)
    if command.verb in node.opinion and not command.opinion.strip():
        raise Refused.because(RefusalCode.OPINION_REQUIRED)


def _answer(moving: Moving, command: Command, permit: Permit, task: Task, state: TaskState) -> None:
    """End the task, and with it what else asked the same position: its post, or one that an overdue stage went to."""
    person = command.actor.person
    moving.end_task(task, state, person, on_behalf_of=permit.on_behalf_of)
    if task.kind is not TaskKind.APPROVE:
        return
    for other in tuple(moving.case.unfinished(moving.case.stage(task.stage))):
        if other.kind is TaskKind.APPROVE and other.position == task.position:
            moving.cancel_task(other, DECIDED_BY_ANOTHER, person)


def _wake_signers(moving: Moving, task: Task) -> None:
    if task.kind in SIGNERS:
        return
    for signer in moving.case.tasks_of(moving.case.stage(task.stage)):
        is_next = signer.kind is TaskKind.SIGN_AFTER and signer.position == task.position
        if is_next and signer.state is TaskState.WAITING:
            moving.reopen_task(signer)


def _visit_again(moving: Moving, target: Stage, returning: Stage, then: After, command: Command) -> None:
    """Lay the nodes that are to be decided again out anew.

    From the target on, everything that waits for it; or, to jump back, only the target, the node that returned and
    what waits for that one. What else runs side by side goes on.
    """
    case = moving.case
    if then is After.JUMP_BACK:
        again = [target, returning, *following(case, returning)]
    else:
        again = [target, *following(case, target)]
    for stage in again:
        state = StageState.RETURNED if stage.number == returning.number else StageState.CANCELLED
        moving.cancel_tasks(stage, RETURNED, command.actor.person)
        if moving.case.stage(stage.number).state in (StageState.OPEN, StageState.HELD, StageState.WAITING):
            moving.set_stage(stage, state)
    place = {stage.number: index for index, stage in enumerate(again)}
    planned, outside = [], {}
    for index, stage in enumerate(again):
        inside = {place[number] for number in stage.after if number in place}
        if then is After.JUMP_BACK and stage is returning:
            inside.add(0)
        planned.append(PlannedStage(moving.definition.node(stage.node_key), stage.region, tuple(sorted(inside))))
        outside[index] = tuple(number for number in stage.after if number not in place)
    moving.lay_out(planned, after=outside)
