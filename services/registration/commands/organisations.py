"""Organisations: registering, and what an approval or refusal brings."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from services.registration.commands.posts import grant_post
from services.registration.model import Organisation, RegistrationState
from services.registration.policy import check_region
from shared.approval.core.state import Party
from shared.approval.service import Approvals
from shared.clock import business_date
from shared.contracts.registration import OrganisationApproved, RegistrationRefused
from shared.errors import Conflict, pointing_at
from shared.identifiers import check_uscc, normalise_uscc
from shared.identity import Role
from shared.regions import Regions
from shared.storage import UnitOfWork

BUSINESS = "organisation_registration"


@dataclass(frozen=True, kw_only=True)
class OrganisationForm:
    """What an organisation says of itself; the unified code is optional, for grass-roots groups have none."""

    name: str
    region: str
    kind: str
    purpose: str
    uscc: str | None = None


def register_organisation(
    uow: UnitOfWork, *, form: OrganisationForm, head: Party, regions: Regions, approvals: Approvals, command_id: str
) -> Organisation:
    """Register an organisation; its region's office approves it, and `head` will answer for it.

    :raises Invalid: `unknown_region`, `region_not_reporting` or a wrong unified social credit code.
    :raises HostedElsewhere: an organisation registers where its region is hosted.
    :raises Conflict: `organisation_exists` for the same code, or the same name in the same region.
    """
    check_region(form.region, regions, on=business_date(uow.now))
    with pointing_at("/region"):
        uow.check_hosts(form.region)
    uscc = normalise_uscc(form.uscc) if form.uscc else None
    if uscc:
        with pointing_at("/uscc"):
            check_uscc(uscc)
    _check_new(uow, form, uscc)
    organisation = Organisation(
        id=uuid.uuid4().hex,
        name=form.name,
        region=form.region,
        kind=form.kind,
        uscc=uscc,
        purpose=form.purpose,
        head_account_id=head.account_id,
        state=RegistrationState.PENDING.value,
        applied_at=uow.now,
    )
    uow.session.add(organisation)
    uow.session.flush()
    case = approvals.open(
        uow,
        definition="organisation_registration",
        business_type=BUSINESS,
        business_id=organisation.id,
        title=f"组织注册：{form.name}",
        home_region=form.region,
        initiator=head,
        barred=frozenset({head.account_id}),
        content=content_of(organisation),
        command_id=command_id,
    )
    organisation.case_id = case.id
    return organisation


def content_of(organisation: Organisation) -> dict[str, Any]:
    """Answer what the office decides on."""
    return {name: getattr(organisation, name) for name in ("name", "region", "kind", "uscc", "purpose")}


def _check_new(uow: UnitOfWork, form: OrganisationForm, uscc: str | None) -> None:
    same: dict[str, ColumnElement[bool]] = {
        "/name": (Organisation.name == form.name) & (Organisation.region == form.region)
    }
    if uscc:
        same["/uscc"] = Organisation.uscc == uscc
    living = Organisation.state != RegistrationState.REFUSED.value
    for pointer, like_it in same.items():
        if uow.session.scalar(select(Organisation.id).where(living, like_it).limit(1)):
            raise Conflict(
                "organisation_exists", zh="该组织已注册", en="This organisation is registered already", pointer=pointer
            )


def approve_organisation(uow: UnitOfWork, organisation_id: str) -> None:
    """Admit an organisation, make its head its administrator, and tell the others."""
    organisation = uow.session.get_one(Organisation, organisation_id, with_for_update=True)
    organisation.state = RegistrationState.APPROVED.value
    organisation.decided_at = uow.now
    grant_post(
        uow,
        account_id=organisation.head_account_id,
        role=Role.ORGANISATION_ADMIN,
        region=organisation.region,
        organisation_id=organisation.id,
    )
    uow.publish(organisation_as_told(organisation))


def organisation_as_told(organisation: Organisation) -> OrganisationApproved:
    """Answer what an approved organisation is, as the others hear it."""
    return OrganisationApproved(
        organisation_id=organisation.id,
        name=organisation.name,
        region=organisation.region,
        kind=organisation.kind,
        head_account_id=organisation.head_account_id,
    )


def refuse_organisation(uow: UnitOfWork, organisation_id: str, *, reason: str) -> None:
    """Close a refused registration; the organisation may register again."""
    organisation = uow.session.get_one(Organisation, organisation_id, with_for_update=True)
    organisation.state = RegistrationState.REFUSED.value
    organisation.decided_at = uow.now
    uow.publish(
        RegistrationRefused(
            subject_id=organisation.id,
            subject="organisation",
            name=organisation.name,
            account_id=organisation.head_account_id,
            reason=reason,
        )
    )
