"""How long the hours of an approved report take to be in the ledger, at a fixed rate of approvals.

The load is open: each approval has its moment, whether or not earlier ones were answered, so that a slow system
cannot slow down what it is measured with.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, create_engine, text

from benchmarks.nodes import LINES, Measured
from benchmarks.spread import Spread
from tests.faults.driver import Driver
from tests.faults.settling import settled
from tests.staging import Waiting
from tests.waiting import WaitedTooLong, wait_until

LONGEST_LAG = 1.0  # seconds at p95: above it a rate does not hold
_DESKS = 8
_LOOK_EVERY = 0.005
_LOOK_AT = 200  # of the oldest reports that are not credited yet
_GIVE_UP = 300.0


@dataclass(frozen=True)
class Reading:
    """What one rate came to."""

    rate: float
    approvals: int
    answered: Spread
    """From the moment an approval was due to its HTTP answer."""
    credited: Spread
    """From the HTTP answer to the last of its hours in the ledger."""
    backlog: int
    """Reports answered and not credited when the last approval was answered."""
    achieved: float
    """Approvals a second that were really answered."""
    cpu_ms: dict[str, float]
    """Processor time that each program used for one approval with all that follows from it."""

    @property
    def holds(self) -> bool:
        """Tell whether the system keeps up: it credits within a second, and nothing piles up."""
        keeps_up = self.achieved >= 0.95 * self.rate and self.backlog <= max(2.0, self.rate * LONGEST_LAG)
        return keeps_up and max(self.credited.p95, self.answered.p95) < LONGEST_LAG * 1000


def measure(measured: Measured, reports: Sequence[Waiting], *, rate: float) -> Reading:
    """Approve reports at a rate and watch the ledger.

    :raises RuntimeError: when an approval is refused, or hours do not appear at all.
    """
    driver = Driver(measured.node.base_url, desks=_DESKS, rate=rate).sign_in()
    watcher = _Watcher(
        measured.database_urls["records"], {report.case_id: report.report_id for report in reports}, driver
    )
    watcher.start()
    used, begun = measured.cpu_seconds(), time.monotonic()
    driver.approve(reports)
    ended = time.monotonic()
    backlog = watcher.outstanding()
    watcher.finish()
    settled(measured.database_urls)
    cpu_ms = {
        name: round((seconds - used[name]) * 1000 / len(reports), 1) for name, seconds in measured.cpu_seconds().items()
    }
    if len(driver.outcomes("ok")) != len(reports):
        raise RuntimeError(f"{len(reports)} approvals, {len(driver.outcomes('ok'))} answered well")
    answers = {attempt.case_id: attempt for attempt in driver.outcomes("ok")}
    return Reading(
        rate=rate,
        approvals=len(reports),
        answered=Spread.of([attempt.begun + attempt.seconds - attempt.due for attempt in answers.values()]),
        credited=Spread.of(
            [
                max(
                    0.0,
                    watcher.seen[report.report_id] - answers[report.case_id].begun - answers[report.case_id].seconds,
                )
                for report in reports
            ]
        ),
        backlog=backlog,
        achieved=round(len(reports) / (ended - begun), 2),
        cpu_ms=cpu_ms,
    )


@dataclass
class _Watcher:
    """Looks into the ledger every few milliseconds for reports that were answered, and notes when each is credited."""

    url: str
    reports: dict[str, str]
    driver: Driver
    seen: dict[str, float] = field(default_factory=dict)
    _waiting: dict[str, None] = field(default_factory=dict)
    _known: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="ledger watcher")
        self._thread.start()

    def outstanding(self) -> int:
        """Answer how many answered reports are not credited."""
        return len(self.driver.outcomes("ok")) - len(self.seen)

    def finish(self) -> None:
        """Go on until all is credited.

        :raises RuntimeError: when it is not within five minutes.
        """
        assert self._thread is not None
        try:
            wait_until(lambda: len(self.seen) == len(self.reports), limit=_GIVE_UP, what="every hour in the ledger")
        except WaitedTooLong as error:
            raise RuntimeError(str(error)) from error
        finally:
            self._ended.set()
            self._thread.join()

    def _run(self) -> None:
        statement = text(
            "SELECT report_id FROM ledger_entry WHERE report_id IN :wanted GROUP BY report_id HAVING count(*) = :lines"
        ).bindparams(bindparam("wanted", expanding=True), lines=LINES)
        engine = create_engine(self.url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not self._ended.wait(_LOOK_EVERY):
                self._take_in_answers()
                wanted = [report for report, _ in zip(self._waiting, range(_LOOK_AT), strict=False)]
                if not wanted:
                    continue
                found = connection.execute(statement, {"wanted": wanted}).scalars().all()
                now = time.monotonic()
                for report_id in found:
                    self.seen[report_id] = now
                    del self._waiting[report_id]
        engine.dispose()

    def _take_in_answers(self) -> None:
        fresh = self.driver.attempts[self._known :]
        self._known += len(fresh)
        self._waiting.update({self.reports[one.case_id]: None for one in fresh if one.outcome == "ok"})
