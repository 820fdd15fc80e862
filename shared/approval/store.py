"""A case between its rows and the core: load it under its lock, write down what a move brought.

Statements name columns and not objects: a command reads and writes each row once, and nothing is tracked in between.
They are built once, because building them again costs a command more than running them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import BindParameter, String, Table, bindparam, func, literal_column, select
from sqlalchemy.orm import Session

from shared.approval import timers
from shared.approval.base import fixed, table_of
from shared.approval.columns import (
    case_columns,
    decision_columns,
    entry_columns,
    moving_columns,
    moving_stage_columns,
    moving_task_columns,
    round_columns,
    stage_columns,
    stage_of,
    task_columns,
    task_of,
)
from shared.approval.core.command import Move, Snapshot
from shared.approval.core.state import Case, DefinitionRef, LastMove, Parent, Person, Stage, Task, TrailHead
from shared.approval.core.trail import Decision, Entry
from shared.approval.core.words import CLOSED, CaseState, Token, Verb
from shared.approval.tables import BarredRow, CaseRow, DecisionRow, EventRow, RoundRow, StageRow, TaskRow
from shared.errors import Conflict
from shared.messaging.upsert import upsert
from shared.storage.rows import change_row, put_row, put_rows
from shared.storage.trip import Errand, one_trip, send_ahead

_CASES, _STAGES, _TASKS, _BARRED = table_of(CaseRow), table_of(StageRow), table_of(TaskRow), table_of(BarredRow)
_ROUNDS, _DECISIONS, _EVENTS = (table_of(row) for row in (RoundRow, DecisionRow, EventRow))
_Part = TypeVar("_Part", Stage, Task)
_CHILD = "."
_CASE_ID: BindParameter[str] = bindparam("of_case")

_READ_CASE = select(_CASES).where(_CASES.c.id == _CASE_ID)
_LOCK_CASE = _READ_CASE.with_for_update()
_READ_BARRED = select(_BARRED.c.account_id).where(_BARRED.c.case_id == _CASE_ID)
_READ_STAGES = select(_STAGES).where(_STAGES.c.case_id == _CASE_ID).order_by(_STAGES.c.number)
_READ_TASKS = select(_TASKS).where(_TASKS.c.case_id == _CASE_ID).order_by(_TASKS.c.number)
_READ_OPEN = select(_CASES.c.id).where(
    _CASES.c.business_type == bindparam("of_type"),
    _CASES.c.business_id == bindparam("of_id"),
    _CASES.c.state.not_in(fixed(CLOSED)),
)
_THING = func.concat_ws(literal_column("'/'"), bindparam("of_type", type_=String), bindparam("of_id", type_=String))
_CLAIM = select(func.pg_advisory_xact_lock(func.hashtextextended(_THING, literal_column("0"))))
_READ_CHILD = select(_CASES.c.id).where(
    _CASES.c.parent_case == _CASE_ID,
    _CASES.c.parent_stage == bindparam("of_stage"),
    _CASES.c.state.not_in(fixed(CLOSED)),
)
_READ_CONTENT = select(_ROUNDS.c.content).where(_ROUNDS.c.case_id == _CASE_ID, _ROUNDS.c.round == bindparam("of_round"))


def child_id(parent: str, what: str) -> str:
    """Answer the id of a case that exists for another: it tells whose child it is."""
    return f"{parent}{_CHILD}{what}"


def reading(case_id: str, *, lock: bool) -> list[Errand]:
    """Answer the errands that read a case; `case_of` makes it of what their rows are.

    With `lock` nobody else moves it before this transaction ends. A case that another waits for is locked after that
    one: both may have to move, from either side.
    """
    of_case = {"of_case": case_id}
    parts = [(_READ_BARRED, of_case), (_READ_STAGES, of_case), (_READ_TASKS, of_case)]
    if not lock:
        return [(_READ_CASE, of_case), *parts]
    waiting = [case_id.rpartition(_CHILD)[0]] if _CHILD in case_id else []
    return [*((_LOCK_CASE, {"of_case": locked}) for locked in (*waiting, case_id)), *parts]


def case_of(found: Sequence[Sequence[Any]]) -> Case | None:
    """Answer the case that the rows of `reading` are of, or None when there is none."""
    rows, barred, stages, tasks = found[-4:]
    if not rows:
        return None
    (row,) = rows
    return Case(
        id=row.id,
        origin=row.origin,
        business_type=row.business_type,
        business_id=row.business_id,
        title=row.title,
        home_region=row.home_region,
        organisation_id=row.organisation_id,
        initiator=Person(row.initiator_id, row.initiator_name),
        barred=frozenset(one.account_id for one in barred),
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
        token=Token(row.token),
        handover=row.handover,
        stages=tuple(stage_of(stage) for stage in stages),
        tasks=tuple(task_of(task) for task in tasks),
    )


def load(session: Session, case_id: str, *, lock: bool) -> Case | None:
    """Answer a case with all its rounds, or None; with `lock` nobody else moves it before this transaction ends."""
    return case_of(one_trip(session, reading(case_id, lock=lock)))


def open_child(session: Session, case_id: str, stage: int) -> str | None:
    """Answer the id of the case that a stage waits for, or waited for until now."""
    found: str | None = session.scalar(_READ_CHILD, {"of_case": case_id, "of_stage": stage})
    return found


def content(session: Session, case: Case) -> dict[str, Any]:
    """Answer what the case's present round is about, or nothing when that was erased."""
    return session.scalar(_READ_CONTENT, {"of_case": case.id, "of_round": case.round}) or {}


def claiming(session: Session, business_type: str, business_id: str) -> list[Errand]:
    """Answer the errands after which nobody else opens a case of this before this transaction ends.

    The rows of the last are the open case that is there already, if any. SQLite has one writer at a time anyway.
    """
    thing = {"of_type": business_type, "of_id": business_id}
    is_shared = session.get_bind().dialect.name == "postgresql"
    return [*([(_CLAIM, thing)] if is_shared else []), (_READ_OPEN, thing)]


def already_open(case_id: str) -> Conflict:
    """Answer the error for a business object that has an open case, with that case's id."""
    return Conflict("case_open", zh="该事项已在审批中", en="This is under approval already", case_id=case_id)


def save(session: Session, before: Case, move: Move) -> None:
    """Write down a move of a stored and locked case."""
    moved = change_row(_CASES, {"id": before.id}, moving_columns(move.case))
    send_ahead(session, [moved, *_parts(session, before, move)])


def save_new(session: Session, move: Move) -> None:
    """Write down a new case of a thing that was claimed."""
    rows = [{"case_id": move.case.id, "account_id": account} for account in sorted(move.case.barred)]
    case = put_row(_CASES, case_columns(move.case))
    send_ahead(session, [case, *put_rows(session, _BARRED, rows), *_parts(session, None, move)])


def show(session: Session, before: Case, after: Case) -> None:
    """Write down how another node's stored and locked case goes on, which nobody here has moved."""
    moved = change_row(_CASES, {"id": after.id}, moving_columns(after))
    send_ahead(session, [moved, *_stages_and_tasks(session, before, after)])


def keep_told(
    session: Session, case: Case, *, entries: Sequence[Entry], decisions: Sequence[Decision], rounds: Sequence[Snapshot]
) -> None:
    """Write down what another node has told of a stored case; what is known already stays."""
    told: list[tuple[Table, list[dict[str, Any]]]] = [
        (_ROUNDS, [round_columns(case, one) for one in rounds]),
        (_DECISIONS, [decision_columns(one) for one in decisions]),
        (_EVENTS, [entry_columns(one) for one in entries]),
    ]
    for table, rows in told:
        if rows:
            session.execute(upsert(session, table).on_conflict_do_nothing(), rows)


def _parts(session: Session, before: Case | None, move: Move) -> Iterator[Errand]:
    case = move.case
    yield from _stages_and_tasks(session, before, case)
    if move.snapshot is not None:
        yield put_row(_ROUNDS, round_columns(case, move.snapshot))
    if move.decision is not None:
        yield put_row(_DECISIONS, decision_columns(move.decision))
    yield from put_rows(session, _EVENTS, [entry_columns(entry) for entry in move.entries])
    yield from timers.errands(session, before, move)


def _stages_and_tasks(session: Session, before: Case | None, case: Case) -> Iterator[Errand]:
    stages, tasks = (before.stages, before.tasks) if before else ((), ())
    yield from put_rows(session, _STAGES, [stage_columns(case, stage) for stage in case.stages[len(stages) :]])
    for stage in _changed(stages, case.stages):
        yield change_row(_STAGES, {"case_id": case.id, "number": stage.number}, moving_stage_columns(stage))
    yield from put_rows(session, _TASKS, [task_columns(case, task) for task in case.tasks[len(tasks) :]])
    for task in _changed(tasks, case.tasks):
        yield change_row(_TASKS, {"case_id": case.id, "number": task.number}, moving_task_columns(task))


def _changed(before: Sequence[_Part], after: Sequence[_Part]) -> list[_Part]:
    """Answer what a move has changed: what it left alone is the very same value, and what it added comes after."""
    return [now for then, now in zip(before, after, strict=False) if now is not then]
