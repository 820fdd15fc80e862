"""What reporting answers; lists are scoped by region or organisation inside the query."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, lazyload

from services.reporting.model import Report, ReportState
from services.reporting.policy import may_see
from shared.errors import NotFound
from shared.http.paging import read_cursor, write_cursor
from shared.identity import Principal


@dataclass(frozen=True, kw_only=True)
class ReportFilter:
    """Which reports are wanted, and which page of them."""

    activity_id: str | None = None
    state: str | None = None
    quarter: str | None = None
    cursor: str | None = None
    limit: int = 20


@dataclass(frozen=True)
class Page:
    """A page of a list and where the next one begins."""

    items: list[Report]
    next_cursor: str | None


def list_reports(session: Session, *, principal: Principal, scope: frozenset[str], wanted: ReportFilter) -> Page:
    """Answer a page of one's organisations' reports and of the submitted ones of the regions one sees."""
    visible = or_(
        Report.organisation_id.in_(principal.organisations),
        and_(Report.region.in_(scope), Report.state != ReportState.DRAFT.value),
    )
    query = select(Report).where(visible).options(lazyload(Report.lines))
    for column, value in (
        (Report.activity_id, wanted.activity_id),
        (Report.state, wanted.state),
        (Report.quarter, wanted.quarter),
    ):
        if value:
            query = query.where(column == value)
    after = read_cursor(wanted.cursor, str)
    if after:
        query = query.where(Report.id > after[0])
    rows = list(session.scalars(query.order_by(Report.id).limit(wanted.limit + 1)))
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    return Page(rows, write_cursor(rows[-1].id) if more else None)


def find_report(session: Session, report_id: str, *, principal: Principal, scope: frozenset[str]) -> Report:
    """Answer one report that this person may see.

    :raises NotFound: `report_not_found` also when it is not theirs to see.
    """
    report = session.get(Report, report_id)
    if report is None or not may_see(
        principal,
        organisation_id=report.organisation_id,
        region=report.region,
        scope=scope,
        is_draft=report.state == ReportState.DRAFT,
    ):
        raise NotFound("report_not_found", zh="没有找到该报告", en="There is no such report")
    return report
