"""Who stands in for whom, in this service's own database: what `absence.changed` has told so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, Row, and_, bindparam, select
from sqlalchemy.orm import Session

from shared.approval.absence_tables import AbsenceRow
from shared.approval.base import table_of
from shared.approval.core.absence import MOST_STEPS, Absence, deputies, stands_for
from shared.approval.core.state import Person
from shared.contracts.registration import AbsenceChanged
from shared.messaging.upsert import upsert
from shared.storage.trip import Errand

_ABSENCES = table_of(AbsenceRow)
_DELEGATOR, _DELEGATE = _ABSENCES.c.delegator_id, _ABSENCES.c.delegate_id
_AT = bindparam("at", type_=_ABSENCES.c.starts_at.type)
_IN_FORCE = select(_ABSENCES).where(_ABSENCES.c.active, _ABSENCES.c.starts_at <= _AT, _ABSENCES.c.ends_at > _AT)
_OF_DELEGATE = _IN_FORCE.where(bindparam("account") == _DELEGATE)


def keep(session: Session, event: AbsenceChanged) -> None:
    """Write down an absence rule as it is now; one that has ended stays so, whatever is told after it."""
    entering = upsert(session, AbsenceRow)
    told = {column.name: entering.excluded[column.name] for column in _ABSENCES.columns if not column.primary_key}
    told["active"] = and_(_ABSENCES.c.active, entering.excluded.active)
    session.execute(
        entering.on_conflict_do_update(index_elements=["absence_id"], set_=told),
        {
            "absence_id": event.absence_id,
            "delegator_id": event.delegator_account_id,
            "delegator_name": event.delegator_name,
            "delegate_id": event.delegate_account_id,
            "delegate_name": event.delegate_name,
            "starts_at": event.starts_at,
            "ends_at": event.ends_at,
            "business_types": list(event.business_types),
            "active": event.active,
        },
    )


def naming(account_id: str, *, at: datetime) -> Errand:
    """Answer the errand that asks for the rules in force that name an account as delegate, mostly none."""
    return _OF_DELEGATE, {"account": account_id, "at": at}


def standing_in(
    session: Session,
    account_id: str,
    *,
    business_type: str,
    at: datetime,
    named: Sequence[Row[tuple[object, ...]]] | None = None,
) -> tuple[Person, ...]:
    """Answer the persons whose tasks of this kind an account may do now, the direct ones first.

    `named` are the rows of `naming`, where they have been asked for already.
    """
    if named is not None and not named:
        return ()
    rows = _around(session, account_id, near=_DELEGATE, far=_DELEGATOR, at=at)
    names = {row.delegator_id: row.delegator_name for row in rows}
    found = stands_for(account_id, map(Absence.of, rows), at=at, business_type=business_type)
    return tuple(Person(one, names[one]) for one in found)


def standing_for(session: Session, account_id: str, *, at: datetime) -> dict[str, frozenset[str] | None]:
    """Answer the accounts that somebody stands in for now, each with the kinds of business, None for every kind."""
    rows = _around(session, account_id, near=_DELEGATE, far=_DELEGATOR, at=at)
    rules = [Absence.of(row) for row in rows]
    found: dict[str, frozenset[str] | None] = {}
    for kind in sorted({kind for rule in rules for kind in rule.business_types}):
        for one in stands_for(account_id, rules, at=at, business_type=kind):
            found[one] = (found.get(one) or frozenset()) | {kind}
    # What is reached for a kind that no rule names is reached for every kind.
    return found | dict.fromkeys(stands_for(account_id, rules, at=at, business_type=""))


def deputies_of(session: Session, account_id: str, *, business_type: str, at: datetime) -> tuple[Person, ...]:
    """Answer the persons who may do an account's tasks of this kind now, the direct ones first."""
    rows = _around(session, account_id, near=_DELEGATOR, far=_DELEGATE, at=at)
    names = {row.delegate_id: row.delegate_name for row in rows}
    found = deputies(account_id, map(Absence.of, rows), at=at, business_type=business_type)
    return tuple(Person(one, names[one]) for one in found)


def _around(
    session: Session, account_id: str, *, near: Column[str], far: Column[str], at: datetime
) -> Sequence[Row[tuple[object, ...]]]:
    """Answer the rules in force that can be reached from an account: for most people one question, and none."""
    found: list[Row[tuple[object, ...]]] = []
    asked: set[str] = set()
    asking = {account_id}
    for _ in range(MOST_STEPS):
        nearest = session.execute(_IN_FORCE.where(near.in_(sorted(asking))), {"at": at}).all()
        found += nearest
        asked |= asking
        asking = {getattr(row, far.name) for row in nearest} - asked
        if not asking:
            break
    return found
