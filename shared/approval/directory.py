"""Who holds which post, in this service's own database: what `post.changed` has told so far.

Decisions are checked against this directory and not against a token, which may be some minutes old. A command reads
its actor's posts first and locks them; a change of posts keeps all commands waiting. So the two never cross: no case
can come to wait for somebody whose post has just begun.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select, text
from sqlalchemy.orm import Session

from shared.approval.base import table_of
from shared.approval.core.command import Seats
from shared.approval.core.state import Party, Seat
from shared.approval.core.words import CaseState, StageState
from shared.approval.tables import CaseRow, StageRow
from shared.approval.tables_beside import HolderRow
from shared.contracts.registration import PostChanged
from shared.storage.trip import Errand, one_trip

_POSTS, _STAGES = table_of(HolderRow), table_of(StageRow)
_SEATS_OF = select(_POSTS.c.role, _POSTS.c.region).where(_POSTS.c.account_id == bindparam("account"), _POSTS.c.active)
_LOCK_SEATS_OF = _SEATS_OF.with_for_update(read=True)

_HOLDERS = select(_POSTS.c.role, _POSTS.c.region, _POSTS.c.account_id).where(_POSTS.c.active)
_HOLDING_FOR = _HOLDERS.where(
    _POSTS.c.region.in_(select(_STAGES.c.region).where(_STAGES.c.case_id == bindparam("of_case")))
)
_PARTIES = (
    select(_POSTS.c.account_id, _POSTS.c.name, _POSTS.c.role, _POSTS.c.region)
    .where(_POSTS.c.account_id.in_(bindparam("accounts", expanding=True)), _POSTS.c.active)
    .order_by(_POSTS.c.account_id, _POSTS.c.region, _POSTS.c.role)
)


def locking(account_id: str) -> Errand:
    """Answer the errand that asks for the seats of an account, which stay so until this transaction ends."""
    return _LOCK_SEATS_OF, {"account": account_id}


def posts(rows: Iterable[Any]) -> tuple[Seat, ...]:
    """Answer the seats that an account holds, from the rows that were asked for."""
    return tuple(Seat(row.role, row.region) for row in rows)


def posts_of(session: Session, account_id: str, *, lock: bool) -> tuple[Seat, ...]:
    """Answer the seats that an account holds now; with `lock` they stay so until this transaction ends."""
    asking = locking(account_id) if lock else (_SEATS_OF, {"account": account_id})
    return posts(one_trip(session, [asking])[0])


def parties(session: Session, account_ids: Collection[str]) -> tuple[Party, ...]:
    """Answer these accounts with their names and seats, in the order asked; one who holds no post is left out."""
    found: dict[str, Party] = {}
    for account_id, name, role, region in session.execute(_PARTIES, {"accounts": sorted(account_ids)}):
        known = found.get(account_id, Party(account_id, name))
        found[account_id] = Party(account_id, name, (*known.posts, Seat(role, region)))
    return tuple(found[account_id] for account_id in dict.fromkeys(account_ids) if account_id in found)


def holding(regions: Collection[str]) -> Errand:
    """Answer the errand that asks who holds the posts of these regions; `seats` reads its rows."""
    return _holding(len(regions)), {f"region_{place}": region for place, region in enumerate(sorted(regions))}


def holding_for(case_id: str) -> Errand:
    """Answer the errand that asks who holds the posts of the regions of a case's stages; `seats` reads its rows."""
    return _HOLDING_FOR, {"of_case": case_id}


def seats(rows: Iterable[Any]) -> Seats:
    """Answer who holds which seat."""
    found: dict[Seat, set[str]] = {}
    for row in rows:
        found.setdefault(Seat(row.role, row.region), set()).add(row.account_id)
    return {seat: frozenset(accounts) for seat, accounts in found.items()}


@cache
def _holding(count: int) -> Select[Any]:
    wanted = [bindparam(f"region_{place}", type_=_POSTS.c.region.type) for place in range(count)]
    return _HOLDERS.where(_POSTS.c.region.in_(wanted))


def keep(session: Session, event: PostChanged) -> frozenset[str]:
    """Write down a post as it is now, and answer the regions whose cases may be touched by the change."""
    if session.get_bind().dialect.name == "postgresql":
        # Waits for the commands under way, which have locked posts, and keeps new ones waiting until the commit.
        session.execute(text("LOCK TABLE approval_post IN EXCLUSIVE MODE"))
    row = session.get(HolderRow, event.post_id, populate_existing=True)
    touched = {event.region} if row is None else {event.region, row.region}
    if row is None:
        row = HolderRow(post_id=event.post_id)
        session.add(row)
    row.account_id = event.account_id
    row.name = event.name
    row.role = event.role
    row.region = event.region
    row.organisation_id = event.organisation_id
    row.active = event.active
    session.flush()
    return frozenset(touched)


def waiting_cases(session: Session, regions: Iterable[str]) -> list[str]:
    """Answer the running cases that these regions are deciding, in the order in which they are to be locked."""
    active = (StageState.OPEN.value, StageState.HELD.value)
    rows = session.scalars(
        select(StageRow.case_id)
        .join(CaseRow, CaseRow.id == StageRow.case_id)
        .where(
            StageRow.region.in_(sorted(regions)),
            StageRow.state.in_(active),
            CaseRow.state.in_((CaseState.RUNNING.value, CaseState.SUSPENDED.value)),
        )
        .distinct()
        .order_by(StageRow.case_id)
    )
    return list(rows)
