"""Telling the other services what a move brought: the case events, left in the outbox of the same transaction."""

from __future__ import annotations

from datetime import datetime

from shared.approval.core.command import Command, Move, Reminder
from shared.approval.core.definition import Definition
from shared.approval.core.exclusion import DECIDES, excluded
from shared.approval.core.state import Case, Stage, Task
from shared.approval.core.trail import Step
from shared.approval.core.words import CaseState, Verb
from shared.approval.viewing import last_region
from shared.contracts.base import Event
from shared.contracts.cases import (
    CaseClosed,
    CaseDecided,
    CaseHeld,
    CaseReturned,
    TaskAssigned,
    TaskOverdue,
    TaskReminded,
)


def events_of(move: Move, definition: Definition, command: Command | None) -> list[Event]:
    """Answer what is to be published of a move, in the order in which it happened."""
    case, at = move.case, move.entries[-1].place.at
    events: list[Event] = []
    if command is not None and command.verb in DECIDES:
        events.append(_decided(case, command))
    events.extend(_assigned(case, definition, task) for task in move.opened)
    events.extend(_held(case, stage, definition) for stage in move.held)
    events.extend(_reminded(case, definition, reminder, at) for reminder in move.reminders)
    events.extend(_overdue(case, definition, stage) for stage in move.overdue)
    if command is not None and command.verb is Verb.RETURN and case.state is CaseState.RETURNED:
        events.append(_returned(case, command))
    if _has_ended(move):
        events.append(_closed(case, command))
    return events


def _has_ended(move: Move) -> bool:
    """Tell whether this very move has closed the case, or undone its approval."""
    return any(entry.note.kind in (Step.CASE_CLOSED, Step.CASE_REVOKED) for entry in move.entries)


def _reminded(case: Case, definition: Definition, reminder: Reminder, at: datetime) -> TaskReminded:
    task = reminder.task
    return TaskReminded(
        case_id=case.id,
        task=task.number,
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        region=task.region,
        role=task.role,
        assignee=task.assignee,
        reminded_by=reminder.by.name if reminder.by else None,
        reminded_at=at,
        excluded_account_ids=tuple(sorted(excluded(case, definition, case.stage(task.stage)))),
    )


def _overdue(case: Case, definition: Definition, stage: Stage) -> TaskOverdue:
    assert stage.due_at is not None
    return TaskOverdue(
        case_id=case.id,
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        region=stage.region,
        roles=_roles(definition, stage),
        due_at=stage.due_at,
        initiator_account_id=case.initiator.account_id,
        home_region=case.home_region,
        excluded_account_ids=tuple(sorted(excluded(case, definition, stage))),
    )


def _roles(definition: Definition, stage: Stage) -> tuple[str, ...]:
    return tuple(sorted({one.role for one in definition.node(stage.node_key).approvers if one.role}))


def _assigned(case: Case, definition: Definition, task: Task) -> TaskAssigned:
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
        kind=task.kind.value,
        rev=case.rev,
        initiator_account_id=case.initiator.account_id,
        initiator_name=case.initiator.name,
        excluded_account_ids=tuple(sorted(excluded(case, definition, case.stage(task.stage)))),
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
    return CaseHeld(
        case_id=case.id,
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        round=case.round,
        region=stage.region,
        roles=_roles(definition, stage),
        initiator_account_id=case.initiator.account_id,
    )


def _closed(case: Case, command: Command | None) -> CaseClosed:
    return CaseClosed(
        case_id=case.id,
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        region=last_region(case),
        outcome=case.state.value,  # type: ignore[arg-type]  # a closed state
        decided_by=command.actor.name if command else case.last.person.name,
        opinion=command.opinion if command else "",
        initiator_account_id=case.initiator.account_id,
    )
