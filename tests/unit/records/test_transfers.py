"""Transfers: what a volunteer may wish for, and the table of states."""

from __future__ import annotations

from itertools import product

import pytest

from services.records.rules import TRANSFER_MOVES, UNDER_WAY, TransferState, faults_in_transfer

WAYS = {
    "open": {"returned", "approved", "rejected", "withdrawn", "ended"},
    "returned": {"open", "withdrawn", "ended"},
    "approved": {"moved"},
}


@pytest.mark.parametrize(
    ("to_region", "has_consent", "expected"),
    [
        ("130125", True, []),
        ("130125", False, [("consent_missing", "/consent")]),
        ("130123", True, [("already_there", "/to_region")]),
        ("130123", False, [("consent_missing", "/consent"), ("already_there", "/to_region")]),
    ],
)
def test_a_wish_needs_consent_and_another_place(
    to_region: str, has_consent: bool, expected: list[tuple[str, str]]
) -> None:
    faults = faults_in_transfer(from_region="130123", to_region=to_region, has_consent=has_consent)
    assert [(fault.code, fault.pointer) for fault in faults] == expected


@pytest.mark.parametrize(("now", "then"), list(product(TransferState, TransferState)))
def test_a_transfer_goes_only_where_the_table_says(now: TransferState, then: TransferState) -> None:
    assert (then in TRANSFER_MOVES.get(now, frozenset())) == (then.value in WAYS.get(now.value, ()))


def test_what_can_still_go_on_is_under_way() -> None:
    assert set(UNDER_WAY) == {state for state in TransferState if TRANSFER_MOVES.get(state)}
