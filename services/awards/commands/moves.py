"""A volunteer's move to another node: stars and commendations are handed over when the new home has received them.

What was granted keeps its decision; hours and evaluations come with the ledger (docs/decisions/0034).
"""

from __future__ import annotations

from sqlalchemy import select

from services.awards.commands import star_reviews, stars
from services.awards.commands.nominations import award_as_held, hand_on
from services.awards.model import (
    Award,
    KnownVolunteer,
    Nomination,
    NominationKind,
    NominationState,
    StandingRow,
    Star,
)
from services.awards.rules import award_title, star_title
from shared.approval.core.words import Verb
from shared.approval.service import Approvals
from shared.clock import business_date
from shared.contracts.awards import AwardHeld, StandingHandedOver, StandingTakenOver, StarHeld, StarRefused
from shared.contracts.records import LedgerTakenOver
from shared.contracts.registration import VolunteerReceived
from shared.storage import UnitOfWork


def move(uow: UnitOfWork, event: VolunteerReceived, *, approvals: Approvals) -> None:
    """Hand over the stars and commendations of a volunteer of here whom another node has received, or await theirs.

    Candidacies and reviews that run end: the new home nominates, and looks at the stars, by the hours that it has.

    :raises Conflict: while a case that would have to end is suspended; the inbox tries the event again later.
    """
    leaves, comes = uow.hosts(event.from_region), uow.hosts(event.to_region)
    volunteer = uow.session.get(KnownVolunteer, event.volunteer_number, with_for_update=True)
    if comes and not leaves:
        stars.standing_row(uow, event.volunteer_number).awaits_stars = True
    elif leaves and not comes and volunteer is not None and volunteer.left_by != event.transfer_id:
        _end_cases(uow, volunteer.number, approvals=approvals)
        volunteer.left_by, volunteer.left_from, volunteer.left_to = (
            event.transfer_id,
            event.from_region,
            event.to_region,
        )
        hand_on(
            uow,
            volunteer,
            stars=_stars_of(uow, volunteer.number),
            refused=_refused_of(uow, volunteer.number),
            awards=_awards_of(uow, volunteer.number),
            is_whole=True,
        )


def _end_cases(uow: UnitOfWork, number: str, *, approvals: Approvals) -> None:
    for nomination in stars.undecided(uow, number):
        approvals.act(
            uow,
            case_id=nomination.case_id or "",
            verb=Verb.WITHDRAW,
            actor=stars.SYSTEM,
            command_id=f"moved/{nomination.id}",
            opinion="志愿者已转出",
        )
    star_reviews.end_open(uow, number, approvals=approvals)


def _stars_of(uow: UnitOfWork, number: str) -> tuple[StarHeld, ...]:
    held = select(Star).where(Star.volunteer_number == number, Star.withdrawn_on.is_(None)).order_by(Star.stars)
    return tuple(
        StarHeld(
            nomination_id=star.nomination_id,
            stars=star.stars,
            granted_on=star.granted_on,
            decided_by_region=star.decided_by_region,
        )
        for star in uow.session.scalars(held)
    )


def _refused_of(uow: UnitOfWork, number: str) -> tuple[StarRefused, ...]:
    refused = select(Nomination).where(
        Nomination.volunteer_number == number,
        Nomination.kind == NominationKind.STAR.value,
        Nomination.state == NominationState.REFUSED.value,
    )
    return tuple(
        StarRefused(nomination_id=one.id, stars=one.stars or 0, refused_at=one.decided_at or one.opened_at)
        for one in uow.session.scalars(refused.order_by(Nomination.id))
    )


def _awards_of(uow: UnitOfWork, number: str) -> tuple[AwardHeld, ...]:
    theirs = select(Award).where(Award.volunteer_number == number).order_by(Award.granted_at, Award.id)
    return tuple(award_as_held(award) for award in uow.session.scalars(theirs))


def take_standing(uow: UnitOfWork, event: StandingHandedOver, *, approvals: Approvals) -> None:
    """Enter the stars and commendations of a volunteer who came from another node, each once by its decision.

    :raises VolunteerNotKnownYet: when registration's word has not arrived here.
    """
    if not uow.hosts(event.to_region) or uow.hosts(event.from_region):
        return
    row = stars.standing_row(uow, event.volunteer_number)
    volunteer = uow.session.get_one(KnownVolunteer, event.volunteer_number)
    new = [star for star in event.stars if uow.session.get(Nomination, star.nomination_id) is None]
    for star in new:
        _enter_star(uow, event, star, approvals=approvals)
    for refusal in event.refused:
        if uow.session.get(Nomination, refusal.nomination_id) is None:
            state, decided_at = NominationState.REFUSED, refusal.refused_at
            entered = _nomination(uow, event, refusal.nomination_id, refusal.stars, state=state)
            entered.decided_at = decided_at
    for award in event.awards:
        _enter_award(uow, event, award)
    uow.session.flush()
    if not uow.hosts(volunteer.region):
        # They have moved on in the meantime: what comes late follows them.
        hand_on(uow, volunteer, stars=tuple(new), awards=event.awards)
        return
    if event.is_whole:
        _drop_others(uow, event)
        row.awaits_stars = False
    held = select(Star.stars).where(Star.volunteer_number == volunteer.number, Star.withdrawn_on.is_(None))
    row.stars = max(uow.session.scalars(held), default=0)
    uow.publish(StandingTakenOver(volunteer_number=volunteer.number, stars=row.stars))
    star_reviews.note_change(uow, volunteer.number, voided="转入前冲销的时长")
    stars.nominate_if_due(uow, row, approvals=approvals)


