"""The moves of a case: each takes a case and returns a `Move`, or raises `Refused` and nothing has happened.

`open_case` starts the first round, `decide` carries out a verb, `resubmit` starts another round, `reseat` follows a
change of who holds which post. None of them asks anything of the world: who holds the seats, the moment and the
salt are arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.approval.core.command import DECIDED_BY_ANOTHER, WITHDRAWN, Command, Move, Seats
from shared.approval.core.definition import Definition
from shared.approval.core.guard import DECIDES, Permit, Refusal, RefusalCode, Refused, permit
from shared.approval.core.moving import Moving
from shared.approval.core.route import Link, plan
from shared.approval.core.state import Case, LastMove, Stage, Task
from shared.approval.core.trail import START
from shared.approval.core.words import CaseState, StageState, TaskState, Verb


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


def open_case(
    opening: Opening, command: Command, *, definition: Definition, chain: Sequence[Link], seats: Seats, at: datetime
) -> Move:
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
        opened_at=at,
        last=LastMove(Verb.SUBMIT, command.actor.person, at),
        trail=START,
    )
    about = {
        "business_type": case.business_type,
        "business_id": case.business_id,
        "home_region": case.home_region,
        "organisation_id": case.organisation_id,
        "barred": sorted(case.barred),
    }
    return _begin(Moving(case, definition, seats, at), command, chain, about)


def resubmit(
    case: Case, command: Command, *, definition: Definition, chain: Sequence[Link], seats: Seats, at: datetime
) -> Move:
    """Answer the returned case in a new round with fresh tasks, bound to the definition given: the active version.

    :raises Refused: when it is not the initiator's, not returned, or has moved on since it was read.
    """
    _require(case, command, definition)
    again = replace(case, state=CaseState.RUNNING, round=case.round + 1, definition=definition.ref)
    return _begin(Moving(again, definition, seats, at), command, chain, {})


def decide(case: Case, command: Command, *, definition: Definition, seats: Seats, at: datetime) -> Move:
    """Answer the case after a verb: approve, reject, return or withdraw.

    `seats` needs the holders of the posts that this round's remaining stages ask.

    :raises Refused: when the guard does not allow it, the revision is stale or a mandatory opinion is missing.
    """
    task = _require(case, command, definition)
    moving = Moving(case, definition, seats, at)
    if command.verb is Verb.WITHDRAW:
        _withdraw(moving, command)
    elif task is not None:
        _decide_task(moving, command, task)
    return moving.seal(command)


def reseat(case: Case, *, definition: Definition, seats: Seats, at: datetime) -> Move | None:
    """Answer the case after posts have changed hands, or None when that changes nothing for it.

    A held stage opens as soon as somebody may decide it; an open one is held when nobody is left who may.
    """
    stage = case.active_stage
    if case.state is not CaseState.RUNNING or stage is None:
        return None
    moving = Moving(case, definition, seats, at)
    moving.ask(stage)
    return None if moving.case == case else moving.seal()


def _begin(moving: Moving, command: Command, chain: Sequence[Link], about: Mapping[str, Any]) -> Move:
    snapshot = moving.snapshot(command)
    ref = snapshot.definition
    facts = {
        **about,
        "definition": {"key": ref.key, "version": ref.version, "sha256": ref.sha256},
        "content": snapshot.commitment,
    }
    moving.note(command.verb, actor=command.actor.person, facts=facts)
    moving.begin_round(plan(moving.definition, chain))
    return moving.seal(command, snapshot)


def _require(case: Case, command: Command, definition: Definition) -> Task | None:
    """Answer the task that the command decides.

    The guard speaks before the revision does: who lost a race learns who won it, and a stale page is told to read
    again only while the verb is still legal on what it has not seen.
    """
    verdict = permit(case, definition, command.verb, command.actor)
    if isinstance(verdict, Refusal):
        raise Refused(verdict)
    if command.expected_rev is not None and command.expected_rev != case.rev:
        raise Refused(Refusal(RefusalCode.STALE_REVISION, case.last))
    _require_opinion(case, command, definition, verdict)
    return verdict.task


def _require_opinion(case: Case, command: Command, definition: Definition, verdict: Permit) -> None:
    if verdict.task is None or command.opinion.strip():
        return
    node = definition.node(case.stage(verdict.task.stage).node_key)
    if command.verb in node.opinion:
        raise Refused(Refusal(RefusalCode.OPINION_REQUIRED))


def _withdraw(moving: Moving, command: Command) -> None:
    person = command.actor.person
    moving.note(Verb.WITHDRAW, actor=person)
    moving.end_round(None, StageState.CANCELLED, WITHDRAWN, person)
    moving.close(CaseState.WITHDRAWN)


def _decide_task(moving: Moving, command: Command, task: Task) -> None:
    person = command.actor.person
    stage = moving.case.stage(task.stage)
    state = DECIDES[command.verb]
    moving.note(command.verb, stage, task, actor=person)
    moving.end_task(task, state, person)
    if state is TaskState.RETURNED:
        moving.end_round(stage, StageState.RETURNED, DECIDED_BY_ANOTHER, person)
        moving.case = replace(moving.case, state=CaseState.RETURNED)
    else:
        _settle(moving, stage, command)


def _settle(moving: Moving, stage: Stage, command: Command) -> None:
    """Go on after a decision: ask those who are left, or, when it is certain, let the stage pass or end the case."""
    person = command.actor.person
    has_passed = moving.result(stage)
    if has_passed is None:
        moving.ask(stage)
    elif has_passed:
        moving.cancel_tasks(stage, DECIDED_BY_ANOTHER, person)
        moving.set_stage(stage, StageState.PASSED)
        moving.open_next()
    else:
        moving.end_round(stage, StageState.REJECTED, DECIDED_BY_ANOTHER, person)
        moving.close(CaseState.REJECTED)
