"""Stars: hours that are credited make candidates, and the tier that decides a level grants or refuses it."""

from __future__ import annotations

import uuid
from typing import Any

import structlog
from sqlalchemy import select

from services.awards.commands.nominations import decide, hand_on, open_nomination
from services.awards.model import (
    UNDECIDED,
    KnownVolunteer,
    Nomination,
    NominationKind,
    NominationState,
    StandingRow,
    Star,
    refused_levels,
)
from services.awards.rules import (
    STAR_DEFINITIONS,
    Standing,
    StarRule,
    level_carried,
    level_reached,
    star_due,
    star_rule,
    star_title,
)
from shared.approval.core.state import Party
from shared.approval.core.words import Verb
from shared.approval.service import Approvals
from shared.clock import business_date
from shared.contracts.awards import StarGranted, StarHeld, StarWithdrawn
from shared.contracts.records import HoursCredited, HoursVoided
from shared.errors import Unavailable
from shared.hours import show_hours
from shared.storage import UnitOfWork

log = structlog.get_logger(__name__)

BUSINESS = "star_rating"
SYSTEM = Party.system("awards")


class VolunteerNotKnownYet(Unavailable):
    """The volunteer's registration has not arrived here: the inbox tries the event again later."""

    default_code = "volunteer_not_known_yet"
    default_zh = "志愿者信息尚未同步"
    default_en = "The volunteer's registration has not arrived here yet"


def credit_hours(uow: UnitOfWork, event: HoursCredited, *, approvals: Approvals) -> None:
    """Count credited hours and their evaluation, and nominate the volunteer for the star that falls due by them.

    Source: notice II (6), 「根据志愿者的服务时间和服务质量，对志愿者给予相应的星级认定」.
    :raises VolunteerNotKnownYet: when the volunteer's registration has not arrived here.
    """
    row = standing_row(uow, event.volunteer_number)
    row.total_hundredths = event.total_hundredths
    row.quality_sum += event.quality
    row.quality_count += 1
    nominate_if_due(uow, row, approvals=approvals)


def void_hours(uow: UnitOfWork, event: HoursVoided, *, approvals: Approvals) -> None:
    """Count hours and their evaluation no more, and end the candidacies for stars that they no longer carry.

    A star that is held was given by a decision of officials, so only a decision takes it away (`star_reviews`).

    :raises Conflict: while a case that would have to end is suspended; the inbox tries the event again later.
    """
    row = standing_row(uow, event.volunteer_number)
    row.total_hundredths = event.total_hundredths
    row.quality_sum -= event.quality
    row.quality_count -= 1
    rule, standing = star_rule(business_date(uow.now)), row.standing
    reached = level_carried(rule, standing)
    for nomination in undecided(uow, event.volunteer_number):
        if nomination.stars is not None and nomination.stars > reached:
            approvals.act(
                uow,
                case_id=nomination.case_id or "",
                verb=Verb.WITHDRAW,
                actor=SYSTEM,
                command_id=f"void/{nomination.id}",
                opinion=f"时长已冲销：{event.activity_name}",
            )
    # Whoever was a candidate for more may still be due for less.
    nominate_if_due(uow, row, approvals=approvals)


def nominate_if_due(uow: UnitOfWork, row: StandingRow, *, approvals: Approvals) -> None:
    """Nominate a volunteer of this node for the star that is due to them by now, if any."""
    today = business_date(uow.now)
    rule, standing = star_rule(today), row.standing
    if row.awaits_stars or level_reached(rule, standing) <= standing.stars:
        # So it is for most hours; what was nominated or refused before matters only where a star comes within reach.
        return
    volunteer = uow.session.get_one(KnownVolunteer, row.volunteer_number)
    if not uow.hosts(volunteer.region):
        # The node where they are at home nominates; a node above only counts along.
        return
    stars = star_due(
        rule,
        standing,
        open_levels=_open_levels(uow, row.volunteer_number),
        refused=refused_levels(uow.session, row.volunteer_number),
        on=today,
    )
    if stars is not None:
        _nominate(uow, volunteer, standing, rule, stars=stars, approvals=approvals)


def standing_row(uow: UnitOfWork, volunteer_number: str) -> StandingRow:
    """Answer what counts towards a volunteer's stars, locked until the transaction ends.

    :raises VolunteerNotKnownYet: when the volunteer's registration has not arrived here.
    """
    row = uow.session.get(StandingRow, volunteer_number, with_for_update=True)
    if row is None:
        if uow.session.get(KnownVolunteer, volunteer_number) is None:
            raise VolunteerNotKnownYet(volunteer_number=volunteer_number)
        row = StandingRow.nothing(volunteer_number)
        uow.session.add(row)
    return row