def _enter_star(uow: UnitOfWork, event: StandingHandedOver, star: StarHeld, *, approvals: Approvals) -> None:
    same = select(Star).where(
        Star.volunteer_number == event.volunteer_number, Star.stars == star.stars, Star.withdrawn_on.is_(None)
    )
    if uow.session.scalars(same).first() is not None:
        return
    for nomination in stars.undecided(uow, event.volunteer_number):
        if nomination.stars == star.stars:
            approvals.act(
                uow,
                case_id=nomination.case_id or "",
                verb=Verb.WITHDRAW,
                actor=stars.SYSTEM,
                command_id=f"held/{nomination.id}",
                opinion="转入前已认定此星级",
            )
    _nomination(uow, event, star.nomination_id, star.stars, state=NominationState.GRANTED)
    uow.session.add(
        Star(
            volunteer_number=event.volunteer_number,
            stars=star.stars,
            nomination_id=star.nomination_id,
            granted_on=star.granted_on,
            decided_by_region=star.decided_by_region,
        )
    )
    uow.session.flush()


def _nomination(
    uow: UnitOfWork, event: StandingHandedOver, nomination_id: str, level: int | None, *, state: NominationState
) -> Nomination:
    """Enter by which nomination, decided at the old home, something was given or refused."""
    nomination = Nomination(
        id=nomination_id,
        kind=NominationKind.STAR.value if level is not None else NominationKind.COMMENDATION.value,
        title=star_title(level) if level is not None else "",
        volunteer_number=event.volunteer_number,
        region=event.from_region,
        stars=level,
        story="",
        proposer_account_id=stars.SYSTEM.account_id,
        proposer_name=stars.SYSTEM.name,
        state=state.value,
        reason="",
        opened_at=uow.now,
        decided_at=uow.now,
    )
    uow.session.add(nomination)
    return nomination


def _enter_award(uow: UnitOfWork, event: StandingHandedOver, award: AwardHeld) -> None:
    same = select(Award).where(
        Award.award == award.award, Award.round == award.round, Award.volunteer_number == event.volunteer_number
    )
    if uow.session.scalars(same).first() is not None:
        return
    nomination = _nomination(uow, event, award.nomination_id, None, state=NominationState.GRANTED)
    nomination.title, nomination.award, nomination.round = (
        award_title(award.award, award.round),
        award.award,
        award.round,
    )
    uow.session.flush()
    uow.session.add(
        Award(
            id=award.award_id,
            number=award.number,
            nomination_id=award.nomination_id,
            volunteer_number=event.volunteer_number,
            award=award.award,
            round=award.round,
            citation=award.citation,
            region=award.region,
            granting_region=award.granting_region,
            granted_on=award.granted_on,
            granted_at=award.granted_at,
            came_by=event.transfer_id,
        )
    )


def _drop_others(uow: UnitOfWork, event: StandingHandedOver) -> None:
    """Mark what somebody held here before they left, and lost where they were meanwhile."""
    kept = {star.nomination_id for star in event.stars}
    held = select(Star).where(Star.volunteer_number == event.volunteer_number, Star.withdrawn_on.is_(None))
    for star in uow.session.scalars(held).all():
        if star.nomination_id not in kept and star.stars > max((one.stars for one in event.stars), default=0):
            star.withdrawn_on = max(business_date(uow.now), star.granted_on)
            star.nomination.state = NominationState.REVOKED.value
    uow.session.flush()


def take_sums(uow: UnitOfWork, event: LedgerTakenOver, *, approvals: Approvals) -> None:
    """Count the hours and evaluations of a ledger that has a new home, here or at a node below."""
    row: StandingRow = stars.standing_row(uow, event.volunteer_number)
    row.total_hundredths = event.total_hundredths
    row.quality_sum, row.quality_count = event.quality_sum, event.quality_count
    stars.nominate_if_due(uow, row, approvals=approvals)


def note_stars(uow: UnitOfWork, event: StandingTakenOver) -> None:
    """Count the stars of a volunteer who has a new home at a node below."""
    row = stars.standing_row(uow, event.volunteer_number)
    if not uow.hosts(uow.session.get_one(KnownVolunteer, event.volunteer_number).region):
        row.stars = event.stars
