"""What a service is told of a move: an outcome, or nothing while the case is on its way."""

from __future__ import annotations

import pytest

from shared.approval.core.words import CaseState
from shared.approval.outcomes import Outcome, outcome_of


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (CaseState.RUNNING, CaseState.RUNNING, None),
        (CaseState.RUNNING, CaseState.SUSPENDED, None),
        (CaseState.SUSPENDED, CaseState.RUNNING, None),
        (CaseState.SUSPENDED, CaseState.TERMINATED, Outcome.TERMINATED),
        (CaseState.RUNNING, CaseState.RETURNED, Outcome.RETURNED),
        (CaseState.RETURNED, CaseState.RUNNING, Outcome.RESUBMITTED),
        (CaseState.RUNNING, CaseState.APPROVED, Outcome.APPROVED),
        (CaseState.APPROVED, CaseState.REVOKED, Outcome.REVOKED),
    ],
)
def test_a_case_that_is_suspended_and_goes_on_comes_to_no_outcome(
    before: CaseState, after: CaseState, outcome: Outcome | None
) -> None:
    assert outcome_of(before, after) is outcome
