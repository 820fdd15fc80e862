"""Where a stage may return its case to: the initiator, or nodes of this round that were passed on the way to it."""

from __future__ import annotations

from collections.abc import Iterable

from shared.approval.core.definition import Definition
from shared.approval.core.refusal import RefusalCode
from shared.approval.core.state import Case, Stage
from shared.approval.core.words import After, StageState

#: Stands for any way back that is open, where it is asked whether there is one at all.
ANYWHERE = "*"
#: Ends the round: the initiator corrects the content and submits it again.
INITIATOR = "initiator"


def ways_back(case: Case, definition: Definition, stage: Stage) -> tuple[str, ...]:
    """Answer the keys of the nodes that a stage may return to, the latest first; `initiator` while rounds are left."""
    found = [one.node_key for one in _allowed(case, definition, stage) if _has_visits(case, definition, one, stage)]
    is_last_round = case.round >= definition.max_rounds
    returns = definition.node(stage.node_key).returns
    return (*found, *([INITIATOR] if returns.initiator and not is_last_round else []))


def why_not_back(case: Case, definition: Definition, stage: Stage, to: str) -> RefusalCode | None:
    """Answer why a stage may not return the case there, or None when it may."""
    ways = ways_back(case, definition, stage)
    if to in ways or (to == ANYWHERE and ways):
        return None
    if to in (INITIATOR, ANYWHERE) and definition.node(stage.node_key).returns.initiator:
        return RefusalCode.MAX_ROUNDS
    allowed = {one.node_key for one in _allowed(case, definition, stage)}
    return RefusalCode.MAX_VISITS if to in allowed else RefusalCode.NOWHERE_TO_RETURN


def _allowed(case: Case, definition: Definition, stage: Stage) -> Iterable[Stage]:
    """Answer the passed stages that led to this one and that its node may return to, the latest first."""
    named = definition.node(stage.node_key).returns.nodes
    live = set(case.live_stages)
    return (
        one
        for one in sorted(before(case, stage), key=lambda earlier: -earlier.number)
        # A node that is being decided again is not passed; one that a later version has dropped is no more.
        if one.state is StageState.PASSED
        and one in live
        and (named is None or one.node_key in named)
        and (node := definition.find(one.node_key)) is not None
        and node.subcase is None
    )


def _has_visits(case: Case, definition: Definition, target: Stage, returning: Stage) -> bool:
    return all(one.visit < definition.max_visits for one in visited_again(case, definition, target, returning))


def visited_again(case: Case, definition: Definition, target: Stage, returning: Stage) -> tuple[Stage, ...]:
    """Answer the stages whose nodes are decided again when one returns the case to another, in the route's order.

    From the target on, everything that waits for it; or, to jump back, only the target, the node that returned and
    what waits for that one.
    """
    again = {target, returning, *following(case, returning)}
    if definition.node(returning.node_key).returns.then is After.RESTART:
        again.update(following(case, target))
    order = {node.key: index for index, node in enumerate(definition.nodes)}
    # What a later version has dropped is not decided again.
    return tuple(sorted((one for one in again if one.node_key in order), key=lambda one: order[one.node_key]))


def before(case: Case, stage: Stage) -> tuple[Stage, ...]:
    """Answer the stages that had to pass before this one could open, however far back."""
    found: dict[int, Stage] = {}
    ahead = list(stage.after)
    while ahead:
        number = ahead.pop()
        if number not in found:
            found[number] = case.stage(number)
            ahead.extend(found[number].after)
    return tuple(found.values())


def following(case: Case, stage: Stage) -> tuple[Stage, ...]:
    """Answer the live stages that wait, directly or not, for this one to pass, in their order."""
    live = set(case.live_stages)
    return tuple(one for one in depending(case, stage) if one in live and one.state is not StageState.CANCELLED)


def depending(case: Case, stage: Stage) -> tuple[Stage, ...]:
    """Answer the stages that came, or come, after this one, earlier visits of their nodes included."""
    found = {stage.number}
    for one in case.current_stages:
        if found & set(one.after):
            found.add(one.number)
    return tuple(one for one in case.current_stages if one.number in found and one.number != stage.number)
