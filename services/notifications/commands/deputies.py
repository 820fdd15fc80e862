"""Who stands in for whom, in our own database: kept by `absence.changed`, asked when somebody is told of a task."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import and_, select

from services.notifications import rules
from services.notifications.model import KnownAbsence, PostHolder
from shared.approval.core.absence import MOST_STEPS, Absence
from shared.contracts.registration import AbsenceChanged
from shared.identity.people import OFFICIALS
from shared.messaging.upsert import upsert
from shared.storage import UnitOfWork


def know_absence(uow: UnitOfWork, event: AbsenceChanged) -> None:
    """Keep an absence rule as it is now; one that has ended stays so, whatever is told after it."""
    values = {
        "absence_id": event.absence_id,
        "delegator_id": event.delegator_account_id,
        "delegator_name": event.delegator_name,
        "delegate_id": event.delegate_account_id,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "business_types": list(event.business_types),
        "active": event.active,
    }
    entering = upsert(uow.session, KnownAbsence)
    told = {name: entering.excluded[name] for name in values if name != "absence_id"}
    told["active"] = and_(KnownAbsence.active, entering.excluded.active)
    uow.session.execute(entering.on_conflict_do_update(index_elements=["absence_id"], set_=told), values)


def deputies_of(
    uow: UnitOfWork, accounts: Collection[str], *, business_type: str, except_for: Collection[str]
) -> Mapping[str, tuple[str, ...]]:
    """Answer who stands in for these accounts now, each with the names of those they stand in for.

    Left out are the accounts themselves, who are told anyway, those who must not decide, and whoever has left office.
    """
    rows = _reachable(uow, accounts)
    if not rows:
        return {}
    found = rules.deputies(
        accounts,
        [Absence.of(row) for row in rows],
        names={row.delegator_id: row.delegator_name for row in rows},
        at=uow.now,
        business_type=business_type,
    )
    in_office = uow.session.scalars(
        select(PostHolder.account_id).where(
            PostHolder.account_id.in_(sorted(found)), PostHolder.active, PostHolder.role.in_(sorted(OFFICIALS))
        )
    )
    return {one: found[one] for one in sorted(set(in_office).difference(except_for))}


def _reachable(uow: UnitOfWork, accounts: Collection[str]) -> list[KnownAbsence]:
    """Answer the rules in force that lead away from accounts, over as many steps as the engine follows."""
    in_force = select(KnownAbsence).where(
        KnownAbsence.active, KnownAbsence.starts_at <= uow.now, KnownAbsence.ends_at > uow.now
    )
    found: dict[str, KnownAbsence] = {}
    asking = set(accounts)
    for _ in range(MOST_STEPS):
        rows = list(uow.session.scalars(in_force.where(KnownAbsence.delegator_id.in_(sorted(asking)))))
        asking = {row.delegate_id for row in rows if row.absence_id not in found}
        found |= {row.absence_id: row for row in rows}
        if not asking:
            break
    return list(found.values())
