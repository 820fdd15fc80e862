"""Everything is sent several times, to workers of which now one and now the other is served."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from tests.faults.conftest import Trial
from tests.real import Part
from tests.waiting import wait_until

TIMES = 3


@pytest.mark.fault(
    "MP11",
    "F-20",
    inject="publish every event three times, with two workers of which the one that is served is killed",
    holds="each event has one effect",
)
@pytest.mark.slow
def test_what_is_published_three_times_has_one_effect(trial: Trial) -> None:
    trial.start()
    trial.node.wait_until_it_listens()
    worker = trial.node.programs[Part.WORKER]
    twin = replace(worker, name="twin", log=worker.log.with_name("twin.log"), _child=None)
    twin.start()
    with trial.driver.approving(trial.reports):
        trial.driver.wait_for(trial.rng.randint(3, 12))
        worker.kill()
    try:
        for _ in range(TIMES - 1):
            wait_until(lambda: _all_sent(trial), limit=60, what="every event to be sent")
            _send_again(trial)
            worker.kill()
            worker.start()
        trial.judge()
    finally:
        twin.kill()


def _send_again(trial: Trial) -> None:
    for url in trial.node.databases.urls().values():
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE outbox SET sent_at = NULL"))
        engine.dispose()


def _all_sent(trial: Trial) -> bool:
    waiting = 0
    for url in trial.node.databases.urls().values():
        engine = create_engine(url)
        with engine.connect() as connection:
            waiting += connection.execute(text("SELECT count(*) FROM outbox WHERE sent_at IS NULL")).scalar_one()
        engine.dispose()
    return waiting == 0
