"""A case between its rows and the core: load it under its lock, write down what a move brought.

Statements name columns and not objects: a command reads and writes each row once, and nothing is tracked in between.
They are built once, because building them again costs a command more than running them.
"""

from __future__ import annotations

from sqlalchemy import BindParameter, bindparam, insert, select, update
from sqlalchemy.orm import Session

from shared.approval.base import table_of
from shared.approval.columns import (
    decision_columns,
    ending_columns,
    entry_columns,
    moving_columns,
    round_columns,
    stage_columns,
    stage_of,
    task_columns,
    task_of,
)
from shared.approval.core.command import Move
from shared.approval.core.state import Case, DefinitionRef, LastMove, Person, Stage, Task, TrailHead
from shared.approval.core.words import CaseState, Verb
from shared.approval.tables import (
    BarredRow,
    CaseRow,
    DecisionRow,
    EventRow,
    RoundRow,
    StageRow,
    TaskRow,
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
        stages=tuple(stage_of(stage) for stage in stages),
        tasks=tuple(task_of(task) for task in tasks),
    )


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


def _save_stages(session: Session, before: tuple[Stage, ...], case: Case) -> None:
    added = [stage_columns(case, stage) for stage in case.stages[len(before) :]]
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
    added = [task_columns(case, task) for task in case.tasks[len(before) :]]
    if added:
        session.execute(_ADD_TASKS, added)
    changed = [
        {"of_case": case.id, "of_number": after.number, **ending_columns(after)}
        for old, after in zip(before, case.tasks, strict=False)
        if old != after
    ]
    if changed:
        session.execute(_MOVE_TASK, changed)
