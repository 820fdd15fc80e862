"""The page about reliability says what the tests try, and every fault that is promised is tried."""

from __future__ import annotations

from tests.faults.matrix import PAGE, faults, page

PROMISED = {f"MP{number}" for number in range(1, 13)} - {"MP9"}
"""MP9 cuts the link between two nodes; it comes with the links."""


def test_the_fault_matrix_is_current() -> None:
    assert PAGE.read_text() == page(), "run `make documents`"


def test_every_promised_fault_is_tried() -> None:
    assert not PROMISED - {fault.name for fault in faults()}
