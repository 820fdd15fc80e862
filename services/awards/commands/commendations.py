"""Commendations: a clerk nominates a volunteer, the city and the province decide, an award is numbered and given."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from services.awards.commands.nominations import award_as_held, decide, hand_on, locked, open_nomination
from services.awards.model import (
    Award,
    AwardCounter,
    KnownVolunteer,
    Nomination,
    NominationKind,
    NominationState,
    StandingRow,
)
from services.awards.policy import Act, check_edit, check_own_account, check_seen, may
from services.awards.rules import (
    COMMENDATION_DEFINITION,
    FEWEST_STARS_FOR_AWARD,
    Standing,
    award_number,
    award_title,
    citation,
)
from shared.approval.core.state import Party
from shared.approval.service import Approvals
from shared.clock import business_date
from shared.contracts.awards import AwardGranted
from shared.errors import Conflict, HostedElsewhere, Invalid, NotFound, StaleRevision, pointing_at
from shared.hours import show_hours
from shared.identity import Principal
from shared.regions import Regions
from shared.storage import UnitOfWork

BUSINESS = "commendation"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What a clerk fills in to nominate a volunteer."""

    award: str
    round: str
    volunteer_number: str
    story: str


def nominate(
    uow: UnitOfWork,
    proposal: Proposal,
    *,
    clerk: Principal,
    regions: Regions,
    approvals: Approvals,
    command_id: str,
) -> Nomination:
    """Nominate a volunteer for a commendation, and open the case that decides it at the volunteer's home region.

    Source: notice II (6), 「定期对优秀志愿者…进行通报表彰」, and IV.
    :raises NotFound: `volunteer_not_found`, also when none of the clerk's regions contains the volunteer's.
    :raises HostedElsewhere: when the volunteer is at home at another node, whose clerks nominate them;
        `volunteer_moved` where they were at home here.
    :raises Forbidden: `own_nomination`.
    :raises Invalid: `volunteer_has_no_star`.
    :raises Conflict: `already_nominated` while a nomination for the same award and round runs or was granted.
    """
    volunteer = _candidate(uow, proposal, clerk=clerk, regions=regions)
    nomination = Nomination(
        id=uuid.uuid4().hex,
        kind=NominationKind.COMMENDATION.value,
        title=award_title(proposal.award, proposal.round),
        volunteer_number=volunteer.number,
        region=volunteer.region,
        award=proposal.award,
        round=proposal.round,
        story=proposal.story,
        proposer_account_id=clerk.account_id,
        proposer_name=clerk.name,
        state=NominationState.OPEN.value,
        reason="",
        opened_at=uow.now,
    )
    open_nomination(
        uow,
        nomination,
        approvals=approvals,
        definition=COMMENDATION_DEFINITION,
        business_type=BUSINESS,
        volunteer=volunteer,
        initiator=Party(clerk.account_id, clerk.name),
        content=_content(nomination, volunteer, _standing(uow, volunteer.number)),
        command_id=command_id,
    )
    return nomination


def _candidate(uow: UnitOfWork, proposal: Proposal, *, clerk: Principal, regions: Regions) -> KnownVolunteer:
    """Answer the volunteer of a proposal that this clerk may make, locked until the transaction ends."""
    # The row is locked so that of two nominations at once the second one sees the first.
    volunteer = uow.session.get(KnownVolunteer, proposal.volunteer_number, with_for_update=True)
    if volunteer is not None and volunteer.left_from is not None and not uow.hosts(volunteer.region):
        _tell_moved(volunteer, clerk=clerk, regions=regions, on=business_date(uow.now))
    if volunteer is None or not may(Act.NOMINATE, clerk, volunteer.region, regions=regions, on=business_date(uow.now)):
        raise NotFound(
            "volunteer_not_found",
            zh="本辖区没有此编号的志愿者",
            en="No volunteer of your regions has this number",
            pointer="/volunteer_number",
        )
    with pointing_at("/volunteer_number"):
        # Stars and hours are counted where the volunteer is at home, and so are nominations.
        uow.check_hosts(volunteer.region)
    check_own_account(clerk, volunteer.account_id)
    if _standing(uow, volunteer.number).stars < FEWEST_STARS_FOR_AWARD:
        raise Invalid(
            "volunteer_has_no_star",
            zh="该志愿者还没有星级，不能提名表彰",
            en="This volunteer has no star yet",
            pointer="/volunteer_number",
        )
    _check_first(uow, proposal)
    return volunteer


def _tell_moved(volunteer: KnownVolunteer, *, clerk: Principal, regions: Regions, on: date) -> None:
    """Refuse, with words, to nominate who has left the clerk's regions for another node; to others they are unknown.

    :raises HostedElsewhere: `volunteer_moved`.
    """
    if may(Act.NOMINATE, clerk, volunteer.left_from or "", regions=regions, on=on):
        raise HostedElsewhere(
            "volunteer_moved",
            zh=f"该志愿者已转出至{regions.name_of(volunteer.region, on=on)}，请由转入地提名",
            en="This volunteer has moved to another place, whose clerks nominate them",
            pointer="/volunteer_number",
        )


