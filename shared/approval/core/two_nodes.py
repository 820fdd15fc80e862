"""A case between its home and the node of a stage: taking it over, taking the answer, and what ends it on the way.

Each of these moves follows what the other node said, and answers None for what comes twice or too late. The home
believes of an answer only what the other node had to decide, and finds what follows from it by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from shared.approval.core.asking import open_ready
from shared.approval.core.command import DECIDED_BY_ANOTHER, TERMINATED, WITHDRAWN, Move, World
from shared.approval.core.definition import Definition
from shared.approval.core.handing_on import handed_on, wait_again
from shared.approval.core.moving import Moving
from shared.approval.core.state import Case, Person, Stage, Task
from shared.approval.core.trail import START, Step
from shared.approval.core.words import CaseState, StageState, TaskKind, Token


class NotTheirs(ValueError):
    """An answer tells of something that the node which gave it had no part in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A case as another node tells of it: `handover` counts its hand-overs, `region` is the one that is asked.

    The trail's head in `case` is of the other's own chain, which `origin` names.
    """

    case: Case
    handover: int
    region: str


def take_over(told: Told, known: Case | None, *, origin: str, definition: Definition, world: World) -> Move | None:
    """Answer another node's case as ours to move, with its stages opened here; `known` is what we have of it."""
    if known is not None and told.handover <= known.handover:
        return None
    theirs = told.case
    moving = Moving(_as_ours(told, known, origin=origin, token=Token.GUEST), definition, world)
    facts = {"origin": theirs.origin, "seq": theirs.trail.seq, "hash": theirs.trail.hash, "handover": told.handover}
    moving.note(Step.TAKEN_OVER, facts=facts)
    for stage in theirs.active_stages:
        if stage.region not in world.away:
            moving.set_stage(stage, StageState.WAITING)
    open_ready(moving)
    return moving.seal()


def follow(told: Told, known: Case, *, origin: str) -> Case | None:
    """Answer how another node's case stands by now, for those here who had a part in it."""
    if known.token is not Token.GIVEN_BACK or told.handover < known.handover:
        return None
    return _as_ours(told, known, origin=origin, token=Token.GIVEN_BACK)


def _as_ours(told: Told, known: Case | None, *, origin: str, token: Token) -> Case:
    """Answer their case under the chain that we keep of it; nothing here waits for it."""
    trail, rev = (known.trail, known.rev) if known else (START, 0)
    return replace(
        told.case,
        origin=origin,
        trail=trail,
        rev=rev if token is Token.GUEST else rev + 1,
        token=token,
        handover=told.handover,
        parent=None,
    )


def give_up(case: Case, person: Person, handover: int, *, definition: Definition, world: World) -> Move | None:
    """Answer the case as withdrawn by its initiator, or None when that is too late, or it stands still."""
    is_in_time = case.token is Token.GUEST and case.handover == handover and case.state is CaseState.RUNNING
    if not is_in_time:
        return None
    moving = Moving(case, definition, world)
    moving.end_round(None, StageState.CANCELLED, WITHDRAWN, person)
    moving.close(CaseState.WITHDRAWN)
    return moving.seal()


def take_answer(case: Case, told: Told, *, definition: Definition, world: World) -> Move | None:
    """Answer the case after the node that had it gave it back: what was decided there is so, and the next comes.

    A withdrawal that was asked for and not carried out there came too late.

    :raises NotTheirs: when the answer goes beyond what was theirs to decide.
    """
    if case.token is not Token.AWAY or told.handover != case.handover:
        return None
    moving, answer = Moving(case, definition, world), told.case
    node = world.away.get(told.region)
    theirs = {told.region} | {region for region, host in world.away.items() if host == node}
    if not {stage.region for stage in handed_on(case)} <= theirs:
        raise NotTheirs("another node was asked")
    is_asked_back = case.state is CaseState.WITHDRAWING
    moving.case = replace(case, token=Token.HERE, state=CaseState.RUNNING)
    facts = {"origin": answer.origin, "seq": answer.trail.seq, "hash": answer.trail.hash, "handover": told.handover}
    moving.note(Step.ANSWERED, next(iter(handed_on(case)), None), facts=facts)
    _believe(moving, answer, theirs)
    if answer.state is not CaseState.WITHDRAWN:
        moving.case = replace(moving.case, last=answer.last)
        if is_asked_back:
            moving.note(Step.WITHDRAW_REFUSED, facts={"code": "decided"})
    elif not is_asked_back:
        raise NotTheirs("nobody has asked for the case back")
    _conclude(moving, answer, theirs)
    return moving.seal()


def _believe(moving: Moving, answer: Case, theirs: Collection[str]) -> None:
    """Put what the other node did in the place of what was known of it."""
    for stage in answer.stages:
        if stage.number > len(moving.case.stages):
            _add_visit(moving, stage, theirs)
            continue
        was = moving.case.stage(stage.number)
        is_dropped = was.state is StageState.WAITING and stage == replace(was, state=StageState.CANCELLED)
        if stage != was and not is_dropped and not _is_moved(was, stage, theirs):
            raise NotTheirs(f"stage {stage.number}")
        moving.change_stage(stage)
    for task in answer.tasks:
        if task.number > len(moving.case.tasks):
            _add_task(moving, task, theirs)
        elif moving.case.stage(moving.case.task(task.number).stage).region in theirs:
            moving.change_task(task)


