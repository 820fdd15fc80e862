"""The hours ledger: a line per confirmed record, and a counter line where one was voided; none ever changes.

Its sum is the volunteer's total.
"""

from __future__ import annotations

import uuid

from sqlalchemy import select

from services.records.model import KnownVolunteer, LedgerEntry
from shared.contracts.records import HoursCredited, HoursVoided, RecordConfirmed, RecordVoided
from shared.messaging.upsert import upsert
from shared.storage import UnitOfWork

CREDIT, VOID = "credit", "void"


def credit_hours(uow: UnitOfWork, event: RecordConfirmed) -> None:
    """Credit the hours of a confirmed record to its volunteer, once."""
    _lock(uow, event.volunteer_number)
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


def take_back_hours(uow: UnitOfWork, event: RecordVoided) -> None:
    """Take back the hours of a record that was credited and is void now, once; others had none to take back.

    A record's confirmation and its end are told under one key, so they come in this order.
    """
    wanted = select(LedgerEntry).where(LedgerEntry.record_id == event.record_id, LedgerEntry.kind == CREDIT)
    credit = uow.session.scalars(wanted).one_or_none()
    if credit is None:
        return
    _lock(uow, credit.volunteer_number)
    entry_id = uuid.uuid4().hex
    entry = {
        "id": entry_id,
        "volunteer_number": credit.volunteer_number,
        "record_id": credit.record_id,
        "report_id": credit.report_id,
        "activity_name": credit.activity_name,
        "served_on": credit.served_on,
        "kind": VOID,
        "hours_hundredths": -credit.hours_hundredths,
        "quality": credit.quality,
        "entered_at": uow.now,
    }
    voiding = upsert(uow.session, LedgerEntry).on_conflict_do_nothing(index_elements=["record_id", "kind"])
    if uow.session.execute(voiding.returning(LedgerEntry.id), entry).first() is None:
        return
    uow.publish(
        HoursVoided(
            volunteer_number=credit.volunteer_number,
            entry_id=entry_id,
            record_id=credit.record_id,
            report_id=credit.report_id,
            activity_name=credit.activity_name,
            served_on=credit.served_on,
            hours_hundredths=credit.hours_hundredths,
            quality=credit.quality,
            total_hundredths=LedgerEntry.total_of(uow.session, credit.volunteer_number),
        )
    )


def _lock(uow: UnitOfWork, volunteer_number: str) -> None:
    """Put the entries of one person in one order, so that each tells the total it made."""
    person = select(KnownVolunteer.number).where(KnownVolunteer.number == volunteer_number)
    uow.session.execute(person.with_for_update()).scalar_one()
