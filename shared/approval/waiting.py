"""What asks somebody: the guard's answer as SQL, begun at the few open tasks and not at the many cases.

`core.finding` says whose task is whose and `core.exclusion` who must not decide it; both are said here again for a
whole database, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, literal, or_, select, true, union_all
from sqlalchemy.orm import Session

from shared.approval import absences, directory
from shared.approval.base import fixed, table_of
from shared.approval.core.state import Seat
from shared.approval.core.words import ACTIONABLE, CLOSED, DECIDED, STOPPED, VOICES, Duplicates, TaskKind
from shared.approval.tables import BarredRow, CaseRow, DefinitionRow, StageRow, TaskRow

#: What is asked of a delegate or of somebody consulted decides nothing, so that no exclusion bears on it.
_WORDS = (TaskKind.DELEGATE, TaskKind.CONSULT)
# Named once: to name a table anew for every statement takes longer than PostgreSQL takes for the statement.
_CASE, _BARRED = table_of(CaseRow).alias("its_case"), table_of(BarredRow)
_OPEN, _SPOKEN = table_of(TaskRow).alias("asked"), table_of(TaskRow).alias("spoken")
_HERE, _THERE = table_of(StageRow).alias("here"), table_of(StageRow).alias("there")
_DEFINITION = table_of(DefinitionRow)
#: Where the definition allows one person several nodes of a region, only what they decided in other regions counts.
_BINDS = or_(
    func.coalesce(_DEFINITION.c.body["duplicates"].as_string(), Duplicates.FORBID.value) == Duplicates.FORBID.value,
    _THERE.c.region != _HERE.c.region,
)


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


def addressed(mine: Sequence[Standing]) -> Subquery:
    """Answer the cases with an open task of somebody's, each with since when, the one that waits longest first.

    `mine` begins with their own standing. By the directory and not by their token: their posts' tasks that nobody
    else has claimed and those in their own name. Which of these they may do, `may_be_done` says of each.
    """
    walks = (walk for number, standing in enumerate(mine) for walk in _walks(standing, number))
    found = union_all(*walks).subquery()
    came_at = func.min(found.c.opened_at)
    asks = (
        func.max(case((and_(found.c.standing == number, found.c.is_voice == is_voice), 1), else_=0)).label(name)
        for number in range(len(mine))
        for name, is_voice in ((f"votes_{number}", 1), (f"words_{number}", 0))
    )
    waiting = select(found.c.case_id, came_at.label("came_at"), *asks).group_by(found.c.case_id)
    return waiting.order_by(came_at, found.c.case_id).subquery("addressed")


def may_be_done(waiting: Subquery, mine: Sequence[Standing]) -> ColumnElement[bool]:
    """Answer the condition on what is `addressed` that the guard lets somebody do a task there.

    An open task lies in an open stage of the round that runs: the core sees to it, so neither the stage nor the case
    is looked up. What few cases are is asked the other way round, for all of them at once.
    """
    me = mine[0].account_id
    stopped = select(_CASE.c.id).where(_CASE.c.state.in_(fixed(STOPPED)))
    ways = []
    for number, standing in enumerate(mine):
        votes, words = waiting.c[f"votes_{number}"] == 1, waiting.c[f"words_{number}"] == 1
        is_asked = or_(words, and_(votes, _may_vote(waiting.c.case_id, me, standing)))
        ways.append(and_(is_asked, _is_of(waiting.c.case_id, standing.kinds)))
    return and_(waiting.c.case_id.not_in(stopped), or_(*ways))


def _is_of(case_id: ColumnElement[str], kinds: frozenset[str] | None) -> ColumnElement[bool]:
    if kinds is None:
        return true()
    return exists().where(_CASE.c.id == case_id, _CASE.c.business_type.in_(sorted(kinds)))


def _walks(standing: Standing, number: int) -> Iterator[Select[Any]]:
    """Answer the open tasks in somebody's own name and those of each of their posts: short walks along two indexes."""
    is_voice = case((_OPEN.c.kind.in_(fixed(VOICES)), 1), else_=0).label("is_voice")
    columns = (_OPEN.c.case_id, _OPEN.c.opened_at, literal(number).label("standing"), is_voice)
    for way in _ways(standing):
        yield select(*columns).where(_asks((*VOICES, *_WORDS)), way)


def _asks(kinds: Iterable[TaskKind]) -> ColumnElement[bool]:
    return and_(_OPEN.c.state.in_(fixed(ACTIONABLE)), _OPEN.c.kind.in_(fixed(kinds)))


def _ways(standing: Standing) -> Iterator[ColumnElement[bool]]:
    """Answer the ways in which a task can be somebody's: by name, and by each of their posts."""
    me = standing.account_id
    yield and_(_OPEN.c.assignee == me, _OPEN.c.role.is_(None))
    for seat in standing.seats:
        is_unclaimed = or_(_OPEN.c.assignee.is_(None), _OPEN.c.assignee == me)
        yield and_(_OPEN.c.role == seat.role, _OPEN.c.region == seat.region, is_unclaimed)


def _may_vote(case_id: ColumnElement[str], me: str, standing: Standing) -> ColumnElement[bool]:
    """Answer the condition that no rule keeps somebody, or whom they stand in for, from a vote in a case."""
    both = sorted({me, standing.account_id})
    started = select(_CASE.c.id).where(_CASE.c.initiator_id.in_(both), _CASE.c.state.not_in(fixed(CLOSED)))
    barred = select(_BARRED.c.case_id).where(_BARRED.c.account_id.in_(both))
    has_spoken = exists().where(_SPOKEN.c.case_id == case_id, *_spoken_by(both))
    return and_(
        case_id.not_in(started),
        case_id.not_in(barred),
        # Few have spoken in a case that asks them: only for these the stages are looked up.
        or_(~has_spoken, _may_vote_again(case_id, both, standing)),
    )


def _spoken_by(both: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Answer the conditions on tasks that one of these has decided them.

    By the tasks and not by the decisions: an approval that was taken back binds nobody any more.
    """
    is_theirs = or_(_SPOKEN.c.ended_by_id.in_(both), _SPOKEN.c.on_behalf_of.in_(both))
    return _SPOKEN.c.state.in_(fixed(DECIDED)), _SPOKEN.c.kind.in_(fixed(VOICES)), is_theirs


def _may_vote_again(case_id: ColumnElement[str], both: Sequence[str], standing: Standing) -> ColumnElement[bool]:
    """Answer the condition that what these have said in a case does not keep them from one of its open votes."""
    has_decided = exists().where(
        _SPOKEN.c.case_id == _OPEN.c.case_id,
        *_spoken_by(both),
        _THERE.c.case_id == _SPOKEN.c.case_id,
        _THERE.c.number == _SPOKEN.c.stage,
        _THERE.c.round <= _HERE.c.round,
        _THERE.c.last_round >= _HERE.c.round,
        or_(_THERE.c.number == _HERE.c.number, and_(_THERE.c.node_key != _HERE.c.node_key, _BINDS)),
    )
    return exists().where(
        _OPEN.c.case_id == case_id,
        _asks(VOICES),
        or_(*_ways(standing)),
        _HERE.c.case_id == _OPEN.c.case_id,
        _HERE.c.number == _OPEN.c.stage,
        _CASE.c.id == _OPEN.c.case_id,
        _DEFINITION.c.key == _CASE.c.def_key,
        _DEFINITION.c.version == _CASE.c.def_version,
        ~has_decided,
    )
