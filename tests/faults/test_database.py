"""PostgreSQL is killed, away, locked or full, or one listener's database is: outages are waited out, not counted."""

from __future__ import annotations

import time
from statistics import quantiles

import httpx
import psycopg
import pytest

from tests.faults.conftest import Trial
from tests.faults.driver import Attempt
from tests.faults.scale import scaled
from tests.faults.settling import HEALS_WITHIN
from tests.real import Part
from tests.servers import PostgresServer
from tests.servers.volume import SmallVolume
from tests.waiting import wait_until

AWAY = 503
QUICK = 1.0  # seconds; the limit of a healthy request
LOCK_TIMEOUT = 5.0  # seconds that a statement waits for a lock


@pytest.mark.fault(
    "MP7",
    "F-12",
    inject="kill -9 PostgreSQL in the middle of commits",
    holds="clients get a clean 503 and repeat; nothing is lost or doubled",
)
@pytest.mark.slow
def test_commits_cut_off_by_a_killed_database_are_answered_cleanly_and_resolved(
    trial: Trial, postgres: PostgresServer
) -> None:
    trial.start()

    with trial.driver.approving(trial.reports):
        trial.driver.wait_for(trial.rng.randint(5, 15))
        postgres.kill()
        wait_until(lambda: len(trial.driver.outcomes("info")) >= 3, limit=30, what="clients to notice", every=0.01)
        postgres.start()

    unknown = trial.driver.outcomes("info")
    assert {one.status for one in unknown} == {AWAY}
    assert all(one.problem.startswith("application/problem+json") for one in unknown)
    trial.judge()


@pytest.mark.fault(
    "MP6",
    inject="close the database of one listener until the broker holds all its events",
    holds="nothing is dead-lettered, and everything is applied when it is back",
)
@pytest.mark.slow
def test_nothing_is_given_up_while_a_listeners_database_is_away(trial: Trial, postgres: PostgresServer) -> None:
    trial.start()
    trial.node.wait_until_it_listens()
    records = trial.node.databases.name_of("records")
    administrator = postgres.url_of("postgres").replace("+psycopg", "")

    with psycopg.connect(administrator, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{records}" ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [records])
        trial.driver.approve(trial.reports)
        # The relay goes on: the broker holds what records cannot take.
        backlog = len(trial.reports)
        wait_until(lambda: _waiting(trial) >= backlog, limit=HEALS_WITHIN, what="a backlog", every=0.2)
        connection.execute(f'ALTER DATABASE "{records}" ALLOW_CONNECTIONS true')

    trial.judge()
    dead = trial.node.queue("records.dead")
    assert dead["messages"] == 0
    assert dead.get("message_stats", {}).get("publish", 0) == 0


def _waiting(trial: Trial) -> int:
    return int(trial.node.queue("records.inbox").get("messages", 0))


@pytest.mark.fault(
    "F-13",
    inject="take PostgreSQL away for minutes, with commands and questions coming in all the time",
    holds="each is answered at once with a clean 503 that says when to come again, and the first one after it succeeds",
)
@pytest.mark.slow
def test_a_site_without_its_database_says_so_at_once_and_heals(
    trial: Trial, postgres: PostgresServer, repeat: int
) -> None:
    trial.start()
    postgres.kill()
    # One long outage tells as much as five of them.
    away_until = time.monotonic() + scaled("site_database_away" if repeat == 1 else "database_away")
    answers: list[httpx.Response] = []

    def ask() -> bool:
        answers.append(trial.driver.send(trial.reports[0]))
        answers.append(httpx.get(f"{trial.node.base_url}/api/registration/readyz", timeout=15))
        return time.monotonic() >= away_until

    wait_until(ask, limit=10 * HEALS_WITHIN, what="the end of the outage", every=0.1)
    assert {answer.status_code for answer in answers} == {AWAY}
    assert max(answer.elapsed.total_seconds() for answer in answers) < QUICK
    commands = answers[::2]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in commands)
    assert {answer.headers["Content-Type"] for answer in commands} == {"application/problem+json"}
    postgres.start()
    trial.driver.approve(trial.reports[:1])
    first = trial.driver.attempts[0]
    assert (first.outcome, len(trial.driver.attempts)) == ("ok", 1), first
    trial.driver.approve(trial.reports[1:])
    trial.judge()


@pytest.mark.fault(
    "F-14",
    inject="hold the lock of one report's case while all are approved",
    holds="who needs it is answered with a clean 503 after five seconds, and all others are served meanwhile",
)
@pytest.mark.slow
def test_a_lock_that_is_held_stops_nobody_else(trial: Trial) -> None:
    trial.start()
    locked = trial.reports[0].case_id
    url = trial.node.databases.urls()["reporting"].replace("+psycopg", "")
    with psycopg.connect(url) as holder:
        holder.execute("SELECT 1 FROM approval_case WHERE id = %s FOR UPDATE", [locked])
        with trial.driver.approving(trial.reports):
            refused = wait_until(lambda: trial.driver.outcomes("info"), limit=30, what="the lock's limit", every=0.05)
            served = trial.driver.outcomes("ok")
            holder.rollback()

    assert {one.case_id for one in refused} == {locked}
    _is_clean_refusal(refused[0])
    assert LOCK_TIMEOUT <= refused[0].seconds < LOCK_TIMEOUT + 2
    assert len(served) > len(trial.reports) // 2
    assert quantiles([one.seconds for one in served], n=20)[-1] < QUICK
    trial.judge()


@pytest.mark.fault(
    "F-18",
    "F-19",
    inject="fill the volume under the database in which decisions and their trail are written, and free it",
    holds="nothing is decided that the trail does not tell of, clients get a clean 503, and all is well afterwards",
)
@pytest.mark.slow
def test_without_room_for_the_trail_nothing_is_decided(small_volume: SmallVolume, trial: Trial) -> None:
    small_volume.take_in(trial.node.databases.name_of("reporting"))
    trial.start()
    with trial.driver.approving(trial.reports):
        trial.driver.wait_for(trial.rng.randint(3, 8))
        small_volume.fill()
        wait_until(lambda: len(trial.driver.outcomes("info")) >= 3, limit=30, what="refusals", every=0.02)
        assert all(trial.node.programs[part].is_alive() for part in Part)
        small_volume.free()

    for refused in trial.driver.outcomes("info"):
        _is_clean_refusal(refused)
    trial.judge()


@pytest.mark.fault(
    "F-19",
    inject="give every program a log on a volume that has no byte free",
    holds="what is decided is in the trail, no request fails for the log's sake, and no program ends",
)
@pytest.mark.slow
def test_a_full_volume_under_the_logs_stops_nobody(trial: Trial) -> None:
    for program in trial.node.programs.values():
        program.command = ["sh", "-c", 'exec "$@" >/dev/full 2>&1', "sh", *program.command]
    trial.start()

    trial.driver.approve(trial.reports)

    assert trial.driver.outcomes("info") == []
    assert all(trial.node.programs[part].is_alive() for part in Part)
    trial.judge()


def _is_clean_refusal(attempt: Attempt) -> None:
    assert attempt.status == AWAY, attempt
    assert attempt.problem.startswith("application/problem+json"), attempt
    assert "暂" in attempt.problem, attempt
