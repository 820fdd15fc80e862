"""The worker is killed inside a transaction, or between its commit and the acknowledgement of its messages."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Trial
from tests.real import Part

KILLS = 3


@pytest.mark.fault(
    "MP3",
    "F-04",
    inject="kill -9 the worker after its commit and before the broker hears of it",
    holds="nothing is doubled",
)
@pytest.mark.fault(
    "MP4",
    inject="kill -9 the worker inside its transaction",
    holds="nothing is lost or half done",
)
@pytest.mark.parametrize("place", ["uow.before_commit", "consumer.after_commit"])
def test_a_killed_worker_doubles_nothing_and_leaves_nothing_half_done(trial: Trial, place: str) -> None:
    worker = trial.node.programs[Part.WORKER]

    def failpoint() -> str:
        # A worker commits the first passes for its periodic jobs, two for each service.
        first = 11 if place.startswith("uow") else 1
        return f"{place}:kill:{trial.rng.randint(first, first + 5)}"

    trial.start({Part.WORKER: failpoint()})
    with trial.driver.approving(trial.reports):
        for _ in range(KILLS - 1):
            assert worker.wait_ended() == -9
            trial.node.restart(Part.WORKER, failpoint=failpoint())
        assert worker.wait_ended() == -9
        trial.node.restart(Part.WORKER)

    assert trial.driver.outcomes("info") == []
    trial.judge()
