"""Lists of cases: what waits for somebody, what they started, what they decided. Who may see is inside the query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, null, or_, select
from sqlalchemy.orm import Session

from shared.approval import deadlines
from shared.approval.core.exclusion import DECIDES
from shared.approval.core.words import ACTIONABLE, CaseState, StageState
from shared.approval.deadlines import Deadline
from shared.approval.tables import BarredRow, CaseRow, DecisionRow, StageRow, TaskRow
from shared.approval.tables_beside import HolderRow
from shared.approval.views import RegionNames, TaskCounts, TaskItem, TaskPage
from shared.clock import business_date
from shared.errors import Invalid
from shared.http.paging import read_cursor, write_cursor
from shared.identity import Principal, scope_of
from shared.regions import Regions


class TaskList(StrEnum):
    """Which list: to decide, to correct, started by oneself, decided by oneself."""

    TODO = "todo"
    RETURNED = "returned"
    STARTED = "started"
    DONE = "done"


_DECIDING = tuple(verb.value for verb in DECIDES)


def visible(principal: Principal, regions: Regions, *, at: datetime) -> ColumnElement[bool]:
    """Answer the condition on cases under which somebody may see them.

    Their initiator, the officials of the home region and of every region above it by the parent table, the
    administrators of the organisation whose content it is, and whoever was asked by name.
    """
    asked = exists().where(TaskRow.case_id == CaseRow.id, TaskRow.assignee == principal.account_id)
    conditions = [CaseRow.initiator_id == principal.account_id, asked]
    scope = scope_of(principal, regions, on=business_date(at))
    if scope:
        conditions.append(CaseRow.home_region.in_(sorted(scope)))
    if principal.organisations:
        conditions.append(CaseRow.organisation_id.in_(sorted(principal.organisations)))
    return or_(*conditions)


def may_see(session: Session, case_id: str, principal: Principal, regions: Regions, *, at: datetime) -> bool:
    """Tell whether somebody may see a case that is there."""
    found = session.scalar(select(CaseRow.id).where(CaseRow.id == case_id, visible(principal, regions, at=at)).limit(1))
    return found is not None


def page(
    session: Session,
    which: TaskList,
    *,
    account_id: str,
    business_type: str | None,
    cursor: str | None,
    limit: int,
    names: RegionNames,
) -> TaskPage:
    """Answer a page of one of somebody's lists: what waits is oldest first, what is past newest first."""
    found = _QUERIES[which](account_id)
    wanted = found.select
    if business_type is not None:
        wanted = wanted.where(CaseRow.business_type == business_type)
    after = _after(cursor)
    if after is not None:
        at, case_id = after
        beyond = found.at < at if found.newest_first else found.at > at
        tie = CaseRow.id < case_id if found.newest_first else CaseRow.id > case_id
        wanted = wanted.where(or_(beyond, and_(found.at == at, tie)))
    order = (found.at.desc(), CaseRow.id.desc()) if found.newest_first else (found.at, CaseRow.id)
    rows = session.execute(wanted.order_by(*order).limit(limit + 1)).all()
    due = deadlines.earliest(session, [row.id for row in rows[:limit]])
    items = tuple(_item(row, names, due.get(row.id)) for row in rows[:limit])
    more = len(rows) > limit
    return TaskPage(
        items=items, next_cursor=write_cursor(items[-1].at.isoformat(), items[-1].case_id) if more else None
    )


def counts(session: Session, principal: Principal, regions: Regions, *, at: datetime) -> TaskCounts:
    """Answer how much waits for somebody.

    `held` and `provisional` count cases of an official's regions: those that nobody may decide, and those with a
    deadline that waits for the workdays of its year.
    """
    scope = scope_of(principal, regions, on=business_date(at))
    return TaskCounts(
        todo=_count(session, CaseRow.state == CaseState.RUNNING.value, _asks(principal.account_id)),
        returned=_count(session, *_is_returned_to(principal.account_id)),
        started=_count(
            session,
            CaseRow.initiator_id == principal.account_id,
            CaseRow.state.in_((CaseState.RUNNING.value, CaseState.RETURNED.value)),
        ),
        held=_count(session, _is_held_in(scope)) if scope else 0,
        provisional=deadlines.count_provisional(session, scope) if scope else 0,
    )


