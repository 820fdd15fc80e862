"""What asks somebody: the guard's answer as SQL, begun at the few open tasks and not at the many cases.

`core.finding` says whose task is whose and `core.exclusion` who must not decide it; both are said here again for a
whole database, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    exists,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from shared.approval import absences, directory
from shared.approval.base import fixed
from shared.approval.core.state import Seat
from shared.approval.core.words import ACTIONABLE, DECIDED, VOICES, CaseState, Duplicates, StageState, TaskKind
from shared.approval.tables import BarredRow, CaseRow, DefinitionRow, StageRow, TaskRow

#: What is asked of a delegate or of somebody consulted decides nothing, so that no exclusion bears on it.
_ASKED_FOR_WORDS = (TaskKind.DELEGATE, TaskKind.CONSULT)


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody whose tasks are asked for: what they hold, and of which kinds of business when not of all."""

    account_id: str
    seats: tuple[Seat, ...]
    kinds: frozenset[str] | None = None


def standings(session: Session, me: str, *, at: datetime) -> tuple[Standing, ...]:
    """Answer whose tasks an account may do now: its own, and of those it stands in for.

    The seats are read first, because a statement that names them is planned by how much waits for these very seats.
    """
    seats = directory.posts_of(session, me, lock=False)
    # Only officials stand in for others: whoever holds no post is spared the question.
    kinds = absences.standing_for(session, me, at=at) if seats else {}
    away = directory.parties(session, list(kinds)) if kinds else ()
    others = (Standing(party.account_id, party.posts, kinds[party.account_id]) for party in away)
    return (Standing(me, seats), *others)


def asked(mine: Sequence[Standing]) -> Select[tuple[str, datetime]]:
    """Answer the running cases that ask somebody for a decision or an answer now, each with since when.

    `mine` begins with their own standing. By the directory and not by their token: their posts' tasks that nobody
    else has claimed and those in their own name, without the ones that the guard would refuse them.
    """
    me = mine[0].account_id
    found = union_all(*(_asked_of(me, standing) for standing in mine)).subquery("asked")
    return select(found.c.case_id, func.min(found.c.opened_at).label("came_at")).group_by(found.c.case_id)


def _asked_of(me: str, standing: Standing) -> Select[tuple[str, datetime]]:
    """Answer the tasks that are somebody's to do, where both they and who stands in for them may; some come twice."""
    task = _tasks_of(standing)
    stage, definition = aliased(StageRow), aliased(DefinitionRow)
    both = sorted({me, standing.account_id})
    is_free = and_(
        CaseRow.initiator_id.not_in(both),
        ~exists().where(BarredRow.case_id == CaseRow.id, BarredRow.account_id.in_(both)),
        ~_has_decided(both, stage, definition),
    )
    return (
        select(task.c.case_id, task.c.opened_at)
        .join(CaseRow, CaseRow.id == task.c.case_id)
        .join(stage, and_(stage.case_id == task.c.case_id, stage.number == task.c.stage))
        .join(definition, and_(definition.key == CaseRow.def_key, definition.version == CaseRow.def_version))
        .where(
            CaseRow.state == CaseState.RUNNING.value,
            stage.round == CaseRow.round,
            stage.state.in_(fixed((StageState.OPEN, StageState.HELD))),
            or_(task.c.kind.in_(fixed(_ASKED_FOR_WORDS)), is_free),
            true() if standing.kinds is None else CaseRow.business_type.in_(sorted(standing.kinds)),
        )
    )


def _tasks_of(standing: Standing) -> Subquery:
    """Answer the open tasks of somebody's posts and those in their own name: short walks along two indexes."""
    me, kinds = standing.account_id, (*VOICES, *_ASKED_FOR_WORDS)
    wanted = select(TaskRow.case_id, TaskRow.stage, TaskRow.kind, TaskRow.opened_at).where(
        TaskRow.state.in_(fixed(ACTIONABLE)), TaskRow.kind.in_(fixed(kinds))
    )
    by_name = wanted.where(TaskRow.assignee == me, TaskRow.role.is_(None))
    by_post = [
        wanted.where(
            TaskRow.role == seat.role,
            TaskRow.region == seat.region,
            or_(TaskRow.assignee.is_(None), TaskRow.assignee == me),
        )
        for seat in standing.seats
    ]
    return union_all(by_name, *by_post).subquery()


def _has_decided(both: Iterable[str], stage: type[StageRow], definition: type[DefinitionRow]) -> ColumnElement[bool]:
    """Answer the condition that one of these has spoken in the round where that keeps them from this stage.

    By the tasks and not by the decisions: an approval that was taken back binds nobody any more.
    """
    spoken, there = aliased(TaskRow), aliased(StageRow)
    names = sorted(both)
    policy = func.coalesce(definition.body["duplicates"].as_string(), Duplicates.FORBID.value)
    is_elsewhere = or_(policy == Duplicates.FORBID.value, there.region != stage.region)
    return exists().where(
        spoken.case_id == stage.case_id,
        spoken.state.in_(fixed(DECIDED)),
        spoken.kind.in_(fixed(VOICES)),
        or_(spoken.ended_by_id.in_(names), spoken.on_behalf_of.in_(names)),
        there.case_id == spoken.case_id,
        there.number == spoken.stage,
        there.round == stage.round,
        or_(there.number == stage.number, and_(there.node_key != stage.node_key, is_elsewhere)),
    )
