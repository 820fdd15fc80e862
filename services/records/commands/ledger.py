"""The hours ledger: a line per confirmed record, and a counter line where one was voided; none ever changes.

Its sum is the volunteer's total. The node where a volunteer is at home keeps their ledger; nodes above copy it.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select

from services.records.commands import moves
from services.records.commands.moves import CREDIT, VOID
from services.records.model import KnownVolunteer, LedgerEntry
from services.records.rules import TransferState
from shared.clock import business_date
from shared.contracts.records import (
    HoursCredited,
    HoursVoided,
    LedgerTakenOver,
    RecordConfirmed,
    RecordCredited,
    RecordPassedOn,
    RecordVoided,
    TakenBack,
)
from shared.messaging.upsert import upsert
from shared.storage import UnitOfWork

_Said = RecordConfirmed | RecordPassedOn | RecordVoided | LedgerEntry | HoursCredited | HoursVoided


def credit_hours(uow: UnitOfWork, event: RecordConfirmed | RecordPassedOn) -> None:
    """Credit the hours of a confirmed record to its volunteer, once, where they are at home; or pass it on to there."""
    if not _keeps_ledger_of(uow, event.volunteer_number):
        _pass_on(uow, event, moves.counted(event), is_void=False)
        return
    line = _line(event, kind=CREDIT, hours_hundredths=event.hours_hundredths, at=uow.now)
    if not _enter(uow, line):
        return
    total = LedgerEntry.total_of(uow.session, event.volunteer_number)
    uow.publish(
        HoursCredited(
            volunteer_number=event.volunteer_number,
            entry_id=line["id"],
            record_id=event.record_id,
            report_id=event.report_id,
            activity_name=event.activity_name,
            served_on=event.served_on,
            hours_hundredths=event.hours_hundredths,
            quality=event.quality,
            total_hundredths=total,
        )
    )
    if not uow.hosts(event.region):
        # Who recorded a guest sees that their hours have arrived.
        uow.publish(
            RecordCredited(
                record_id=event.record_id,
                region=event.region,
                volunteer_number=event.volunteer_number,
                credited_on=business_date(uow.now),
            )
        )


def take_passed_on(uow: UnitOfWork, event: RecordPassedOn) -> None:
    """Credit a record, or take it back, that came to the former home of a volunteer of here."""
    if event.kind == CREDIT:
        credit_hours(uow, event)
    else:
        _take_back(uow, event, moves.counted(event))


def take_back_hours(uow: UnitOfWork, event: RecordVoided) -> None:
    """Take back the hours of a record that was credited here and is void now, once; others had none to take back.

    A record's confirmation and its end are told under one key, so they come in this order, but for who has moved in
    between: then the end says what it takes back, and whatever comes of the confirmation later finds it entered.
    """
    _take_back(uow, event, event.taken_back)


def _take_back(uow: UnitOfWork, said: RecordVoided | RecordPassedOn, was: TakenBack | None) -> None:
    wanted = select(LedgerEntry).where(LedgerEntry.record_id == said.record_id, LedgerEntry.kind == CREDIT)
    credit = uow.session.scalars(wanted).one_or_none()
    was = was if credit is None else moves.counted(credit)
    if was is None:
        return
    if not _keeps_ledger_of(uow, said.volunteer_number):
        _pass_on(uow, said, was, is_void=True)
        return
    if credit is None:
        _enter_both(uow, said, was, at=uow.now)
        return
    line = _line(credit, kind=VOID, hours_hundredths=-credit.hours_hundredths, at=uow.now)
    if not _enter(uow, line):
        return
    total = LedgerEntry.total_of(uow.session, credit.volunteer_number)
    uow.publish(
        HoursVoided(
            volunteer_number=credit.volunteer_number,
            entry_id=line["id"],
            record_id=credit.record_id,
            report_id=credit.report_id,
            activity_name=credit.activity_name,
            served_on=credit.served_on,
            hours_hundredths=credit.hours_hundredths,
            quality=credit.quality,
            total_hundredths=total,
        )
    )


def _enter_both(uow: UnitOfWork, said: _Said, was: TakenBack, *, at: datetime) -> None:
    """Enter a record with its counter line, whose confirmation is still on its way here; it never counted here."""
    for kind, sign in ((CREDIT, 1), (VOID, -1)):
        line = _line(said, kind=kind, hours_hundredths=sign * was.hours_hundredths, at=at)
        _enter(uow, {**line, "report_id": was.report_id, "quality": was.quality})


def _pass_on(
    uow: UnitOfWork, said: RecordConfirmed | RecordVoided | RecordPassedOn, was: TakenBack, *, is_void: bool
) -> None:
    """Pass on to the new home of a volunteer what came to the old one; until they are received there it waits here.

    Of who was never at home here nothing is told: their home hears it itself.
    """
    transfer = moves.departure_of(uow, said.volunteer_number)
    if transfer is None:
        return
    if transfer.state == TransferState.MOVED:
        moves.pass_on(uow, transfer, said, was, is_void=is_void)
        return
    at = max(uow.now, transfer.decided_at or uow.now)
    if is_void:
        _enter_both(uow, said, was, at=at)
    else:
        line = _line(said, kind=CREDIT, hours_hundredths=was.hours_hundredths, at=at)
        _enter(uow, {**line, "report_id": was.report_id, "quality": was.quality})


def copy_taken_over(uow: UnitOfWork, event: LedgerTakenOver) -> None:
    """Copy a ledger that a node below has taken over from another one: of most lines there is a copy already."""
    if not _keeps_ledger_of(uow, event.volunteer_number):
        moves.copy_lines(uow, event.volunteer_number, event.lines)


def copy_line(uow: UnitOfWork, event: HoursCredited | HoursVoided) -> None:
    """Copy a line of a ledger that a node below keeps, once: officials here see the hours of their whole region."""
    if _keeps_ledger_of(uow, event.volunteer_number):
        return
    is_credit = isinstance(event, HoursCredited)
    hours = event.hours_hundredths if is_credit else -event.hours_hundredths
    line = _line(event, kind=CREDIT if is_credit else VOID, hours_hundredths=hours, at=uow.now)
    _enter(uow, {**line, "id": event.entry_id})


def _keeps_ledger_of(uow: UnitOfWork, volunteer_number: str) -> bool:
    """Tell whether a volunteer is at home at this node.

    Their row is locked: the entries of one person are in one order, so that each tells the total it made.
    """
    person = select(KnownVolunteer.region).where(KnownVolunteer.number == volunteer_number)
    return uow.hosts(uow.session.execute(person.with_for_update()).scalar_one())


def _line(said: _Said, *, kind: str, hours_hundredths: int, at: datetime) -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex,
        "volunteer_number": said.volunteer_number,
        "record_id": said.record_id,
        "report_id": "" if isinstance(said, RecordVoided) else said.report_id,
        "activity_name": said.activity_name,
        "region": None if isinstance(said, HoursCredited | HoursVoided) else said.region,
        "served_on": said.served_on,
        "kind": kind,
        "hours_hundredths": hours_hundredths,
        "quality": 0 if isinstance(said, RecordVoided) else said.quality,
        "entered_at": at,
    }


def _enter(uow: UnitOfWork, line: dict[str, Any]) -> bool:
    """Write a line, unless its record has one of this kind; answers whether it was written now."""
    entering = upsert(uow.session, LedgerEntry).on_conflict_do_nothing()
    return uow.session.execute(entering.returning(LedgerEntry.id), line).first() is not None
