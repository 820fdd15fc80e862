"""The timers of a service's cases: kept with the moves that set them, fired by the worker's scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from shared.approval.base import table_of
from shared.approval.core.command import Move
from shared.approval.core.state import Case, Timer
from shared.approval.core.words import CaseState, StageState, TimerKind
from shared.approval.tables import CaseRow
from shared.approval.tables_beside import TimerRow, TimerState
from shared.storage.rows import put_row
from shared.storage.trip import Errand

_TIMERS, _CASES = table_of(TimerRow), table_of(CaseRow)
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
    )
    .values(state=TimerState.FIRED.value)
)


def errands(session: Session, before: Case | None, move: Move) -> Iterator[Errand]:
    """Answer what sets the timers of a move, and cancels those of stages that it has ended."""
    for stage in before.active_stages if before else ():
        timed = stage.clock_from is not None
        if timed and move.case.stage(stage.number).state not in _UNDER_WAY:
            yield _END, {"of_case": move.case.id, "of_stage": stage.number}
    for timer in move.timers:
        yield put_row(session, _TIMERS, _row(move.case, timer), changing=("fire_at", "state"))


def _row(case: Case, timer: Timer) -> dict[str, object]:
    return {
        "case_id": case.id,
        "stage": timer.stage,
        "kind": timer.kind.value,
        "number": timer.number,
        "fire_at": timer.fire_at,
        "state": TimerState.ARMED.value,
    }


def due(session: Session, *, at: datetime, limit: int) -> Sequence[tuple[str, Timer]]:
    """Answer the timers whose moment has come, the oldest first; those of a suspended case stand still."""
    rows = session.execute(
        select(_TIMERS)
        .join(_CASES, _CASES.c.id == _TIMERS.c.case_id)
        .where(
            _TIMERS.c.state == TimerState.ARMED.value,
            _TIMERS.c.fire_at <= at,
            _CASES.c.state != CaseState.SUSPENDED.value,
        )
        .order_by(_TIMERS.c.fire_at, _TIMERS.c.case_id)
        .limit(limit)
    )
    return [
        (row.case_id, Timer(stage=row.stage, kind=TimerKind(row.kind), fire_at=row.fire_at, number=row.number))
        for row in rows
    ]


def take(session: Session, case_id: str, timer: Timer) -> bool:
    """Mark a timer as fired; answers False when somebody else has, or its stage is over: then nothing is to be done."""
    named = {"of_case": case_id, "of_stage": timer.stage, "of_kind": timer.kind.value, "of_number": timer.number}
    return bool(session.execute(_FIRED, named).rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count