@dataclass(frozen=True, slots=True)
class _Query:
    """A list: its rows, the instant it is ordered by, and whether the newest come first."""

    select: Select[Any]
    at: Any
    newest_first: bool


def _rows(at: Any, verb: Any = None) -> Select[Any]:
    return select(CaseRow.__table__, at.label("item_at"), (null() if verb is None else verb).label("item_verb"))


def _todo(me: str) -> _Query:
    at = CaseRow.last_at
    return _Query(_rows(at).where(CaseRow.state == CaseState.RUNNING.value, _asks(me)), at, newest_first=False)


def _returned(me: str) -> _Query:
    at = CaseRow.last_at
    return _Query(_rows(at).where(*_is_returned_to(me)), at, newest_first=False)


def _started(me: str) -> _Query:
    at = CaseRow.opened_at
    return _Query(_rows(at).where(CaseRow.initiator_id == me), at, newest_first=True)


def _done(me: str) -> _Query:
    at = DecisionRow.at
    mine = _rows(at, DecisionRow.verb).join(DecisionRow, DecisionRow.case_id == CaseRow.id)
    decided = mine.where(DecisionRow.actor_id == me, DecisionRow.verb.in_(_DECIDING))
    return _Query(decided, at, newest_first=True)


_QUERIES = {
    TaskList.TODO: _todo,
    TaskList.RETURNED: _returned,
    TaskList.STARTED: _started,
    TaskList.DONE: _done,
}


def _asks(me: str) -> ColumnElement[bool]:
    """Answer the condition that a case asks somebody for a decision which they may make.

    By the directory and not by their token, and without the cases of which the guard would refuse them.
    """
    post = exists().where(
        HolderRow.account_id == me,
        HolderRow.active,
        HolderRow.role == TaskRow.role,
        HolderRow.region == TaskRow.region,
    )
    to_post = and_(TaskRow.role.is_not(None), or_(TaskRow.assignee.is_(None), TaskRow.assignee == me), post)
    to_person = and_(TaskRow.role.is_(None), TaskRow.assignee == me)
    task = exists().where(
        TaskRow.case_id == CaseRow.id, TaskRow.state.in_(_values(ACTIONABLE)), or_(to_post, to_person)
    )
    barred = exists().where(BarredRow.case_id == CaseRow.id, BarredRow.account_id == me)
    decided = exists().where(
        DecisionRow.case_id == CaseRow.id,
        DecisionRow.round == CaseRow.round,
        DecisionRow.actor_id == me,
        DecisionRow.verb.in_(_DECIDING),
    )
    return and_(task, CaseRow.initiator_id != me, ~barred, ~decided)


def _is_returned_to(me: str) -> tuple[ColumnElement[bool], ...]:
    return CaseRow.initiator_id == me, CaseRow.state == CaseState.RETURNED.value


def _is_held_in(scope: frozenset[str]) -> ColumnElement[bool]:
    return exists().where(
        StageRow.case_id == CaseRow.id,
        StageRow.state == StageState.HELD.value,
        StageRow.region.in_(sorted(scope)),
    )


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(CaseRow).where(*conditions)) or 0


def _after(cursor: str | None) -> tuple[datetime, str] | None:
    keys = read_cursor(cursor, str, str)
    if keys is None:
        return None
    try:
        at = datetime.fromisoformat(keys[0])
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not keys[1].isalnum():
        raise Invalid("cursor_invalid", zh="翻页参数无效，请从第一页开始", en="The cursor is not valid: start again")
    return at, keys[1]


def _item(row: Row[Any], names: RegionNames, due: Deadline | None) -> TaskItem:
    return TaskItem(
        case_id=row.id,
        business_type=row.business_type,
        business_id=row.business_id,
        title=row.title,
        state=row.state,
        round=row.round,
        rev=row.rev,
        home_region=row.home_region,
        home_region_name=names.of(row.home_region),
        token_region=row.token_region,
        token_region_name=names.of(row.token_region),
        initiator_name=row.initiator_name,
        last_verb=row.last_verb,
        last_name=row.last_name,
        verb=row.item_verb,
        at=row.item_at,
        due_at=due.at if due else None,
        due_is_provisional=due is not None and due.is_provisional,
    )


def _values(words: Iterable[StrEnum]) -> tuple[str, ...]:
    return tuple(sorted(word.value for word in words))
