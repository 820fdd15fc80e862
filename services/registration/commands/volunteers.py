"""Volunteers: registering under the real name, and what an approval or refusal brings."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from services.registration.commands.posts import end_post, grant_post
from services.registration.model import (
    Account,
    Consent,
    NumberBlock,
    PostRow,
    PostState,
    RegistrationState,
    Volunteer,
)
from services.registration.policy import check_region
from services.registration.rules import (
    NEEDED_CONSENTS,
    NUMBERS_PER_BLOCK,
    POLICY_VERSION,
    check_age,
    place_of,
    volunteer_number,
)
from shared.approval.core.state import Party
from shared.approval.service import Approvals
from shared.clock import business_date
from shared.contracts.registration import (
    RegistrationRefused,
    VolunteerRegistered,
    VolunteerUpdated,
)
from shared.errors import Conflict, Invalid, pointing_at
from shared.identifiers import birth_date, check_id_number, check_mobile, normalise_id_number, normalise_mobile, sex
from shared.identity import Role
from shared.regions import Regions
from shared.sealing import Sealer
from shared.storage import UnitOfWork

BUSINESS = "volunteer_registration"


@dataclass(frozen=True, kw_only=True)
class VolunteerForm:
    """What someone fills in to become a volunteer."""

    name: str
    id_number: str
    mobile: str
    region: str
    category: str
    specialties: Sequence[str]
    consents: Collection[str]
    guardian_consents: bool = False


def register_volunteer(
    uow: UnitOfWork,
    *,
    form: VolunteerForm,
    applicant: Party,
    sealer: Sealer,
    regions: Regions,
    approvals: Approvals,
    command_id: str,
) -> Volunteer:
    """Register a person as a volunteer; a clerk of their region confirms it.

    Source: notice II (1) real-name registration; PIPL article 29.
    :raises Invalid: for a wrong ID number, mobile number, region, age or missing consent.
    :raises HostedElsewhere: a person registers where their home region is hosted, which gives them their number.
    :raises Conflict: `already_registered`, in the same words whoever is registered with the number.
    """
    id_number = _check(uow, form, regions)
    index = sealer.index(id_number, purpose="volunteer")
    _check_new(uow, index, applicant.account_id)
    volunteer = _enter(uow, form, applicant, sealer, id_number=id_number, index=index)
    _keep_consents(uow, form, applicant)
    uow.session.flush()
    case = approvals.open(
        uow,
        definition="volunteer_registration",
        business_type=BUSINESS,
        business_id=volunteer.id,
        title=f"志愿者注册：{form.name}",
        home_region=form.region,
        initiator=applicant,
        barred=frozenset({applicant.account_id}),
        content=content_of(volunteer),
        command_id=command_id,
    )
    volunteer.case_id = case.id
    return volunteer


def enter_received(
    uow: UnitOfWork, form: VolunteerForm, *, number: str, account: Account, sealer: Sealer, regions: Regions
) -> None:
    """Register a person who came from another node under the number that they have; nobody decides it once more.

    :raises Invalid: for a wrong ID number, mobile number, age or missing consent.
    :raises Conflict: `already_registered`.
    """
    id_number = _check(uow, form, regions)
    index = sealer.index(id_number, purpose="volunteer")
    _check_new(uow, index, account.id)
    volunteer = _enter(uow, form, party_of(account), sealer, id_number=id_number, index=index)
    volunteer.number, volunteer.state = number, RegistrationState.APPROVED.value
    volunteer.decided_at = uow.now
    _keep_consents(uow, form, party_of(account))
    uow.session.flush()
    grant_post(uow, account_id=account.id, role=Role.VOLUNTEER, region=volunteer.region)


def _enter(
    uow: UnitOfWork, form: VolunteerForm, applicant: Party, sealer: Sealer, *, id_number: str, index: bytes
) -> Volunteer:
    volunteer_id = uuid.uuid4().hex
    volunteer = Volunteer(
        id=volunteer_id,
        account_id=applicant.account_id,
        name=form.name,
        sex=sex(id_number).value,
        birth_date_sealed=sealer.seal(birth_date(id_number).isoformat(), place=place_of("birth_date", volunteer_id)),
        id_number_sealed=sealer.seal(id_number, place=place_of("id_number", volunteer_id)),
        id_number_index=index,
        mobile_sealed=sealer.seal(normalise_mobile(form.mobile), place=place_of("mobile", volunteer_id)),
        region=form.region,
        category=form.category,
        specialties=list(form.specialties),
        state=RegistrationState.PENDING.value,
        applied_at=uow.now,
    )
    uow.session.add(volunteer)
    return volunteer


def _keep_consents(uow: UnitOfWork, form: VolunteerForm, applicant: Party) -> None:
    for purpose in sorted(set(form.consents)):
        uow.session.add(
            Consent(
                id=uuid.uuid4().hex,
                account_id=applicant.account_id,
                purpose=purpose,
                policy_version=POLICY_VERSION,
                given_at=uow.now,
            )
        )


def content_of(volunteer: Volunteer) -> dict[str, Any]:
    """Answer what the clerk confirms; it holds no number that identifies the person."""
    return {
        "name": volunteer.name,
        "region": volunteer.region,
        "category": volunteer.category,
        "specialties": volunteer.specialties,
    }


def _check(uow: UnitOfWork, form: VolunteerForm, regions: Regions) -> str:
    today = business_date(uow.now)
    missing = NEEDED_CONSENTS - set(form.consents)
    if missing:
        raise Invalid(
            "consent_missing",
            zh="须分别同意隐私政策和身份证号的使用",
            en="Consent to the privacy terms and, apart from it, to the use of the ID number is needed",
            pointer="/consents",
        )
    with pointing_at("/id_number"):
        check_id_number(form.id_number, today=today)
    with pointing_at("/mobile"):
        check_mobile(form.mobile)
    check_region(form.region, regions, on=today)
    with pointing_at("/region"):
        uow.check_hosts(form.region)
    id_number = normalise_id_number(form.id_number)
    check_age(birth_date(id_number), today, guardian_consents=form.guardian_consents)
    return id_number


def _check_new(uow: UnitOfWork, index: bytes, account_id: str) -> None:
    living = Volunteer.state != RegistrationState.REFUSED.value
    same = (Volunteer.id_number_index == index) | (Volunteer.account_id == account_id)
    if uow.session.scalar(select(Volunteer.id).where(living, same).limit(1)):
        raise Conflict(
            "already_registered",
            zh="无法重复注册；如身份信息被他人使用，请联系所在地县级经办",
            en="This cannot be registered again; if someone else used your number, ask your county's clerk",
        )


def confirm_volunteer(uow: UnitOfWork, volunteer_id: str) -> None:
    """Give a confirmed person their number and post, and tell the others."""
    volunteer = uow.session.get_one(Volunteer, volunteer_id, with_for_update=True)
    volunteer.number = _next_number(uow)
    volunteer.state = RegistrationState.APPROVED.value
    volunteer.decided_at = uow.now
    grant_post(uow, account_id=volunteer.account_id, role=Role.VOLUNTEER, region=volunteer.region)
    uow.publish(volunteer_as_told(volunteer))


def volunteer_as_told(volunteer: Volunteer) -> VolunteerRegistered:
    """Answer who a volunteer with a number is, as the others hear it."""
    assert volunteer.number is not None
    return VolunteerRegistered(
        volunteer_number=volunteer.number,
        account_id=volunteer.account_id,
        name=volunteer.name,
        region=volunteer.region,
    )


def move_volunteer(uow: UnitOfWork, volunteer_number: str, *, to_region: str) -> None:
    """Give a volunteer another home region, with their post there, and tell the others; again it changes nothing."""
    wanted = select(Volunteer).where(Volunteer.number == volunteer_number)
    volunteer = uow.session.scalars(wanted.with_for_update()).one_or_none()
    if volunteer is None or volunteer.region == to_region:
        # All nodes hear who has moved to another; who was never registered here is not ours to move.
        return
    volunteer.region = to_region
    held = select(PostRow.id).where(
        PostRow.account_id == volunteer.account_id,
        PostRow.role == Role.VOLUNTEER.value,
        PostRow.state == PostState.ACTIVE.value,
    )
    for post_id in uow.session.scalars(held.order_by(PostRow.id)).all():
        end_post(uow, post_id=post_id)
    if uow.hosts(to_region):
        # At another node they have an account of their own.
        grant_post(uow, account_id=volunteer.account_id, role=Role.VOLUNTEER, region=to_region)
    uow.publish(
        VolunteerUpdated(
            volunteer_number=volunteer_number,
            account_id=volunteer.account_id,
            name=volunteer.name,
            region=to_region,
        )
    )


def refuse_volunteer(uow: UnitOfWork, volunteer_id: str, *, reason: str) -> None:
    """Close a refused registration; the person may register again."""
    volunteer = uow.session.get_one(Volunteer, volunteer_id, with_for_update=True)
    volunteer.state = RegistrationState.REFUSED.value
    volunteer.decided_at = uow.now
    uow.publish(
        RegistrationRefused(
            subject_id=volunteer.id,
            subject="volunteer",
            name=volunteer.name,
            account_id=volunteer.account_id,
            reason=reason,
        )
    )


def ensure_number_block(uow: UnitOfWork, block: str) -> None:
    """Give this node a block of volunteer numbers, once."""
    if uow.session.get(NumberBlock, block) is None:
        uow.session.add(NumberBlock(block=block, last=0))


def _next_number(uow: UnitOfWork) -> str:
    # A node that has filled its block is given a second one; the first that has room is used.
    rows = uow.session.scalars(select(NumberBlock).order_by(NumberBlock.block).with_for_update()).all()
    row = next((block for block in rows if block.last < NUMBERS_PER_BLOCK), rows[-1])
    row.last += 1
    return volunteer_number(row.block, row.last)


def party_of(account: Account) -> Party:
    """Answer an account as the one who applies."""
    return Party(account_id=account.id, name=account.name)
