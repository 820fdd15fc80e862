"""What registration does when others speak: it keeps the volunteers' e-files, and moves who was transferred."""

from __future__ import annotations

from services.registration.commands import moves
from services.registration.commands.cases import approvals
from services.registration.commands.files import enter_in_file, withdraw_in_file
from services.registration.commands.introductions import introduce_volunteer
from shared.contracts.awards import AwardGranted, StarGranted, StarWithdrawn
from shared.contracts.records import HoursCredited, HoursVoided, TransferVerified, VolunteerSought, VolunteerTransferred
from shared.contracts.registration import AbsenceChanged, FileHandedOver, PostChanged, VolunteerReceived
from shared.messaging import Reactions
from shared.storage import UnitOfWork

reactions = Reactions("registration")

_STARS = {1: "一星级", 2: "二星级", 3: "三星级", 4: "四星级", 5: "五星级"}


@reactions.on(HoursCredited)
def enter_hours(uow: UnitOfWork, event: HoursCredited) -> None:
    """Enter credited hours."""
    enter_in_file(
        uow,
        source=f"hours/{event.entry_id}",
        volunteer_number=event.volunteer_number,
        kind="hours",
        title=event.activity_name,
        happened_on=event.served_on,
        hours_hundredths=event.hours_hundredths,
    )


@reactions.on(HoursVoided)
def enter_void(uow: UnitOfWork, event: HoursVoided) -> None:
    """Enter hours that were taken back, as a line against the one that credited them."""
    enter_in_file(
        uow,
        source=f"hours/{event.entry_id}",
        volunteer_number=event.volunteer_number,
        kind="hours",
        title=f"{event.activity_name}（冲销）",
        happened_on=event.served_on,
        hours_hundredths=-event.hours_hundredths,
    )


@reactions.on(StarGranted)
def enter_star(uow: UnitOfWork, event: StarGranted) -> None:
    """Enter a star level."""
    enter_in_file(
        uow,
        source=f"star/{event.nomination_id}",
        volunteer_number=event.volunteer_number,
        kind="star",
        title=f"{_STARS[event.stars]}志愿者",
        stars=event.stars,
        happened_on=event.granted_on,
    )


@reactions.on(StarWithdrawn)
def enter_withdrawal(uow: UnitOfWork, event: StarWithdrawn) -> None:
    """Enter that stars were taken away, as a line of its own, and mark the lines that gave them."""
    withdraw_in_file(uow, [f"star/{one}" for one in event.nomination_ids], on=event.withdrawn_on)
    left = f"，现为{_STARS[event.stars_left]}" if event.stars_left else ""
    enter_in_file(
        uow,
        source=f"star.withdrawn/{event.review_id}",
        volunteer_number=event.volunteer_number,
        kind="star",
        title=f"撤销{_STARS[event.stars]}志愿者{left}",
        happened_on=event.withdrawn_on,
    )


@reactions.on(AwardGranted)
def enter_award(uow: UnitOfWork, event: AwardGranted) -> None:
    """Enter an award."""
    enter_in_file(
        uow,
        source=f"award/{event.award_id}",
        volunteer_number=event.volunteer_number,
        kind="award",
        title=event.citation,
        happened_on=event.granted_on,
    )


# A volunteer moves between two places of this node, or to and from another one.
reactions.on(VolunteerTransferred)(moves.move_within)
reactions.on(VolunteerTransferred)(moves.hand_over_file)
reactions.on(FileHandedOver)(moves.take_file)
reactions.on(TransferVerified)(moves.note_verified)
reactions.on(VolunteerReceived)(moves.let_go)
# An organisation at another node has somebody of ours to record.
reactions.on(VolunteerSought)(introduce_volunteer)
# Who holds which post, and who stands in for whom, decides who may decide: the engine keeps its directory by this.
reactions.on(PostChanged)(approvals.follow_post)
reactions.on(AbsenceChanged)(approvals.follow_absence)
# A case may lie on several nodes, a stage on each.
approvals.hear_other_nodes(reactions)
