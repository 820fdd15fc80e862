"""A case between its rows and the core: load it under its lock, write down what a move brought.

Statements name columns and not objects: a command reads and writes each row once, and nothing is tracked in between.
They are built once, because building them again costs a command more than running them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, insert, select, update
from sqlalchemy.orm import Session

from shared.approval import timers
from shared.approval.base import table_of
from shared.approval.columns import (
    case_columns,
    decision_columns,
    entry_columns,
    moving_columns,
    round_columns,
    stage_columns,
    stage_moving_columns,
    stage_of,
    task_columns,
    task_moving_columns,
    task_of,
)
from shared.approval.core.command import Move
from shared.approval.core.state import Case, DefinitionRef, LastMove, Parent, Person, Stage, Task, TrailHead
from shared.approval.core.words import CLOSED, CaseState, Verb
from shared.approval.tables import BarredRow, CaseRow, DecisionRow, EventRow, RoundRow, StageRow, TaskRow
from shared.errors import Conflict
from shared.messaging.upsert import upsert

_CASES, _STAGES, _TASKS, _BARRED = table_of(CaseRow), table_of(StageRow), table_of(TaskRow), table_of(BarredRow)
_ROUNDS = table_of(RoundRow)
_CHILD = "."
_CASE_ID: BindParameter[str] = bindparam("of_case")
_NUMBER: BindParameter[int] = bindparam("of_number")

_READ_CASE = select(_CASES).where(_CASES.c.id == _CASE_ID)
_LOCK_CASE = _READ_CASE.with_for_update()
_READ_BARRED = select(_BARRED.c.account_id).where(_BARRED.c.case_id == _CASE_ID)
_READ_STAGES = select(_STAGES).where(_STAGES.c.case_id == _CASE_ID).order_by(_STAGES.c.number)
_READ_TASKS = select(_TASKS).where(_TASKS.c.case_id == _CASE_ID).order_by(_TASKS.c.number)
_READ_OPEN = select(_CASES.c.id).where(
    _CASES.c.business_type == bindparam("of_type"),
    _CASES.c.business_id == bindparam("of_id"),
    _CASES.c.state.not_in(sorted(state.value for state in CLOSED)),
)
_READ_CONTENT = select(_ROUNDS.c.content).where(_ROUNDS.c.case_id == _CASE_ID, _ROUNDS.c.round == bindparam("of_round"))
_MOVE_CASE = update(_CASES).where(_CASES.c.id == _CASE_ID)
_MOVE_STAGE = update(_STAGES).where(_STAGES.c.case_id == _CASE_ID, _STAGES.c.number == _NUMBER)
_MOVE_TASK = update(_TASKS).where(_TASKS.c.case_id == _CASE_ID, _TASKS.c.number == _NUMBER)
_ADD_STAGES, _ADD_TASKS, _ADD_BARRED = insert(_STAGES), insert(_TASKS), insert(_BARRED)
_ADD_ROUND, _ADD_DECISION, _ADD_ENTRIES = (insert(table_of(row)) for row in (RoundRow, DecisionRow, EventRow))


def child_id(parent: str, what: str) -> str:
    """Answer the id of a case that exists for another: it tells whose child it is."""
    return f"{parent}{_CHILD}{what}"


def load(session: Session, case_id: str, *, lock: bool) -> Case | None:
    """Answer a case with all its rounds, or None; with `lock` nobody else moves it before this transaction ends.

    A case that another waits for is locked after that one: both may have to move, from either side.
    """
    if lock and _CHILD in case_id:
        session.execute(_LOCK_CASE, {"of_case": case_id.rpartition(_CHILD)[0]})
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
        suspended_at=row.suspended_at,
        reminded_at=row.reminded_at,
        parent=Parent(row.parent_case, row.parent_stage) if row.parent_case else None,
        stages=tuple(stage_of(stage) for stage in stages),
        tasks=tuple(task_of(task) for task in tasks),
    )


def content(session: Session, case: Case) -> dict[str, Any]:
    """Answer what the case's present round is about, or nothing when that was erased."""
    return session.scalar(_READ_CONTENT, {"of_case": case.id, "of_round": case.round}) or {}


def add(session: Session, case: Case) -> bool:
    """Insert a new case's row, unless the business object has an open case; waits for one that is being opened."""
    adding = upsert(session, _CASES).on_conflict_do_nothing().returning(_CASES.c.id)
    return session.execute(adding, case_columns(case)).first() is not None


def already_open(session: Session, business_type: str, business_id: str) -> Conflict:
    """Answer the error for a business object that has an open case, with that case's id."""
    case_id = session.scalar(_READ_OPEN, {"of_type": business_type, "of_id": business_id})
    return Conflict("case_open", zh="该事项已在审批中", en="This is under approval already", case_id=case_id)


def save(session: Session, before: Case, move: Move) -> None:
    """Write down a move of a stored and locked case."""
    session.execute(_MOVE_CASE, {"of_case": before.id, **moving_columns(move.case)})
    _save_parts(session, before, move)


def save_new(session: Session, move: Move) -> None:
    """Write down the rest of a case whose own row was just inserted with `columns.case_columns`."""
    if move.case.barred:
        rows = [{"case_id": move.case.id, "account_id": account} for account in sorted(move.case.barred)]
        session.execute(_ADD_BARRED, rows)
    _save_parts(session, None, move)


def _save_parts(session: Session, before: Case | None, move: Move) -> None:
    _save_stages(session, before.stages if before else (), move.case)
    _save_tasks(session, before.tasks if before else (), move.case)
    if move.snapshot is not None:
        session.execute(_ADD_ROUND, [round_columns(move.case, move.snapshot)])
    if move.decision is not None:
        session.execute(_ADD_DECISION, [decision_columns(move.decision)])
    session.execute(_ADD_ENTRIES, [entry_columns(entry) for entry in move.entries])
    timers.keep(session, before, move)


def _save_stages(session: Session, before: tuple[Stage, ...], case: Case) -> None:
    added = [stage_columns(case, stage) for stage in case.stages[len(before) :]]
    if added:
        session.execute(_ADD_STAGES, added)
    changed = [
        {"of_case": case.id, "of_number": after.number, **stage_moving_columns(after)}
        for old, after in zip(before, case.stages, strict=False)
        if old != after
    ]
    if changed:
        session.execute(_MOVE_STAGE, changed)


def _save_tasks(session: Session, before: tuple[Task, ...], case: Case) -> None:
    added = [task_columns(case, task) for task in case.tasks[len(before) :]]
    if added:
        session.execute(_ADD_TASKS, added)
    changed = [
        {"of_case": case.id, "of_number": after.number, **task_moving_columns(after)}
        for old, after in zip(before, case.tasks, strict=False)
        if old != after
    ]
    if changed:
        session.execute(_MOVE_TASK, changed)
