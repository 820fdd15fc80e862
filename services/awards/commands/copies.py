"""The copy of who the volunteers are, kept by what registration tells."""

from __future__ import annotations

from services.awards.model import KnownVolunteer
from shared.contracts.registration import VolunteerRegistered, VolunteerUpdated
from shared.storage import UnitOfWork


def know_volunteer(uow: UnitOfWork, event: VolunteerRegistered | VolunteerUpdated) -> None:
    """Keep a volunteer's number, account, name and home region."""
    uow.session.merge(
        KnownVolunteer(number=event.volunteer_number, account_id=event.account_id, name=event.name, region=event.region)
    )
