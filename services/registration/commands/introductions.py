"""Who a volunteer of this node is, as other nodes hear it; those too who came from one and claimed no account yet."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.registration.commands.volunteers import volunteer_as_told
from services.registration.model import Move, Volunteer
from shared.contracts.records import VolunteerSought
from shared.contracts.registration import VolunteerIntroduced, VolunteerRegistered
from shared.storage import UnitOfWork


def introduce_volunteer(uow: UnitOfWork, event: VolunteerSought) -> None:
    """Tell another node who a volunteer of this one is, so that it can record them.

    Who asks must know the name too: numbers alone could be tried one after the other.
    """
    person = person_of(uow.session, event.volunteer_number)
    if person is None or person.name != event.name or not uow.hosts(person.region) or uow.hosts(event.region):
        return
    uow.publish(
        VolunteerIntroduced(
            volunteer_number=event.volunteer_number,
            account_id=person.account_id,
            name=person.name,
            region=person.region,
            to_region=event.region,
        )
    )


def person_of(session: Session, number: str) -> VolunteerRegistered | None:
    """Answer who a volunteer is, as the others hear it; also who came from another node and claimed no account yet."""
    volunteer = session.scalars(select(Volunteer).where(Volunteer.number == number)).one_or_none()
    if volunteer is not None:
        return volunteer_as_told(volunteer)
    received = (Move.volunteer_number == number, Move.received_at.is_not(None))
    move = session.scalars(select(Move).where(*received).order_by(Move.noted_at.desc()).limit(1)).first()
    return arrival_as_told(move) if move is not None else None


def arrival_as_told(move: Move) -> VolunteerRegistered:
    """Answer who was received from another node, as the others hear it."""
    assert move.account_id is not None
    assert move.name is not None
    return VolunteerRegistered(
        volunteer_number=move.volunteer_number, account_id=move.account_id, name=move.name, region=move.to_region
    )