def _is_moved(was: Stage, stage: Stage, theirs: Collection[str]) -> bool:
    """Tell whether a stage differs only in what deciding it changes, and was theirs to decide."""
    same = replace(
        was,
        state=stage.state,
        clock_from=stage.clock_from,
        due_at=stage.due_at,
        due_is_provisional=stage.due_is_provisional,
        reminded=stage.reminded,
    )
    return was.region in theirs and stage == same


def _add_visit(moving: Moving, stage: Stage, theirs: Collection[str]) -> None:
    """Add a new visit of a node that this round has been to, which a return there has laid out."""
    case = moving.case
    earlier = [one for one in case.current_stages if (one.node_key, one.region) == (stage.node_key, stage.region)]
    is_open_elsewhere = stage.region not in theirs and stage.state not in (StageState.WAITING, StageState.CANCELLED)
    is_next = stage.number == len(case.stages) + 1 and stage.round == stage.last_round == case.round
    if not is_next or not earlier or is_open_elsewhere or stage.visit != earlier[-1].visit + 1:
        raise NotTheirs(f"stage {stage.number}")
    moving.case = replace(case, stages=(*case.stages, stage))


def _add_task(moving: Moving, task: Task, theirs: Collection[str]) -> None:
    case = moving.case
    is_next = task.number == len(case.tasks) + 1 and 1 <= task.stage <= len(case.stages)
    if not is_next or (case.stage(task.stage).region not in theirs and task.kind is not TaskKind.CC):
        raise NotTheirs(f"task {task.number}")
    moving.case = replace(case, tasks=(*case.tasks, task))


def _conclude(moving: Moving, answer: Case, theirs: Collection[str]) -> None:
    """Do what follows from the answer: end the case or its round, or go on to the next stage."""
    person = answer.last.person
    own = [stage for stage in moving.case.current_stages if stage.region in theirs]
    if any(stage.state in (StageState.OPEN, StageState.HELD) for stage in own):
        raise NotTheirs("it was given back before it was decided")
    decided = {CaseState.REJECTED: StageState.REJECTED, CaseState.RETURNED: StageState.RETURNED}.get(answer.state)
    if decided is not None and not any(stage.state is decided for stage in own):
        raise NotTheirs(f"no stage was {decided}")
    if answer.state is CaseState.RETURNED:
        moving.end_round(None, StageState.CANCELLED, DECIDED_BY_ANOTHER, person)
        moving.case = replace(moving.case, state=CaseState.RETURNED)
    elif answer.state in _REASONS:
        moving.end_round(None, StageState.CANCELLED, _REASONS[answer.state], person)
        moving.close(answer.state)
    else:
        open_ready(moving)


_REASONS = {
    CaseState.REJECTED: DECIDED_BY_ANOTHER,
    CaseState.TERMINATED: TERMINATED,
    CaseState.WITHDRAWN: WITHDRAWN,
}


def refuse(case: Case, handover: int, code: str, reason: str, *, definition: Definition, world: World) -> Move | None:
    """Answer the case with its stage held at home because the other node does not take it; a withdrawal goes through.

    Nothing is lost: it is handed over again with `hand_again`.
    """
    if case.token is not Token.AWAY or case.handover != handover:
        return None
    moving = Moving(replace(case, token=Token.HERE), definition, world)
    for stage in handed_on(case):
        moving.note(Step.HANDOVER_REFUSED, stage, facts={"code": code, "reason": reason})
        moving.set_stage(stage, StageState.HELD)
    if case.state is CaseState.WITHDRAWING:
        moving.case = replace(moving.case, state=CaseState.RUNNING)
        moving.end_round(None, StageState.CANCELLED, WITHDRAWN, case.initiator)
        moving.close(CaseState.WITHDRAWN)
    return moving.seal()


def hand_again(case: Case, *, definition: Definition, world: World) -> Move | None:
    """Answer the case handed over once more, after the other node did not take it."""
    if case.token is not Token.HERE or case.state is not CaseState.RUNNING:
        return None
    moving = Moving(case, definition, world)
    if not wait_again(moving):
        return None
    open_ready(moving)
    return moving.seal()


def answer_refused(
    case: Case, handover: int, code: str, reason: str, *, definition: Definition, world: World
) -> Move | None:
    """Answer the case as one whose home does not take our answer: it stays decided here, and is answered again."""
    if case.token is not Token.GIVEN_BACK or case.handover != handover:
        return None
    moving = Moving(replace(case, token=Token.REFUSED), definition, world)
    moving.note(Step.ANSWER_REFUSED, facts={"code": code, "reason": reason})
    return moving.seal()


def answer_again(case: Case, *, definition: Definition, world: World) -> Move | None:
    """Answer the case as given back once more, after its home did not take it."""
    if case.token is not Token.REFUSED:
        return None
    moving = Moving(replace(case, token=Token.GIVEN_BACK), definition, world)
    moving.note(Step.GIVEN_BACK)
    return moving.seal()


def withdraw_refused(case: Case, handover: int, code: str, *, definition: Definition, world: World) -> Move | None:
    """Answer the case on its way again, as its withdrawal came too late."""
    if case.state is not CaseState.WITHDRAWING or case.handover != handover:
        return None
    moving = Moving(replace(case, state=CaseState.RUNNING), definition, world)
    moving.note(Step.WITHDRAW_REFUSED, facts={"code": code})
    return moving.seal()
