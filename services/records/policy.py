"""Who may do what in records, as plain rules over plain values."""

from __future__ import annotations

from shared.errors import NotFound
from shared.identity import Principal


def check_own_organisation(principal: Principal, organisation_id: str) -> None:
    """Refuse work for an organisation that the person does not administer, as if it were not there.

    :raises NotFound: `organisation_not_found`.
    """
    if organisation_id not in principal.organisations:
        raise NotFound(
            "organisation_not_found",
            zh="没有找到该组织",
            en="There is no such organisation",
            pointer="/organisation_id",
        )


def check_own_transfer(volunteer_number: str, *, transfer_of: str | None) -> None:
    """Refuse a transfer of somebody else as if it were not there.

    :raises NotFound: `transfer_not_found`.
    """
    if transfer_of != volunteer_number:
        raise NotFound("transfer_not_found", zh="没有找到该转移", en="There is no such transfer")


def may_see_activity(principal: Principal, *, organisation_id: str, region: str, scope: frozenset[str]) -> bool:
    """Tell whether the person administers the organisation or holds a post over its region."""
    return organisation_id in principal.organisations or region in scope
