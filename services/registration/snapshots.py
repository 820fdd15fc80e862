"""How registration's lasting things stand, for a listener that begins: posts, absences, volunteers, organisations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.registration.commands.absences import absence_as_told
from services.registration.commands.introductions import arrival_as_told
from services.registration.commands.organisations import organisation_as_told
from services.registration.commands.posts import post_as_told
from services.registration.commands.volunteers import volunteer_as_told
from services.registration.model import AbsenceRow, Move, Organisation, PostRow, PostState, RegistrationState, Volunteer
from shared.contracts.registration import AbsenceChanged, OrganisationApproved, PostChanged, VolunteerRegistered
from shared.messaging import Snapshots

snapshots = Snapshots("registration")


@snapshots.of(PostChanged)
def posts(session: Session, after: str, limit: int) -> Sequence[PostChanged]:
    """Answer who holds or held which post; one that nobody confirmed yet was never told."""
    wanted = select(PostRow).where(PostRow.id > after, PostRow.state != PostState.PROPOSED.value)
    return [post_as_told(session, post) for post in session.scalars(wanted.order_by(PostRow.id).limit(limit)).all()]


@snapshots.of(AbsenceChanged)
def absences(session: Session, after: str, limit: int) -> Sequence[AbsenceChanged]:
    """Answer the absence rules, those that have ended too."""
    rows = session.scalars(select(AbsenceRow).where(AbsenceRow.id > after).order_by(AbsenceRow.id).limit(limit))
    return [absence_as_told(session, row) for row in rows.all()]


@snapshots.of(VolunteerRegistered)
def volunteers(session: Session, after: str, limit: int) -> Sequence[VolunteerRegistered]:
    """Answer the volunteers who have a number, those too who came from another node and claimed no account yet."""
    wanted = select(Volunteer).where(Volunteer.number > after).order_by(Volunteer.number).limit(limit)
    unclaimed = (Move.volunteer_number > after, Move.received_at.is_not(None), Move.claimed_at.is_(None))
    moves = select(Move).where(*unclaimed).order_by(Move.volunteer_number).limit(limit)
    found = [
        *(volunteer_as_told(volunteer) for volunteer in session.scalars(wanted)),
        *(arrival_as_told(move) for move in session.scalars(moves)),
    ]
    return sorted(found, key=lambda told: told.volunteer_number)[:limit]


@snapshots.of(OrganisationApproved)
def organisations(session: Session, after: str, limit: int) -> Sequence[OrganisationApproved]:
    """Answer the approved organisations."""
    approved = (Organisation.id > after, Organisation.state == RegistrationState.APPROVED.value)
    wanted = select(Organisation).where(*approved).order_by(Organisation.id).limit(limit)
    return [organisation_as_told(organisation) for organisation in session.scalars(wanted)]
