"""Guests: volunteers of another node who serve here. Their home node introduces them, and keeps their hours."""

from __future__ import annotations

from sqlalchemy import update

from services.records.model import Guest, KnownOrganisation, KnownVolunteer, ServiceRecord
from services.records.policy import check_own_organisation
from shared.contracts.records import RecordCredited, VolunteerSought
from shared.errors import Invalid, NotFound
from shared.identity import Principal
from shared.storage import UnitOfWork


def invite_guest(
    uow: UnitOfWork, *, principal: Principal, organisation_id: str, volunteer_number: str, name: str
) -> Guest:
    """Ask a volunteer's home node to introduce them, so that one's organisation can record them; again asks again.

    Source: notice II (1) 「实现志愿者和志愿服务组织互联互通、信息共享」.
    :raises NotFound: `organisation_not_found`.
    :raises Invalid: `name_of_another` when the volunteer is known here by another name.
    """
    check_own_organisation(principal, organisation_id)
    organisation = uow.session.get(KnownOrganisation, organisation_id)
    if organisation is None:
        raise NotFound(
            "organisation_not_found",
            zh="没有找到该组织",
            en="There is no such organisation",
            pointer="/organisation_id",
        )
    known = uow.session.get(KnownVolunteer, volunteer_number)
    if known is not None and known.name != name:
        raise Invalid(
            "name_of_another",
            zh="志愿者编号与姓名不符",
            en="This number and this name are not of one volunteer",
            pointer="/name",
        )
    guest = uow.session.merge(
        Guest(organisation_id=organisation_id, volunteer_number=volunteer_number, name=name, asked_at=uow.now)
    )
    if known is None:
        uow.publish(VolunteerSought(volunteer_number=volunteer_number, name=name, region=organisation.region))
    return guest


def note_credit(uow: UnitOfWork, event: RecordCredited) -> None:
    """Note that the home node of a guest has credited their record."""
    credited = update(ServiceRecord).where(ServiceRecord.id == event.record_id)
    uow.session.execute(credited.values(credited_on=event.credited_on))
