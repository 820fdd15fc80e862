"""Why somebody has nothing to decide in a case, and whom they lost to."""

from __future__ import annotations

from collections.abc import Iterable

from shared.approval.core.definition import Definition
from shared.approval.core.exclusion import deciders, decision_of
from shared.approval.core.refusal import Refusal, RefusalCode
from shared.approval.core.state import Case, LastMove, Party, Person, Seat, Stage, Task
from shared.approval.core.words import StageState, TaskState, Verb


def why_nothing(case: Case, definition: Definition, party: Party) -> Refusal:
    """Tell apart a decision that came too late, one that comes too early, and one that was never theirs."""
    asked = [stage for stage in case.current_stages if _asks(definition, stage, party)]
    if any(stage.state is StageState.HELD for stage in asked):
        decided = any(party.account_id in deciders(case, definition, stage) for stage in asked)
        return Refusal(RefusalCode.ONE_STAGE_PER_ROUND if decided else RefusalCode.HELD)
    claimed = _claimed_by_another(case, party)
    if claimed is not None:
        return Refusal(RefusalCode.TASK_CLAIMED, claimed)
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


def _claimed_by_another(case: Case, party: Party) -> LastMove | None:
    for stage in case.active_stages:
        for task in case.tasks_of(stage):
            is_claimed = task.state is TaskState.CLAIMED and task.role is not None
            if is_claimed and Seat(task.role or "", task.region) in party.posts:
                return LastMove(Verb.CLAIM, Person(task.assignee or "", task.assignee_name), case.last.at)
    return None


def _lost_to(case: Case, party: Party) -> LastMove | None:
    """Answer the decision that ended the party's latest task of this round, if somebody decided it."""
    for stage in reversed(case.current_stages):
        tasks = case.tasks_of(stage)
        ended: Iterable[Task] = [task for task in tasks if task.ended_by is not None and task.addresses(party)]
        last = max(ended, key=lambda task: task.number, default=None)
        if last is not None:
            moves = [move for task in tasks if (move := decision_of(task)) is not None]
            return next((move for move in moves if (move.person, move.at) == (last.ended_by, last.ended_at)), None)
    return None
