"""What awards does when others speak: it knows the volunteers, counts their hours, and knows who can decide."""

from __future__ import annotations

from services.awards.commands import copies, moves, star_reviews, stars
from services.awards.commands.cases import approvals
from shared.contracts.awards import StandingHandedOver, StandingTakenOver, StarGranted, StarWithdrawn
from shared.contracts.records import HoursCredited, HoursVoided, LedgerTakenOver
from shared.contracts.registration import (
    AbsenceChanged,
    PostChanged,
    VolunteerReceived,
    VolunteerRegistered,
    VolunteerUpdated,
)
from shared.messaging import Reactions
from shared.storage import UnitOfWork

reactions = Reactions("awards")

reactions.on(VolunteerRegistered)(copies.know_volunteer)
reactions.on(VolunteerUpdated)(copies.know_volunteer)
reactions.on(StandingTakenOver)(moves.note_stars)
reactions.on(StarWithdrawn)(stars.note_withdrawal)
reactions.on(PostChanged)(approvals.follow_post)
reactions.on(AbsenceChanged)(approvals.follow_absence)
# A case may lie on several nodes, a stage on each.
approvals.hear_other_nodes(reactions)


@reactions.on(HoursCredited)
def count_hours(uow: UnitOfWork, event: HoursCredited) -> None:
    """Count the hours, and open a case when a star falls due by them."""
    stars.credit_hours(uow, event, approvals=approvals)
    star_reviews.note_change(uow, event.volunteer_number)


@reactions.on(StarGranted)
def note_star(uow: UnitOfWork, event: StarGranted) -> None:
    """Count a star that a node below tells of."""
    stars.note_star(uow, event, approvals=approvals)


@reactions.on(HoursVoided)
def discount_hours(uow: UnitOfWork, event: HoursVoided) -> None:
    """Count the hours no more, end the candidacies that rested on them, and let stars that did so be reviewed."""
    stars.void_hours(uow, event, approvals=approvals)
    star_reviews.note_change(uow, event.volunteer_number, voided=event.activity_name)


@reactions.on(VolunteerReceived)
def move(uow: UnitOfWork, event: VolunteerReceived) -> None:
    """Hand over what a volunteer was given, to the node that has received them."""
    moves.move(uow, event, approvals=approvals)


@reactions.on(StandingHandedOver)
def take_standing(uow: UnitOfWork, event: StandingHandedOver) -> None:
    """Enter what a volunteer was given at their old home."""
    moves.take_standing(uow, event, approvals=approvals)


@reactions.on(LedgerTakenOver)
def take_sums(uow: UnitOfWork, event: LedgerTakenOver) -> None:
    """Count the hours of a volunteer who came from another node."""
    moves.take_sums(uow, event, approvals=approvals)
