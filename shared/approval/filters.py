"""What narrows a list of cases down: kind, state, region, words of the title, days, and what is overdue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select

from shared.approval.core.words import CaseState, StageState
from shared.approval.tables import CaseRow, StageRow
from shared.clock import SHANGHAI, business_date
from shared.errors import pointing_at
from shared.regions import Regions

SHORTEST_TITLE = 2


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which cases of a list are wanted; what is left out narrows nothing.

    `region` stands for itself and all that ever reported to it, and is compared with a case's home region. A list has
    only what its reader may see, so no region shows them more. Days are of Asia/Shanghai, the last one included.
    `decided_…` are, among what somebody did, of their own deed, elsewhere of the end of the case.
    """

    business_type: str | None = None
    state: CaseState | None = None
    region: str | None = None
    title: str | None = None
    opened_from: date | None = None
    opened_to: date | None = None
    decided_from: date | None = None
    decided_to: date | None = None
    overdue: bool = False


def conditions(wanted: Filter, regions: Regions, *, at: datetime, decided_at: Any) -> Iterator[ColumnElement[bool]]:
    """Answer a filter as conditions on cases, at an instant.

    :raises Invalid: `unknown_region`.
    """
    if wanted.business_type is not None:
        yield CaseRow.business_type == wanted.business_type
    if wanted.state is not None:
        yield CaseRow.state == wanted.state.value
    if wanted.region is not None:
        with pointing_at("/query/region"):
            regions.get(wanted.region, on=business_date(at))
        yield CaseRow.home_region.in_(sorted(regions.below_ever(wanted.region)))
    if wanted.title is not None:
        yield CaseRow.title.icontains(wanted.title, autoescape=True)
    yield from _between(CaseRow.opened_at, wanted.opened_from, wanted.opened_to)
    yield from _between(decided_at, wanted.decided_from, wanted.decided_to)
    if wanted.overdue:
        yield CaseRow.state == CaseState.RUNNING.value
        yield due_at() < at


def due_at() -> ScalarSelect[datetime | None]:
    """Answer, for each case of a query, when the first of the stages that are being decided is due."""
    active = (StageState.OPEN.value, StageState.HELD.value)
    first = select(func.min(StageRow.due_at)).where(StageRow.case_id == CaseRow.id, StageRow.state.in_(active))
    return first.correlate(CaseRow).scalar_subquery()


def _between(column: Any, first: date | None, last: date | None) -> Iterator[ColumnElement[bool]]:
    if first is not None:
        yield column >= datetime.combine(first, time.min, SHANGHAI)
    if last is not None:
        yield column < datetime.combine(last + timedelta(days=1), time.min, SHANGHAI)