def _standing(uow: UnitOfWork, volunteer_number: str) -> Standing:
    row = uow.session.get(StandingRow, volunteer_number)
    return row.standing if row else Standing()


def _check_first(uow: UnitOfWork, proposal: Proposal) -> None:
    running = (NominationState.OPEN, NominationState.RETURNED, NominationState.GRANTED)
    same = select(Nomination.id).where(
        Nomination.award == proposal.award,
        Nomination.round == proposal.round,
        Nomination.volunteer_number == proposal.volunteer_number,
        Nomination.state.in_(running),
    )
    if uow.session.scalar(same) is not None:
        raise Conflict(
            "already_nominated",
            zh="该志愿者本届已被提名或已获此表彰",
            en="This volunteer is nominated for this round already, or has the award",
            pointer="/volunteer_number",
        )


def content_of(uow: UnitOfWork, nomination_id: str) -> dict[str, Any]:
    """Answer what a new round decides on, as the nomination is now."""
    nomination = uow.session.get_one(Nomination, nomination_id)
    return _content(nomination, nomination.volunteer, _standing(uow, nomination.volunteer_number))


def _content(nomination: Nomination, volunteer: KnownVolunteer, standing: Standing) -> dict[str, Any]:
    return {
        "award": nomination.award,
        "round": nomination.round,
        "volunteer_number": volunteer.number,
        "volunteer_name": volunteer.name,
        "stars": standing.stars,
        "total_hours": show_hours(standing.total_hundredths),
        "story": nomination.story,
    }


def rewrite_story(
    uow: UnitOfWork, nomination_id: str, *, story: str, clerk: Principal, regions: Regions, expected_revision: int
) -> Nomination:
    """Write the story of a returned nomination anew, before its clerk resubmits the case.

    :raises NotFound: `nomination_not_found`, also for one that the person may not see.
    :raises Forbidden: `not_the_proposer`.
    :raises Conflict: `nomination_not_returned`.
    :raises StaleRevision: when somebody changed it since it was read.
    """
    nomination = uow.session.get(Nomination, nomination_id, with_for_update=True)
    check_seen(clerk, nomination.paper if nomination else None, regions=regions, on=business_date(uow.now))
    assert nomination is not None
    check_edit(clerk, nomination.paper)
    if nomination.revision != expected_revision:
        raise StaleRevision(current_revision=nomination.revision)
    nomination.story = story
    uow.session.flush()
    return nomination


def return_nomination(uow: UnitOfWork, nomination_id: str, *, reason: str) -> None:
    """Give a nomination back to its clerk, with what is to be corrected."""
    nomination = locked(uow, nomination_id)
    nomination.state = NominationState.RETURNED.value
    nomination.reason = reason


def resume_nomination(uow: UnitOfWork, nomination_id: str) -> None:
    """Take a corrected nomination back into approval."""
    nomination = locked(uow, nomination_id)
    nomination.state = NominationState.OPEN.value
    nomination.reason = ""


def grant_award(uow: UnitOfWork, nomination_id: str, *, granting_region: str) -> None:
    """Give the award with the next number of the year, and tell the others.

    Source: notice II (6); Order 67 article 9 (name, date and granting body of an award).
    """
    nomination = decide(uow, nomination_id, state=NominationState.GRANTED)
    assert nomination.award is not None
    assert nomination.round is not None
    today = business_date(uow.now)
    number = award_number(today.year, _next_ordinal(uow, today.year))
    award = Award(
        id=uuid.uuid4().hex,
        number=number,
        nomination_id=nomination.id,
        volunteer_number=nomination.volunteer_number,
        award=nomination.award,
        round=nomination.round,
        citation=citation(nomination.award, nomination.round, number),
        region=nomination.region,
        granting_region=granting_region,
        granted_on=today,
        granted_at=uow.now,
    )
    uow.session.add(award)
    uow.publish(award_as_told(award))
    hand_on(uow, nomination.volunteer, awards=(award_as_held(award),))


def award_as_told(award: Award) -> AwardGranted:
    """Answer a commendation that was granted, as the others hear it."""
    return AwardGranted(
        award_id=award.id,
        nomination_id=award.nomination_id,
        volunteer_number=award.volunteer_number,
        award=award.award,
        citation=award.citation,
        granted_on=award.granted_on,
        granting_region=award.granting_region,
    )


def _next_ordinal(uow: UnitOfWork, year: int) -> int:
    """Answer the next number of a year; the counter's row stays locked until the commit, so none is given twice."""
    dialect = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    counted = dialect.insert(AwardCounter).values(year=year, last=1)
    raised = counted.on_conflict_do_update(index_elements=["year"], set_={"last": AwardCounter.last + 1}).returning(
        AwardCounter.last
    )
    ordinal: int = uow.session.execute(raised).scalar_one()
    return ordinal
