"""The copies that say whom a message is for, kept by what registration tells."""

from __future__ import annotations

from services.notifications.model import KnownOrganisation, KnownVolunteer, PostHolder
from shared.contracts.registration import OrganisationApproved, PostChanged, VolunteerRegistered
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


def know_volunteer(uow: UnitOfWork, event: VolunteerRegistered) -> None:
    """Keep which account a volunteer number belongs to."""
    uow.session.merge(KnownVolunteer(number=event.volunteer_number, account_id=event.account_id))


def know_organisation(uow: UnitOfWork, event: OrganisationApproved) -> None:
    """Keep who answers for an organisation."""
    uow.session.merge(KnownOrganisation(organisation_id=event.organisation_id, head_account_id=event.head_account_id))
