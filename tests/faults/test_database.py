"""PostgreSQL is killed during commits, or one listener's database is away: outages are waited out, not counted."""

from __future__ import annotations

import psycopg
import pytest

from tests.faults.conftest import Trial
from tests.faults.settling import HEALS_WITHIN
from tests.servers import PostgresServer
from tests.waiting import wait_until

AWAY = 503


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
