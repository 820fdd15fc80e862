"""Transfers between places: the volunteer asks, the receiving place verifies and takes over, the home region moves.

Hours and records are kept by the volunteer's number and stay whole. Read this beside the definition `transfer` of the
approval engine: the engine decides who decides, this module says what a decision means.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from services.records.commands.moves import departure_of, give_away, pass_on_what_waited, tell_above
from services.records.model import KnownVolunteer, LedgerEntry, RecordState, ServiceRecord, Transfer
from services.records.policy import check_own_transfer
from services.records.rules import TRANSFER_MOVES, UNDER_WAY, TransferState, faults_in_transfer
from shared.approval.core.state import Party
from shared.approval.service import Approvals
from shared.clock import business_date
from shared.contracts.records import VolunteerTransferred
from shared.contracts.registration import VolunteerUpdated
from shared.errors import Conflict, Invalid, StaleRevision, Unavailable, pointing_at
from shared.hours import show_hours
from shared.identity import Principal
from shared.regions import Regions
from shared.storage import UnitOfWork

BUSINESS = "volunteer_transfer"
DEFINITION = "transfer"


@dataclass(frozen=True, kw_only=True)
class TransferForm:
    """What a volunteer fills in to be transferred; `consent` lets the receiving place read and check their records."""

    to_region: str
    reason: str
    consent: bool


def ask_for_transfer(
    uow: UnitOfWork,
    *,
    form: TransferForm,
    principal: Principal,
    volunteer_number: str,
    regions: Regions,
    approvals: Approvals,
    command_id: str,
) -> Transfer:
    """Ask for one's transfer to another place, which opens the case that the place decides.

    Source: notice II (3) 「实现服务记录的异地转移和接续」; 民函〔2012〕340号.
    :raises Invalid: `consent_missing`, `already_there`, `unknown_region`, `region_not_reporting`.
    :raises Conflict: `transfer_under_way`; `volunteer_moved` where they are not at home any more.
    :raises Unavailable: while registration's word on the volunteer is still on its way.
    """
    volunteer = _who_may_be_transferred(uow, volunteer_number, form, regions)
    transfer = Transfer(
        id=uuid.uuid4().hex,
        volunteer_number=volunteer_number,
        from_region=volunteer.region,
        to_region=form.to_region,
        reason=form.reason,
        state=TransferState.OPEN.value,
        answer="",
        consented_at=uow.now,
        asked_at=uow.now,
    )
    uow.session.add(transfer)
    uow.session.flush()
    case = approvals.open(
        uow,
        definition=DEFINITION,
        business_type=BUSINESS,
        business_id=transfer.id,
        title=f"异地转移：{volunteer.name}",
        home_region=transfer.from_region,
        initiator=Party(principal.account_id, principal.name),
        barred=frozenset({volunteer.account_id}),
        content=content_of(uow, transfer.id),
        command_id=command_id,
    )
    transfer.case_id = case.id
    return transfer


def _who_may_be_transferred(
    uow: UnitOfWork, volunteer_number: str, form: TransferForm, regions: Regions
) -> KnownVolunteer:
    """Answer the volunteer of a wish that can be granted, locked until the transaction ends."""
    # The row is locked so that of two wishes at once the second one sees the first.
    volunteer = uow.session.get(KnownVolunteer, volunteer_number, with_for_update=True)
    if volunteer is None:
        raise Unavailable(
            "volunteer_not_known_yet",
            zh="您的注册信息尚未到达，请稍后再试",
            en="Your registration has not arrived here yet: try again in a moment",
        )
    with pointing_at("/to_region"):
        regions.chain(form.to_region, on=business_date(uow.now))
    if departure_of(uow, volunteer_number) is not None and not uow.hosts(volunteer.region):
        raise Conflict(
            "volunteer_moved",
            zh="您已转出本地，请在转入地办理",
            en="You have moved to another place: ask there",
        )
    faults = faults_in_transfer(from_region=volunteer.region, to_region=form.to_region, has_consent=form.consent)
    if faults:
        raise Invalid.of(faults)
    _check_none_under_way(uow, volunteer_number)
    return volunteer


def _check_none_under_way(uow: UnitOfWork, volunteer_number: str) -> None:
    under_way = select(Transfer.id).where(
        Transfer.volunteer_number == volunteer_number, Transfer.state.in_([state.value for state in UNDER_WAY])
    )
    if uow.session.scalar(under_way) is not None:
        raise Conflict(
            "transfer_under_way",
            zh="您已有一项转移正在办理",
            en="A transfer of yours is under way already",
        )


def correct_reason(
    uow: UnitOfWork, *, transfer_id: str, reason: str, volunteer_number: str, expected_revision: int
) -> Transfer:
    """Write the reason of one's returned transfer anew, before its case is submitted again.

    :raises NotFound: `transfer_not_found`, also for somebody else's.
    :raises Conflict: `transfer_not_returned`.
    :raises StaleRevision: when it was changed since it was read.
    """
    transfer = uow.session.get(Transfer, transfer_id, with_for_update=True)
    check_own_transfer(volunteer_number, transfer_of=transfer.volunteer_number if transfer else None)
    assert transfer is not None
    if transfer.state != TransferState.RETURNED:
        raise Conflict(
            "transfer_not_returned", zh="只有被退回的转移可以修改", en="Only a returned transfer can be corrected"
        )
    if transfer.revision != expected_revision:
        raise StaleRevision(current_revision=transfer.revision)
    transfer.reason = reason
    uow.session.flush()
    return transfer


def content_of(uow: UnitOfWork, transfer_id: str) -> dict[str, Any]:
    """Answer what the receiving place verifies: who comes from where, why, and with what they have done."""
    transfer = uow.session.get_one(Transfer, transfer_id)
    number = transfer.volunteer_number
    confirmed = select(func.count()).where(
        ServiceRecord.volunteer_number == number, ServiceRecord.state == RecordState.CONFIRMED.value
    )
    return {
        "volunteer_name": uow.session.get_one(KnownVolunteer, number).name,
        "volunteer_number": number,
        "from_region": transfer.from_region,
        "to_region": transfer.to_region,
        "reason": transfer.reason,
        "total_hours": show_hours(LedgerEntry.total_of(uow.session, number)),
        "confirmed_records": uow.session.scalar(confirmed) or 0,
    }


def put_transfer(uow: UnitOfWork, transfer_id: str, state: TransferState, *, answer: str = "") -> Transfer:
    """Bring a transfer into a state, by the table of moves; `answer` is what was said about it.

    :raises ValueError: when there is no such way, which the case's own rules prevent.
    """
    transfer = uow.session.get_one(Transfer, transfer_id, with_for_update=True)
    if state not in TRANSFER_MOVES.get(TransferState(transfer.state), frozenset()):
        raise ValueError(f"a transfer does not go from {transfer.state} to {state}")
    transfer.state = state.value
    transfer.answer = answer
    transfer.moved_at = uow.now if state is TransferState.MOVED else None
    is_asked = state in (TransferState.OPEN, TransferState.RETURNED)
    transfer.decided_at = None if is_asked else transfer.decided_at or uow.now
    return transfer


def take_over(uow: UnitOfWork, transfer_id: str) -> None:
    """Let an approved transfer be known: registration, the only writer of home regions, moves the volunteer."""
    transfer = put_transfer(uow, transfer_id, TransferState.APPROVED)
    if not uow.hosts(transfer.to_region):
        give_away(uow, transfer)
        return
    uow.publish(
        VolunteerTransferred(
            transfer_id=transfer.id,
            volunteer_number=transfer.volunteer_number,
            volunteer_name=uow.session.get_one(KnownVolunteer, transfer.volunteer_number).name,
            from_region=transfer.from_region,
            to_region=transfer.to_region,
            transferred_on=business_date(uow.now),
        )
    )


def arrive(uow: UnitOfWork, event: VolunteerUpdated) -> None:
    """End the transfer of a volunteer whose home region is now the one they asked for."""
    approved = select(Transfer.id).where(
        Transfer.volunteer_number == event.volunteer_number,
        Transfer.to_region == event.region,
        Transfer.state == TransferState.APPROVED.value,
    )
    transfer_id = uow.session.scalar(approved)
    if transfer_id is None:
        return
    transfer = put_transfer(uow, transfer_id, TransferState.MOVED)
    if not uow.hosts(transfer.to_region):
        pass_on_what_waited(uow, transfer)
    elif not uow.hosts(transfer.from_region):
        tell_above(uow, transfer.volunteer_number)
