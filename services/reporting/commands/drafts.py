"""Drafts of reports: they appear when an activity is held, and are completed by the organisation."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from services.reporting.model import KnownOrganisation, Report, ReportLineRow, ReportState
from services.reporting.policy import may_edit
from services.reporting.rules import LineChange, faults_in_changes, length_of
from shared.calendar import quarter_of
from shared.contracts.records import ActivityHeld, ServedShift
from shared.contracts.registration import OrganisationApproved
from shared.errors import Conflict, Invalid, NotFound
from shared.identity import Principal
from shared.storage import UnitOfWork

EDITABLE = frozenset({ReportState.DRAFT, ReportState.RETURNED})


def know_organisation(uow: UnitOfWork, event: OrganisationApproved) -> None:
    """Keep who reports and who heads them."""
    uow.session.merge(
        KnownOrganisation(
            id=event.organisation_id, name=event.name, region=event.region, head_account_id=event.head_account_id
        )
    )


def draft_report(uow: UnitOfWork, event: ActivityHeld) -> None:
    """Begin the report of an activity that was held, with what was recorded already filled in; once."""
    if uow.session.scalar(select(Report.id).where(Report.activity_id == event.activity_id)):
        return
    report = Report(
        id=uuid.uuid4().hex,
        activity_id=event.activity_id,
        activity_name=event.name,
        project_name=event.project_name,
        organisation_id=event.organisation_id,
        organisation_name=event.organisation_name,
        region=event.region,
        quarter=quarter_of(event.last_day),
        place=event.place,
        beneficiaries=event.beneficiaries,
        content=event.content,
        leader=event.leader,
        recorder=event.recorder,
        recorder_account_id=event.recorder_account_id,
        first_day=event.first_day,
        last_day=event.last_day,
        summary="",
        problems="",
        state=ReportState.DRAFT.value,
        round=0,
        drafted_at=uow.now,
    )
    report.lines = [_line(shift, place) for place, shift in enumerate(event.shifts)]
    uow.session.add(report)


def _line(shift: ServedShift, place: int) -> ReportLineRow:
    return ReportLineRow(
        record_id=shift.record_id,
        place=place,
        volunteer_number=shift.volunteer_number,
        volunteer_name=shift.volunteer_name,
        served_on=shift.served_on,
        starts=shift.starts,
        ends=shift.ends,
        shift_hundredths=length_of(shift.starts, shift.ends),
        recorded_hundredths=shift.hours_hundredths,
        hours_hundredths=shift.hours_hundredths,
        quality=shift.quality,
        counted=True,
    )


def own_report(uow: UnitOfWork, *, principal: Principal, report_id: str) -> Report:
    """Answer a report of one's organisation, locked.

    :raises NotFound: `report_not_found` also when it is somebody else's.
    """
    report = uow.session.scalar(select(Report).where(Report.id == report_id).with_for_update())
    if report is None or not may_edit(principal, organisation_id=report.organisation_id):
        raise NotFound("report_not_found", zh="没有找到该报告", en="There is no such report")
    return report


def check_editable(report: Report) -> None:
    """Refuse changes while a report is under approval or after it was decided.

    :raises Conflict: `report_frozen`.
    """
    if report.state not in EDITABLE:
        raise Conflict(
            "report_frozen",
            zh="报告正在审批或已办结，不能修改",
            en="The report is under approval or decided: it cannot change",
        )


def edit_report(
    uow: UnitOfWork,
    report: Report,
    *,
    summary: str | None,
    problems: str | None,
    lines: Sequence[LineChange],
    is_amendment: bool = False,
) -> None:
    """Complete or correct a report; hours can be lowered or left out, never raised above the shift.

    An amendment changes a report under approval; which fields may change then is for `submission.change_report`.

    :raises Conflict: `report_frozen`.
    :raises Invalid: `record_not_in_report`, `record_named_twice`, `hours_exceed_shift`.
    """
    if not (is_amendment and report.state == ReportState.RUNNING):
        check_editable(report)
    by_record = {line.record_id: line for line in report.lines}
    faults = faults_in_changes(lines, {key: line.shift_hundredths for key, line in by_record.items()})
    if faults:
        raise Invalid.of(faults)
    for change in lines:
        line = by_record[change.record_id]
        line.hours_hundredths = change.hours_hundredths or line.hours_hundredths
        line.quality = change.quality or line.quality
        line.counted = line.counted if change.counted is None else change.counted
    report.summary = report.summary if summary is None else summary
    report.problems = report.problems if problems is None else problems
    report.drafted_at = uow.now
    # Lines are rows of their own: the revision must grow for them too, also within one tick of the clock.
    flag_modified(report, "drafted_at")
    uow.session.flush()
