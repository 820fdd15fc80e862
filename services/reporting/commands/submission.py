"""A report on its way: submitted, returned, approved or rejected.

Read this beside the definition `activity_report` of the approval engine: the engine decides who decides,
this module says what a decision means for the report.
"""

from __future__ import annotations

from typing import Any

from services.reporting.commands.drafts import check_editable, edit_report
from services.reporting.model import KnownOrganisation, Report, ReportState
from services.reporting.policy import barred_from_deciding
from services.reporting.rules import faults_before_submission
from shared.approval.core.difference import difference
from shared.approval.core.state import Party
from shared.approval.core.words import Verb
from shared.approval.service import Approvals
from shared.approval.views import CaseView
from shared.contracts.reporting import (
    ReportApproved,
    ReportLine,
    ReportRejected,
    ReportReturned,
    ReportRevoked,
    ReportSubmitted,
)
from shared.errors import Invalid, Unavailable
from shared.hours import show_hours
from shared.identity import Principal
from shared.storage import UnitOfWork

BUSINESS = "activity_report"
#: What volunteers are told; why it was revoked is in the trail of the case that decided it.
_REVOKED = "活动报告已被撤销"


def submit_report(uow: UnitOfWork, report: Report, *, actor: Party, approvals: Approvals, command_id: str) -> Report:
    """Send a report upwards: for the first time, or again after it was returned or withdrawn.

    Source: notice II (5); county, city and province decide in this order.
    :raises Conflict: `report_frozen`.
    :raises Invalid: `summary_too_short`, `no_lines`.
    :raises Unavailable: while registration's word on the organisation is still on its way.
    """
    check_editable(report)
    _check_complete(report)
    if report.state == ReportState.RETURNED:
        # What this means for the report stands in `send_again`, which the engine calls.
        approvals.act(uow, case_id=report.case_id or "", verb=Verb.RESUBMIT, actor=actor, command_id=command_id)
    else:
        report.case_id = _open(uow, report, actor, approvals, command_id)
        _on_its_way(uow, report)
    uow.session.flush()
    return report


def change_report(
    uow: UnitOfWork, report: Report, *, actor: Principal, approvals: Approvals, command_id: str, **changes: Any
) -> None:
    """Complete or correct a report; under approval only fields that the deciding node lists, each told in the trail.

    :raises Conflict: `report_frozen`, `field_frozen` with the fields.
    :raises Invalid: what `drafts.edit_report` refuses.
    """
    before, is_amendment = content_of(report), report.state == ReportState.RUNNING
    edit_report(uow, report, is_amendment=is_amendment, **changes)
    if is_amendment:
        amended = difference(before, content_of(report))
        if not amended:
            check_editable(report)
        approvals.amend(uow, case_id=report.case_id or "", actor=actor, changes=amended, command_id=command_id)


def _on_its_way(uow: UnitOfWork, report: Report) -> None:
    report.state = ReportState.RUNNING.value
    report.round += 1
    report.submitted_at = uow.now
    uow.publish(
        ReportSubmitted(
            report_id=report.id,
            activity_id=report.activity_id,
            organisation_id=report.organisation_id,
            region=report.region,
            title=report.activity_name,
            round=report.round,
        )
    )


def _open(uow: UnitOfWork, report: Report, actor: Party, approvals: Approvals, command_id: str) -> str:
    organisation = uow.session.get(KnownOrganisation, report.organisation_id)
    if organisation is None:
        # Without its head on record nobody could keep the head from deciding.
        raise Unavailable(
            "organisation_not_known_yet",
            zh="组织的注册信息尚未到达，请稍后再提交",
            en="The organisation's registration has not arrived here yet: submit in a moment",
        )
    case = approvals.open(
        uow,
        definition="activity_report",
        business_type=BUSINESS,
        business_id=report.id,
        title=f"活动报告：{report.activity_name}",
        home_region=report.region,
        organisation_id=report.organisation_id,
        initiator=actor,
        barred=barred_from_deciding(
            head_account_id=organisation.head_account_id, recorder_account_id=report.recorder_account_id
        ),
        content=content_of(report),
        command_id=command_id,
    )
    return case.id


def send_again(uow: UnitOfWork, case: CaseView) -> None:
    """Send a corrected report on its way again."""
    report = _of(uow, case)
    _check_complete(report)
    _on_its_way(uow, report)


def _check_complete(report: Report) -> None:
    faults = faults_before_submission(summary=report.summary, counted=[line.counted for line in report.lines])
    if faults:
        raise Invalid.of(faults)


def content_of_case(uow: UnitOfWork, case: CaseView) -> dict[str, Any]:
    """Answer what the deciders of a case decide on now."""
    return content_of(_of(uow, case))


def content_of(report: Report) -> dict[str, Any]:
    """Answer what the deciders decide on; the engine keeps it per round and shows what changed."""
    return {
        "summary": report.summary,
        "problems": report.problems,
        "lines": [
            {
                "volunteer": f"{line.volunteer_name} {line.volunteer_number}",
                "served_on": line.served_on.isoformat(),
                "hours": show_hours(line.hours_hundredths),
                "quality": line.quality,
                "counted": line.counted,
            }
            for line in report.lines
        ],
    }


def return_report(uow: UnitOfWork, case: CaseView) -> None:
    """Open a returned report for correction."""
    report = _of(uow, case)
    report.state = ReportState.RETURNED.value
    uow.publish(
        ReportReturned(
            report_id=report.id,
            activity_id=report.activity_id,
            organisation_id=report.organisation_id,
            title=report.activity_name,
            reason=case.last.opinion,
        )
    )


def take_report_back(uow: UnitOfWork, case: CaseView) -> None:
    """Make a withdrawn report a draft again; it is submitted as a new case."""
    _of(uow, case).state = ReportState.DRAFT.value


def approve_report(uow: UnitOfWork, case: CaseView) -> None:
    """Make an approved report true: `records` confirms what it claims."""
    report = _of(uow, case)
    report.state = ReportState.APPROVED.value
    uow.publish(
        ReportApproved(
            report_id=report.id,
            activity_id=report.activity_id,
            organisation_id=report.organisation_id,
            region=report.region,
            title=report.activity_name,
            lines=tuple(
                ReportLine(
                    record_id=line.record_id,
                    volunteer_number=line.volunteer_number,
                    hours_hundredths=line.hours_hundredths,
                    quality=line.quality,
                )
                for line in report.lines
                if line.counted
            ),
        )
    )


def reject_report(uow: UnitOfWork, case: CaseView) -> None:
    """Close a rejected report: nothing in it counts."""
    report = _of(uow, case)
    report.state = ReportState.REJECTED.value
    uow.publish(
        ReportRejected(
            report_id=report.id,
            activity_id=report.activity_id,
            organisation_id=report.organisation_id,
            title=report.activity_name,
            reason=case.last.opinion,
        )
    )


def revoke_report(uow: UnitOfWork, case: CaseView) -> None:
    """Undo an approved report: `records` takes back what it had confirmed.

    The report stays as it was decided; what was served after all is recorded with another activity.
    """
    report = _of(uow, case)
    report.state = ReportState.REVOKED.value
    uow.publish(
        ReportRevoked(
            report_id=report.id,
            activity_id=report.activity_id,
            organisation_id=report.organisation_id,
            title=report.activity_name,
            reason=_REVOKED,
        )
    )


def _of(uow: UnitOfWork, case: CaseView) -> Report:
    return uow.session.get_one(Report, case.business_id, with_for_update=True)
