"""Who may do what in reporting, as plain rules over plain values."""

from __future__ import annotations

from shared.identity import Principal


def may_edit(principal: Principal, *, organisation_id: str) -> bool:
    """Tell whether the person administers the organisation whose report it is."""
    return organisation_id in principal.organisations


def may_see(principal: Principal, *, organisation_id: str, region: str, scope: frozenset[str], is_draft: bool) -> bool:
    """Tell whether the person may read a report: its organisation always, offices once it was submitted."""
    return may_edit(principal, organisation_id=organisation_id) or (region in scope and not is_draft)


def barred_from_deciding(*, head_account_id: str, recorder_account_id: str) -> frozenset[str]:
    """Answer who never decides a report: the head of the organisation and the recorder of the hours."""
    return frozenset({head_account_id, recorder_account_id})
