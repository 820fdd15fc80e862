"""Who may do what in awards, as plain rules over plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from services.awards.rules import Paper
from shared.errors import Conflict, Forbidden, NotFound
from shared.identity import Principal, Role
from shared.identity.people import OFFICIALS
from shared.regions import Regions


class Act(StrEnum):
    """What someone may do in a region by a post; being above the region counts as being in it."""

    NOMINATE = "nominate"
    SEE = "see"


ROLES: Mapping[Act, frozenset[Role]] = {
    Act.NOMINATE: frozenset({Role.CLERK}),
    Act.SEE: OFFICIALS,
}
"""By which roles: clerks prepare their region's papers, all officials see them (notice II (6))."""


def may(act: Act, principal: Principal, region: str, *, regions: Regions, on: date) -> bool:
    """Tell whether one of the person's posts lets them do this in a region, by the reporting lines of a date."""
    return any(regions.contains(own, region, on=on) for own in principal.regions_of(ROLES[act]))


def check_seen(principal: Principal, paper: Paper | None, *, regions: Regions, on: date) -> None:
    """Refuse a nomination that is not there, or that is neither the person's own nor of a region of theirs.

    Its clerk sees it, the volunteer it is about, and the officials of its region and above.
    :raises NotFound: `nomination_not_found`: both look the same.
    """
    if paper is not None:
        if principal.account_id in (paper.proposer_account_id, paper.volunteer_account_id):
            return
        if may(Act.SEE, principal, paper.region, regions=regions, on=on):
            return
    raise NotFound("nomination_not_found", zh="没有找到该提名", en="There is no such nomination")


def check_own_account(principal: Principal, volunteer_account_id: str) -> None:
    """Refuse a nomination of oneself.

    :raises Forbidden: `own_nomination`.
    """
    if principal.account_id == volunteer_account_id:
        raise Forbidden("own_nomination", zh="不能提名自己", en="Nobody nominates themselves")


def check_edit(principal: Principal, paper: Paper) -> None:
    """Refuse a change of the story by another than its clerk, or while it is not with them.

    :raises Forbidden: `not_the_proposer`.
    :raises Conflict: `nomination_not_returned`: while a case runs, what is decided on is frozen.
    """
    if principal.account_id != paper.proposer_account_id:
        raise Forbidden("not_the_proposer", zh="只有提名人可以修改", en="Only the clerk who nominated may change it")
    if not paper.is_returned:
        raise Conflict(
            "nomination_not_returned",
            zh="提名未被退回，不能修改",
            en="A nomination can be changed only after it was returned",
        )
