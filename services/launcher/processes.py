"""The long-running processes of one service: its relay and its worker."""

from __future__ import annotations

from collections.abc import Mapping

from services.launcher.here import has_links
from services.launcher.jobs import jobs_of
from services.launcher.links import jobs_of_links, office_of
from services.launcher.parts import LINKS, SERVICES, broker_url_of, database_of, named, reactions_of
from shared.logs import set_up_logs
from shared.messaging import metrics
from shared.messaging.consumer import Consumer
from shared.messaging.periodic import JobRunner, inbox_retention
from shared.messaging.processes import Loop, end_process, run_relay, run_worker
from shared.messaging.rabbit import Topology
from shared.messaging.relay import Relay
from shared.nodes.gateway import LinksRelay, Neighbours, OwnServices, with_links
from shared.nodes.metrics import LinksCollector
from shared.nodes.office import Office
from shared.settings import Settings
from shared.storage import Database


def topology(*, with_neighbours: bool = False) -> Topology:
    """Answer who says what to whom, from the reactions of all services, and of links where there are neighbours."""
    whole = Topology.of([reactions_of(service) for service in SERVICES], SERVICES)
    return with_links(whole) if with_neighbours else whole


def _services_of(name: str) -> tuple[str, ...]:
    return () if name == LINKS else named(name)


def _office_of(name: str, settings: Settings) -> Office | None:
    """Make the links' part of a process, where this one runs them and there are any."""
    return office_of(settings) if name in (LINKS, "all") and has_links(settings) else None


def run_service_relay(name: str, settings: Settings) -> None:
    """Send what a service (or `all` of a small node) has published, until told to stop."""
    set_up_logs(service=f"{name}-relay")
    whole = topology(with_neighbours=has_links(settings))
    databases = {service: database_of(service, settings) for service in _services_of(name)}
    office = _office_of(name, settings)
    _tell_prometheus(databases, office, settings)
    relays = [
        Relay(
            database=database,
            broker_url=broker_url_of(service, settings),
            service=service,
            topology=whole,
        )
        for service, database in databases.items()
    ]
    if office is not None:
        relays.append(LinksRelay(office=office, broker_url=broker_url_of(LINKS, settings), topology=whole))
    end_process(run_relay(relays, heartbeat_file=settings.heartbeat_file))


def run_service_worker(name: str, settings: Settings) -> None:
    """Take in what a service (or `all` of a small node) listens to and do its periodic jobs, until told to stop."""
    set_up_logs(service=f"{name}-worker")
    whole = topology(with_neighbours=has_links(settings))
    databases = {service: database_of(service, settings) for service in _services_of(name)}
    office = _office_of(name, settings)
    _tell_prometheus(databases, office, settings)
    consumers: list[Loop] = []
    jobs: list[JobRunner] = []
    for service, database in databases.items():
        consumers.append(
            Consumer(
                database=database,
                reactions=reactions_of(service),
                broker_url=broker_url_of(service, settings),
                topology=whole,
            )
        )
        jobs.append(JobRunner(database=database, service=service, jobs=jobs_of(service, database)))
    if office is not None:
        broker_url = broker_url_of(LINKS, settings)
        consumers.append(OwnServices(office=office, broker_url=broker_url, topology=whole))
        consumers.append(Neighbours(office=office, broker_url=broker_url))
        kept = [inbox_retention(), *jobs_of_links(settings, office)]
        jobs.append(JobRunner(database=office.database, service=LINKS, jobs=kept))
    end_process(run_worker(consumers, jobs, heartbeat_file=settings.heartbeat_file))


def _tell_prometheus(databases: Mapping[str, Database], office: Office | None, settings: Settings) -> None:
    if not settings.metrics_address:
        return
    if office is None:
        metrics.serve(settings.metrics_address, databases)
    else:
        links = office.database
        metrics.serve(settings.metrics_address, {**databases, LINKS: links}, LinksCollector(links))