def _open_levels(uow: UnitOfWork, volunteer_number: str) -> frozenset[int]:
    return frozenset(one.stars for one in undecided(uow, volunteer_number) if one.stars is not None)


def undecided(uow: UnitOfWork, volunteer_number: str) -> list[Nomination]:
    """Answer the nominations of a volunteer for stars that are not decided yet."""
    wanted = select(Nomination).where(
        Nomination.volunteer_number == volunteer_number,
        Nomination.kind == NominationKind.STAR.value,
        Nomination.state.in_(UNDECIDED),
    )
    return list(uow.session.scalars(wanted.order_by(Nomination.id)))


def _nominate(
    uow: UnitOfWork,
    volunteer: KnownVolunteer,
    standing: Standing,
    rule: StarRule,
    *,
    stars: int,
    approvals: Approvals,
) -> None:
    """Open a nomination for a star level, and the case that decides it."""
    nomination = Nomination(
        id=uuid.uuid4().hex,
        kind=NominationKind.STAR.value,
        title=star_title(stars),
        volunteer_number=volunteer.number,
        region=volunteer.region,
        stars=stars,
        story="",
        proposer_account_id=SYSTEM.account_id,
        proposer_name=SYSTEM.name,
        state=NominationState.OPEN.value,
        reason="",
        opened_at=uow.now,
    )
    open_nomination(
        uow,
        nomination,
        approvals=approvals,
        definition=STAR_DEFINITIONS[rule.decided_by(stars)],
        business_type=BUSINESS,
        volunteer=volunteer,
        initiator=SYSTEM,
        content=_content(volunteer, standing, rule, stars=stars),
        command_id=f"star/{nomination.id}",
    )


def _content(volunteer: KnownVolunteer, standing: Standing, rule: StarRule, *, stars: int) -> dict[str, Any]:
    return {
        "volunteer_number": volunteer.number,
        "volunteer_name": volunteer.name,
        "stars": stars,
        "total_hours": show_hours(standing.total_hundredths),
        "hours_needed": show_hours(rule.threshold(stars)),
        "average_quality": str(standing.average_quality),
        "quality_floor": str(rule.quality_floor),
    }


def grant_star(uow: UnitOfWork, nomination_id: str, *, decided_by_region: str) -> None:
    """Give the volunteer the level they were nominated for, and tell the others."""
    nomination = decide(uow, nomination_id, state=NominationState.GRANTED)
    assert nomination.stars is not None
    star = Star(
        volunteer_number=nomination.volunteer_number,
        stars=nomination.stars,
        nomination_id=nomination.id,
        granted_on=business_date(uow.now),
        decided_by_region=decided_by_region,
    )
    uow.session.add(star)
    row = standing_row(uow, nomination.volunteer_number)
    # A lower level that was decided later does not take the higher one away.
    row.stars = max(row.stars, star.stars)
    uow.publish(star_as_told(star))
    held = StarHeld(
        nomination_id=star.nomination_id,
        stars=star.stars,
        granted_on=star.granted_on,
        decided_by_region=decided_by_region,
    )
    hand_on(uow, nomination.volunteer, stars=(held,))


def note_star(uow: UnitOfWork, event: StarGranted, *, approvals: Approvals) -> None:
    """Count a star that a node below tells of; again it changes nothing.

    Of what it says was decided here, the case must be known here.
    """
    row = standing_row(uow, event.volunteer_number)
    if uow.hosts(uow.session.get_one(KnownVolunteer, event.volunteer_number).region):
        return
    is_known = not uow.hosts(event.decided_by_region) or approvals.has_decided(
        uow.session, business_type=BUSINESS, business_id=event.nomination_id, region=event.decided_by_region
    )
    if not is_known:
        log.error("star_was_not_decided_here", nomination_id=event.nomination_id, region=event.decided_by_region)
    else:
        row.stars = max(row.stars, event.stars)


def note_withdrawal(uow: UnitOfWork, event: StarWithdrawn) -> None:
    """Count stars no more that a node below took away from its volunteer."""
    row = standing_row(uow, event.volunteer_number)
    if not uow.hosts(uow.session.get_one(KnownVolunteer, event.volunteer_number).region):
        row.stars = event.stars_left


def star_as_told(star: Star) -> StarGranted:
    """Answer a star level that a volunteer was given, as the others hear it."""
    return StarGranted(
        volunteer_number=star.volunteer_number,
        nomination_id=star.nomination_id,
        stars=star.stars,
        granted_on=star.granted_on,
        decided_by_region=star.decided_by_region,
    )
