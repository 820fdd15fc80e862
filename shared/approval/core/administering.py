"""The verbs of administrators, and the undoing of an approved case: suspend, resume, terminate, migrate, revoke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.approval.core.asking import open_ready
from shared.approval.core.command import MIGRATED, TERMINATED, Command
from shared.approval.core.deadline import moved_start
from shared.approval.core.definition import Definition
from shared.approval.core.demands import need_words
from shared.approval.core.exclusion import carried_over
from shared.approval.core.handing_on import wait_again
from shared.approval.core.moving import Moving
from shared.approval.core.refusal import Permit, RefusalCode, Refused
from shared.approval.core.route import Link, PlannedStage, plan
from shared.approval.core.state import Case, Stage
from shared.approval.core.words import CaseState, StageState


def suspend(moving: Moving, command: Command, _permit: Permit) -> None:
    """Carry out `suspend`: the case's clock and its verbs stand still."""
    need_words(command)
    moving.note_verb(command)
    moving.case = replace(moving.case, state=CaseState.SUSPENDED, suspended_at=moving.at)


def resume(moving: Moving, command: Command, _permit: Permit) -> None:
    """Carry out `resume`: the case goes on, and what was due is due that much later."""
    moving.note_verb(command)
    since = moving.case.suspended_at or moving.at
    moving.case = replace(moving.case, state=CaseState.RUNNING, suspended_at=None)
    for stage in moving.case.active_stages:
        node = moving.definition.node(stage.node_key)
        span = node.due or (node.reminders.every if node.reminders else None)
        was_overdue = stage.due_at is not None and stage.due_at <= since
        if stage.clock_from is not None and span is not None and not was_overdue:
            start = moved_start(stage.clock_from, span, moving.world.workdays, since=since, until=moving.at)
            moving.start_clock(stage, start)
    # What a case of its own decided in the meantime has opened nothing yet, and what another node did not take goes to
    # it again.
    wait_again(moving)
    open_ready(moving)


def terminate(moving: Moving, command: Command, _permit: Permit) -> None:
    """Carry out `terminate`: an administrator ends the case, and says why."""
    need_words(command)
    moving.note_verb(command)
    moving.end_round(None, StageState.CANCELLED, TERMINATED, command.actor.person)
    moving.close(CaseState.TERMINATED)


def migrate(moving: Moving, command: Command, _permit: Permit) -> None:
    """Carry out `migrate`: a running case goes over to a later version of its definition, with a reason.

    What it has passed stays passed; the nodes that decide now are asked anew, by the later version, and what comes
    after them is laid out by it. `content` is the round's.

    :raises Refused: `cannot_migrate` when it is no later version of the same definition, or a node that decides now
        is not on its way; `opinion_required`.
    """
    target, case = command.definition, moving.case
    if target is None or target.key != case.definition.key or target.version <= case.definition.version:
        raise Refused.because(RefusalCode.CANNOT_MIGRATE)
    content = command.content or {}
    planned = ahead(case, target, moving.world.chain, content)
    if not_on_its_way(case, planned):
        raise Refused.because(RefusalCode.CANNOT_MIGRATE)
    need_words(command)
    passed = _passed(case)
    moving.note_verb(command, version=target.version, sha256=target.sha256)
    for stage in case.live_stages:
        if stage.state is not StageState.PASSED:
            moving.cancel_tasks(stage, MIGRATED, command.actor.person)
            moving.set_stage(stage, StageState.CANCELLED)
    moving.case = replace(moving.case, definition=target.ref)
    moving.definition = target
    moving.lay_out(planned, after=_behind(plan(target, moving.world.chain, content), planned, passed))
    open_ready(moving)


def ahead(
    case: Case, target: Definition, chain: Sequence[Link], content: Mapping[str, Any]
) -> tuple[PlannedStage, ...]:
    """Answer what a case would still have before it by another version of its definition."""
    carried = {stage.node_key for stage in carried_over(case)}
    return plan(target, chain, content, without=_passed(case).keys() | carried)


def not_on_its_way(case: Case, planned: Sequence[PlannedStage]) -> tuple[str, ...]:
    """Answer the nodes that decide a case now and are not among those planned: with any, it cannot migrate there."""
    known = {stop.node.key for stop in planned}
    return tuple(dict.fromkeys(stage.node_key for stage in case.active_stages if stage.node_key not in known))


def _passed(case: Case) -> Mapping[str, int]:
    return {stage.node_key: stage.number for stage in case.live_stages if stage.state is StageState.PASSED}


def _behind(
    whole: Sequence[PlannedStage], planned: Sequence[PlannedStage], passed: Mapping[str, int]
) -> Mapping[int, tuple[int, ...]]:
    """Answer, by the place in the plan, the passed stages that one comes right after in the whole route."""
    before = {stop.node.key: [whole[place].node.key for place in stop.after] for stop in whole}
    return {
        index: tuple(passed[key] for key in before[stop.node.key] if key in passed)
        for index, stop in enumerate(planned)
    }


def request_revocation(moving: Moving, command: Command, _permit: Permit) -> None:
    """Carry out `request_revocation` (撤销): ask for an approved case to be undone; another case decides that."""
    need_words(command)
    moving.note_verb(command)


def recount(moving: Moving, stage: Stage) -> bool:
    """Count a provisional deadline again, now that more workdays are known; answers whether anything has changed."""
    if stage.clock_from is None:
        return False
    before = moving.case.stage(stage.number)
    timers = tuple(moving.timers)
    if moving.start_clock(before, stage.clock_from) != before:
        return True
    moving.timers[:] = timers
    return False
