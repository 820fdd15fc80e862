"""What the scheduler does for a service's cases: it fires timers, and counts deadlines again.

Each case has a unit of work of its own, so that one that cannot be moved now holds up no other, and what was done
stays done. Everything may be done twice, or by two workers at once, and has one effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from shared.approval import deadlines, timers
from shared.approval.across import waiting
from shared.approval.core.state import Timer
from shared.approval.service import Approvals
from shared.messaging.outages import database_is_away
from shared.messaging.periodic import Job
from shared.storage import Database, UnitOfWork

log = structlog.get_logger(__name__)

FIRE_EVERY_SECONDS = 10.0
RECOUNT_EVERY_SECONDS = 60.0
TELL_AGAIN_EVERY_SECONDS = 3600.0
_BATCH = 100


def jobs(approvals: Approvals, database: Database, *, batch: int = _BATCH) -> list[Job]:
    """Answer the periodic jobs of a service's cases."""
    return [
        Job(name="timers", every_seconds=FIRE_EVERY_SECONDS, work=Firing(approvals, database, batch)),
        Job(name="handovers", every_seconds=TELL_AGAIN_EVERY_SECONDS, work=TellingAgain(approvals, database)),
        Job(name="deadlines", every_seconds=RECOUNT_EVERY_SECONDS, work=Recounting(approvals, database, batch)),
    ]


@dataclass
class Firing:
    """Fires due timers, batch by batch from the oldest; one that fails is tried again after all the others."""

    approvals: Approvals
    database: Database
    batch: int = _BATCH
    _after: tuple[str, Timer] | None = None

    def __call__(self, _uow: UnitOfWork | None = None) -> bool:
        """Fire one batch; answers whether there are more."""
        with self.database.reading() as session:
            found = timers.due(session, at=self.database.clock.now(), limit=self.batch, after=self._after)
        for case_id, timer in found:
            _alone(self.database, case_id, partial(self.approvals.fire, case_id=case_id, timer=timer))
        self._after = found[-1] if len(found) == self.batch else None
        return self._after is not None


@dataclass
class Recounting:
    """Counts provisional deadlines again whose days are all known by now, batch by batch."""

    approvals: Approvals
    database: Database
    batch: int = _BATCH
    counted: int = 0
    _after: str = ""

    def __call__(self, _uow: UnitOfWork | None = None) -> bool:
        """Count the deadlines of one batch of cases; answers whether there are more."""
        with self.database.reading() as session:
            at = self.database.clock.now()
            found = deadlines.countable(session, at=at, after=self._after, limit=self.batch)
        for case_id in found:
            self.counted += _alone(self.database, case_id, partial(self.approvals.recount_deadlines, case_id=case_id))
        self._after = found[-1] if len(found) == self.batch else ""
        return bool(self._after)


@dataclass
class TellingAgain:
    """Hands cases over, and gives answers, once more that another node did not take."""

    approvals: Approvals
    database: Database

    def __call__(self, _uow: UnitOfWork | None = None) -> bool:
        """Tell all of them again; answers that there are no more."""
        with self.database.reading() as session:
            found = waiting.not_taken(session, self.database.here, at=self.database.clock.now())
        for case_id in found:
            _alone(self.database, case_id, partial(self.approvals.tell_node_again, case_id=case_id))
        return False


def _alone(database: Database, case_id: str, work: Callable[[UnitOfWork], None]) -> bool:
    """Do one case's work in a unit of work of its own; answers whether it was done."""
    try:
        with database.unit_of_work() as uow:
            work(uow)
    except Exception as error:
        if database_is_away(error):
            raise
        log.exception("case_not_moved", case_id=case_id)
        return False
    return True
