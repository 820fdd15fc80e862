"""A case, its parts and its trail as the columns of their rows, and back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from shared.approval.core.command import Snapshot
from shared.approval.core.state import Case, Person, Stage, Task
from shared.approval.core.trail import Decision, Entry
from shared.approval.core.voting import Denominator, Operator, Threshold
from shared.approval.core.words import Mode, StageState, TaskKind, TaskState


def case_columns(case: Case) -> dict[str, Any]:
    """Answer the columns of a new case's row."""
    return {
        "id": case.id,
        "origin": case.origin,
        "business_type": case.business_type,
        "business_id": case.business_id,
        "title": case.title,
        "home_region": case.home_region,
        "organisation_id": case.organisation_id,
        "initiator_id": case.initiator.account_id,
        "initiator_name": case.initiator.name,
        "opened_at": case.opened_at,
        "parent_case": case.parent.case_id if case.parent else None,
        "parent_stage": case.parent.stage if case.parent else None,
        **moving_columns(case),
    }


def moving_columns(case: Case) -> dict[str, Any]:
    """Answer the columns of a case's row that a move may change."""
    return {
        "token_region": case.token_region,
        "def_key": case.definition.key,
        "def_version": case.definition.version,
        "def_sha": case.definition.sha256,
        "state": case.state.value,
        "round": case.round,
        "rev": case.rev,
        "last_verb": case.last.verb.value,
        "last_id": case.last.person.account_id,
        "last_name": case.last.person.name,
        "last_at": case.last.at,
        "trail_seq": case.trail.seq,
        "trail_hash": case.trail.hash,
        "closed_at": case.closed_at,
        "suspended_at": case.suspended_at,
        "reminded_at": case.reminded_at,
        "token": case.token.value,
        "handover": case.handover,
    }


def stage_columns(case: Case, stage: Stage) -> dict[str, Any]:
    """Answer the columns of a stage's row."""
    return {
        "case_id": case.id,
        "number": stage.number,
        "round": stage.round,
        "visit": stage.visit,
        "node_key": stage.node_key,
        "region": stage.region,
        "mode": stage.mode.value,
        "pass_op": stage.threshold.operator.value if stage.threshold else None,
        "pass_value": stage.threshold.value if stage.threshold else None,
        "denominator": stage.threshold.denominator.value if stage.threshold else None,
        "veto": stage.veto,
        "after": list(stage.after),
        **moving_stage_columns(stage),
    }


def moving_stage_columns(stage: Stage) -> dict[str, Any]:
    """Answer the columns of a stage's row that a move may change."""
    return {
        "last_round": stage.last_round,
        "state": stage.state.value,
        "clock_from": stage.clock_from,
        "due_at": stage.due_at,
        "due_is_provisional": stage.due_is_provisional,
        "reminded": stage.reminded,
    }


def task_columns(case: Case, task: Task) -> dict[str, Any]:
    """Answer the columns of a task's row."""
    return {
        "case_id": case.id,
        "number": task.number,
        "stage": task.stage,
        "kind": task.kind.value,
        "parent": task.parent,
        "position": task.position,
        "opened_at": task.opened_at,
        **moving_task_columns(task),
    }


def moving_task_columns(task: Task) -> dict[str, Any]:
    """Answer the columns of a task's row that a move may change."""
    return {
        "role": task.role,
        "region": task.region,
        "assignee": task.assignee,
        "assignee_name": task.assignee_name,
        "on_behalf_of": task.on_behalf_of.account_id if task.on_behalf_of else None,
        "on_behalf_of_name": task.on_behalf_of.name if task.on_behalf_of else None,
        "state": task.state.value,
        "ended_at": task.ended_at,
        "ended_by_id": task.ended_by.account_id if task.ended_by else None,
        "ended_by_name": task.ended_by.name if task.ended_by else None,
        "reason": task.reason,
    }


def round_columns(case: Case, snapshot: Snapshot) -> dict[str, Any]:
    """Answer the columns of a round's row."""
    return {
        "case_id": case.id,
        "round": snapshot.round,
        "def_key": snapshot.definition.key,
        "def_version": snapshot.definition.version,
        "def_sha": snapshot.definition.sha256,
        "commitment": snapshot.commitment,
        "opened_at": snapshot.opened_at,
        "content": dict(snapshot.content),
        "salt": snapshot.salt,
    }


def decision_columns(decision: Decision) -> dict[str, Any]:
    """Answer the columns of a decision's row."""
    said = decision.said.value() if decision.said else {}
    return {
        "case_id": decision.place.case_id,
        "origin": decision.place.origin,
        "seq": decision.seq,
        "at": decision.place.at,
        "round": decision.place.round,
        "stage": decision.stage,
        "task": decision.task,
        "verb": decision.verb.value,
        "actor_id": decision.actor,
        "on_behalf_of": decision.on_behalf_of,
        "command_id": decision.command_id,
        "commitment": decision.commitment,
        "prev_hash": decision.prev_hash,
        "hash": decision.hash,
        "actor_name": said.get("name"),
        "opinion": said.get("opinion"),
        "signature": said.get("signature"),
        "remarks": said.get("remarks"),
        "salt": decision.salt,
    }


def entry_columns(entry: Entry) -> dict[str, Any]:
    """Answer the columns of a trail entry's row."""
    note = entry.note
    return {
        "case_id": entry.place.case_id,
        "origin": entry.place.origin,
        "seq": entry.seq,
        "at": entry.place.at,
        "round": entry.place.round,
        "kind": note.kind.value,
        "stage": note.stage,
        "task": note.task,
        "region": note.region,
        "role": note.role,
        "actor_id": note.actor,
        "decision_hash": note.decision_hash,
        "facts": dict(note.facts),
        "prev_hash": entry.prev_hash,
        "hash": entry.hash,
    }


def stage_of(row: Row[Any]) -> Stage:
    """Answer the stage that a row holds."""
    return Stage(
        number=row.number,
        round=row.round,
        last_round=row.last_round,
        visit=row.visit,
        node_key=row.node_key,
        region=row.region,
        mode=Mode(row.mode),
        state=StageState(row.state),
        after=tuple(row.after),
        veto=row.veto,
        threshold=_threshold(row),
        clock_from=row.clock_from,
        due_at=row.due_at,
        due_is_provisional=row.due_is_provisional,
        reminded=row.reminded,
    )


def _threshold(row: Row[Any]) -> Threshold | None:
    if row.pass_value is None:
        return None
    return Threshold(Denominator(row.denominator), Operator(row.pass_op), row.pass_value)


def task_of(row: Row[Any]) -> Task:
    """Answer the task that a row holds."""
    return Task(
        number=row.number,
        stage=row.stage,
        region=row.region,
        opened_at=row.opened_at,
        kind=TaskKind(row.kind),
        parent=row.parent,
        role=row.role,
        assignee=row.assignee,
        assignee_name=row.assignee_name,
        position=row.position,
        state=TaskState(row.state),
        ended_by=Person(row.ended_by_id, row.ended_by_name) if row.ended_by_id else None,
        on_behalf_of=Person(row.on_behalf_of, row.on_behalf_of_name or "") if row.on_behalf_of else None,
        ended_at=row.ended_at,
        reason=row.reason,
    )
