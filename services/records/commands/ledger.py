"""The hours ledger: one line per confirmed record, never changed; its sum is the volunteer's total."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from services.records.model import KnownVolunteer, LedgerEntry
from shared.contracts.records import HoursCredited, RecordConfirmed
from shared.storage import UnitOfWork

CREDIT = "credit"


def credit_hours(uow: UnitOfWork, event: RecordConfirmed) -> None:
    """Credit the hours of a confirmed record to its volunteer, once."""
    uow.session.get_one(KnownVolunteer, event.volunteer_number, with_for_update=True)
    credited = select(LedgerEntry.id).where(LedgerEntry.record_id == event.record_id, LedgerEntry.kind == CREDIT)
    if uow.session.scalar(credited):
        return
    entry = LedgerEntry(
        id=uuid.uuid4().hex,
        volunteer_number=event.volunteer_number,
        record_id=event.record_id,
        report_id=event.report_id,
        activity_name=event.activity_name,
        served_on=event.served_on,
        kind=CREDIT,
        hours_hundredths=event.hours_hundredths,
        quality=event.quality,
        entered_at=uow.now,
    )
    uow.session.add(entry)
    uow.session.flush()
    uow.publish(
        HoursCredited(
            volunteer_number=event.volunteer_number,
            entry_id=entry.id,
            record_id=event.record_id,
            report_id=event.report_id,
            activity_name=event.activity_name,
            served_on=event.served_on,
            hours_hundredths=event.hours_hundredths,
            quality=event.quality,
            total_hundredths=LedgerEntry.total_of(uow.session, event.volunteer_number),
        )
    )
