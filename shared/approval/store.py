"""A case between its rows and the core: load it under its lock, write down what a move brought.

Statements name columns and not objects: a command reads and writes each row once, and nothing is tracked in between.
They are built once, because building them again costs a command more than running them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from shared.approval.core.moving import Move, Snapshot
from shared.approval.core.state import (
    Case,
    CaseState,
    DefinitionRef,
    LastMove,
    Mode,
    Person,
    Stage,
    StageState,
    Task,
    TaskKind,
    TaskState,
    TrailHead,
    Verb,
)
from shared.approval.core.trail import Decision, Entry
from shared.approval.tables import (
    BarredRow,
    CaseRow,
    DecisionRow,
    EventRow,
    RoundRow,
    StageRow,
    TaskRow,
    table_of,
)

_CASES, _STAGES, _TASKS, _BARRED = table_of(CaseRow), table_of(StageRow), table_of(TaskRow), table_of(BarredRow)
_CASE_ID: BindParameter[str] = bindparam("of_case")
_NUMBER: BindParameter[int] = bindparam("of_number")

_READ_CASE = select(_CASES).where(_CASES.c.id == _CASE_ID)
_LOCK_CASE = _READ_CASE.with_for_update()
_READ_BARRED = select(_BARRED.c.account_id).where(_BARRED.c.case_id == _CASE_ID)
_READ_STAGES = select(_STAGES).where(_STAGES.c.case_id == _CASE_ID).order_by(_STAGES.c.number)
_READ_TASKS = select(_TASKS).where(_TASKS.c.case_id == _CASE_ID).order_by(_TASKS.c.number)
_MOVE_CASE = update(_CASES).where(_CASES.c.id == _CASE_ID)
_MOVE_STAGE = update(_STAGES).where(_STAGES.c.case_id == _CASE_ID, _STAGES.c.number == _NUMBER)
_MOVE_TASK = update(_TASKS).where(_TASKS.c.case_id == _CASE_ID, _TASKS.c.number == _NUMBER)
_ADD_STAGES, _ADD_TASKS, _ADD_BARRED = insert(_STAGES), insert(_TASKS), insert(_BARRED)
_ADD_ROUND, _ADD_DECISION, _ADD_ENTRIES = (insert(table_of(row)) for row in (RoundRow, DecisionRow, EventRow))


def load(session: Session, case_id: str, *, lock: bool) -> Case | None:
    """Answer a case with all its rounds, or None; with `lock` nobody else moves it before this transaction ends."""
    of_case = {"of_case": case_id}
    row = session.execute(_LOCK_CASE if lock else _READ_CASE, of_case).one_or_none()
    if row is None:
        return None
    barred = session.scalars(_READ_BARRED, of_case)
    stages = session.execute(_READ_STAGES, of_case)
    tasks = session.execute(_READ_TASKS, of_case)
    return Case(
        id=row.id,
        origin=row.origin,
        business_type=row.business_type,
        business_id=row.business_id,
        title=row.title,
        home_region=row.home_region,
        organisation_id=row.organisation_id,
        initiator=Person(row.initiator_id, row.initiator_name),
        barred=frozenset(barred),
        definition=DefinitionRef(row.def_key, row.def_version, row.def_sha),
        state=CaseState(row.state),
        round=row.round,
        rev=row.rev,
        opened_at=row.opened_at,
        last=LastMove(Verb(row.last_verb), Person(row.last_id, row.last_name), row.last_at),
        trail=TrailHead(row.trail_seq, row.trail_hash),
        closed_at=row.closed_at,
        stages=tuple(_stage(stage) for stage in stages),
        tasks=tuple(_task(task) for task in tasks),
    )


def save(session: Session, before: Case, move: Move) -> None:
    """Write down a move of a stored and locked case."""
    session.execute(_MOVE_CASE, {"of_case": before.id, **_moving_columns(move.case)})
    _save_parts(session, before, move)


def save_new(session: Session, move: Move) -> None:
    """Write down the rest of a case whose own row was just inserted with `case_columns`."""
    if move.case.barred:
        rows = [{"case_id": move.case.id, "account_id": account} for account in sorted(move.case.barred)]
        session.execute(_ADD_BARRED, rows)
    _save_parts(session, None, move)


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
        **_moving_columns(case),
    }


def _moving_columns(case: Case) -> dict[str, Any]:
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
    }


def _save_parts(session: Session, before: Case | None, move: Move) -> None:
    _save_stages(session, before.stages if before else (), move.case)
    _save_tasks(session, before.tasks if before else (), move.case)
    if move.snapshot is not None:
        session.execute(_ADD_ROUND, [_round_columns(move.case, move.snapshot)])
    if move.decision is not None:
        session.execute(_ADD_DECISION, [_decision_columns(move.decision)])
    session.execute(_ADD_ENTRIES, [_entry_columns(entry) for entry in move.entries])


def _save_stages(session: Session, before: tuple[Stage, ...], case: Case) -> None:
    added = [_stage_columns(case, stage) for stage in case.stages[len(before) :]]
    if added:
        session.execute(_ADD_STAGES, added)
    # Of a stage that is there nothing changes but its state.
    changed = [
        {"of_case": case.id, "of_number": after.number, "state": after.state.value}
        for old, after in zip(before, case.stages, strict=False)
        if old != after
    ]
    if changed:
        session.execute(_MOVE_STAGE, changed)


def _save_tasks(session: Session, before: tuple[Task, ...], case: Case) -> None:
    added = [_task_columns(case, task) for task in case.tasks[len(before) :]]
    if added:
        session.execute(_ADD_TASKS, added)
    changed = [
        {"of_case": case.id, "of_number": after.number, **_ending_columns(after)}
        for old, after in zip(before, case.tasks, strict=False)
        if old != after
    ]
    if changed:
        session.execute(_MOVE_TASK, changed)


def _stage_columns(case: Case, stage: Stage) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "number": stage.number,
        "round": stage.round,
        "visit": stage.visit,
        "node_key": stage.node_key,
        "region": stage.region,
        "mode": stage.mode.value,
        "state": stage.state.value,
    }


def _task_columns(case: Case, task: Task) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "number": task.number,
        "stage": task.stage,
        "kind": task.kind.value,
        "position": task.position,
        "role": task.role,
        "region": task.region,
        "opened_at": task.opened_at,
        **_ending_columns(task),
    }


def _ending_columns(task: Task) -> dict[str, Any]:
    return {
        "assignee": task.assignee,
        "state": task.state.value,
        "ended_at": task.ended_at,
        "ended_by_id": task.ended_by.account_id if task.ended_by else None,
        "ended_by_name": task.ended_by.name if task.ended_by else None,
        "reason": task.reason,
    }


def _round_columns(case: Case, snapshot: Snapshot) -> dict[str, Any]:
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


def _decision_columns(decision: Decision) -> dict[str, Any]:
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
        "remarks": said.get("remarks"),
        "salt": decision.salt,
    }


def _entry_columns(entry: Entry) -> dict[str, Any]:
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


def _stage(row: Row[Any]) -> Stage:
    return Stage(
        number=row.number,
        round=row.round,
        visit=row.visit,
        node_key=row.node_key,
        region=row.region,
        mode=Mode(row.mode),
        state=StageState(row.state),
    )


def _task(row: Row[Any]) -> Task:
    return Task(
        number=row.number,
        stage=row.stage,
        region=row.region,
        opened_at=row.opened_at,
        kind=TaskKind(row.kind),
        role=row.role,
        assignee=row.assignee,
        position=row.position,
        state=TaskState(row.state),
        ended_by=Person(row.ended_by_id, row.ended_by_name) if row.ended_by_id else None,
        ended_at=row.ended_at,
        reason=row.reason,
    )
