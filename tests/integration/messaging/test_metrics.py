"""What Prometheus is told: by the services of a running transport, by a relay process, and by several web workers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.launcher.keys import init_keys
from shared.clock import SystemClock
from shared.messaging import StoredOutbox, held
from shared.messaging.metrics import exposed
from shared.storage import Database
from shared.storage.database import make_engine
from shared.storage.migrations import upgrade
from tests.integration.messaging.transports import Transport
from tests.integration.messaging.village import Noted, Village
from tests.programs import ANYUAN, Program
from tests.servers.process import free_port
from tests.servers.reaper import Reaper
from tests.waiting import wait_until


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Answer the value of each series by its name and labels, leaving out the service."""
    return {
        (sample.name, *(value for name, value in sorted(sample.labels.items()) if name != "service")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def told(village: Village, service: str) -> dict[tuple[str, ...], float]:
    return samples(exposed(service, village.databases[service]).decode())


def test_what_is_taken_in_and_what_fails_is_counted(village: Village, transport: Transport) -> None:
    before = told(village, "ledger")
    noted = Noted.event_name.routing_key()
    village.failing.add(("a", 1))
    village.note(("a", 1), ("a", 2), ("b", 1), ("c", 1))
    village.wait(lambda: village.states() == [held.RETRY, held.BEHIND], "one retried, one behind")
    village.wait_written(2)

    def now() -> dict[tuple[str, ...], float]:
        found = told(village, "ledger")
        return {key: value - before.get(key, 0) for key, value in found.items()}

    village.wait(lambda: now().get(("anyuan_inbox_events_total", "behind", noted)) == 1, "the count")
    assert now()["anyuan_inbox_events_total", "applied", noted] == 2
    assert now()["anyuan_inbox_events_total", "retry", noted] == 1
    assert (now()[("anyuan_events_retrying",)], now()[("anyuan_events_behind",)]) == (1, 1)

    village.wait_through_retries(lambda: village.states() == [held.DEAD, held.BEHIND], "a dead event")
    seen = now()
    assert seen["anyuan_events_dead_by_type", noted] == seen[("anyuan_events_dead",)] == 1
    assert seen[("anyuan_inbox_retries_total",)] >= held.MOST_ATTEMPTS - 1
    assert seen[("anyuan_held_oldest_seconds",)] > 0
    assert seen["anyuan_reaction_seconds_count", noted] >= 3
    assert seen[("anyuan_inbox_batch_events_count",)] >= 1

    if transport.features.broker:
        shop = told(village, "shop")
        assert shop[("anyuan_relay_confirmed_total",)] >= 4
        assert shop[("anyuan_relay_published_total",)] >= shop[("anyuan_relay_confirmed_total",)]
        assert shop[("anyuan_relay_leads",)] == 1
        assert shop[("anyuan_relay_batch_events_count",)] >= 1


def test_a_database_that_is_away_is_told_and_nothing_fails(tmp_path: Path) -> None:
    gone = Database(
        make_engine(f"sqlite:///{tmp_path}/nowhere/x.db"), clock=SystemClock(), outbox=StoredOutbox("x", "hebei")
    )
    found = samples(exposed("x", gone).decode())
    assert found[("anyuan_database_up",)] == 0
    assert ("anyuan_outbox_unsent",) not in found


def test_a_service_tells_of_itself_only(village: Village) -> None:
    village.note(("a", 1))
    village.wait_written(1, "mirror")
    text = exposed("mirror", village.databases["mirror"]).decode()
    assert 'service="mirror"' in text
    assert 'service="ledger"' not in text


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Settings of a node in SQLite files, with a broker that nobody is."""
    for service in ("records",):
        upgrade(service, f"sqlite:///{tmp_path / service}.db")
    keys = init_keys(tmp_path / "keys")
    return {
        "ANYUAN_DATABASE_URL": f"sqlite:///{tmp_path}/records.db",
        "ANYUAN_BROKER_URL": "amqp://guest:guest@127.0.0.1:1/",
        "ANYUAN_TOKEN_KEYS_FILE": str(keys.token_keys),
        "ANYUAN_HEARTBEAT_FILE": str(tmp_path / "heartbeat"),
    }


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture(params=["relay", "worker"])
def loop(
    request: pytest.FixtureRequest, settings: dict[str, str], port: int, tmp_path: Path, reaper: Reaper
) -> Iterator[Program]:
    given = settings | {"ANYUAN_METRICS_ADDRESS": f"127.0.0.1:{port}"}
    program = Program(request.param, [*ANYUAN, request.param, "records"], given, tmp_path / "log", reaper)
    program.start()
    yield program
    program.kill()


def test_relay_and_worker_answer_prometheus_though_there_is_no_broker(loop: Program, port: int, tmp_path: Path) -> None:
    def look() -> httpx.Response:
        assert loop.is_alive(), loop.log_tail()
        return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5)

    answer = wait_until(look, limit=30, what="metrics", tolerate=(httpx.TransportError,))
    found = samples(answer.text)
    assert found[("anyuan_database_up",)] == 1
    assert found[("anyuan_outbox_unsent",)] == 0
    assert answer.text.count("# TYPE anyuan_outbox_unsent ") == 1
    wait_until((tmp_path / "heartbeat").exists, limit=30, what="a sign of life")
    assert loop.stop() == 0


@pytest.mark.parametrize("workers", [1, 3])
def test_what_several_web_workers_counted_is_added_up(
    workers: int, settings: dict[str, str], port: int, tmp_path: Path, reaper: Reaper
) -> None:
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
    given = settings | {"ANYUAN_WEB_WORKERS": str(workers)}
    site = Program("site", [*command, 'services.launcher.wsgi:create("records")'], given, tmp_path / "log", reaper)
    site.start()
    try:
        url = f"http://127.0.0.1:{port}"

        def ready() -> bool:
            assert site.is_alive(), site.log_tail()
            return httpx.get(f"{url}/readyz", timeout=5).is_success

        wait_until(ready, limit=60, what="the site", tolerate=(httpx.TransportError,))
        for _ in range(60):
            # A connection each, so that every worker gets some.
            assert httpx.get(f"{url}/healthz", timeout=5).is_success
        for _ in range(6):
            found = samples(httpx.get(f"{url}/metrics", timeout=5).text)
            assert found["anyuan_requests_total", "GET", "/healthz", "200"] == 60
            assert found["anyuan_request_seconds_count", "GET", "/healthz"] == 60
            assert found[("anyuan_outbox_unsent",)] == 0
    finally:
        site.kill()
