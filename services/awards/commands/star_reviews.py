"""Stars that the hours no longer carry: the tier that decides a level decides whether it is taken away.

Nobody loses a star by arithmetic alone: it was given by a decision of officials, and only another one undoes it.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from services.awards.commands.stars import SYSTEM, nominate_if_due, standing_row
from services.awards.model import KnownVolunteer, NominationState, ReviewState, StandingRow, Star, StarReview
from services.awards.rules import STAR_REVIEW_DEFINITION, level_carried, star_rule, star_title
from shared.approval.core.words import Verb
from shared.approval.service import Approvals
from shared.clock import business_date
from shared.contracts.awards import StarWithdrawn
from shared.errors import Conflict
from shared.hours import show_hours
from shared.storage import UnitOfWork

BUSINESS = "star_review"
#: How long nothing may have been taken back before anybody is asked.
QUIET = timedelta(minutes=10)


def note_change(uow: UnitOfWork, volunteer_number: str, *, voided: str | None = None) -> None:
    """Note that a volunteer's stars are to be looked at, once their hours have come to rest.

    A revoked report takes its records back one by one: who decides should be asked once, about all of them. `voided`
    names the activity whose hours were taken back; hours that are credited bring up no stars by themselves, though
    they may change what is being asked.
    """
    row = standing_row(uow, volunteer_number)
    if row.stars == 0 or not _is_ours(uow, volunteer_number):
        return
    left, asked = _left(uow, row), _open_now(uow, volunteer_number)
    if voided is not None and (asked is not None or left < row.stars):
        row.voided, row.review_due_at = voided, uow.now + QUIET
    elif voided is None and asked is not None and left != asked.stars_left:
        row.review_due_at = uow.now + QUIET


def review_due(uow: UnitOfWork, *, approvals: Approvals) -> bool:
    """Look at the stars of the next volunteer whose hours have come to rest; answers whether there was one."""
    due = select(StandingRow).where(StandingRow.review_due_at <= uow.now)
    row = uow.session.scalars(due.order_by(StandingRow.review_due_at).limit(1).with_for_update()).first()
    if row is None:
        return False
    try:
        with uow.attempt():
            _review(uow, row, approvals=approvals)
            row.review_due_at = row.voided = None
            uow.session.flush()
    except Conflict:
        # The case of the review that would have to end is suspended: it is looked at again later.
        row.review_due_at = uow.now + QUIET
    return True


def _review(uow: UnitOfWork, row: StandingRow, *, approvals: Approvals) -> None:
    """End the review that is open, and open the one that is called for now, if any."""
    if not _is_ours(uow, row.volunteer_number):
        # They have moved to another node in the meantime, which looks at their stars itself.
        return
    left, asked = _left(uow, row), _open_now(uow, row.volunteer_number)
    reason = row.voided or (asked.reason if asked else None)
    if asked is not None:
        _end(uow, asked, approvals=approvals)
    if reason is not None and left < row.stars:
        _open(uow, row, left=left, reason=reason, approvals=approvals)


def _is_ours(uow: UnitOfWork, volunteer_number: str) -> bool:
    """Tell whether a volunteer is at home at this node, which then answers for their stars."""
    return uow.hosts(uow.session.get_one(KnownVolunteer, volunteer_number).region)


def _left(uow: UnitOfWork, row: StandingRow) -> int:
    return level_carried(star_rule(business_date(uow.now)), row.standing)


def _open_now(uow: UnitOfWork, volunteer_number: str) -> StarReview | None:
    wanted = select(StarReview).where(
        StarReview.volunteer_number == volunteer_number, StarReview.state == ReviewState.OPEN.value
    )
    return uow.session.scalars(wanted).one_or_none()


def end_open(uow: UnitOfWork, volunteer_number: str, *, approvals: Approvals) -> None:
    """End the review of a volunteer's stars that is open, if there is one, and ask for none."""
    asked = _open_now(uow, volunteer_number)
    if asked is not None:
        _end(uow, asked, approvals=approvals)
    row = uow.session.get(StandingRow, volunteer_number, with_for_update=True)
    if row is not None:
        row.review_due_at = row.voided = None


