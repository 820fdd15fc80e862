"""The page about reliability says what the tests try, and every fault that is promised is tried."""

from __future__ import annotations

from tests.faults.matrix import PAGE, PROMISED, faults, page


def test_the_fault_matrix_is_current() -> None:
    assert PAGE.read_text() == page(), "run `make documents`"


def test_every_promised_fault_is_tried() -> None:
    tried = {name for fault in faults() for name in fault.names}
    assert [name for name in PROMISED if name not in tried] == []
    assert tried <= set(PROMISED), "a fault that nobody knows by this name"
