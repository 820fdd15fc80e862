"""Whom a stage asks, and what their answers come to."""

from __future__ import annotations

from dataclasses import replace

from shared.approval.core.candidates import Asked, candidates, holders, post_at, whom
from shared.approval.core.command import DECIDED_BY_ANOTHER, DUPLICATE, NOBODY_TO_DECIDE
from shared.approval.core.handing_on import hand_on, has_its_turn
from shared.approval.core.moving import Moving
from shared.approval.core.signing import fall_back, wake_signers
from shared.approval.core.state import Person, Stage, Task
from shared.approval.core.trail import Step
from shared.approval.core.voting import ONE_VOICE, Tally, result
from shared.approval.core.ways_back import before
from shared.approval.core.words import (
    ACTIONABLE,
    SIGNERS,
    VOICES,
    CaseState,
    Duplicates,
    Mode,
    StageState,
    TaskKind,
    TaskState,
)

_UNDECIDED = (StageState.WAITING, StageState.OPEN, StageState.HELD)


def open_ready(moving: Moving) -> None:
    """Open every waiting stage whose turn has come; when all have passed the case is approved.

    What another node decides opens there, once nothing is left to decide here.
    """
    while ready := [stage for stage in moving.case.live_stages if _is_ready(moving, stage)]:
        for stage in ready:
            ask(moving, stage)
    # A later version that the case was migrated to may have no place for a node any more: its stage is cancelled.
    done = (StageState.PASSED, StageState.CANCELLED)
    is_done = all(stage.state in done for stage in moving.case.live_stages)
    if is_done and moving.case.state is CaseState.RUNNING:
        moving.close(CaseState.APPROVED)
    elif moving.world.away:
        hand_on(moving)


def _is_ready(moving: Moving, stage: Stage) -> bool:
    return stage.region not in moving.world.away and has_its_turn(moving.case, stage)


def ask(moving: Moving, stage: Stage) -> None:
    """Ask whom the stage asks now, and nobody else; hold the stage when nobody may decide it.

    What was said before may be all that is needed once a signer who has not spoken is gone: then it goes on.
    """
    stage = moving.case.stage(stage.number)
    if stage.state not in _UNDECIDED or stage.region in moving.world.away:
        return
    if moving.definition.waits(stage.node_key):
        _wait_for_subcase(moving, stage)
        return
    _release_unable(moving, stage)
    outcome = _result(moving, stage)
    if outcome is not None:
        conclude(moving, stage, None, has_passed=outcome)
        return
    due = _due(moving, stage)
    if not due:
        _hold(moving, stage)
        return
    _open(moving, stage)
    given = [_give(moving, stage, position, asked) for position, asked in due.items() if asked is not None]
    for task in given:
        _answer_for_duplicate(moving, stage, task)


def ask_others(moving: Moving, stage: Stage) -> None:
    """Ask again in the stages beside one that was decided: who has spoken there may not speak here any more."""
    for other in moving.case.active_stages:
        if other.number != stage.number:
            ask(moving, other)


def settle(moving: Moving, stage: Stage, by: Person | None) -> None:
    """Go on after an answer: ask those who are left, or, when it is certain, let the stage pass or end the case."""
    stage = moving.case.stage(stage.number)
    outcome = _result(moving, stage)
    if outcome is None:
        ask(moving, stage)
    else:
        conclude(moving, stage, by, has_passed=outcome)


def conclude(moving: Moving, stage: Stage, by: Person | None, *, has_passed: bool) -> None:
    """Let a stage pass, and the next ones open, or end the case as rejected."""
    if has_passed:
        moving.cancel_tasks(stage, DECIDED_BY_ANOTHER, by)
        moving.set_stage(stage, StageState.PASSED)
        open_ready(moving)
    else:
        moving.end_round(stage, StageState.REJECTED, DECIDED_BY_ANOTHER, by)
        moving.close(CaseState.REJECTED)


