"""The verbs that decide: approve, reject, return, and to take an approval back; and to withdraw the whole case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.approval.core.asking import ask, ask_others, open_ready, settle
from shared.approval.core.command import DECIDED_BY_ANOTHER, DUPLICATE, RETURNED, TAKEN_BACK, WITHDRAWN, Command
from shared.approval.core.demands import need_what_a_node_demands, task_of
from shared.approval.core.exclusion import DECIDES
from shared.approval.core.moving import Moving
from shared.approval.core.refusal import Permit, RefusalCode, Refused
from shared.approval.core.route import PlannedStage
from shared.approval.core.signing import comes_after, fall_back
from shared.approval.core.state import Case, Person, Stage, Task
from shared.approval.core.ways_back import INITIATOR, following, visited_again
from shared.approval.core.words import (
    UNFINISHED,
    CaseState,
    Mode,
    StageState,
    TaskKind,
    TaskState,
    Token,
)


def decide(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `approve` or `reject`: the answer of one approver or signer."""
    task = task_of(permit)
    stage = moving.case.stage(task.stage)
    need_what_a_node_demands(command, moving.definition.node(stage.node_key))
    moving.note_verb(command, task)
    _answer(moving, command, permit, task, DECIDES[command.verb])
    fall_back(moving, task)
    settle(moving, stage, command.actor.person)
    ask_others(moving, stage)


