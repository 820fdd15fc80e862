"""What Prometheus is told of links, from what their database holds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import insert, update

from shared.clock import AdjustableClock
from shared.nodes.metrics import LinksCollector
from shared.nodes.tables import nodes_metadata, stream_in, stream_log, stream_out
from shared.storage import Database, kit_metadata
from tests.integration.listening import make_database

HASH = "0" * 64


def told(database: Database) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(LinksCollector(database))
    lines = [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]
    found = dict(line.rsplit(" ", 1) for line in lines)
    return {name.replace('{node="tangshan",service="links"}', ""): float(value) for name, value in found.items()}


def test_waiting_silence_and_stops_are_told_for_each_node(tmp_path: Path) -> None:
    clock = AdjustableClock()
    database = make_database(
        f"sqlite:///{tmp_path}/links.db", service="links", metadata=(kit_metadata, nodes_metadata), clock=clock
    )
    then = clock.now() - timedelta(hours=2)
    with database.unit_of_work() as uow:
        uow.session.execute(insert(stream_out).values(audience="tangshan", epoch=1, seq=2, hash=HASH))
        uow.session.execute(insert(stream_in).values(origin="tangshan", epoch=1, seq=5, hash=HASH, heard_at=then))
        for seq in (1, 2):
            uow.session.execute(
                insert(stream_log).values(
                    audience="tangshan",
                    epoch=1,
                    seq=seq,
                    event_id=str(seq),
                    type="x",
                    hash=HASH,
                    letter=b"",
                    entered_at=then,
                    receipted_at=then if seq == 1 else None,
                )
            )
    seen = told(database)
    assert (seen["anyuan_link_waiting"], seen["anyuan_link_stopped"]) == (1, 0)
    assert 7190 < seen["anyuan_link_oldest_waiting_seconds"] < 7300
    assert 7190 < seen["anyuan_link_silent_seconds"] < 7300

    with database.unit_of_work() as uow:
        uow.session.execute(update(stream_in).values(stopped="gap"))
        uow.session.execute(update(stream_log).values(receipted_at=then))
    seen = told(database)
    assert (seen["anyuan_link_waiting"], seen["anyuan_link_oldest_waiting_seconds"]) == (0, 0)
    assert seen["anyuan_link_stopped"] == 1
    database.engine.dispose()
