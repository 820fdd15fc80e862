"""Who may answer for an approver of a node: the designed post or person, or who is named in their place."""

from __future__ import annotations

from dataclasses import dataclass

from shared.approval.core.definition import Approver, Node, Substitute
from shared.approval.core.exclusion import excluded
from shared.approval.core.moving import Moving
from shared.approval.core.route import region_for
from shared.approval.core.state import Seat, Stage


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a task is given to: the holders of a role in a region, or one account."""

    role: str | None
    account: str | None
    region: str


def candidates(moving: Moving, stage: Stage, asked: Asked) -> frozenset[str]:
    """Answer who of those asked may decide the stage."""
    if asked.role is None:
        found = frozenset({asked.account or ""})
    else:
        found = moving.world.seats.get(Seat(asked.role, asked.region), frozenset())
        found = found & {asked.account} if asked.account else found
    return found - excluded(moving.case, moving.definition, stage)


def holders(moving: Moving, asked: Asked) -> frozenset[str]:
    """Answer everybody who holds what is asked, those included who must not decide."""
    if asked.role is None:
        return frozenset({asked.account or ""})
    return moving.world.seats.get(Seat(asked.role, asked.region), frozenset())


def post_at(moving: Moving, substitute: Substitute) -> Asked:
    """Answer the post that is asked in another's place, in the region of its tier."""
    return Asked(substitute.role, None, region_for(substitute.tier, moving.world.chain))


def whom(moving: Moving, stage: Stage, node: Node, approver: Approver) -> Asked | None:
    """Answer who is asked for an approver: as designed, or the post that the node names in their place."""
    designed = Asked(approver.role, approver.account, stage.region)
    if node.if_initiator is not None and moving.case.initiator.account_id in holders(moving, designed):
        designed = post_at(moving, node.if_initiator)
    if candidates(moving, stage, designed):
        return designed
    if node.if_nobody is not None:
        substitute = post_at(moving, node.if_nobody)
        return substitute if candidates(moving, stage, substitute) else None
    return None
