"""What the cases of awards bring: a decided case grants or refuses, in the same transaction as the decision.

Cases of stars have no `return`: the system opens them and has nothing to correct, so their definitions have one round.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.awards.commands import commendations, star_reviews, stars
from services.awards.commands.nominations import decide
from services.awards.model import NominationState, ReviewState
from services.awards.rules import COMMENDATION_DEFINITION, STAR_DEFINITIONS, STAR_REVIEW_DEFINITION
from shared.approval.outcomes import Outcome
from shared.approval.service import Approvals
from shared.approval.views import CaseView
from shared.storage import UnitOfWork

approvals = Approvals(
    service="awards",
    definitions=[
        "revocation",
        *STAR_DEFINITIONS.values(),
        STAR_REVIEW_DEFINITION,
        COMMENDATION_DEFINITION,
        "project_grade",
    ],
)
outcomes = approvals.outcomes


@outcomes.on(stars.BUSINESS, Outcome.APPROVED)
def star_approved(uow: UnitOfWork, case: CaseView) -> None:
    """Give the star; the region that spoke last decided it."""
    stars.grant_star(uow, case.business_id, decided_by_region=case.last.region)


@outcomes.on(commendations.BUSINESS, Outcome.APPROVED)
def commendation_approved(uow: UnitOfWork, case: CaseView) -> None:
    """Give the award; the region that spoke last grants it."""
    commendations.grant_award(uow, case.business_id, granting_region=case.last.region)


@outcomes.on(stars.BUSINESS, Outcome.REJECTED)
@outcomes.on(commendations.BUSINESS, Outcome.REJECTED)
def nomination_rejected(uow: UnitOfWork, case: CaseView) -> None:
    """Refuse the nomination, with what the decider said."""
    decide(uow, case.business_id, state=NominationState.REFUSED, reason=case.last.opinion)


@outcomes.on(stars.BUSINESS, Outcome.WITHDRAWN)
def star_withdrawn(uow: UnitOfWork, case: CaseView) -> None:
    """End a candidacy whose hours were taken back."""
    decide(uow, case.business_id, state=NominationState.WITHDRAWN, reason=case.last.opinion)


@outcomes.on(stars.BUSINESS, Outcome.TERMINATED)
@outcomes.on(commendations.BUSINESS, Outcome.TERMINATED)
def nomination_ended(uow: UnitOfWork, case: CaseView) -> None:
    """End a nomination whose case an administrator has ended, with the reason; the person may be nominated anew."""
    decide(uow, case.business_id, state=NominationState.ENDED, reason=case.last.opinion)


@outcomes.on(star_reviews.BUSINESS, Outcome.APPROVED)
def star_taken(uow: UnitOfWork, case: CaseView) -> None:
    """Take the stars away that are carried no more; the region that spoke last decided it."""
    star_reviews.take_stars(
        uow,
        case.business_id,
        decided_by_region=case.last.region,
        opinion=case.last.opinion,
        approvals=approvals,
    )


@outcomes.on(star_reviews.BUSINESS, Outcome.REJECTED)
def star_kept(uow: UnitOfWork, case: CaseView) -> None:
    """Leave the stars as they are; what is voided later may be weighed anew."""
    star_reviews.settle_review(uow, case.business_id, state=ReviewState.KEPT)


@outcomes.on(star_reviews.BUSINESS, Outcome.WITHDRAWN)
@outcomes.on(star_reviews.BUSINESS, Outcome.TERMINATED)
def star_review_ended(uow: UnitOfWork, case: CaseView) -> None:
    """End a review without a decision: the hours have changed, or an administrator has ended its case."""
    star_reviews.settle_review(uow, case.business_id, state=ReviewState.ENDED)


@outcomes.on(commendations.BUSINESS, Outcome.RETURNED)
def commendation_returned(uow: UnitOfWork, case: CaseView) -> None:
    """Give the nomination back to its clerk."""
    commendations.return_nomination(uow, case.business_id, reason=case.last.opinion)


@outcomes.on(commendations.BUSINESS, Outcome.RESUBMITTED)
def commendation_resubmitted(uow: UnitOfWork, case: CaseView) -> None:
    """Take the corrected nomination back into approval."""
    commendations.resume_nomination(uow, case.business_id)


@outcomes.on(commendations.BUSINESS, Outcome.WITHDRAWN)
def commendation_withdrawn(uow: UnitOfWork, case: CaseView) -> None:
    """End a nomination that its clerk took back."""
    decide(uow, case.business_id, state=NominationState.WITHDRAWN, reason="提名人已撤回")


@outcomes.content(commendations.BUSINESS)
def commendation_content(uow: UnitOfWork, case: CaseView) -> Mapping[str, Any]:
    """Read what a new round decides on: the story as it was corrected."""
    return commendations.content_of(uow, case.business_id)
