"""The periodic jobs of each service: a worker process runs them, or the embedded node itself."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial

from services.awards.commands.star_reviews import review_due
from services.launcher.parts import approvals_of
from shared.approval.jobs import jobs
from shared.http.idempotency import forget_old_answers
from shared.messaging.periodic import Job, JobRunner, inbox_retention
from shared.storage import Database, UnitOfWork

_STOP_SECONDS = 10.0


def jobs_of(service: str, database: Database) -> list[Job]:
    """Answer what a service does every so often."""
    kept = [inbox_retention(), Job(name="answer_retention", every_seconds=3600, work=_forget_answers)]
    approvals = approvals_of(service)
    if approvals is None:
        return kept
    if service == "awards":
        kept.append(Job(name="star_reviews", every_seconds=10, work=partial(review_due, approvals=approvals)))
    return [*kept, *jobs(approvals, database)]


class Scheduler:
    """The periodic jobs of all services of one process, on a thread for each of them."""

    def __init__(self, databases: Mapping[str, Database]) -> None:
        self._stop = threading.Event()
        runners = [
            JobRunner(database=database, service=service, jobs=jobs_of(service, database))
            for service, database in databases.items()
        ]
        self._threads = [
            threading.Thread(target=runner.run, args=(self._stop,), name=runner.name, daemon=True) for runner in runners
        ]

    def start(self) -> None:
        """Begin to do the jobs in their time."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the jobs at hand and stop."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=_STOP_SECONDS)


def _forget_answers(uow: UnitOfWork) -> bool:
    forget_old_answers(uow, now=uow.now)
    return False
