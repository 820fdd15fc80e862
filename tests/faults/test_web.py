"""The web process is killed around the commit of an approval; the client repeats its command under the same key."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Trial
from tests.real import Part


@pytest.mark.parametrize("place", ["uow.before_commit", "uow.after_commit"])
def test_a_killed_web_process_loses_and_doubles_nothing(trial: Trial, place: str) -> None:
    # Gunicorn starts another one at once, which dies at the same place again some commits later.
    trial.start({Part.WEB: f"{place}:kill:{trial.rng.randint(8, 14)}"})

    trial.driver.approve(trial.reports)

    assert len(trial.driver.outcomes("info")) >= 2
    trial.judge()
