"""What stars and commendations have in common: a nomination that is decided."""

from __future__ import annotations

from typing import Literal

from services.awards.model import Nomination, NominationKind, NominationState
from shared.contracts.awards import NominationDecided
from shared.storage import UnitOfWork


def locked(uow: UnitOfWork, nomination_id: str) -> Nomination:
    """Answer a nomination that its case names, locked until the transaction ends."""
    return uow.session.get_one(Nomination, nomination_id, with_for_update=True)


def decide(uow: UnitOfWork, nomination_id: str, *, state: NominationState, reason: str = "") -> Nomination:
    """Put a nomination into its final state and tell the others; the reason says why where it was refused."""
    nomination = locked(uow, nomination_id)
    nomination.state = state.value
    nomination.reason = reason
    nomination.decided_at = uow.now
    kind: Literal["star", "commendation"] = "star" if nomination.kind == NominationKind.STAR else "commendation"
    uow.publish(
        NominationDecided(
            nomination_id=nomination.id,
            kind=kind,
            title=nomination.title,
            volunteer_number=nomination.volunteer_number,
            granted=state is NominationState.GRANTED,
            reason=reason,
        )
    )
    return nomination
