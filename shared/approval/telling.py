"""Telling the other services what a move brought: the case events, left in the outbox of the same transaction."""

from __future__ import annotations

from shared.approval.core.command import Command, Move
from shared.approval.core.definition import Definition
from shared.approval.core.guard import DECIDES, excluded
from shared.approval.core.state import Case, Stage, Task
from shared.approval.core.words import CaseState
from shared.approval.viewing import last_region
from shared.contracts.base import Event
from shared.contracts.cases import CaseClosed, CaseDecided, CaseHeld, CaseReturned, TaskAssigned


def events_of(move: Move, definition: Definition, command: Command | None) -> list[Event]:
    """Answer what is to be published of a move, in the order in which it happened."""
    case = move.case
    events: list[Event] = []
    if command is not None and command.verb in DECIDES:
        events.append(_decided(case, command))
    events.extend(_assigned(case, task) for task in move.opened)
    events.extend(_held(case, stage, definition) for stage in move.held)
    if command is not None and case.state is CaseState.RETURNED:
        events.append(_returned(case, command))
    if command is not None and case.closed_at is not None:
        events.append(_closed(case, command))
    return events


def _assigned(case: Case, task: Task) -> TaskAssigned:
    return TaskAssigned(
        case_id=case.id,
        task=task.number,
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        round=case.round,
        region=task.region,
        role=task.role,
        assignee=task.assignee,
        initiator_account_id=case.initiator.account_id,
        initiator_name=case.initiator.name,
        excluded_account_ids=tuple(sorted(excluded(case, case.stage(task.stage)))),
    )


def _decided(case: Case, command: Command) -> CaseDecided:
    return CaseDecided(
        case_id=case.id,
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        round=case.round,
        region=last_region(case),
        verb=command.verb.value,  # type: ignore[arg-type]  # one of DECIDES
        decided_by_account_id=command.actor.account_id,
        decided_by=command.actor.name,
        opinion=command.opinion,
        initiator_account_id=case.initiator.account_id,
    )


def _returned(case: Case, command: Command) -> CaseReturned:
    return CaseReturned(
        case_id=case.id,
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        round=case.round,
        region=last_region(case),
        decided_by=command.actor.name,
        opinion=command.opinion,
        remarks=len(command.remarks),
        initiator_account_id=case.initiator.account_id,
    )


def _held(case: Case, stage: Stage, definition: Definition) -> CaseHeld:
    roles = {approver.role for approver in definition.node(stage.node_key).approvers if approver.role}
    return CaseHeld(
        case_id=case.id,
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        round=case.round,
        region=stage.region,
        roles=tuple(sorted(roles)),
        initiator_account_id=case.initiator.account_id,
    )


def _closed(case: Case, command: Command) -> CaseClosed:
    return CaseClosed(
        case_id=case.id,
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        region=last_region(case),
        outcome=case.state.value,  # type: ignore[arg-type]  # a closed state
        decided_by=command.actor.name,
        opinion=command.opinion,
        initiator_account_id=case.initiator.account_id,
    )
