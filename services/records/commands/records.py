"""Service records: written down by the organiser, confirmed or voided by what becomes of the report."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from services.records.commands.activities import own_open_activity
from services.records.commands.moves import departure_of
from services.records.model import Activity, Guest, KnownVolunteer, RecordState, ServiceRecord
from services.records.rules import MOST_LINES, MOST_RECORDS, Shift, TransferState, faults_in
from shared.clock import business_date
from shared.contracts.records import RecordConfirmed, RecordVoided, TakenBack
from shared.contracts.reporting import ReportApproved, ReportRejected, ReportRevoked, ReportSubmitted
from shared.errors import Conflict, Fault, Invalid
from shared.identity import Principal
from shared.regions import Regions
from shared.storage import UnitOfWork


def write_records(
    uow: UnitOfWork, *, principal: Principal, activity_id: str, shifts: Sequence[Shift]
) -> list[ServiceRecord]:
    """Write down who served when; all lines are entered or none, and every fault is named.

    Source: notice II (3); Order 67 articles 7 and 11.
    :raises Invalid: `volunteer_not_found`, `volunteer_moved`, `shifts_overlap`, `in_the_future`, `hours_exceed_shift`,
        `too_many_lines`.
    :raises Conflict: `activity_closed`, `activity_full`.
    """
    activity = own_open_activity(uow, principal=principal, activity_id=activity_id)
    if len(shifts) > MOST_LINES:
        raise Invalid(
            "too_many_lines", zh=f"一次最多{MOST_LINES}行", en=f"At most {MOST_LINES} lines at once", pointer="/lines"
        )
    _check_room(uow, activity, len(shifts))
    faults = _unknown_people(uow, shifts, activity.organisation_id) + faults_in(
        shifts, _existing(uow, shifts), now=uow.now
    )
    if faults:
        raise Invalid.of(faults)
    rows = [
        ServiceRecord(
            id=uuid.uuid4().hex,
            activity_id=activity.id,
            volunteer_number=shift.volunteer_number,
            served_on=shift.served_on,
            starts=shift.starts,
            ends=shift.ends,
            hours_hundredths=shift.hours_hundredths,
            quality=shift.quality,
            evaluated_on=business_date(uow.now),
            state=RecordState.PENDING.value,
            recorded_at=uow.now,
        )
        for shift in shifts
    ]
    uow.session.add_all(rows)
    return rows


def _check_room(uow: UnitOfWork, activity: Activity, more: int) -> None:
    written = select(func.count()).select_from(ServiceRecord).where(ServiceRecord.activity_id == activity.id)
    if uow.session.execute(written).scalar_one() + more > MOST_RECORDS:
        raise Conflict(
            "activity_full",
            zh=f"一个活动最多{MOST_RECORDS}条服务记录，请为其余人员另建活动",
            en=f"An activity has at most {MOST_RECORDS} records: open another one for the rest",
            pointer="/lines",
        )


def _unknown_people(uow: UnitOfWork, shifts: Sequence[Shift], organisation_id: str) -> list[Fault]:
    known = _lock_volunteers(uow, {shift.volunteer_number for shift in shifts})
    gone = _who_left(uow, known, organisation_id)
    moved = [
        Fault(
            code="volunteer_moved",
            zh=f"该志愿者已转出至{Regions.load().name_of(known[shift.volunteer_number], on=business_date(uow.now))}；"
            "如在本地服务，请先登记为外来志愿者，时长计入其转入地",
            en="This volunteer has moved to another place: invite them as a guest first, and the hours go there",
            pointer=f"/lines/{place}/volunteer_number",
        )
        for place, shift in enumerate(shifts)
        if shift.volunteer_number in gone
    ]
    return moved + [
        Fault(
            code="volunteer_not_found",
            zh="没有这个志愿者编号，或该志愿者尚未通过注册；在其他节点注册的，请先登记为外来志愿者",
            en="There is no confirmed volunteer with this number; one of another node is invited as a guest first",
            pointer=f"/lines/{place}/volunteer_number",
        )
        for place, shift in enumerate(shifts)
        if shift.volunteer_number not in known
    ]


def _lock_volunteers(uow: UnitOfWork, numbers: set[str]) -> dict[str, str]:
    """Answer the home regions of the people concerned.

    They are locked in one order everywhere, so that two organisers cannot both book one person.
    """
    wanted = select(KnownVolunteer.number, KnownVolunteer.region).where(KnownVolunteer.number.in_(numbers))
    locked = uow.session.execute(wanted.order_by(KnownVolunteer.number).with_for_update())
    return {row.number: row.region for row in locked}


def _who_left(uow: UnitOfWork, known: Mapping[str, str], organisation_id: str) -> set[str]:
    """Answer who was at home here, is at another node now, and is no guest of this organisation."""
    elsewhere = {number for number, region in known.items() if not uow.hosts(region)}
    departures = ((number, departure_of(uow, number)) for number in elsewhere)
    left = {number for number, gone in departures if gone is not None and gone.state == TransferState.MOVED}
    guests = select(Guest.volunteer_number).where(
        Guest.organisation_id == organisation_id, Guest.volunteer_number.in_(left)
    )
    return left - set(uow.session.scalars(guests)) if left else left


def _existing(uow: UnitOfWork, shifts: Sequence[Shift]) -> list[Shift]:
    """Answer what these people did already on these days, unless it was voided."""
    rows = uow.session.scalars(
        select(ServiceRecord).where(
            ServiceRecord.volunteer_number.in_({shift.volunteer_number for shift in shifts}),
            ServiceRecord.served_on.in_({shift.served_on for shift in shifts}),
            ServiceRecord.state != RecordState.VOID.value,
        )
    )
    return [
        Shift(
            volunteer_number=row.volunteer_number,
            served_on=row.served_on,
            starts=row.starts,
            ends=row.ends,
            hours_hundredths=row.hours_hundredths,
            quality=row.quality,
        )
        for row in rows
    ]


def note_report(uow: UnitOfWork, event: ReportSubmitted) -> None:
    """Note which report an activity's records are in."""
    activity = uow.session.get_one(Activity, event.activity_id)
    activity.report_id = event.report_id


