"""Messages that nobody can apply lie in the outbox of a node that works: its neighbours do not notice."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.faults.conftest import Trial
from tests.faults.settling import settled
from tests.waiting import wait_until

_ROW = text(
    "INSERT INTO outbox (event_id, aggregate_type, aggregate_id, aggregate_version, type, payload, created_at)"
    " VALUES (:id, 'poison', :id, 1, :type, :body, now())"
)
_DEAD = "SELECT state, reason, headers FROM held_event ORDER BY id"
BROKEN = b'{"specversion": "1.0", "id"'
TYPE = "reporting.report.approved.v1"


def _newer(event_id: str) -> bytes:
    """Answer an event of a version that these services do not know yet."""
    envelope = {
        "specversion": "1.0",
        "id": event_id,
        "type": "reporting.report.approved.v9",
        "source": "/hebei/reporting",
        "subject": f"report/{event_id}",
        "time": "2026-01-01T00:00:00+00:00",
        "aggregateversion": 1,
        "data": {},
    }
    return json.dumps(envelope).encode()


@pytest.mark.fault(
    "MP10",
    inject="put undecodable JSON and an unknown schema version among a publisher's events",
    holds="both are dead at each listener, with reason and headers; all other events arrive",
)
@pytest.mark.slow
def test_messages_that_nobody_can_read_are_put_aside_and_the_rest_goes_on(trial: Trial) -> None:
    trial.start()
    trial.node.wait_until_it_listens()
    urls = trial.node.databases.urls()
    broken, newer = str(uuid.uuid4()), str(uuid.uuid4())

    with trial.driver.approving(trial.reports):
        trial.driver.wait_for(trial.rng.randint(3, 12))
        _write(urls["reporting"], [(broken, BROKEN), (newer, _newer(newer))])

    for listener in ("records", "notifications"):  # who listens to approved reports
        found = _wait_held(urls[listener], 2)
        assert {row["state"] for row in found} == {"dead"}
        reasons = {json.loads(row["headers"])["message_id"]: row["reason"] for row in found}
        assert "not JSON" in reasons[broken]
        assert "unknown event" in reasons[newer]
    # What cannot be read has no id of its own: it is kept under that of its bytes.
    unreadable = f"sha256:{hashlib.sha256(BROKEN).hexdigest()}"
    verdict = settled(urls, calls=trial.driver.calls(), passing_over=frozenset({broken, newer, unreadable}))
    assert verdict.faults == []
    assert verdict.counts["reports_approved"] == len(trial.reports)


def _write(url: str, rows: list[tuple[str, bytes]]) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for event_id, body in rows:
            connection.execute(_ROW, {"id": event_id, "type": TYPE, "body": body})
    engine.dispose()


def _wait_held(url: str, count: int) -> list[Any]:
    return wait_until(lambda: _held(url, count), limit=60, what=f"{count} dead events")


def _held(url: str, count: int) -> list[Any]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = list(connection.execute(text(_DEAD)).mappings())
    engine.dispose()
    return found if len(found) >= count else []
