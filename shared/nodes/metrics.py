"""What Prometheus is told of the streams to and from other nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import structlog
from prometheus_client import Counter, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from shared.messaging.metrics import MESSAGING
from shared.nodes.office import SERVICE
from shared.nodes.status import LinkState, status
from shared.nodes.tables import charter
from shared.storage import Database

log = structlog.get_logger(__name__)

repairs = Counter(
    "anyuan_link_repairs",
    "Shovels to a neighbour made anew because its letters waited, by outcome: made, failed",
    ["service", "node", "outcome"],
    registry=MESSAGING,
)

_STATES = (
    ("waiting", "Letters that the other node has not receipted", "waiting"),
    (
        "oldest_waiting_seconds",
        "Age of the oldest letter that the other node has not receipted",
        "oldest_waiting_seconds",
    ),
    ("refused", "Letters that the other node refused", "refused"),
    ("parked", "Letters from the other node that came before earlier ones", "parked"),
    ("quarantined", "Letters from the other node that were not believed", "quarantined"),
    ("silent_seconds", "Since the other node was last heard of", "silent_seconds"),
    ("queued", "Letters in the queue to a neighbour, as its broker counted them last", "queued"),
    ("queue_oldest_seconds", "Age of the oldest letter in the queue to a neighbour", "oldest_queued_seconds"),
    ("unanswered", "Questions of how far the other node is that had no answer, in a row", "unanswered"),
)
"""Name, meaning, and the field of `LinkState` that says how much."""


class LinksCollector(Collector):
    """How the links of this node do, asked of their database at each scrape; a shovel's own state is no evidence."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Answer the gauges, one for each other node; none while the database is away."""
        found = self._asked()
        for name, meaning, field in _STATES:
            yield _gauge(name, meaning, {each.node: getattr(each, field) for each in found})
        stopped = {each.node: float(bool(each.stopped or each.stopped_there or each.held_because)) for each in found}
        yield _gauge("stopped", "1 while a stream stands still until somebody looks", stopped)
        differs = {each.node: float(bool(each.differs)) for each in found}
        yield _gauge("differs", "1 while both ends of a stream do not agree on what was said", differs)
        yield self._charter()

    def _asked(self) -> list[LinkState]:
        try:
            with self._database.reading() as session:
                return status(session, self._database.clock.now())
        except SQLAlchemyError as error:
            log.warning("links_not_known", error=str(error))
            return []

    def _charter(self) -> Metric:
        made = GaugeMetricFamily(
            "anyuan_charter_expires_seconds", "Until the charter in force is past its day", labels=["service"]
        )
        try:
            with self._database.reading() as session:
                newest = select(func.max(charter.c.version)).scalar_subquery()
                expires = session.execute(select(charter.c.expires_at).where(charter.c.version == newest)).scalar()
        except SQLAlchemyError:
            return made
        if expires is not None:
            made.add_metric([SERVICE], (expires - self._database.clock.now()).total_seconds())
        return made


def _gauge(name: str, meaning: str, values: Mapping[str, float | None]) -> Metric:
    made = GaugeMetricFamily(f"anyuan_link_{name}", meaning, labels=["service", "node"])
    for node, value in values.items():
        if value is not None:
            made.add_metric([SERVICE, node], value)
    return made
