"""What stars and commendations have in common: a nomination that is opened and decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from services.awards.model import Award, KnownVolunteer, Nomination, NominationKind, NominationState
from shared.approval.core.state import Party
from shared.approval.service import Approvals
from shared.contracts.awards import (
    AwardHeld,
    NominationDecided,
    NominationOpened,
    StandingHandedOver,
    StarHeld,
    StarRefused,
)
from shared.storage import UnitOfWork


def locked(uow: UnitOfWork, nomination_id: str) -> Nomination:
    """Answer a nomination that its case names, locked until the transaction ends."""
    return uow.session.get_one(Nomination, nomination_id, with_for_update=True)


def open_nomination(
    uow: UnitOfWork,
    nomination: Nomination,
    *,
    approvals: Approvals,
    definition: str,
    business_type: str,
    volunteer: KnownVolunteer,
    initiator: Party,
    content: Mapping[str, Any],
    command_id: str,
) -> None:
    """Store a nomination, open its case at the volunteer's home region, and tell the others.

    The volunteer is barred from deciding it, whatever posts they hold.
    """
    uow.session.add(nomination)
    uow.session.flush()
    case = approvals.open(
        uow,
        definition=definition,
        business_type=business_type,
        business_id=nomination.id,
        title=f"{nomination.title}：{volunteer.name}",
        home_region=volunteer.region,
        initiator=initiator,
        barred=frozenset({volunteer.account_id}),
        content=content,
        command_id=command_id,
    )
    nomination.case_id = case.id
    uow.publish(
        NominationOpened(
            nomination_id=nomination.id,
            kind=_kind(nomination),
            title=nomination.title,
            volunteer_number=volunteer.number,
            region=volunteer.region,
        )
    )


def decide(uow: UnitOfWork, nomination_id: str, *, state: NominationState, reason: str = "") -> Nomination:
    """Put a nomination into its final state and tell the others; the reason says why where it was refused."""
    nomination = locked(uow, nomination_id)
    nomination.state = state.value
    nomination.reason = reason
    nomination.decided_at = uow.now
    uow.publish(
        NominationDecided(
            nomination_id=nomination.id,
            kind=_kind(nomination),
            title=nomination.title,
            volunteer_number=nomination.volunteer_number,
            granted=state is NominationState.GRANTED,
            reason=reason,
        )
    )
    return nomination


def _kind(nomination: Nomination) -> Literal["star", "commendation"]:
    return "star" if nomination.kind == NominationKind.STAR else "commendation"


def hand_on(
    uow: UnitOfWork,
    volunteer: KnownVolunteer,
    *,
    stars: tuple[StarHeld, ...] = (),
    refused: tuple[StarRefused, ...] = (),
    awards: tuple[AwardHeld, ...] = (),
    is_whole: bool = False,
) -> None:
    """Tell the new home of a volunteer who has left this node what they were given here; of others tell nothing."""
    if volunteer.left_by is None or volunteer.left_from is None or volunteer.left_to is None:
        return
    uow.publish(
        StandingHandedOver(
            transfer_id=volunteer.left_by,
            volunteer_number=volunteer.number,
            from_region=volunteer.left_from,
            to_region=volunteer.left_to,
            stars=stars,
            refused=refused,
            awards=awards,
            is_whole=is_whole,
        )
    )


def award_as_held(award: Award) -> AwardHeld:
    """Answer a commendation as the new home of its volunteer is told it."""
    return AwardHeld(
        award_id=award.id,
        nomination_id=award.nomination_id,
        number=award.number,
        award=award.award,
        round=award.round,
        citation=award.citation,
        region=award.region,
        granting_region=award.granting_region,
        granted_on=award.granted_on,
        granted_at=award.granted_at,
    )
