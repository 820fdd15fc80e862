"""Handing a case on: from its home to the node that decides the next stage.

Branches of a fork that lie on several nodes are decided one node after the other, so that one node has the case at a
time; what joins them waits for all of them as it always does.
"""

from __future__ import annotations

from dataclasses import replace

from shared.approval.core.moving import Moving
from shared.approval.core.refusal import RefusalCode, Refused
from shared.approval.core.state import Case, Stage
from shared.approval.core.trail import Step
from shared.approval.core.words import CaseState, StageState, Token


def has_its_turn(case: Case, stage: Stage) -> bool:
    """Tell whether a stage waits for nothing any more."""
    is_running = case.state is CaseState.RUNNING and stage.state is StageState.WAITING
    return is_running and all(case.stage(number).state is StageState.PASSED for number in stage.after)


def hand_on(moving: Moving) -> None:
    """Hand the case to the node of the stages that come next, if nothing is left to decide at its home.

    :raises Refused: `not_across_nodes` for a definition that waits for cases of their own.
    """
    case, away = moving.case, moving.world.away
    if case.token is not Token.HERE or case.state is not CaseState.RUNNING or case.active_stages:
        return
    ready = [stage for stage in case.live_stages if stage.region in away and has_its_turn(case, stage)]
    if not ready:
        return
    if any(node.subcase is not None for node in moving.definition.nodes):
        raise Refused.because(RefusalCode.NOT_ACROSS_NODES)
    node = away[ready[0].region]
    for stage in ready:
        if away[stage.region] == node:
            moving.note(Step.HANDED_OVER, stage, facts={"node": node})
            moving.set_stage(stage, StageState.OPEN)
    moving.case = replace(moving.case, token=Token.AWAY, handover=case.handover + 1)


def handed_on(case: Case) -> tuple[Stage, ...]:
    """Answer the stages for which another node has the case now."""
    return case.active_stages if case.token is Token.AWAY else ()


def wait_again(moving: Moving) -> bool:
    """Let the stages wait for their turn again that another node did not take; answers whether there are any."""
    case, away = moving.case, moving.world.away
    held = [stage for stage in case.active_stages if stage.state is StageState.HELD and stage.region in away]
    for stage in held:
        moving.set_stage(stage, StageState.WAITING)
    return bool(held)