def return_(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `return`: to the initiator, which ends the round, or to a node of this round, which visits it anew."""
    task = task_of(permit)
    stage, person = moving.case.stage(task.stage), command.actor.person
    node = moving.definition.node(stage.node_key)
    need_what_a_node_demands(command, node)
    if command.node in (None, INITIATOR):
        moving.note_verb(command, task)
        _answer(moving, command, permit, task, TaskState.RETURNED)
        moving.end_round(stage, StageState.RETURNED, DECIDED_BY_ANOTHER, person)
        moving.case = replace(moving.case, state=CaseState.RETURNED)
        return
    target = next((one for one in moving.case.live_stages if one.node_key == command.node), None)
    if target is None:
        raise Refused.because(RefusalCode.NOWHERE_TO_RETURN)
    then = node.returns.then
    moving.note_verb(command, task, to=command.node, then=then.value)
    _answer(moving, command, permit, task, TaskState.RETURNED)
    _visit_again(moving, target, stage, command)
    open_ready(moving)
    ask_others(moving, stage)


def take_back(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `take_back`: what the approval opened is closed again, and the task is the approver's once more."""
    passed = task_of(permit)
    moving.note_verb(command, passed)
    person = command.actor.person
    stage = moving.case.stage(passed.stage)
    for later in following(moving.case, stage):
        _wait_again(moving, later, person)
    moving.cancel_task(passed, TAKEN_BACK, person)
    _take_turns_back(moving, stage, passed, person)
    if stage.state is StageState.PASSED:
        # Its deadline is the one it had, and its timers ended with it.
        moving.start_clock(moving.set_stage(stage, StageState.OPEN), stage.clock_from or moving.at)
    owner = passed.on_behalf_of or person
    again = moving.add_task(
        replace(
            passed,
            state=TaskState.OPEN,
            assignee=owner.account_id,
            assignee_name=owner.name,
            ended_by=None,
            on_behalf_of=None,
            ended_at=None,
        )
    )
    for signer in tuple(moving.case.unfinished(stage)):
        is_after = signer.kind is TaskKind.SIGN_AFTER and signer.state is TaskState.OPEN
        if is_after and signer.number != again.number and comes_after(moving, signer):
            moving.change_task(replace(signer, state=TaskState.WAITING))
    ask(moving, stage)
    ask_others(moving, stage)


def _wait_again(moving: Moving, later: Stage, person: Person) -> None:
    """Let a stage that an approval opened wait again, with what earlier voices have answered in it."""
    if later.state not in (StageState.OPEN, StageState.HELD, StageState.PASSED):
        return
    for task in moving.case.tasks_of(later):
        if (task.state in UNFINISHED and task.kind is not TaskKind.CC) or task.reason == DUPLICATE:
            moving.cancel_task(task, TAKEN_BACK, person)
    moving.set_stage(later, StageState.CANCELLED)  # whatever waited for it is told
    moving.change_stage(_not_begun(later))


def _take_turns_back(moving: Moving, stage: Stage, passed: Task, person: Person) -> None:
    """Take from those whom the approval gave their turn in its own stage, in turn or after a signer before them."""
    if passed.kind is TaskKind.SIGN_BEFORE and passed.parent is not None:
        asked = moving.case.task(passed.parent)
        if asked.state is TaskState.OPEN:
            moving.change_task(replace(asked, state=TaskState.WAITING))
    if stage.mode is not Mode.SEQUENTIAL:
        return
    for task in moving.case.tasks_of(stage):
        is_later = task.position > passed.position and task.kind is not TaskKind.CC
        if is_later and (task.state in UNFINISHED or task.reason == DUPLICATE):
            moving.cancel_task(task, TAKEN_BACK, person)


def _not_begun(stage: Stage) -> Stage:
    """Answer a stage as it was before anybody was asked."""
    return replace(stage, state=StageState.WAITING, clock_from=None, due_at=None, due_is_provisional=False, reminded=0)


def withdraw(moving: Moving, command: Command, _permit: Permit) -> None:
    """Carry out `withdraw`: the initiator ends a case that is on its way, or asks the node that has it to."""
    moving.note_verb(command)
    if moving.case.token is Token.AWAY:
        moving.case = replace(moving.case, state=CaseState.WITHDRAWING)
        return
    moving.end_round(None, StageState.CANCELLED, WITHDRAWN, command.actor.person)
    moving.close(CaseState.WITHDRAWN)


def _answer(moving: Moving, command: Command, permit: Permit, task: Task, state: TaskState) -> None:
    """End the task, and with it what else asked the same position: its post, or one that an overdue stage went to.

    Who was to give an opinion on one of those is not waited for either, and after a no nobody of the position is.
    """
    person = command.actor.person
    moving.end_task(task, state, person, on_behalf_of=permit.on_behalf_of)
    if task.kind is not TaskKind.APPROVE and state is TaskState.PASSED:
        return
    for other in tuple(moving.case.unfinished(moving.case.stage(task.stage))):
        is_needed_no_more = state is not TaskState.PASSED or _asks_for_approval(moving, other)
        if other.position == task.position and is_needed_no_more:
            moving.cancel_task(other, DECIDED_BY_ANOTHER, person)


def _asks_for_approval(moving: Moving, task: Task) -> bool:
    if task.kind is TaskKind.DELEGATE and task.parent is not None:
        return moving.case.task(task.parent).kind is TaskKind.APPROVE
    return task.kind is TaskKind.APPROVE


def _visit_again(moving: Moving, target: Stage, returning: Stage, command: Command) -> None:
    """Lay the nodes that are to be decided again out anew; what else runs side by side goes on."""
    case = moving.case
    again = visited_again(case, moving.definition, target, returning)
    for stage in again:
        state = StageState.RETURNED if stage.number == returning.number else StageState.CANCELLED
        moving.cancel_tasks(stage, RETURNED, command.actor.person)
        if moving.case.stage(stage.number).state in (StageState.OPEN, StageState.HELD, StageState.WAITING):
            moving.set_stage(stage, state)
    place = {stage.node_key: index for index, stage in enumerate(again)}
    planned, outside = [], {}
    for index, stage in enumerate(again):
        inside = _places_before(case, stage, place)
        planned.append(PlannedStage(moving.definition.node(stage.node_key), stage.region, tuple(sorted(inside))))
        outside[index] = tuple(number for number in stage.after if case.stage(number).node_key not in place)
    moving.lay_out(planned, after=outside)


def _places_before(case: Case, stage: Stage, place: Mapping[str, int]) -> set[int]:
    """Answer which of the nodes that are visited again a stage comes after, directly or behind what stays passed.

    What counts is the node: a stage may come after an earlier visit of it.
    """
    found, ahead = set(), [case.stage(number) for number in stage.after]
    while ahead:
        one = ahead.pop()
        if one.node_key in place:
            found.add(place[one.node_key])
        else:
            ahead.extend(case.stage(number) for number in one.after)
    return found
