"""Absence rules: an official lets another stand in while they are away, and ends it before its time.

What a rule may not do (overlap another, close a circle) depends on what others set at the same moment, so changes of
absence rules follow one another. The order of locks is everywhere the same: posts, then absence rules.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.registration.model import AbsenceRow, Account, PostRow, PostState
from services.registration.policy import Offices, check_delegate, check_ending, may_stand_in
from services.registration.rules import check_period, closed_circle, overlapping
from shared.approval.core.absence import Absence
from shared.contracts.registration import AbsenceChanged
from shared.errors import Conflict, NotFound, StaleRevision
from shared.identity.people import OFFICIALS
from shared.storage import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class AbsenceForm:
    """Who stands in, from when until when, and for which business: from now and for all unless something is said."""

    delegate_account_id: str
    ends_at: datetime
    starts_at: datetime | None = None
    business_types: Sequence[str] = ()


def set_absence(uow: UnitOfWork, *, delegator_id: str, form: AbsenceForm) -> AbsenceRow:
    """Let another official stand in for somebody while they are away.

    :raises Invalid: for a wrong period or a person who may not stand in.
    :raises Forbidden: when who is away holds no office.
    :raises Conflict: `absence_overlaps`, `absence_circle`.
    """
    starts_at = form.starts_at or uow.now
    check_period(starts_at, form.ends_at, now=uow.now)
    offices = _offices(uow.session, (delegator_id, form.delegate_account_id), lock=True)
    check_delegate(form.delegate_account_id, delegator_id=delegator_id, offices=offices)
    row = AbsenceRow(
        id=uuid.uuid4().hex,
        delegator_id=delegator_id,
        delegate_id=form.delegate_account_id,
        starts_at=starts_at,
        ends_at=form.ends_at,
        business_types=sorted(set(form.business_types)),
        set_at=uow.now,
    )
    _take_turns(uow.session)
    _check_others(uow.session, Absence.of(row))
    uow.session.add(row)
    uow.session.flush()
    _tell_absence(uow, row)
    return row


def end_absence(uow: UnitOfWork, *, absence_id: str, account_id: str, expected_revision: int) -> AbsenceRow:
    """End an absence rule before its time; one that is over or was ended stays as it is.

    :raises NotFound: `absence_not_found`, also for a rule that is none of theirs.
    :raises Forbidden: `not_the_delegator`.
    :raises StaleRevision: when the rule has another revision.
    """
    _take_turns(uow.session)
    row = uow.session.get(AbsenceRow, absence_id)
    if row is None or account_id not in (row.delegator_id, row.delegate_id):
        raise NotFound("absence_not_found", zh="没有找到该委托", en="There is no such absence rule")
    check_ending(account_id, delegator_id=row.delegator_id)
    if row.ended_at is None and row.ends_at > uow.now:
        if row.revision != expected_revision:
            raise StaleRevision(current_revision=row.revision)
        _end(uow, row)
    return row


def end_without_office(uow: UnitOfWork, *, account_id: str) -> None:
    """End the rules of somebody whose post has ended, where the two have no region in common any more."""
    _take_turns(uow.session)
    theirs = (AbsenceRow.delegator_id == account_id) | (AbsenceRow.delegate_id == account_id)
    rows = uow.session.scalars(
        select(AbsenceRow)
        .where(theirs, AbsenceRow.ended_at.is_(None), AbsenceRow.ends_at > uow.now)
        .order_by(AbsenceRow.id)
    ).all()
    people = {person for row in rows for person in (row.delegator_id, row.delegate_id)}
    offices = _offices(uow.session, people)
    for row in rows:
        if not may_stand_in(row.delegate_id, delegator_id=row.delegator_id, offices=offices):
            _end(uow, row)


def _end(uow: UnitOfWork, row: AbsenceRow) -> None:
    row.ended_at = uow.now
    _tell_absence(uow, row)


def _take_turns(session: Session) -> None:
    # SQLite has one writer anyway.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE absence IN SHARE ROW EXCLUSIVE MODE"))


def _offices(session: Session, accounts: Collection[str], *, lock: bool = False) -> Offices:
    """Answer the offices of these accounts; with `lock` nobody's post ends until this transaction does."""
    held = (
        select(PostRow.account_id, PostRow.region)
        .join(Account, Account.id == PostRow.account_id)
        .where(
            PostRow.account_id.in_(accounts),
            PostRow.state == PostState.ACTIVE,
            PostRow.role.in_(OFFICIALS),
            Account.active,
        )
        .order_by(PostRow.id)
    )
    if lock:
        held = held.with_for_update(read=True, of=PostRow)
    offices: dict[str, frozenset[str]] = {}
    for account_id, region in session.execute(held):
        offices[account_id] = offices.get(account_id, frozenset()) | {region}
    return offices


def _check_others(session: Session, new: Absence) -> None:
    rows = session.scalars(
        select(AbsenceRow)
        .where(AbsenceRow.ended_at.is_(None), AbsenceRow.starts_at < new.ends_at, AbsenceRow.ends_at > new.starts_at)
        .order_by(AbsenceRow.starts_at, AbsenceRow.id)
    )
    others = [Absence.of(row) for row in rows]
    same, circle = overlapping(new, others), closed_circle(new, others)
    if same is not None:
        [name] = _names(session, [same.delegate])
        raise Conflict(
            "absence_overlaps",
            zh=f"您在这段时间已委托{name}代办，请先结束该委托",
            en=f"{name} stands in for you in that time already: end that rule first",
            pointer="/starts_at",
        )
    if circle:
        names = " → ".join(_names(session, circle))
        raise Conflict(
            "absence_circle",
            zh=f"委托会绕回本人（{names}），请另选受托人",
            en=f"The rules would lead in a circle ({names}): choose somebody else",
            pointer="/delegate_account_id",
        )


def _names(session: Session, accounts: Sequence[str]) -> list[str]:
    rows = session.scalars(select(Account).where(Account.id.in_(accounts)))
    names = {account.id: account.name for account in rows}
    return [names[account_id] for account_id in accounts]


def _tell_absence(uow: UnitOfWork, row: AbsenceRow) -> None:
    uow.publish(absence_as_told(uow.session, row))


def absence_as_told(session: Session, row: AbsenceRow) -> AbsenceChanged:
    """Answer what an absence rule is now, as the others hear it."""
    delegator, delegate = _names(session, [row.delegator_id, row.delegate_id])
    return AbsenceChanged(
        absence_id=row.id,
        delegator_account_id=row.delegator_id,
        delegator_name=delegator,
        delegate_account_id=row.delegate_id,
        delegate_name=delegate,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        business_types=tuple(row.business_types),
        active=row.ended_at is None,
    )
