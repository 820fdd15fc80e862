"""The long-running processes of one service: its relay and its worker."""

from __future__ import annotations

from services.launcher.parts import SERVICES, database_of, reactions_of
from shared.http.idempotency import forget_old_answers
from shared.logs import set_up_logs
from shared.messaging.consumer import Consumer
from shared.messaging.periodic import Job, JobRunner, inbox_retention
from shared.messaging.processes import end_process, run_relay, run_worker
from shared.messaging.rabbit import Topology
from shared.messaging.relay import Relay
from shared.settings import Settings
from shared.storage import UnitOfWork


def topology() -> Topology:
    """Answer who says what to whom, from the reactions of all services."""
    return Topology.of([reactions_of(service) for service in SERVICES], SERVICES)


def run_service_relay(service: str, settings: Settings) -> None:
    """Send what a service has published, until told to stop."""
    set_up_logs(service=f"{service}-relay")
    relay = Relay(
        database=database_of(service, settings),
        broker_url=settings.need("broker_url"),
        service=service,
        topology=topology(),
    )
    end_process(run_relay([relay], heartbeat_file=settings.heartbeat_file))


def run_service_worker(service: str, settings: Settings) -> None:
    """Take in what a service listens to and do its periodic jobs, until told to stop."""
    set_up_logs(service=f"{service}-worker")
    database = database_of(service, settings)
    consumer = Consumer(
        database=database,
        reactions=reactions_of(service),
        broker_url=settings.need("broker_url"),
        topology=topology(),
    )
    jobs = JobRunner(
        database=database,
        service=service,
        jobs=[inbox_retention(), Job(name="answer_retention", every_seconds=3600, work=_forget_answers)],
    )
    end_process(run_worker([consumer], [jobs], heartbeat_file=settings.heartbeat_file))


def _forget_answers(uow: UnitOfWork) -> bool:
    forget_old_answers(uow, now=uow.now)
    return False
