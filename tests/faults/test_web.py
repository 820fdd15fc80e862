"""The web process is killed around the commit of an approval; the client repeats its command under the same key."""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults.conftest import Trial
from tests.faults.scale import times
from tests.real import Part
from tests.servers.reaper import ended, family
from tests.waiting import wait_until


@pytest.mark.fault(
    "MP1",
    "F-01",
    "F-02",
    inject="kill -9 the web process just before and just after the commit of an approval",
    holds="a record and its event are both there or both not; the same command again is answered as done",
)
@pytest.mark.parametrize("place", ["uow.before_commit", "uow.after_commit"])
def test_a_killed_web_process_loses_and_doubles_nothing(trial: Trial, place: str) -> None:
    # Gunicorn starts another one at once, which dies at the same place again some commits later.
    trial.start({Part.WEB: f"{place}:kill:{trial.rng.randint(8, 14)}"})

    trial.driver.approve(trial.reports)

    assert len(trial.driver.outcomes("info")) >= 2
    trial.judge()


@pytest.mark.fault(
    "MP1",
    inject="kill -9 a web process again and again at random moments under load",
    holds="every event that was committed has its effect, and no other",
)
@pytest.mark.slow
def test_web_processes_killed_at_random_lose_and_double_nothing(trial: Trial) -> None:
    trial.start()
    trial.node.wait_until_it_listens()
    kills = times("web_kills")
    with trial.driver.approving(trial.reports):
        for number in range(kills):
            trial.driver.wait_for(1 + number * (len(trial.reports) - 5) // kills)
            # The master lives on, as systemd or the container would have it, and starts another one.
            master = trial.node.programs[Part.WEB].pid
            workers = wait_until(lambda master=master: family(master)[1:], limit=30, what="a web process", every=0.01)  # type: ignore[misc]  # the loop's own value
            _kill(trial.rng.choice(workers))
    trial.judge()


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: ended(pid), limit=10, what="the web process to end", every=0.01)
