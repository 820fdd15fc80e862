"""Whatever people do in whatever order, the rules of a case hold: a machine drives the core at random."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.approval.watching import Watched

#: How many times as much is tried as in every run: `make fuzz-approval`.
TIMES = int(os.environ.get("ANYUAN_FUZZ_TIMES", "1"))


@pytest.mark.timeout(300 * TIMES)
@pytest.mark.parametrize(("examples", "steps"), [(1_800, 8), (250, 30)], ids=["many-short-cases", "long-cases"])
def test_whatever_is_done_to_a_case_its_rules_hold(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Watched,
        settings=settings(
            max_examples=examples * TIMES,
            stateful_step_count=steps,
            deadline=None,
            # A failing run is made smaller for as long as it takes only where somebody waits for it.
            phases=[Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if TIMES > 1 else [])],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )
