"""Many commands in one transaction: each is tried for itself, and each has its own answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, tuple_
from sqlalchemy.orm import Session

from shared.approval import commands, directory, recipients
from shared.approval.base import fixed, table_of
from shared.approval.commands import Action, Details
from shared.approval.core.digest import sha256
from shared.approval.core.exclusion import ADMINISTRATOR
from shared.approval.core.words import UNFINISHED, VOICES, CaseState, TaskKind, Verb
from shared.approval.setting import Setting
from shared.approval.tables import CaseRow, TaskRow
from shared.approval.views import CaseView, Recipient
from shared.clock import business_date
from shared.errors import AnyuanError, Invalid
from shared.http.paging import read_cursor, write_cursor
from shared.identity import Principal
from shared.storage import UnitOfWork

MOST_TASKS = 500
_TASKS, _CASES = table_of(TaskRow), table_of(CaseRow)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What became of one command of many: the case after it, or the error by which it was refused."""

    action: Action
    view: CaseView | None = None
    error: AnyuanError | None = None


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """What became of each task of somebody who leaves, and where the next request goes on."""

    tried: tuple[Tried, ...]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True)
class Holding:
    """How many unfinished tasks are one person's by name, and the regions in which they are decided."""

    account_id: str
    name: str
    tasks: int
    regions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """Whose tasks become whose, by which administrator and why."""

    actor: Principal
    from_account: str
    to_account: str
    opinion: str
    command_id: str
    cursor: str | None


def act_on_many(uow: UnitOfWork, setting: Setting, actions: Sequence[Action]) -> tuple[Tried, ...]:
    """Carry out each command that can be, and answer for each in the order in which they were given.

    Cases are locked in the order of their ids, so that two requests never wait for each other in a circle.
    """
    tried: dict[int, Tried] = {}
    for place in sorted(range(len(actions)), key=lambda place: actions[place].case_id):
        action = actions[place]
        try:
            with uow.attempt():
                tried[place] = Tried(action=action, view=commands.act(uow, setting, action))
        except AnyuanError as refused:
            tried[place] = Tried(action=action, error=refused)
    return tuple(tried[place] for place in range(len(actions)))


def hand_over(uow: UnitOfWork, setting: Setting, leaving: Leaving) -> HandedOver:
    """Give what is somebody's by name, in running cases of the administrator's regions, to somebody else.

    :raises Invalid: `recipient_unfit` when that one holds no post, `cursor_invalid`.
    """
    if not directory.parties(uow.session, [leaving.to_account]) or leaving.to_account == leaving.from_account:
        raise Invalid(
            "recipient_unfit", zh="所选人员没有有效职务", en="Somebody named here holds no post", pointer="/to"
        )
    found = _tasks_by_name(uow, setting, leaving)
    actions = [
        Action(
            case_id=case_id,
            verb=Verb.HAND_OVER_ALL,
            actor=leaving.actor,
            command_id=sha256([leaving.command_id, case_id, number]),
            opinion=leaving.opinion,
            details=Details(to=(leaving.to_account,), task=number),
        )
        for case_id, number in found[:MOST_TASKS]
    ]
    is_more = len(found) > MOST_TASKS
    return HandedOver(
        tried=act_on_many(uow, setting, actions),
        next_cursor=write_cursor(*found[MOST_TASKS - 1]) if is_more else None,
    )


def holdings(session: Session, setting: Setting, actor: str, *, at: datetime) -> tuple[Holding, ...]:
    """Answer who has something that `hand_over` would move, by name, the busiest first."""
    asked = _by_name(session, setting, actor, at=at, lock=False).group_by(_TASKS.c.assignee, _TASKS.c.region)
    counted = asked.with_only_columns(
        _TASKS.c.assignee,
        _TASKS.c.region,
        func.max(_TASKS.c.assignee_name).label("name"),
        func.count().label("tasks"),
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in session.execute(counted):
        found.setdefault(row.assignee, []).append(row)
    made = [
        Holding(
            account_id=account_id,
            name=max(row.name for row in rows),
            tasks=sum(row.tasks for row in rows),
            regions=tuple(sorted(row.region for row in rows)),
        )
        for account_id, rows in found.items()
    ]
    return tuple(sorted(made, key=lambda one: (-one.tasks, one.name, one.account_id)))


def successors(
    session: Session, setting: Setting, actor: str, from_account: str, *, at: datetime
) -> tuple[Recipient, ...]:
    """Answer the officials who hold posts where somebody's tasks are decided: one of them can take over.

    Whether a task can be theirs is settled task by task when it is handed over: nobody gets one of their own case.
    """
    found = next((one for one in holdings(session, setting, actor, at=at) if one.account_id == from_account), None)
    if found is None:
        return ()
    return recipients.of_regions(
        session,
        found.regions,
        names=setting.names(at),
        without=frozenset({actor, from_account}),
        verb=Verb.HAND_OVER_ALL,
    )


def _tasks_by_name(uow: UnitOfWork, setting: Setting, leaving: Leaving) -> list[tuple[str, int]]:
    """Answer the unfinished tasks of somebody who leaves, one more than fits into a request."""
    wanted = (
        _by_name(uow.session, setting, leaving.actor.account_id, at=uow.now, lock=True)
        .where(_TASKS.c.assignee == leaving.from_account)
        .order_by(_TASKS.c.case_id, _TASKS.c.number)
        .limit(MOST_TASKS + 1)
    )
    after = read_cursor(leaving.cursor, str, int)
    if after is not None:
        wanted = wanted.where(tuple_(_TASKS.c.case_id, _TASKS.c.number) > after)
    return [(case_id, number) for case_id, number in uow.session.execute(wanted)]


def _by_name(session: Session, setting: Setting, actor: str, *, at: datetime, lock: bool) -> Select[Any]:
    """Answer the question for what is anybody's by name in running cases of an administrator's regions."""
    on = business_date(at)
    mine = [seat.region for seat in directory.posts_of(session, actor, lock=lock) if seat.role == ADMINISTRATOR]
    regions: set[str] = set().union(*(setting.regions.below(region, on=on) for region in mine))
    kinds = (*VOICES, TaskKind.DELEGATE, TaskKind.CONSULT)
    return (
        select(_TASKS.c.case_id, _TASKS.c.number)
        .join(_CASES, _CASES.c.id == _TASKS.c.case_id)
        .where(
            _TASKS.c.assignee.is_not(None),
            _TASKS.c.state.in_(fixed(UNFINISHED)),
            _TASKS.c.kind.in_(fixed(kinds)),
            _CASES.c.state == CaseState.RUNNING.value,
            _CASES.c.home_region.in_(sorted(regions)),
        )
    )
