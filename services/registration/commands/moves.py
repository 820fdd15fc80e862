"""A volunteer's move to another node: the e-file goes ahead of them, and they show there that it is they.

The old home hands the file over when it gives the volunteer away, and moves them when the new one has received them.
Their ID number never travels: they give it anew, with a secret that their old account was told (docs/decisions/0034).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import select, update

from services.registration.commands.accounts import (
    create_account,
    digest_of,
    open_secret,
    secret_invalid,
    take_username,
)
from services.registration.commands.files import departure_of, enter_in_file, enter_lines, line_of
from services.registration.commands.posts import grant_post
from services.registration.commands.volunteers import VolunteerForm, enter_received, move_volunteer
from services.registration.model import Account, FileEntry, Move, OneUseSecret, Volunteer
from services.registration.rules import SECRET_LIFETIME
from shared.clock import business_date
from shared.contracts.records import TransferVerified, VolunteerTransferred
from shared.contracts.registration import (
    Claim,
    FileHandedOver,
    FileLine,
    FilePerson,
    VolunteerReceived,
    VolunteerUpdated,
)
from shared.errors import Conflict
from shared.identity import Role
from shared.regions import Regions
from shared.sealing import Sealer
from shared.storage import UnitOfWork

log = structlog.get_logger(__name__)

#: A message has at most 256 KiB, and a line up to one.
LINES_OF_A_PART = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimSecret:
    """What somebody takes to their new home to show that it is they; it works once."""

    secret: str
    to_region: str


@dataclass(frozen=True, kw_only=True)
class Claiming:
    """What somebody fills in at their new home to take their account there."""

    secret: str
    username: str
    password: str
    id_number: str
    mobile: str
    consents: Collection[str]
    guardian_consents: bool = False


def hand_over_file(uow: UnitOfWork, event: VolunteerTransferred) -> None:
    """Hand the e-file of a volunteer who was given to another node to their new home; what comes later follows."""
    if not uow.hosts(event.from_region) or uow.hosts(event.to_region):
        return
    wanted = select(Volunteer).where(Volunteer.number == event.volunteer_number).with_for_update()
    volunteer = uow.session.scalars(wanted).one_or_none()
    if volunteer is None or uow.session.get(Move, event.transfer_id) is not None:
        return
    _note(uow, event)
    entries = select(FileEntry).where(FileEntry.volunteer_number == event.volunteer_number).order_by(FileEntry.source)
    lines = [line_of(entry) for entry in uow.session.scalars(entries)]
    person = FilePerson(name=volunteer.name, category=volunteer.category, specialties=tuple(volunteer.specialties))
    for part in _parts(lines):
        uow.publish(
            FileHandedOver(
                transfer_id=event.transfer_id,
                volunteer_number=event.volunteer_number,
                from_region=event.from_region,
                to_region=event.to_region,
                person=person,
                lines=part,
            )
        )


def _parts(lines: Sequence[FileLine]) -> Iterable[tuple[FileLine, ...]]:
    for start in range(0, max(len(lines), 1), LINES_OF_A_PART):
        yield tuple(lines[start : start + LINES_OF_A_PART])


def take_file(uow: UnitOfWork, event: FileHandedOver) -> None:
    """Take the e-file of a volunteer of another node, or what came of it later, each line once."""
    if not uow.hosts(event.to_region) or uow.hosts(event.from_region):
        return
    arrival = _arrival(uow, event)
    if arrival is None:
        return
    if event.person is not None:
        arrival.name, arrival.category = event.person.name, event.person.category
        arrival.specialties = list(event.person.specialties)
    enter_lines(uow, event.volunteer_number, event.lines)
    if event.claim is not None:
        _keep_claim(uow, arrival, event.claim)
    _receive(uow, arrival)


def note_verified(uow: UnitOfWork, event: TransferVerified) -> None:
    """Note that the ledger of a volunteer is here and that they were accepted."""
    if not uow.hosts(event.to_region) or uow.hosts(event.from_region):
        return
    arrival = _arrival(uow, event)
    if arrival is not None:
        arrival.verified = True
        _receive(uow, arrival)


def _arrival(uow: UnitOfWork, event: FileHandedOver | TransferVerified) -> Move | None:
    """Answer what is known of a volunteer's coming, locked; None when the transfer is somebody else's."""
    arrival = uow.session.get(Move, event.transfer_id, with_for_update=True) or _note(uow, event)
    if arrival.volunteer_number != event.volunteer_number:
        log.error("transfer_of_another", transfer_id=event.transfer_id, volunteer_number=event.volunteer_number)
        return None
    return arrival


def _note(uow: UnitOfWork, event: FileHandedOver | TransferVerified | VolunteerTransferred) -> Move:
    move = Move(
        transfer_id=event.transfer_id,
        volunteer_number=event.volunteer_number,
        from_region=event.from_region,
        to_region=event.to_region,
        noted_at=uow.now,
        verified=False,
        specialties=[],
    )
    uow.session.add(move)
    return move


def _receive(uow: UnitOfWork, arrival: Move) -> None:
    """Receive a volunteer, once, when both their file and the word of records are here."""
    if not arrival.verified or arrival.name is None or arrival.received_at is not None:
        return
    number, today = arrival.volunteer_number, business_date(uow.now)
    known = uow.session.scalars(select(Volunteer).where(Volunteer.number == number).with_for_update()).one_or_none()
    if known is not None:
        # Who comes back has their account here, and has said their ID number.
        known.region = arrival.to_region
        grant_post(uow, account_id=known.account_id, role=Role.VOLUNTEER, region=arrival.to_region)
        account_id, claimed_at = known.account_id, uow.now
    else:
        account_id, claimed_at = create_account(uow, name=arrival.name, username=None).id, None
    arrival.account_id, arrival.received_at, arrival.claimed_at = account_id, uow.now, claimed_at
    uow.session.flush()
    # First the word that services go by, then the one that lets other nodes tell us of the volunteer: what comes of the
    # second finds the first.
    uow.publish(
        VolunteerUpdated(volunteer_number=number, account_id=account_id, name=arrival.name, region=arrival.to_region)
    )
    uow.publish(
        VolunteerReceived(
            transfer_id=arrival.transfer_id,
            volunteer_number=number,
            from_region=arrival.from_region,
            to_region=arrival.to_region,
            received_on=today,
        )
    )
    _enter_move(uow, arrival.transfer_id, number, arrival.from_region, arrival.to_region)


def let_go(uow: UnitOfWork, event: VolunteerReceived) -> None:
    """Move a volunteer of here whom another node has received."""
    if uow.hosts(event.from_region) and not uow.hosts(event.to_region):
        _enter_move(uow, event.transfer_id, event.volunteer_number, event.from_region, event.to_region)
        move_volunteer(uow, event.volunteer_number, to_region=event.to_region)


def move_within(uow: UnitOfWork, event: VolunteerTransferred) -> None:
    """Move a volunteer between two places of this node, and enter where they came from."""
    if uow.hosts(event.from_region) and uow.hosts(event.to_region):
        move_volunteer(uow, event.volunteer_number, to_region=event.to_region)
        _enter_move(uow, event.transfer_id, event.volunteer_number, event.from_region, event.to_region)


def _enter_move(uow: UnitOfWork, transfer_id: str, number: str, from_region: str, to_region: str) -> None:
    regions, day = Regions.load(), business_date(uow.now)
    enter_in_file(
        uow,
        source=f"transfer/{transfer_id}",
        volunteer_number=number,
        kind="transfer",
        title=f"由{regions.name_of(from_region, on=day)}转入{regions.name_of(to_region, on=day)}",
        happened_on=day,
    )


def issue_claim(uow: UnitOfWork, volunteer: Volunteer) -> ClaimSecret:
    """Answer a new secret by which somebody who has moved claims their account at the new home; older ones end.

    :raises Conflict: `not_moved`.
    """
    move = departure_of(uow, volunteer.number or "")
    if move is None or volunteer.region != move.to_region:
        raise Conflict("not_moved", zh="您没有已完成的跨节点转出", en="You have not moved to another node")
    secret = secrets.token_urlsafe(24)
    uow.publish(
        FileHandedOver(
            transfer_id=move.transfer_id,
            volunteer_number=move.volunteer_number,
            from_region=move.from_region,
            to_region=move.to_region,
            claim=Claim(digest=digest_of(secret).hex(), expires_at=uow.now + SECRET_LIFETIME),
        )
    )
    return ClaimSecret(secret=secret, to_region=move.to_region)


def claim_volunteer(uow: UnitOfWork, *, claiming: Claiming, sealer: Sealer, regions: Regions) -> Account:
    """Let a volunteer who came from another node take their account here, giving their ID number anew.

    Nobody decides once more: the receiving place has verified and accepted them.

    :raises Invalid: `secret_invalid`, `password_too_weak`, or for a wrong ID number, mobile number, age or consent.
    :raises Conflict: `username_taken`; `already_registered` when somebody here has the ID number.
    """
    account = open_secret(uow, secret=claiming.secret)
    move = uow.session.scalars(
        select(Move).where(Move.account_id == account.id, Move.claimed_at.is_(None)).with_for_update()
    ).one_or_none()
    if move is None or move.name is None:
        raise secret_invalid()
    take_username(uow, account, username=claiming.username, password=claiming.password)
    form = VolunteerForm(
        name=move.name,
        id_number=claiming.id_number,
        mobile=claiming.mobile,
        region=move.to_region,
        category=move.category or "other",
        specialties=move.specialties,
        consents=claiming.consents,
        guardian_consents=claiming.guardian_consents,
    )
    move.claimed_at = uow.now
    enter_received(uow, form, number=move.volunteer_number, account=account, sealer=sealer, regions=regions)
    return account


def _keep_claim(uow: UnitOfWork, arrival: Move, claim: Claim) -> None:
    """Keep by what a person shows that it is they, in the place of what they were told before."""
    digest = bytes.fromhex(claim.digest)
    is_known = uow.session.get(OneUseSecret, digest) is not None
    if arrival.account_id is None or arrival.claimed_at is not None or is_known:
        return
    older = update(OneUseSecret).where(OneUseSecret.account_id == arrival.account_id, OneUseSecret.used_at.is_(None))
    uow.session.execute(older.values(used_at=uow.now))
    uow.session.add(OneUseSecret(digest=digest, account_id=arrival.account_id, expires_at=claim.expires_at))
