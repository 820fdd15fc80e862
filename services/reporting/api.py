"""The routes of reporting."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from services.reporting import queries
from services.reporting.commands import drafts, submission
from services.reporting.commands.cases import approvals
from services.reporting.schemas import ReportEdit, ReportOut, ReportQuery, ReportWhole
from shared.approval.blueprint import party_of
from shared.clock import business_date
from shared.errors import pointing_at
from shared.http import allow, now, principal, reading, signed_in, tag_revision, uow
from shared.http.etags import check_revision
from shared.http.idempotency import command_id
from shared.http.paging import page_schema
from shared.identity import Role, scope_of
from shared.regions import Regions

blp = Blueprint("reports", __name__, description="Activity reports on their way upwards")


def _scope(region: str | None = None) -> frozenset[str]:
    regions, today = Regions.load(), business_date(now())
    scope = scope_of(principal(), regions, on=today)
    if region is None:
        return scope
    with pointing_at("/query/region"):
        return scope & regions.below(region, on=today)


@blp.route("/reports", methods=["GET"])
@blp.arguments(ReportQuery, location="query")
@blp.response(200, page_schema(ReportOut))
@signed_in
def index(query: dict[str, Any]) -> Any:
    """List the reports of one's organisations and the submitted ones of one's regions."""
    scope = _scope(query.pop("region"))
    return queries.list_reports(reading(), principal=principal(), scope=scope, wanted=queries.ReportFilter(**query))


@blp.route("/reports/<report_id>", methods=["GET"])
@blp.response(200, ReportWhole)
@signed_in
def show(report_id: str) -> Any:
    """Answer one report with all it says."""
    report = queries.find_report(reading(), report_id, principal=principal(), scope=_scope())
    tag_revision(report.revision)
    return report


@blp.route("/reports/<report_id>", methods=["PATCH"])
@blp.arguments(ReportEdit)
@blp.response(200, ReportWhole)
@allow(Role.ORGANISATION_ADMIN)
def edit(body: dict[str, Any], report_id: str) -> Any:
    """Complete or correct a report: a draft or a returned one, or what the deciding node lets change."""
    report = drafts.own_report(uow(), principal=principal(), report_id=report_id)
    check_revision(report.revision)
    submission.change_report(uow(), report, actor=principal(), approvals=approvals, command_id=command_id(), **body)
    tag_revision(report.revision)
    return report


@blp.route("/reports/<report_id>/submit", methods=["POST"])
@blp.response(200, ReportWhole)
@allow(Role.ORGANISATION_ADMIN)
def submit(report_id: str) -> Any:
    """Send a report upwards, for the first time or again."""
    report = drafts.own_report(uow(), principal=principal(), report_id=report_id)
    submission.submit_report(
        uow(),
        report,
        actor=party_of(principal()),
        approvals=approvals,
        command_id=command_id(),
    )
    tag_revision(report.revision)
    return report