def confirm_records(uow: UnitOfWork, event: ReportApproved) -> None:
    """Confirm the records that an approved report claims, as it claims them, and void the ones it left out."""
    claimed = {line.record_id: line for line in event.lines}
    activity = uow.session.get_one(Activity, event.activity_id)
    activity.report_id = event.report_id
    for record in _pending(uow, event.activity_id):
        line = claimed.get(record.id)
        record.report_id = event.report_id
        if line is None:
            _void(uow, record, activity, reason="报告审核时未予计入")
            continue
        record.hours_hundredths = line.hours_hundredths
        record.quality = line.quality
        record.state = RecordState.CONFIRMED.value
        record.decided_at = uow.now
        uow.publish(
            RecordConfirmed(
                record_id=record.id,
                activity_id=activity.id,
                activity_name=activity.name,
                region=activity.region,
                organisation_id=activity.organisation_id,
                report_id=event.report_id,
                volunteer_number=record.volunteer_number,
                served_on=record.served_on,
                hours_hundredths=record.hours_hundredths,
                quality=record.quality,
            )
        )


def void_records(uow: UnitOfWork, event: ReportRejected) -> None:
    """Void the records of a rejected report: nothing in it counts."""
    activity = uow.session.get_one(Activity, event.activity_id)
    activity.report_id = event.report_id
    for record in _pending(uow, event.activity_id):
        record.report_id = event.report_id
        _void(uow, record, activity, reason=event.reason)


def revoke_records(uow: UnitOfWork, event: ReportRevoked) -> None:
    """Void the records that a report had confirmed before it was revoked; the ledger takes their hours back."""
    activity = uow.session.get_one(Activity, event.activity_id)
    for record in _in_state(uow, event.activity_id, RecordState.CONFIRMED):
        _void(uow, record, activity, reason=event.reason)


def _pending(uow: UnitOfWork, activity_id: str) -> list[ServiceRecord]:
    return _in_state(uow, activity_id, RecordState.PENDING)


def _in_state(uow: UnitOfWork, activity_id: str, state: RecordState) -> list[ServiceRecord]:
    wanted = select(ServiceRecord).where(ServiceRecord.activity_id == activity_id, ServiceRecord.state == state.value)
    return list(uow.session.scalars(wanted.order_by(ServiceRecord.id).with_for_update()))


def _void(uow: UnitOfWork, record: ServiceRecord, activity: Activity, *, reason: str) -> None:
    was_confirmed = record.state == RecordState.CONFIRMED
    record.state = RecordState.VOID.value
    record.decided_at = uow.now
    record.void_reason = reason[:500]
    uow.publish(
        RecordVoided(
            record_id=record.id,
            activity_name=activity.name,
            region=activity.region,
            volunteer_number=record.volunteer_number,
            served_on=record.served_on,
            reason=reason,
            taken_back=TakenBack(
                report_id=record.report_id or "",
                hours_hundredths=record.hours_hundredths,
                quality=record.quality,
            )
            if was_confirmed
            else None,
        )
    )