def _end(uow: UnitOfWork, review: StarReview, *, approvals: Approvals) -> None:
    """End a review whose question is no longer the right one."""
    approvals.act(
        uow,
        case_id=review.case_id or "",
        verb=Verb.WITHDRAW,
        actor=SYSTEM,
        command_id=f"star-review-ended/{review.id}",
        opinion="累计时长已有变化",
    )
    uow.session.flush()


def _open(uow: UnitOfWork, row: StandingRow, *, left: int, reason: str, approvals: Approvals) -> None:
    volunteer = uow.session.get_one(KnownVolunteer, row.volunteer_number)
    review = StarReview(
        id=uuid.uuid4().hex,
        volunteer_number=volunteer.number,
        stars=row.stars,
        stars_left=left,
        reason=reason,
        state=ReviewState.OPEN.value,
        opened_at=uow.now,
    )
    uow.session.add(review)
    uow.session.flush()
    case = approvals.open(
        uow,
        definition=STAR_REVIEW_DEFINITION,
        business_type=BUSINESS,
        business_id=review.id,
        title=f"撤销{star_title(review.stars)}：{volunteer.name}",
        home_region=volunteer.region,
        initiator=SYSTEM,
        barred=frozenset({volunteer.account_id}),
        content=_content(uow, volunteer, row, review),
        command_id=f"star-review/{review.id}",
    )
    review.case_id = case.id


def _content(uow: UnitOfWork, volunteer: KnownVolunteer, row: StandingRow, review: StarReview) -> dict[str, Any]:
    rule, average = star_rule(business_date(uow.now)), row.standing.average_quality
    return {
        "volunteer_number": volunteer.number,
        "volunteer_name": volunteer.name,
        "stars": review.stars,
        "stars_left": review.stars_left,
        "voided": review.reason,
        "total_hours": show_hours(row.total_hundredths),
        "hours_needed": show_hours(rule.threshold(review.stars)),
        "average_quality": None if average is None else str(average),
        "quality_floor": str(rule.quality_floor),
    }


def settle_review(uow: UnitOfWork, review_id: str, *, state: ReviewState) -> StarReview:
    """Put a review into its final state."""
    review = uow.session.get_one(StarReview, review_id, with_for_update=True)
    review.state = state.value
    review.decided_at = uow.now
    return review


def take_stars(uow: UnitOfWork, review_id: str, *, decided_by_region: str, opinion: str, approvals: Approvals) -> None:
    """Take away the stars above the level that the review has found carried, and tell the others.

    Each star has its own decision: a lower level that was never given is not given by this, but nominated.
    """
    review = settle_review(uow, review_id, state=ReviewState.TAKEN)
    row, today = standing_row(uow, review.volunteer_number), business_date(uow.now)
    held = uow.session.scalars(
        select(Star).where(Star.volunteer_number == review.volunteer_number, Star.withdrawn_on.is_(None))
    ).all()
    taken = sorted((star for star in held if star.stars > review.stars_left), key=lambda star: star.stars)
    for star in taken:
        star.withdrawn_on = today
        star.nomination.state = NominationState.REVOKED.value
    row.stars = max((star.stars for star in held if star.withdrawn_on is None), default=0)
    uow.session.flush()
    uow.publish(
        StarWithdrawn(
            volunteer_number=review.volunteer_number,
            review_id=review.id,
            stars=review.stars,
            stars_left=row.stars,
            nomination_ids=tuple(star.nomination_id for star in taken),
            withdrawn_on=today,
            decided_by_region=decided_by_region,
            reason=opinion,
        )
    )
    nominate_if_due(uow, row, approvals=approvals)
