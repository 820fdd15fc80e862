"""The moves of a case: each takes a case and returns a `Move`, or raises `Refused` and nothing has happened.

`open_case` starts the first round, `decide` carries out a verb, `resubmit` starts another round. Some moves are
nobody's verb: `reseat` follows a change of who holds which post, `fire` a timer, `recount` a calendar that was
loaded, `conclude` and `abandon` link a case with the stage that waits for it, `revoke` undoes an approval. None of
them asks anything of the world: who holds the seats, the moment and the salt are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.approval.core import administering, asking, attending, deciding, handing
from shared.approval.core.command import TERMINATED, Command, Move, Reminder, World
from shared.approval.core.deadline import due_after
from shared.approval.core.definition import Definition
from shared.approval.core.exclusion import carried_over
from shared.approval.core.finding import Question
from shared.approval.core.guard import RULES, permit
from shared.approval.core.moving import Moving
from shared.approval.core.refusal import Permit, Refusal, RefusalCode, Refused
from shared.approval.core.route import plan
from shared.approval.core.state import Case, LastMove, Parent, Stage, Timer
from shared.approval.core.trail import START, Step
from shared.approval.core.words import ACTIONABLE, After, CaseState, StageState, TimerKind, Verb

#: What each verb does; whether it may is said by the guard. `submit` and `resubmit` begin rounds and stand apart.
_DOES: Mapping[Verb, Callable[[Moving, Command, Permit], None]] = {
    Verb.APPROVE: deciding.decide,
    Verb.REJECT: deciding.decide,
    Verb.RETURN: deciding.return_,
    Verb.TAKE_BACK: deciding.take_back,
    Verb.WITHDRAW: deciding.withdraw,
    Verb.CLAIM: handing.claim,
    Verb.UNCLAIM: handing.unclaim,
    Verb.TRANSFER: handing.transfer,
    Verb.DELEGATE: handing.delegate,
    Verb.RESOLVE: handing.resolve,
    Verb.ADD_SIGN: handing.add_sign,
    Verb.REMOVE_SIGN: handing.remove_sign,
    Verb.HAND_OVER_ALL: handing.hand_over,
    Verb.CC: attending.send_copies,
    Verb.MARK_READ: attending.mark_read,
    Verb.REMIND: attending.remind,
    Verb.COMMENT: attending.comment,
    Verb.CONSULT: attending.consult,
    Verb.ANSWER: attending.answer,
    Verb.AMEND: attending.amend,
    Verb.SUSPEND: administering.suspend,
    Verb.RESUME: administering.resume,
    Verb.TERMINATE: administering.terminate,
    Verb.MIGRATE: administering.migrate,
    Verb.REQUEST_REVOCATION: administering.request_revocation,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a new case is about. The initiator and the barred accounts never decide it."""

    id: str
    origin: str
    business_type: str
    business_id: str
    title: str
    home_region: str
    organisation_id: str | None
    barred: frozenset[str]
    parent: Parent | None = None


def open_case(opening: Opening, command: Command, *, definition: Definition, world: World) -> Move:
    """Answer a new case in its first round, submitted by the command's actor.

    :raises RouteError: when the chain of regions does not reach a tier of the definition.
    """
    case = Case(
        id=opening.id,
        origin=opening.origin,
        business_type=opening.business_type,
        business_id=opening.business_id,
        title=opening.title,
        home_region=opening.home_region,
        organisation_id=opening.organisation_id,
        initiator=command.actor.person,
        barred=opening.barred,
        definition=definition.ref,
        state=CaseState.RUNNING,
        round=1,
        rev=0,
        opened_at=world.at,
        last=LastMove(Verb.SUBMIT, command.actor.person, world.at),
        trail=START,
        parent=opening.parent,
    )
    about = {
        "business_type": case.business_type,
        "business_id": case.business_id,
        "home_region": case.home_region,
        "organisation_id": case.organisation_id,
        "barred": sorted(case.barred),
    }
    return _begin(Moving(case, definition, world), command, about)


def resubmit(case: Case, command: Command, *, bound: Definition, active: Definition, world: World) -> Move:
    """Answer the returned case in a new round with fresh tasks, bound to the active version of its definition.

    Where the node that returned it says so, and the definition is still the same, the new round begins at that node.

    :raises Refused: when it is not the initiator's, not returned, or has moved on since it was read.
    """
    _require(case, command, bound, world)
    again = replace(case, state=CaseState.RUNNING, round=case.round + 1, definition=active.ref)
    moving = Moving(again, active, world)
    passed = _passed_before(case, command, bound, active, world)
    for stage in passed:
        moving.change_stage(replace(stage, last_round=again.round))
    return _begin(moving, command, {}, without=frozenset(stage.node_key for stage in passed))


def decide(case: Case, command: Command, *, definition: Definition, world: World) -> Move | None:
    """Answer the case after a verb, or None when the verb has nothing left to do, as a second claim by the same.

    :raises Refused: when the guard does not allow it, the revision is stale or something it needs is missing.
    """
    permitted = _require(case, command, definition, world)
    moving = Moving(case, definition, world)
    _DOES[command.verb](moving, command, permitted)
    if not moving.notes:
        return None
    return moving.seal(command, permit=permitted, moves=RULES[command.verb].moves)