def escalate(moving: Moving, stage: Stage) -> None:
    """Ask the post that the node names for an overdue stage too; whoever answers first has answered."""
    node = moving.definition.node(stage.node_key)
    if node.escalate is None:
        return
    asked = post_at(moving, node.escalate)
    for position in _undecided(moving, stage)[: 1 if stage.mode is Mode.SEQUENTIAL else None]:
        if candidates(moving, stage, asked) and not _is_asked(moving, stage, position, asked):
            _open(moving, stage)
            _give(moving, stage, position, asked)


def _wait_for_subcase(moving: Moving, stage: Stage) -> None:
    if stage.state is StageState.WAITING:
        moving.note(Step.STAGE_OPENED, stage)
        moving.waiting.append(moving.set_stage(stage, StageState.OPEN))


def _open(moving: Moving, stage: Stage) -> None:
    was = moving.case.stage(stage.number).state
    if was is StageState.OPEN:
        return
    moving.note(Step.STAGE_OPENED, stage)
    moving.set_stage(stage, StageState.OPEN)
    if was is StageState.WAITING:
        moving.start_clock(stage, moving.at)


def _hold(moving: Moving, stage: Stage) -> None:
    """Hold a stage: it keeps no open task, and the alarm is raised by whoever reads `Move.held`."""
    if stage.state is StageState.HELD:
        return
    moving.cancel_tasks(stage, NOBODY_TO_DECIDE, None)
    moving.note(Step.STAGE_HELD, stage)
    held = moving.set_stage(stage, StageState.HELD)
    if stage.state is StageState.WAITING:
        held = moving.start_clock(held, moving.at)
    moving.held.append(held)


def _give(moving: Moving, stage: Stage, position: int, asked: Asked) -> Task:
    task = Task(
        number=0,
        stage=stage.number,
        region=asked.region,
        opened_at=moving.at,
        role=asked.role,
        assignee=asked.account,
        position=position,
    )
    return moving.add_task(task)


def _due(moving: Moving, stage: Stage) -> dict[int, Asked | None]:
    """Answer the positions that speak now: 依次 one by one, else all at once. None stands for one already asked."""
    undecided = _undecided(moving, stage)
    if stage.mode is Mode.SEQUENTIAL:
        undecided = undecided[:1]
    node = moving.definition.node(stage.node_key)
    due: dict[int, Asked | None] = {}
    for position in undecided:
        speaking = [task for task in _speaking(moving, stage) if task.position == position]
        # A signer alone is not enough: their approver may be gone.
        is_asked = any(task.kind is TaskKind.APPROVE for task in speaking) or _has_spoken(moving, stage, position)
        asked = None if is_asked else whom(moving, stage, node, node.approvers[position])
        if is_asked or asked or any(task.state is not TaskState.WAITING for task in speaking):
            due[position] = asked
    return due


def _is_asked(moving: Moving, stage: Stage, position: int, asked: Asked) -> bool:
    return any(
        (task.position, task.role, task.region) == (position, asked.role, asked.region)
        for task in _speaking(moving, stage)
    )


def _speaking(moving: Moving, stage: Stage) -> list[Task]:
    """Answer the tasks of a stage on whose account a position is being asked."""
    kinds = VOICES | {TaskKind.DELEGATE}
    return [task for task in moving.case.unfinished(stage) if task.kind in kinds]


def _undecided(moving: Moving, stage: Stage) -> list[int]:
    approvers = moving.definition.node(stage.node_key).approvers
    return [position for position in range(len(approvers)) if _voice(moving, stage, position) is None]


def _voice(moving: Moving, stage: Stage, position: int) -> bool | None:
    """Answer what a position has said: yes when its approver and every signer added to it have, no when one has not."""
    gone = (TaskState.CANCELLED, TaskState.TRANSFERRED)
    tasks = [
        task
        for task in moving.case.tasks_of(stage)
        if task.position == position and task.kind in VOICES and task.state not in gone
    ]
    if any(task.state is TaskState.REJECTED for task in tasks):
        return False
    signed = all(task.state is TaskState.PASSED for task in tasks if task.kind in SIGNERS)
    return True if signed and _has_spoken(moving, stage, position) else None


