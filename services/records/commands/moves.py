"""A volunteer's move to another node: the old home hands the ledger over, and passes on what comes to it later.

The ledger is closed in the transaction that gives the volunteer away, so each line is in it or comes after it. The new
home holds the lines as a copy until registration has received the volunteer (docs/decisions/0034).
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import select

from services.records.model import KnownVolunteer, LedgerEntry, Transfer
from services.records.rules import TransferState
from shared.approval.service import Approvals
from shared.clock import business_date
from shared.contracts.records import (
    LedgerHandedOver,
    LedgerLine,
    LedgerTakenOver,
    RecordConfirmed,
    RecordPassedOn,
    RecordVoided,
    TakenBack,
    TransferVerified,
    VolunteerTransferred,
)
from shared.messaging.upsert import upsert
from shared.storage import UnitOfWork

log = structlog.get_logger(__name__)

CREDIT, VOID = "credit", "void"
#: A message has at most 256 KiB, and a line up to half of one.
LINES_OF_A_PART = 200


def give_away(uow: UnitOfWork, transfer: Transfer) -> None:
    """Give a volunteer to another node: say so to all nodes, close the ledger, and hand it to the new home."""
    person = uow.session.get_one(KnownVolunteer, transfer.volunteer_number, with_for_update=True)
    person.region = transfer.to_region
    uow.publish(
        VolunteerTransferred(
            transfer_id=transfer.id,
            volunteer_number=person.number,
            from_region=transfer.from_region,
            to_region=transfer.to_region,
            transferred_on=business_date(uow.now),
        )
    )
    parts = _parts(_lines_of(uow, person.number))
    for place, lines in enumerate(parts, 1):
        uow.publish(
            LedgerHandedOver(
                transfer_id=transfer.id,
                volunteer_number=person.number,
                volunteer_name=person.name,
                from_region=transfer.from_region,
                to_region=transfer.to_region,
                reason=transfer.reason,
                asked_at=transfer.asked_at,
                part=place,
                parts=len(parts),
                lines=lines,
            )
        )


def departure_of(uow: UnitOfWork, volunteer_number: str) -> Transfer | None:
    """Answer by which transfer a volunteer of this node was given to another, last of all, or None."""
    decided = (TransferState.APPROVED.value, TransferState.MOVED.value)
    theirs = (Transfer.volunteer_number == volunteer_number, Transfer.state.in_(decided))
    last = uow.session.scalars(select(Transfer).where(*theirs).order_by(Transfer.asked_at.desc()).limit(1)).first()
    return last if last is not None and uow.hosts(last.from_region) and not uow.hosts(last.to_region) else None


def pass_on(
    uow: UnitOfWork,
    transfer: Transfer,
    said: RecordConfirmed | RecordVoided | RecordPassedOn | LedgerEntry,
    was: TakenBack,
    *,
    is_void: bool,
) -> None:
    """Tell the new home of a record that came to the old one; `was` is what it counts for, or did."""
    uow.publish(
        RecordPassedOn(
            transfer_id=transfer.id,
            record_id=said.record_id,
            volunteer_number=said.volunteer_number,
            to_region=transfer.to_region,
            region=said.region or transfer.from_region,
            report_id=was.report_id,
            activity_name=said.activity_name,
            served_on=said.served_on,
            kind="void" if is_void else "credit",
            hours_hundredths=abs(was.hours_hundredths),
            quality=was.quality,
        )
    )


def counted(said: LedgerEntry | RecordConfirmed | RecordPassedOn) -> TakenBack:
    """Answer what a record counts for."""
    return TakenBack(report_id=said.report_id, hours_hundredths=abs(said.hours_hundredths), quality=said.quality)


def pass_on_what_waited(uow: UnitOfWork, transfer: Transfer) -> None:
    """Tell the new home, now that it keeps the ledger, of the lines that came after it was handed over."""
    waited = (LedgerEntry.volunteer_number == transfer.volunteer_number, LedgerEntry.entered_at >= transfer.decided_at)
    for entry in uow.session.scalars(select(LedgerEntry).where(*waited).order_by(LedgerEntry.kind, LedgerEntry.id)):
        pass_on(uow, transfer, entry, counted(entry), is_void=entry.kind == VOID)


def take_ledger(uow: UnitOfWork, event: LedgerHandedOver, *, business: str, approvals: Approvals) -> None:
    """Copy the ledger of a volunteer whom another node gave to this one, if a stage of here has accepted them.

    With its last part registration hears that they can be received.
    """
    if not uow.hosts(event.to_region) or uow.hosts(event.from_region):
        return
    accepted = approvals.has_decided(
        uow.session, business_type=business, business_id=event.transfer_id, region=event.to_region
    )
    if not accepted:
        log.error("transfer_was_not_accepted_here", transfer_id=event.transfer_id, to_region=event.to_region)
        return
    if uow.session.get(KnownVolunteer, event.volunteer_number, with_for_update=True) is None:
        known = {"number": event.volunteer_number, "account_id": "", "name": event.volunteer_name}
        uow.session.add(KnownVolunteer(**known, region=event.from_region))
        uow.session.flush()
    copy_lines(uow, event.volunteer_number, event.lines)
    if event.part < event.parts or uow.session.get(Transfer, event.transfer_id) is not None:
        return
    uow.session.add(
        Transfer(
            id=event.transfer_id,
            volunteer_number=event.volunteer_number,
            from_region=event.from_region,
            to_region=event.to_region,
            reason=event.reason,
            state=TransferState.APPROVED.value,
            answer="",
            consented_at=event.asked_at,
            asked_at=event.asked_at,
            decided_at=uow.now,
        )
    )
    uow.publish(
        TransferVerified(
            transfer_id=event.transfer_id,
            volunteer_number=event.volunteer_number,
            from_region=event.from_region,
            to_region=event.to_region,
        )
    )


def tell_above(uow: UnitOfWork, volunteer_number: str) -> None:
    """Tell the nodes above, and awards, of the ledger of a volunteer who came from another node."""
    lines = _lines_of(uow, volunteer_number)
    signs = [(1 if line.kind == CREDIT else -1, line) for line in lines]
    for part in _parts(lines):
        uow.publish(
            LedgerTakenOver(
                volunteer_number=volunteer_number,
                total_hundredths=LedgerEntry.total_of(uow.session, volunteer_number),
                quality_sum=sum(sign * line.quality for sign, line in signs),
                quality_count=sum(sign for sign, _ in signs),
                lines=part,
            )
        )


def copy_lines(uow: UnitOfWork, volunteer_number: str, lines: Sequence[LedgerLine]) -> None:
    """Enter lines of a ledger that another node keeps or kept, each once by its record and kind."""
    rows = [
        {
            "id": line.entry_id,
            "volunteer_number": volunteer_number,
            "record_id": line.record_id,
            "report_id": line.report_id,
            "activity_name": line.activity_name,
            "served_on": line.served_on,
            "kind": line.kind,
            "hours_hundredths": line.hours_hundredths if line.kind == CREDIT else -line.hours_hundredths,
            "quality": line.quality,
            "entered_at": line.entered_at,
        }
        for line in lines
    ]
    if rows:
        uow.session.execute(upsert(uow.session, LedgerEntry).on_conflict_do_nothing(), rows)


def _lines_of(uow: UnitOfWork, volunteer_number: str) -> list[LedgerLine]:
    theirs = select(LedgerEntry).where(LedgerEntry.volunteer_number == volunteer_number)
    entries = uow.session.scalars(theirs.order_by(LedgerEntry.entered_at, LedgerEntry.id))
    return [
        LedgerLine(
            entry_id=entry.id,
            record_id=entry.record_id,
            report_id=entry.report_id,
            activity_name=entry.activity_name,
            served_on=entry.served_on,
            kind="credit" if entry.kind == CREDIT else "void",
            hours_hundredths=abs(entry.hours_hundredths),
            quality=entry.quality,
            entered_at=entry.entered_at,
        )
        for entry in entries
    ]


def _parts(lines: Sequence[LedgerLine]) -> list[tuple[LedgerLine, ...]]:
    """Answer lines in parts, at least one."""
    starts = range(0, max(len(lines), 1), LINES_OF_A_PART)
    return [tuple(lines[start : start + LINES_OF_A_PART]) for start in starts]
