"""Lists of cases: what waits for somebody, what came back or as a copy, what they started, what they did.

Who may see is inside the query. Each list begins where it is short: at somebody's open tasks, copies or deeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, null, or_, select
from sqlalchemy.orm import Session

from shared.approval import deadlines, signatures
from shared.approval.base import fixed
from shared.approval.core.words import CLOSED, CaseState, StageState, TaskKind, TaskState, Verb
from shared.approval.deadlines import Deadline
from shared.approval.filters import Filter, conditions
from shared.approval.names import RegionNames
from shared.approval.tables import CaseRow, DecisionRow, StageRow, TaskRow
from shared.approval.views import TaskCounts, TaskItem, TaskPage
from shared.approval.waiting import Standing, addressed, may_be_done, standings
from shared.clock import business_date
from shared.errors import Invalid
from shared.http.paging import read_cursor, write_cursor
from shared.identity import Principal, Role, scope_of
from shared.regions import Regions


class TaskList(StrEnum):
    """Which list: to decide (待我审批), to correct, copies (抄送我的), started by oneself (我发起的), done (已办)."""

    TODO = "todo"
    RETURNED = "returned"
    CC = "cc"
    STARTED = "started"
    DONE = "done"


#: Nobody needs to know more exactly how much waits or is done; to count it all would be dearer than any list.
MOST_COUNTED = 1000
#: The verbs that somebody was asked for: what they did of these is their done work.
DONE_VERBS = (Verb.APPROVE, Verb.REJECT, Verb.RETURN, Verb.RESOLVE, Verb.ANSWER)
_UNDER_WAY = tuple(sorted(set(CaseState) - CLOSED))


def visible(principal: Principal, regions: Regions, *, at: datetime) -> ColumnElement[bool]:
    """Answer the condition on cases under which somebody may see them.

    Their initiator, the officials of the home region, of every region that has a stage and of all above by the parent
    table, the system administrators of these regions, who can stop and end it, the administrators of the organisation
    whose content it is, and whoever was asked by name.
    """
    asked = exists().where(TaskRow.case_id == CaseRow.id, TaskRow.assignee == principal.account_id)
    conditions = [CaseRow.initiator_id == principal.account_id, asked]
    on = business_date(at)
    scope = scope_of(principal, regions, on=on)
    scope = scope.union(*(regions.below(one, on=on) for one in principal.regions_of([Role.SYSTEM_ADMIN])))
    if scope:
        # A stage may be of a region that the content names, beside the line of the home region.
        decides = exists().where(StageRow.case_id == CaseRow.id, StageRow.region.in_(sorted(scope)))
        conditions += [CaseRow.home_region.in_(sorted(scope)), decides]
    if principal.organisations:
        conditions.append(CaseRow.organisation_id.in_(sorted(principal.organisations)))
    return or_(*conditions)


def may_see(session: Session, case_id: str, principal: Principal, regions: Regions, *, at: datetime) -> bool:
    """Tell whether somebody may see a case that is there."""
    found = session.scalar(select(CaseRow.id).where(CaseRow.id == case_id, visible(principal, regions, at=at)).limit(1))
    return found is not None


def has_decided(session: Session, business_type: str, business_id: str, region: str) -> bool:
    """Tell whether a stage of this region has passed in a case about a thing."""
    found = select(StageRow.case_id).join(CaseRow, CaseRow.id == StageRow.case_id)
    about = (CaseRow.business_type == business_type, CaseRow.business_id == business_id)
    passed = (StageRow.region == region, StageRow.state == StageState.PASSED.value)
    return session.execute(found.where(*about, *passed).limit(1)).first() is not None


def page(
    session: Session,
    which: TaskList,
    *,
    account_id: str,
    wanted: Filter,
    cursor: str | None,
    limit: int,
    regions: Regions,
    at: datetime,
) -> TaskPage:
    """Answer a page of one of somebody's lists.

    What waits is oldest first, copies come unread first, all else newest first. A page goes on after the last line of
    the one before it, by instants that no later move changes: what happens in between moves no line over an edge.

    :raises Invalid: `cursor_invalid`, `unknown_region`.
    """
    if which is TaskList.TODO:
        found = _todo(standings(session, account_id, at=at))
    elif which is TaskList.DONE and wanted != Filter():
        found = _done_among(account_id)
    else:
        found = _QUERIES[which](account_id)
    query = found.select.where(*conditions(wanted, regions, at=at, decided_at=found.decided_at))
    after = _after(cursor)
    if after is not None:
        query = query.where(*_beyond(found, after))
    order = (found.at.desc(), found.case_id.desc()) if found.newest_first else (found.at, found.case_id)
    ranked = (found.rank, *order) if found.rank is not None else order
    rows = session.execute(query.order_by(*ranked).limit(limit + 1)).all()
    names = RegionNames.at(regions, at)
    due = deadlines.earliest(session, [row.id for row in rows[:limit]])
    signing = signatures.needed(session, [row.id for row in rows[:limit]]) if which is TaskList.TODO else {}
    items = tuple(_item(row, names, due.get(row.id), signing.get(row.id, ())) for row in rows[:limit])
    return TaskPage(items=items, next_cursor=_cursor(rows[limit - 1]) if len(rows) > limit else None)


def counts(session: Session, principal: Principal, regions: Regions, *, at: datetime) -> TaskCounts:
    """Answer how long somebody's lists are; of copies the unread, of what they started what is under way.

    What is to do and what is done are counted up to `MOST_COUNTED`. `held` and `provisional` count cases of an
    official's regions: those that nobody may decide, and those with a deadline that waits for the workdays of its year.
    """
    me, scope = principal.account_id, scope_of(principal, regions, on=business_date(at))
    mine = standings(session, me, at=at)
    waits = addressed(mine)
    todo = select(waits.c.case_id).where(may_be_done(waits, mine))
    done = select(DecisionRow.case_id).where(*_is_done_by(me))
    copies = select(TaskRow.case_id).where(*_is_copy_of(me), TaskRow.state == fixed([TaskState.OPEN])[0])
    counted = {
        "todo": select(func.count()).select_from(todo.limit(MOST_COUNTED).subquery()),
        "returned": select(func.count(CaseRow.id)).where(*_is_returned_to(me)),
        "cc": select(func.count()).select_from(copies.subquery()),
        "started": select(func.count(CaseRow.id)).where(*_is_started_by(me)),
        "done": select(func.count()).select_from(done.limit(MOST_COUNTED).subquery()),
    }
    asked = select(*(one.scalar_subquery().label(name) for name, one in counted.items()))
    held, provisional = deadlines.count_troubled(session, scope) if scope else (0, 0)
    return TaskCounts(**session.execute(asked).mappings().one(), held=held, provisional=provisional)


@dataclass(frozen=True, slots=True)
class _Query:
    """A list: its rows, the instant it is ordered by, whether the newest come first, and what ranks above that.

    `decided_at` is what its reader means by the day of a decision.
    """

    select: Select[Any]
    at: Any
    newest_first: bool
    rank: Any = None
    decided_at: Any = CaseRow.closed_at
    case_id: Any = CaseRow.id


def _rows(at: Any, *, verb: Any = None, rank: Any = None) -> Select[Any]:
    return select(
        CaseRow.__table__,
        at.label("item_at"),
        (null() if verb is None else verb).label("item_verb"),
        (null() if rank is None else rank).label("item_rank"),
    )


def _todo(mine: Sequence[Standing]) -> _Query:
    waits = addressed(mine)
    at = waits.c.came_at
    # The oldest first already, and the case is told by what waits: the walk along it ends where the page is full.
    rows = _rows(at).join_from(waits, CaseRow, CaseRow.id == waits.c.case_id).where(may_be_done(waits, mine))
    return _Query(rows, at, newest_first=False, case_id=waits.c.case_id)


def _returned(me: str) -> _Query:
    at = CaseRow.last_at
    return _Query(_rows(at).where(*_is_returned_to(me)), at, newest_first=False)


def _cc(me: str) -> _Query:
    at, state = TaskRow.opened_at, TaskRow.state
    copies = _rows(at, rank=state).join(TaskRow, TaskRow.case_id == CaseRow.id).where(*_is_copy_of(me))
    # The words of the two states that a copy can have come in the right order by themselves: open, read.
    return _Query(copies, at, newest_first=True, rank=state)


def _started(me: str) -> _Query:
    at = CaseRow.opened_at
    return _Query(_rows(at).where(CaseRow.initiator_id == me), at, newest_first=True)


def _done(me: str) -> _Query:
    at = DecisionRow.at
    mine = _rows(at, verb=DecisionRow.verb).join(DecisionRow, DecisionRow.case_id == CaseRow.id)
    return _Query(mine.where(*_is_done_by(me)), at, newest_first=True, decided_at=at)


def _done_among(me: str) -> _Query:
    """Answer the same list for narrowing down: first all that somebody did, out of one index, then the cases of it.

    Left to itself, PostgreSQL looks for the cases first, because it takes a rare word in a title for a short way.
    """
    mine = select(DecisionRow.case_id, DecisionRow.at, DecisionRow.verb).where(*_is_done_by(me)).cte("mine")
    mine = mine.prefix_with("MATERIALIZED", dialect="postgresql")
    rows = _rows(mine.c.at, verb=mine.c.verb).join(mine, mine.c.case_id == CaseRow.id)
    return _Query(rows, mine.c.at, newest_first=True, decided_at=mine.c.at)


_QUERIES = {
    TaskList.RETURNED: _returned,
    TaskList.CC: _cc,
    TaskList.STARTED: _started,
    TaskList.DONE: _done,
}


def _is_returned_to(me: str) -> tuple[ColumnElement[bool], ...]:
    return CaseRow.initiator_id == me, CaseRow.state.in_(fixed([CaseState.RETURNED]))


def _is_started_by(me: str) -> tuple[ColumnElement[bool], ...]:
    return CaseRow.initiator_id == me, CaseRow.state.in_(fixed(_UNDER_WAY))


def _is_copy_of(me: str) -> tuple[ColumnElement[bool], ...]:
    return TaskRow.assignee == me, TaskRow.kind == fixed([TaskKind.CC])[0]


def _is_done_by(me: str) -> tuple[ColumnElement[bool], ...]:
    return DecisionRow.actor_id == me, DecisionRow.verb.in_(fixed(DONE_VERBS))


def _cursor(row: Row[Any]) -> str:
    return write_cursor(row.item_rank or "", row.item_at.isoformat(), row.id)


def _after(cursor: str | None) -> tuple[str, datetime, str] | None:
    keys = read_cursor(cursor, str, str, str)
    if keys is None:
        return None
    try:
        at = datetime.fromisoformat(keys[1])
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid("cursor_invalid", zh="翻页参数无效，请从第一页开始", en="The cursor is not valid: start again")
    return keys[0], at, keys[2]


def _beyond(found: _Query, after: tuple[str, datetime, str]) -> Sequence[ColumnElement[bool]]:
    """Answer the conditions under which a row comes after another; the first ones let an index begin there."""
    rank, at, case_id = after
    if found.newest_first:
        reached, beyond, tie = found.at <= at, found.at < at, found.case_id < case_id
    else:
        reached, beyond, tie = found.at >= at, found.at > at, found.case_id > case_id
    rest = and_(reached, or_(beyond, tie))
    return (rest,) if found.rank is None else (found.rank >= rank, or_(found.rank > rank, rest))


def _item(row: Row[Any], names: RegionNames, due: Deadline | None, signature_needed: tuple[str, ...]) -> TaskItem:
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
        read=None if row.item_rank is None else row.item_rank == TaskState.READ.value,
        signature_needed=signature_needed,
    )
