"""The long-running processes of one service: its relay and its worker."""

from __future__ import annotations

from collections.abc import Mapping

from services.launcher.jobs import jobs_of
from services.launcher.parts import SERVICES, broker_url_of, database_of, named, reactions_of
from shared.logs import set_up_logs
from shared.messaging import metrics
from shared.messaging.consumer import Consumer
from shared.messaging.periodic import JobRunner
from shared.messaging.processes import end_process, run_relay, run_worker
from shared.messaging.rabbit import Topology
from shared.messaging.relay import Relay
from shared.settings import Settings
from shared.storage import Database


def topology() -> Topology:
    """Answer who says what to whom, from the reactions of all services."""
    return Topology.of([reactions_of(service) for service in SERVICES], SERVICES)


def run_service_relay(name: str, settings: Settings) -> None:
    """Send what a service (or `all` of a small node) has published, until told to stop."""
    set_up_logs(service=f"{name}-relay")
    databases = {service: database_of(service, settings) for service in named(name)}
    _tell_prometheus(databases, settings)
    relays = [
        Relay(
            database=database,
            broker_url=broker_url_of(service, settings),
            service=service,
            topology=topology(),
        )
        for service, database in databases.items()
    ]
    end_process(run_relay(relays, heartbeat_file=settings.heartbeat_file))


def run_service_worker(name: str, settings: Settings) -> None:
    """Take in what a service (or `all` of a small node) listens to and do its periodic jobs, until told to stop."""
    set_up_logs(service=f"{name}-worker")
    databases = {service: database_of(service, settings) for service in named(name)}
    _tell_prometheus(databases, settings)
    consumers, jobs = [], []
    for service, database in databases.items():
        consumers.append(
            Consumer(
                database=database,
                reactions=reactions_of(service),
                broker_url=broker_url_of(service, settings),
                topology=topology(),
            )
        )
        jobs.append(JobRunner(database=database, service=service, jobs=jobs_of(service, database)))
    end_process(run_worker(consumers, jobs, heartbeat_file=settings.heartbeat_file))


def _tell_prometheus(databases: Mapping[str, Database], settings: Settings) -> None:
    if settings.metrics_address:
        metrics.serve(settings.metrics_address, databases)
