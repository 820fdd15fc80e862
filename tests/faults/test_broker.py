"""The broker is killed with messages on their way, or is away for as long as a whole day's approvals take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import quantiles

import pytest

from tests.faults.conftest import Trial
from tests.faults.driver import Attempt
from tests.faults.scale import scaled
from tests.real import Part
from tests.servers import RabbitServer
from tests.waiting import wait_until

QUICK = 1.0  # seconds; the limit of a healthy request
SITE_ERROR = 500


@pytest.mark.fault(
    "MP5",
    "F-06",
    inject="kill -9 RabbitMQ under load and start it again",
    holds="nothing is lost or doubled, no request fails or waits, and nobody has to do anything",
)
@pytest.mark.slow
def test_a_broker_killed_with_unconfirmed_messages_loses_nothing(trial: Trial, rabbit: RabbitServer) -> None:
    trial.start()
    trial.node.wait_until_it_listens()

    with trial.driver.approving(trial.reports):
        trial.driver.wait_for(trial.rng.randint(1, 8))
        rabbit.kill()
        away_until = time.monotonic() + scaled("broker_away")
        wait_until(lambda: time.monotonic() >= away_until, limit=60, what="the end of the outage")
        rabbit.start()

    assert trial.driver.outcomes("info") == []
    _were_quick(trial.driver.attempts)
    trial.judge()


@pytest.mark.fault(
    "MP5",
    "F-07",
    inject="kill -9 RabbitMQ and approve everything while it is away",
    holds="95 of 100 requests take less than a second, none fails, and all events arrive afterwards",
)
@pytest.mark.slow
def test_approvals_go_on_quickly_while_the_broker_is_away(trial: Trial, rabbit: RabbitServer) -> None:
    trial.start()
    trial.node.wait_until_it_listens()
    rabbit.kill()

    trial.driver.approve(trial.reports)

    attempts = trial.driver.attempts
    assert [one for one in attempts if one.status is None or one.status >= SITE_ERROR] == []
    _were_quick(attempts)
    assert all(trial.node.programs[part].is_alive() for part in Part)
    rabbit.start()
    trial.judge()


def _were_quick(attempts: Sequence[Attempt]) -> None:
    assert quantiles([one.seconds for one in attempts], n=20)[-1] < QUICK
