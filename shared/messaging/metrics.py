"""What a relay, a worker and their databases tell Prometheus. Every series carries the service it is about."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from shared.messaging.watch import Waiting, waiting
from shared.storage import Database

log = structlog.get_logger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MESSAGING = CollectorRegistry()
"""What this process counts of its own relaying and taking in."""

_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_DELAYS = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 86_400)

published = Counter("anyuan_relay_published", "Events handed to the broker", ["service"], registry=MESSAGING)
confirmed = Counter("anyuan_relay_confirmed", "Events that the broker has", ["service"], registry=MESSAGING)
returned = Counter(
    "anyuan_relay_returned", "Events that came back: no queue takes them", ["service"], registry=MESSAGING
)
nacked = Counter("anyuan_relay_nacked", "Events that the broker did not take", ["service"], registry=MESSAGING)
relayed_together = Histogram(
    "anyuan_relay_batch_events", "Events in one batch of the relay", ["service"], buckets=_SIZES, registry=MESSAGING
)
leads = Gauge(
    "anyuan_relay_leads", "1 for the relay that works, 0 for one that stands by", ["service"], registry=MESSAGING
)

taken_in = Counter(
    "anyuan_inbox_events",
    "Events taken in, by outcome: applied, known, older, behind, retry, dead",
    ["service", "type", "outcome"],
    registry=MESSAGING,
)
taken_together = Histogram(
    "anyuan_inbox_batch_events", "Events taken in at once", ["service"], buckets=_SIZES, registry=MESSAGING
)
retries = Counter("anyuan_inbox_retries", "Tries of events that failed before", ["service"], registry=MESSAGING)
reaction_seconds = Histogram(
    "anyuan_reaction_seconds", "Time that the reactions to one event take", ["service", "type"], registry=MESSAGING
)
delay_seconds = Histogram(
    "anyuan_inbox_delay_seconds",
    "From the moment an event became true until its effect here",
    ["service"],
    buckets=_DELAYS,
    registry=MESSAGING,
)
lag_seconds = Gauge(
    "anyuan_inbox_lag_seconds", "The delay of the event that was applied last", ["service"], registry=MESSAGING
)


def count_outcomes(service: str, outcomes: Mapping[tuple[str, str], int]) -> None:
    """Count what became of events, by their type and outcome."""
    for (type_, outcome), count in outcomes.items():
        taken_in.labels(service, type_, outcome).inc(count)


_STATES = (
    ("outbox_unsent", "Events not sent yet", "unsent"),
    ("outbox_oldest_seconds", "Age of the oldest event not sent yet", "oldest_unsent_seconds"),
    ("outbox_parked", "Events that the broker refused too often", "parked"),
    ("events_retrying", "Events waiting for another try", "retrying"),
    ("events_behind", "Events held back by an earlier one of the same thing", "behind"),
    ("held_oldest_seconds", "How long the oldest held event waits", "oldest_held_seconds"),
    ("events_dead", "Events that need someone to look", "dead"),
)
"""Name, meaning, and the field of `Waiting` that says how much."""


class StateCollector(Collector):
    """What waits in the databases of services, asked anew at each scrape."""

    def __init__(self, databases: Mapping[str, Database]) -> None:
        self._databases = databases

    def collect(self) -> Iterator[Metric]:
        """Answer the gauges; of a database that is away only that it is."""
        found = {service: _asked(database) for service, database in self._databases.items()}
        known = {service: state for service, state in found.items() if state is not None}
        up = {service: service in known for service in found}
        yield _gauge("database_up", "1 while the database answers", up)
        for name, meaning, field in _STATES:
            yield _gauge(name, meaning, {service: getattr(state, field) for service, state in known.items()})
        by_type = GaugeMetricFamily(
            "anyuan_events_dead_by_type", "Events that need someone to look, by type", labels=["service", "type"]
        )
        for service, state in known.items():
            for type_, count in state.dead_by_type.items():
                by_type.add_metric([service, type_], count)
        yield by_type


def _asked(database: Database) -> Waiting | None:
    try:
        with database.reading() as session:
            return waiting(session, database.clock.now())
    except SQLAlchemyError as error:
        log.warning("state_not_known", error=str(error))
        return None


def _gauge(name: str, meaning: str, values: Mapping[str, float]) -> Metric:
    made = GaugeMetricFamily(f"anyuan_{name}", meaning, labels=["service"])
    for service, value in values.items():
        made.add_metric([service], value)
    return made


class _Collects(Protocol):
    def collect(self) -> Iterable[Metric]:
        """Answer metrics with their samples."""


class _Only(Collector):
    """What another collector has about some services."""

    def __init__(self, source: _Collects, services: Collection[str]) -> None:
        self._source = source
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """Answer its metrics with the samples of the others left out."""
        for metric in self._source.collect():
            kept = Metric(metric.name, metric.documentation, metric.type, metric.unit)
            kept.samples = [each for each in metric.samples if each.labels.get("service") in self._services]
            yield kept


def exposed(service: str, database: Database, *counted: CollectorRegistry) -> bytes:
    """Write how a service stands and what was counted about it, in Prometheus' text form.

    Where gunicorn runs several workers, what all of them counted is added up from the files they share.
    """
    whole = CollectorRegistry()
    whole.register(StateCollector({service: database}))
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        whole.register(_Only(MultiProcessCollector(CollectorRegistry()), (service,)))  # type: ignore[no-untyped-call]  # not typed upstream
    else:
        for registry in (MESSAGING, *counted):
            whole.register(_Only(registry, (service,)))
    return generate_latest(whole)


def serve(address: str, databases: Mapping[str, Database], *more: Collector) -> None:
    """Answer Prometheus at `host:port` from a thread of its own for as long as the process lives.

    :raises OSError: when the port is taken.
    """
    whole = CollectorRegistry()
    whole.register(_Only(MESSAGING, frozenset(databases)))
    for collector in (StateCollector(databases), *more):
        whole.register(collector)
    host, _, port = address.rpartition(":")
    start_http_server(int(port), addr=host, registry=whole)