def _has_spoken(moving: Moving, stage: Stage, position: int) -> bool:
    """Tell whether a position's approver has approved, whatever its signers still have to say."""
    return any(
        task.position == position and task.kind is TaskKind.APPROVE and task.state is TaskState.PASSED
        for task in moving.case.tasks_of(stage)
    )


def _result(moving: Moving, stage: Stage) -> bool | None:
    approvers = moving.definition.node(stage.node_key).approvers
    weight = {True: 0, False: 0, None: 0}
    for position, approver in enumerate(approvers):
        weight[_voice(moving, stage, position)] += approver.weight
    tally = Tally(yes=weight[True], no=weight[False], undecided=weight[None])
    threshold = ONE_VOICE if stage.mode is Mode.ANY else stage.threshold
    return result(tally, threshold=threshold, veto=stage.veto is not False)


def _release_unable(moving: Moving, stage: Stage) -> None:
    """Take tasks back from those who can no longer do them, because a post of theirs has ended.

    The latest first: what a signer or a delegate no longer does falls back to the one who asked them.
    """
    for number in sorted((task.number for task in moving.case.unfinished(stage)), reverse=True):
        task = moving.case.task(number)
        if task.state not in ACTIONABLE or _can_act(moving, stage, task):
            continue
        as_a_posts = replace(task, assignee=None, assignee_name="", state=TaskState.OPEN)
        if task.state is TaskState.CLAIMED and _can_act(moving, stage, as_a_posts):
            moving.change_task(as_a_posts)
            moving.note(Step.TASK_RELEASED, stage, task, facts={"assignee": task.assignee})
            moving.opened.append(as_a_posts)
        else:
            moving.cancel_task(task, NOBODY_TO_DECIDE, None)
            fall_back(moving, task)
    if wake_signers(moving, stage):
        _release_unable(moving, stage)


def _can_act(moving: Moving, stage: Stage, task: Task) -> bool:
    asked = Asked(task.role, task.assignee, task.region)
    if task.kind in VOICES:
        return bool(candidates(moving, stage, asked))
    return task.role is None or task.assignee in holders(moving, Asked(task.role, None, task.region))


def _answer_for_duplicate(moving: Moving, stage: Stage, given: Task) -> None:
    """Let somebody who has approved a node of this region before have approved this one too."""
    is_asked = moving.definition.duplicates in (Duplicates.ONCE, Duplicates.CONSECUTIVE)
    if not is_asked or moving.case.task(given.number).state is not TaskState.OPEN:
        return
    asked = candidates(moving, stage, Asked(given.role, given.assignee, given.region))
    person = next((one for one in _earlier_voices(moving, stage) if one.account_id in asked), None)
    if person is not None:
        moving.end_task(given, TaskState.PASSED, person, reason=DUPLICATE)
        moving.note(Step.TASK_SKIPPED, stage, given, facts={"actor": person.account_id})
        settle(moving, stage, person)


def _earlier_voices(moving: Moving, stage: Stage) -> list[Person]:
    """Answer who has approved before; what was said before a node was returned to does not answer for it again."""
    visits = [one.number for one in moving.case.current_stages if one.node_key == stage.node_key]
    since = max((number for number in visits if number < stage.number), default=0)
    consecutive = moving.definition.duplicates is Duplicates.CONSECUTIVE
    earlier = [moving.case.stage(number) for number in stage.after] if consecutive else before(moving.case, stage)
    return [
        task.ended_by
        for one in earlier
        if one.region == stage.region and one.number > since
        for task in moving.case.tasks_of(one)
        if task.state is TaskState.PASSED and task.kind in VOICES and task.ended_by is not None
    ]
