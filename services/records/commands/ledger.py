"""The hours ledger: one line per confirmed record, never changed; its sum is the volunteer's total."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from services.records.model import KnownVolunteer, LedgerEntry
from shared.contracts.records import HoursCredited, RecordConfirmed
from shared.messaging.upsert import upsert
from shared.storage import UnitOfWork

CREDIT = "credit"


def credit_hours(uow: UnitOfWork, event: RecordConfirmed) -> None:
    """Credit the hours of a confirmed record to its volunteer, once."""
    # The lock puts the credits of one person in one order, so that each tells the total it made.
    person = select(KnownVolunteer.number).where(KnownVolunteer.number == event.volunteer_number)
    uow.session.execute(person.with_for_update()).scalar_one()
    entry_id = uuid.uuid4().hex
    entry = {
        "id": entry_id,
        "volunteer_number": event.volunteer_number,
        "record_id": event.record_id,
        "report_id": event.report_id,
        "activity_name": event.activity_name,
        "served_on": event.served_on,
        "kind": CREDIT,
        "hours_hundredths": event.hours_hundredths,
        "quality": event.quality,
        "entered_at": uow.now,
    }
    crediting = upsert(uow.session, LedgerEntry).on_conflict_do_nothing(index_elements=["record_id", "kind"])
    if uow.session.execute(crediting.returning(LedgerEntry.id), entry).first() is None:
        return
    uow.publish(
        HoursCredited(
            volunteer_number=event.volunteer_number,
            entry_id=entry_id,
            record_id=event.record_id,
            report_id=event.report_id,
            activity_name=event.activity_name,
            served_on=event.served_on,
            hours_hundredths=event.hours_hundredths,
            quality=event.quality,
            total_hundredths=LedgerEntry.total_of(uow.session, event.volunteer_number),
        )
    )
