"""The deadlines of open cases, and those that may still move because nobody has loaded their year's workdays yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import Boolean, ColumnElement, and_, case, exists, func, literal_column, select
from sqlalchemy.orm import Session

from shared.approval import workdays
from shared.approval.base import table_of
from shared.approval.core.state import Case
from shared.approval.core.words import CaseState, StageState
from shared.approval.tables import CaseRow, StageRow
from shared.approval.workday_tables import CalendarAlarmRow
from shared.clock import SHANGHAI, business_date
from shared.contracts.cases import CalendarMissing
from shared.messaging.upsert import upsert
from shared.storage import UnitOfWork

_CASES, _STAGES, _ALARMS = table_of(CaseRow), table_of(StageRow), table_of(CalendarAlarmRow)
#: In the words of the index, so that stages that are over are never looked at.
_IS_ACTIVE: ColumnElement[bool] = literal_column("approval_stage.state IN ('open','held')", Boolean)
_GOES_ON: ColumnElement[bool] = _CASES.c.state.in_((CaseState.RUNNING.value, CaseState.SUSPENDED.value))
_UNDER_WAY: tuple[ColumnElement[bool], ...] = (_STAGES.c.due_is_provisional, _IS_ACTIVE, _GOES_ON)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a case is to be decided where it is now."""

    at: datetime
    is_provisional: bool


def earliest(session: Session, case_ids: Collection[str]) -> Mapping[str, Deadline]:
    """Answer the next deadline of each of these cases that has one."""
    rows = session.execute(
        select(_STAGES.c.case_id, _STAGES.c.due_at, _STAGES.c.due_is_provisional)
        .where(_STAGES.c.case_id.in_(sorted(case_ids)), _IS_ACTIVE, _STAGES.c.due_at.is_not(None))
        .order_by(_STAGES.c.due_at.desc())
    )
    return {row.case_id: Deadline(row.due_at, row.due_is_provisional) for row in rows}


def missing_year(session: Session, *, at: datetime) -> int:
    """Answer the first year, of those that follow one another without a gap, whose workdays are not loaded."""
    years = workdays.known(session).years
    year = min(years, default=business_date(at).year)
    while year in years:
        year += 1
    return year


def countable(session: Session, *, at: datetime, after: str, limit: int) -> Sequence[str]:
    """Answer the cases with provisional deadlines of which all days are known by now, by id, `after` an earlier one."""
    rows = session.scalars(
        select(_STAGES.c.case_id)
        .join(_CASES, _CASES.c.id == _STAGES.c.case_id)
        .where(
            *_UNDER_WAY,
            # The last known day ends as the missing year begins.
            _STAGES.c.due_at <= _beginning(missing_year(session, at=at)),
            _STAGES.c.case_id > after,
        )
        .distinct()
        .order_by(_STAGES.c.case_id)
        .limit(limit)
    )
    return list(rows)


def count_troubled(session: Session, regions: Collection[str]) -> tuple[int, int]:
    """Answer how many open cases nobody may decide, and how many have a provisional deadline, where these decide."""
    case_id = _STAGES.c.case_id
    is_held = _STAGES.c.state == StageState.HELD.value
    is_provisional = and_(_STAGES.c.due_is_provisional, exists().where(_CASES.c.id == case_id, _GOES_ON))
    troubles = (func.count(case((trouble, case_id)).distinct()) for trouble in (is_held, is_provisional))
    row = session.execute(select(*troubles).where(_IS_ACTIVE, _STAGES.c.region.in_(sorted(regions)))).one()
    return row[0], row[1]


def raise_alarm(uow: UnitOfWork, before: Case | None, after: Case) -> None:
    """Tell of the year that deadlines of this move wait for, each region once.

    It is said with the deadline itself and not found later, so officials hear of it before the day comes.
    """
    old = {stage.number: stage.due_at for stage in before.stages} if before else {}
    regions = {
        stage.region
        for stage in after.active_stages
        if stage.due_is_provisional and stage.due_at != old.get(stage.number)
    }
    if not regions:
        return
    year = missing_year(uow.session, at=uow.now)
    for region in sorted(regions):
        alarm = upsert(uow.session, _ALARMS).values(year=year, region=region, raised_at=uow.now)
        if uow.session.execute(alarm.on_conflict_do_nothing().returning(_ALARMS.c.region)).first() is not None:
            uow.publish(CalendarMissing(year=year, region=region))


def _beginning(year: int) -> datetime:
    return datetime.combine(date(year, 1, 1), time(), tzinfo=SHANGHAI)
