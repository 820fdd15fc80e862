"""Programs start before their servers and stop under load: no order is needed, and no stop loses anything."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.faults.conftest import Trial
from tests.faults.scale import scaled, times
from tests.real import Part
from tests.servers import PostgresServer, RabbitServer
from tests.servers.reaper import family
from tests.waiting import wait_until

QUICK = 10.0  # seconds that a stop may take
AWAY = 503


@pytest.mark.fault(
    "MP8",
    inject="start all programs before the broker and before the databases",
    holds="they wait, a request is answered with a clean 503, and all is well when the servers come",
)
@pytest.mark.slow
def test_a_node_starts_before_its_servers(trial: Trial, postgres: PostgresServer, rabbit: RabbitServer) -> None:
    rabbit.kill()
    postgres.kill()
    for program in trial.node.programs.values():
        program.start()

    def answers() -> int:
        return httpx.get(f"{trial.node.base_url}/api/registration/readyz", timeout=15).status_code

    wait_until(lambda: answers() == AWAY, limit=60, what="a clean answer", tolerate=(httpx.TransportError,))
    early_until = time.monotonic() + scaled("early_start")
    wait_until(lambda: time.monotonic() >= early_until, limit=120, what="the servers' turn")
    assert all(program.is_alive() for program in trial.node.programs.values())

    postgres.start()
    wait_until(lambda: answers() == httpx.codes.OK, limit=60, what="the site", tolerate=(httpx.TransportError,))
    trial.driver.sign_in()
    trial.driver.approve(trial.reports)
    assert trial.driver.outcomes("info") == []
    rabbit.start()
    trial.judge()


@pytest.mark.fault(
    "F-05",
    inject="SIGHUP to the site, as for a new release, again and again under load; SIGTERM to relay and worker",
    holds="no request fails, and nothing is lost or doubled",
)
@pytest.mark.slow
def test_a_rolling_reload_under_load_fails_no_request(trial: Trial) -> None:
    trial.start()
    site = trial.node.programs[Part.WEB].pid
    with trial.driver.approving(trial.reports):
        for turn in range(times("reloads")):
            trial.driver.wait_for(2 + turn * 10)
            before = set(family(site)[1:])
            os.kill(site, signal.SIGHUP)
            for part in (Part.RELAY, Part.WORKER):
                assert trial.node.programs[part].stop() == 0
                trial.node.programs[part].start()
            wait_until(lambda before=before: not before & set(family(site)), limit=60, what="the new site")  # type: ignore[misc]  # the loop's own value
    assert [one for one in trial.driver.attempts if one.outcome != "ok"] == []
    trial.judge()


@pytest.mark.fault(
    "MP12",
    inject="SIGTERM to all programs at once under load, and start them again",
    holds="each ends within ten seconds in good order, nothing is lost or doubled or delivered over and over",
)
@pytest.mark.slow
def test_a_node_that_is_stopped_under_load_stops_quickly_and_in_good_order(trial: Trial) -> None:
    trial.start()
    trial.node.wait_until_it_listens()
    with trial.driver.approving(trial.reports):
        trial.driver.wait_for(trial.rng.randint(5, 15))
        begun = time.monotonic()
        with ThreadPoolExecutor() as pool:
            ends = [pool.submit(trial.node.programs[part].stop, limit=2 * QUICK) for part in Part]
        assert [end.result() for end in ends] == [0, 0, 0]
        assert time.monotonic() - begun < QUICK
        for program in trial.node.programs.values():
            program.start()
        trial.node.wait_until_it_answers()
    trial.judge()
    for service in trial.node.databases.urls():
        wait_until(lambda service=service: _is_calm(trial, service), limit=20, what=f"calm at {service}")  # type: ignore[misc]  # the loop's own value


def _is_calm(trial: Trial, service: str) -> bool:
    """Tell whether the broker gave back no more than it was given: a storm gives the same messages over and over.

    What it counts is a second or two old, and each count may be of another moment.
    """
    counts: dict[str, int] = trial.node.queue(f"{service}.inbox").get("message_stats", {})
    return counts.get("redeliver", 0) <= counts.get("publish", 0)
