"""Who can be given a part in a case: the officials of its regions, by the directory of posts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.approval import catalogue
from shared.approval.base import table_of
from shared.approval.core.exclusion import excluded
from shared.approval.core.state import Case
from shared.approval.core.words import Verb
from shared.approval.names import RegionNames
from shared.approval.setting import Setting
from shared.approval.tables_beside import HolderRow
from shared.approval.views import Recipient
from shared.clock import business_date
from shared.identity.people import OFFICIALS

_POSTS = table_of(HolderRow)
#: The verbs that give a task of a stage to somebody who may decide it.
_TAKING = (Verb.TRANSFER, Verb.DELEGATE, Verb.ADD_SIGN)


def of_case(session: Session, setting: Setting, case: Case, *, reader: str, at: datetime) -> tuple[Recipient, ...]:
    """Answer the officials of the case's chain of regions, the lowest first, but for the reader."""
    chain = [region.code for region in setting.regions.chain(case.home_region, on=business_date(at))]
    names = setting.names(at)
    free = _free_by_region(session, case)
    wanted = select(_POSTS.c.account_id, _POSTS.c.name, _POSTS.c.role, _POSTS.c.region).where(
        _POSTS.c.region.in_(chain), _POSTS.c.active, _POSTS.c.role.in_(sorted(OFFICIALS)), _POSTS.c.account_id != reader
    )
    found = [
        Recipient(
            account_id=row.account_id,
            name=row.name,
            role=row.role,
            region=row.region,
            region_name=names.of(row.region),
            verbs=tuple(_verbs(case, row.account_id, free.get(row.region, []))),
        )
        for row in session.execute(wanted)
    ]
    return tuple(sorted(found, key=lambda one: (chain.index(one.region), one.role, one.name, one.account_id)))


def of_regions(
    session: Session, regions: Collection[str], *, names: RegionNames, without: frozenset[str], verb: Verb
) -> tuple[Recipient, ...]:
    """Answer the officials of regions, each as fit for one verb."""
    wanted = select(_POSTS.c.account_id, _POSTS.c.name, _POSTS.c.role, _POSTS.c.region).where(
        _POSTS.c.region.in_(sorted(regions)),
        _POSTS.c.active,
        _POSTS.c.role.in_(sorted(OFFICIALS)),
        _POSTS.c.account_id.not_in(sorted(without)),
    )
    return tuple(
        Recipient(
            account_id=row.account_id,
            name=row.name,
            role=row.role,
            region=row.region,
            region_name=names.of(row.region),
            verbs=(verb.value,),
        )
        for row in session.execute(wanted.order_by(_POSTS.c.region, _POSTS.c.role, _POSTS.c.name, _POSTS.c.account_id))
    )


def _free_by_region(session: Session, case: Case) -> dict[str, list[frozenset[str]]]:
    """Answer, for each region that decides now, who can be given nothing there: once for each of its stages."""
    definition = catalogue.bound(session, case.definition)
    found: dict[str, list[frozenset[str]]] = {}
    for stage in case.active_stages:
        asked = {task.assignee for task in case.unfinished(stage) if task.assignee is not None}
        found.setdefault(stage.region, []).append(excluded(case, definition, stage) | asked)
    return found


def _verbs(case: Case, account_id: str, unfit: list[frozenset[str]]) -> Iterator[str]:
    if any(account_id not in out for out in unfit):
        yield from (verb.value for verb in _TAKING)
    if account_id != case.initiator.account_id:
        yield Verb.CONSULT.value
    yield Verb.CC.value
