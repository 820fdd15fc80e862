"""The copies that say whom a message is for, kept by what registration tells."""

from __future__ import annotations

from services.notifications.model import KnownOrganisation, KnownVolunteer, PostHolder
from shared.contracts.registration import (
    OrganisationApproved,
    PostChanged,
    VolunteerIntroduced,
    VolunteerRegistered,
    VolunteerUpdated,
)
from shared.storage import UnitOfWork


def know_post(uow: UnitOfWork, event: PostChanged) -> None:
    """Keep who holds a post, and that it has ended."""
    uow.session.merge(
        PostHolder(
            post_id=event.post_id,
            account_id=event.account_id,
            name=event.name,
            role=event.role,
            region=event.region,
            organisation_id=event.organisation_id,
            active=event.active,
        )
    )


def know_volunteer(uow: UnitOfWork, event: VolunteerRegistered | VolunteerUpdated | VolunteerIntroduced) -> None:
    """Keep which account a volunteer number belongs to, and where they are at home."""
    uow.session.merge(KnownVolunteer(number=event.volunteer_number, account_id=event.account_id, region=event.region))


def know_organisation(uow: UnitOfWork, event: OrganisationApproved) -> None:
    """Keep who answers for an organisation."""
    uow.session.merge(KnownOrganisation(organisation_id=event.organisation_id, head_account_id=event.head_account_id))
