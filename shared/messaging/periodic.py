"""Jobs that a worker does every so often, on one worker of a service at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from shared.messaging.leadership import Leadership, leadership
from shared.messaging.outages import database_is_away
from shared.messaging.pauses import Pauses
from shared.messaging.tables import inbox
from shared.storage import Database, UnitOfWork

log = structlog.get_logger(__name__)

INBOX_IDS_ARE_KEPT = timedelta(days=90)
_STANDBY_SECONDS = 2.0
_TICK_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One thing to do every so many seconds, each time in a unit of work of its own.

    `work` answers whether there is more of the same to do at once, as when it deletes in batches.
    """

    name: str
    every_seconds: float
    work: Callable[[UnitOfWork], bool]


def inbox_retention(*, limit: int = 1000) -> Job:
    """Make the job that forgets event ids taken in more than ninety days ago; high-water marks stay for ever.

    Ninety days is longer than the longest outage of a link, after which an old event may be delivered once more.
    """

    def forget(uow: UnitOfWork) -> bool:
        return prune_inbox(uow, limit=limit) == limit

    return Job(name="inbox_retention", every_seconds=3600, work=forget)


def prune_inbox(uow: UnitOfWork, *, limit: int) -> int:
    """Delete the oldest inbox rows past their retention, at most `limit`; answers how many."""
    before = uow.now - INBOX_IDS_ARE_KEPT
    old = select(inbox.c.event_id).where(inbox.c.received_at < before).order_by(inbox.c.received_at).limit(limit)
    gone = uow.session.execute(delete(inbox).where(inbox.c.event_id.in_(old.scalar_subquery())))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE has a row count


class JobRunner:
    """The periodic jobs of one service. Any number may run; the one that holds the advisory lock works."""

    def __init__(self, *, database: Database, service: str, jobs: Sequence[Job]) -> None:
        self.name = f"jobs {service}"
        self.last_beat = time.monotonic()
        self._database = database
        self._service = service
        self._jobs = tuple(jobs)
        self._due = {job.name: 0.0 for job in self._jobs}

    def run(self, stop: threading.Event) -> None:
        """Do the jobs in their time until told to stop, through every outage of the database."""
        pauses = Pauses()
        while not stop.is_set():
            self.last_beat = time.monotonic()
            try:
                with leadership(self._database, f"jobs.{self._service}") as lead:
                    if lead is None:
                        stop.wait(_STANDBY_SECONDS)
                        continue
                    self._lead(lead, stop, pauses)
            except SQLAlchemyError as error:
                pause = pauses.next()
                log.warning("jobs_cannot_run", service=self._service, error=repr(error), next_try_s=round(pause, 1))
                stop.wait(pause)

    def _lead(self, lead: Leadership, stop: threading.Event, pauses: Pauses) -> None:
        while not stop.is_set():
            self.last_beat = time.monotonic()
            lead.check()
            pauses.reset()
            for job in self._jobs:
                if time.monotonic() >= self._due[job.name] and not stop.is_set():
                    self._do(job)
            stop.wait(_TICK_SECONDS)

    def _do(self, job: Job) -> None:
        more = False
        try:
            with self._database.unit_of_work() as uow:
                more = job.work(uow)
        except Exception as error:
            if database_is_away(error):
                raise
            # One job that fails must not keep the others from being done.
            log.exception("job_failed", service=self._service, job=job.name)
        self._due[job.name] = time.monotonic() + (0.0 if more else job.every_seconds)