def reseat(case: Case, *, definition: Definition, world: World) -> Move | None:
    """Answer the case after posts have changed hands, or None when that changes nothing for it.

    A held stage opens as soon as somebody may decide it; an open one is held when nobody is left who may.
    """
    if case.state not in (CaseState.RUNNING, CaseState.SUSPENDED):
        return None
    moving = Moving(case, definition, world)
    for stage in case.active_stages:
        given, noted = len(moving.opened), len(moving.notes)
        asking.ask(moving, stage)
        if len(moving.opened) > given and len(moving.notes) == noted:
            # A voice of an open stage had nobody left and has somebody again.
            moving.note(Step.STAGE_OPENED, stage)
    return None if moving.case == case else moving.seal()


def fire(case: Case, timer: Timer, *, definition: Definition, world: World) -> Move | None:
    """Answer the case after one of its timers, or None when its stage is over or the case stands still.

    A stage that is overdue is reported and escalated as its node says; it never passes by itself.
    """
    stage = case.stage(timer.stage)
    node = definition.find(stage.node_key)
    if case.state is not CaseState.RUNNING or stage not in case.active_stages or node is None:
        return None
    moving = Moving(case, definition, world)
    if timer.kind is TimerKind.OVERDUE:
        moving.note(Step.STAGE_OVERDUE, stage)
        moving.overdue.append(stage)
        asking.escalate(moving, stage)
        return moving.seal(moves=bool(moving.opened))
    if node.reminders is None or timer.number != stage.reminded + 1:
        return None
    moving.change_stage(replace(stage, reminded=timer.number))
    moving.note(Step.TASK_REMINDED, stage, facts={"number": timer.number})
    asked = (task for task in case.unfinished(stage) if task.state in ACTIONABLE)
    moving.reminders.extend(Reminder(task) for task in asked)
    if timer.number < node.reminders.most:
        following = due_after(world.at, node.reminders.every, world.workdays)
        moving.timers.append(replace(timer, number=timer.number + 1, fire_at=following.at))
    return moving.seal(moves=False)


def recount(case: Case, *, definition: Definition, world: World) -> Move | None:
    """Answer the case with its provisional deadlines counted again, or None when none of them has moved."""
    moving = Moving(case, definition, world)
    moved = [one for one in case.active_stages if one.due_is_provisional and administering.recount(moving, one)]
    for stage in moved:
        moving.note(Step.DEADLINE_RECOUNTED, stage)
    return moving.seal(moves=False) if moved else None


def conclude(case: Case, stage: int, *, has_passed: bool, definition: Definition, world: World) -> Move | None:
    """Answer the case after the one that a stage of it waited for is over, or None when the stage waits no more."""
    waiting = case.stage(stage)
    if case.state not in (CaseState.RUNNING, CaseState.SUSPENDED) or waiting.state is not StageState.OPEN:
        return None
    moving = Moving(case, definition, world)
    moving.note(Step.STAGE_DECIDED, waiting, facts={"passed": has_passed})
    asking.conclude(moving, waiting, None, has_passed=has_passed)
    return moving.seal()


def abandon(case: Case, *, definition: Definition, world: World) -> Move:
    """Answer a case as terminated because the one that waited for it waits no more."""
    moving = Moving(case, definition, world)
    moving.end_round(None, StageState.CANCELLED, TERMINATED, None)
    moving.close(CaseState.TERMINATED)
    return moving.seal()


def revoke(case: Case, *, definition: Definition, world: World, by: str) -> Move | None:
    """Answer the approved case as revoked, by the case of that id, or None when it is not approved any more."""
    if case.state is not CaseState.APPROVED:
        return None
    moving = Moving(replace(case, state=CaseState.REVOKED), definition, world)
    moving.note(Step.CASE_REVOKED, facts={"by": by})
    return moving.seal()


def _passed_before(
    case: Case, command: Command, bound: Definition, active: Definition, world: World
) -> tuple[Stage, ...]:
    """Answer the stages that a new round takes over; none when it does not come to the node that returned it."""
    returned = next((stage for stage in case.live_stages if stage.state is StageState.RETURNED), None)
    if returned is None or bound.ref != active.ref or bound.node(returned.node_key).returns.then is After.RESTART:
        return ()
    stages = (*carried_over(case), *case.live_stages)
    passed = tuple(stage for stage in stages if stage.state is StageState.PASSED)
    planned = plan(active, world.chain, command.content or {}, without={stage.node_key for stage in passed})
    return passed if returned.node_key in {stop.node.key for stop in planned} else ()


def _begin(
    moving: Moving, command: Command, about: Mapping[str, Any], *, without: frozenset[str] = frozenset()
) -> Move:
    snapshot = moving.snapshot(command)
    ref = snapshot.definition
    facts = {
        **about,
        "definition": {"key": ref.key, "version": ref.version, "sha256": ref.sha256},
        "content": snapshot.commitment,
    }
    moving.note(command.verb, actor=command.actor.person, facts=facts)
    planned = plan(moving.definition, moving.world.chain, snapshot.content, without=without)
    moving.lay_out(planned)
    asking.open_ready(moving)
    return moving.seal(command, snapshot=snapshot)


def _require(case: Case, command: Command, definition: Definition, world: World) -> Permit:
    """Answer what the guard permits.

    The guard speaks before the revision does: who lost a race learns who won it, and a stale page is told to read
    again only while the verb is still legal on what it has not seen.
    """
    verdict = permit(
        Question(
            case=case,
            definition=definition,
            verb=command.verb,
            party=command.actor,
            world=world,
            task=command.task,
            node=command.node,
        )
    )
    if isinstance(verdict, Refusal):
        raise Refused(verdict)
    if command.expected_rev is not None and command.expected_rev != case.rev:
        raise Refused(Refusal(RefusalCode.STALE_REVISION, case.last))
    return verdict
