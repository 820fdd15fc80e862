"""The copies that records keeps of what registration says."""

from __future__ import annotations

from services.records.model import KnownOrganisation, KnownVolunteer
from shared.contracts.registration import (
    OrganisationApproved,
    VolunteerIntroduced,
    VolunteerRegistered,
    VolunteerUpdated,
)
from shared.storage import UnitOfWork


def know_volunteer(uow: UnitOfWork, event: VolunteerRegistered | VolunteerUpdated | VolunteerIntroduced) -> None:
    """Keep whom one may record, and where they are at home."""
    uow.session.merge(
        KnownVolunteer(number=event.volunteer_number, account_id=event.account_id, name=event.name, region=event.region)
    )


def know_organisation(uow: UnitOfWork, event: OrganisationApproved) -> None:
    """Keep who may organise activities."""
    uow.session.merge(KnownOrganisation(id=event.organisation_id, name=event.name, region=event.region))
