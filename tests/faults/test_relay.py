"""The relay is killed when the broker has events and the outbox does not say so yet: they are sent again."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Trial
from tests.real import Part

KILLS = 3


@pytest.mark.fault(
    "MP2",
    "F-03",
    inject="kill -9 the relay when the broker has its events and the outbox does not say so yet",
    holds="they are sent again and have one effect",
)
def test_a_relay_killed_between_confirm_and_mark_doubles_nothing(trial: Trial) -> None:
    relay = trial.node.programs[Part.RELAY]
    trial.start({Part.RELAY: f"relay.after_confirm:kill:{trial.rng.randint(1, 5)}"})

    with trial.driver.approving(trial.reports):
        for _ in range(KILLS - 1):
            assert relay.wait_ended() == -9
            trial.node.restart(Part.RELAY, failpoint=f"relay.after_confirm:kill:{trial.rng.randint(1, 5)}")
        assert relay.wait_ended() == -9
        trial.node.restart(Part.RELAY)

    assert trial.driver.outcomes("info") == []
    trial.judge()
