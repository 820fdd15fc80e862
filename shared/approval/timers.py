"""The timers of a service's cases: kept with the moves that set them, fired by the worker's scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, and_, bindparam, case, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.approval.base import table_of
from shared.approval.core.command import Move
from shared.approval.core.state import Case, Timer
from shared.approval.core.words import CaseState, StageState, TimerKind
from shared.approval.tables import CaseRow
from shared.approval.tables_beside import TimerRow, TimerState
from shared.storage import InstantUTC
from shared.storage.rows import numbered
from shared.storage.trip import Errand

_TIMERS, _CASES = table_of(TimerRow), table_of(CaseRow)
_KEY = (_TIMERS.c.case_id, _TIMERS.c.stage, _TIMERS.c.kind, _TIMERS.c.number)
_UNDER_WAY = (StageState.OPEN, StageState.HELD)
_END = (
    update(_TIMERS)
    .where(
        _TIMERS.c.case_id == bindparam("of_case"),
        _TIMERS.c.stage == bindparam("of_stage"),
        _TIMERS.c.state == TimerState.ARMED.value,
    )
    .values(state=TimerState.CANCELLED.value)
)
_FIRED = (
    update(_TIMERS)
    .where(
        _TIMERS.c.case_id == bindparam("of_case"),
        _TIMERS.c.stage == bindparam("of_stage"),
        _TIMERS.c.kind == bindparam("of_kind"),
        _TIMERS.c.number == bindparam("of_number"),
        _TIMERS.c.state == TimerState.ARMED.value,
        _TIMERS.c.fire_at <= bindparam("at"),
    )
    .values(state=TimerState.FIRED.value)
)


def errands(session: Session, before: Case | None, move: Move) -> Iterator[Errand]:
    """Answer what sets the timers of a move, and cancels those of stages that it has ended.

    One that has fired stays so when its moment is counted again and is past all the same.
    """
    for stage in before.active_stages if before else ():
        timed = stage.clock_from is not None
        if timed and move.case.stage(stage.number).state not in _UNDER_WAY:
            yield _END, {"of_case": move.case.id, "of_stage": stage.number}
    moved_at = move.entries[-1].place.at
    latest = {(timer.stage, timer.kind, timer.number): timer for timer in move.timers}
    rows = [_row(move.case, timer) for timer in latest.values()]
    if session.get_bind().dialect.name == "postgresql" and rows:
        yield _setting("postgresql", len(rows)), numbered(rows) | {"moved_at": moved_at}
    else:
        yield from ((_setting("sqlite", 1), numbered([row]) | {"moved_at": moved_at}) for row in rows)


@cache
def _setting(dialect: str, count: int) -> Executable:
    """Answer the statement that sets so many timers, made once for each kind of database."""
    setting: Any = (postgresql if dialect == "postgresql" else sqlite).insert(_TIMERS)
    rows = [
        {column.name: bindparam(f"{column.name}_in_{place}", type_=column.type) for column in _TIMERS.columns}
        for place in range(count)
    ]
    setting = setting.values(rows if count > 1 else rows[0])
    fire_at = setting.excluded.fire_at
    is_over = and_(_TIMERS.c.state == TimerState.FIRED.value, fire_at <= bindparam("moved_at", type_=InstantUTC))
    state = case((is_over, TimerState.FIRED.value), else_=TimerState.ARMED.value)
    names = [column.name for column in _KEY]
    statement: Executable = setting.on_conflict_do_update(
        index_elements=names, set_={"fire_at": fire_at, "state": state}
    )
    return statement


def _row(moved: Case, timer: Timer) -> dict[str, object]:
    return {
        "case_id": moved.id,
        "stage": timer.stage,
        "kind": timer.kind.value,
        "number": timer.number,
        "fire_at": timer.fire_at,
        "state": TimerState.ARMED.value,
    }


def due(
    session: Session, *, at: datetime, limit: int, after: tuple[str, Timer] | None = None
) -> Sequence[tuple[str, Timer]]:
    """Answer the timers whose moment has come, the oldest first; those of a suspended case stand still.

    `after` is the last of an earlier answer: what comes after that one is wanted.
    """
    wanted = (
        select(_TIMERS)
        .join(_CASES, _CASES.c.id == _TIMERS.c.case_id)
        .where(
            _TIMERS.c.state == TimerState.ARMED.value,
            _TIMERS.c.fire_at <= at,
            _CASES.c.state != CaseState.SUSPENDED.value,
        )
        .order_by(_TIMERS.c.fire_at, *_KEY)
        .limit(limit)
    )
    if after is not None:
        case_id, last = after
        place = (last.fire_at, case_id, last.stage, last.kind.value, last.number)
        columns = (_TIMERS.c.fire_at, *_KEY)
        values = [literal(value, column.type) for value, column in zip(place, columns, strict=True)]
        wanted = wanted.where(tuple_(*columns) > tuple_(*values))
    return [
        (row.case_id, Timer(stage=row.stage, kind=TimerKind(row.kind), fire_at=row.fire_at, number=row.number))
        for row in session.execute(wanted)
    ]


def take(session: Session, case_id: str, timer: Timer, *, at: datetime) -> bool:
    """Mark a timer whose moment has come as fired.

    Answers False, and then nothing is to be done, when somebody else has, its stage is over, or its moment has been
    put off since it was read.
    """
    named = {
        "of_case": case_id,
        "of_stage": timer.stage,
        "of_kind": timer.kind.value,
        "of_number": timer.number,
        "at": at,
    }
    return bool(session.execute(_FIRED, named).rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count
