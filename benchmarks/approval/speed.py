"""Cases completed a second, by our engine and by its peers: turn by turn on one server, each in its own database.

A case is a start and three decisions, each a transaction of its own. Turns are short and many, and all systems take
one in every round: what disturbs the machine for a while disturbs all of them, and falls out of the ratios.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.approval.office import office_at
from benchmarks.approval.server import connect, settle
from benchmarks.report import Figures
from tests.servers import PostgresServer

THREADS = (1, 8)
OURS = "ours"
_ROOT = Path(__file__).resolve().parents[2]
_PEERS = str(_ROOT / ".venv-peers/bin/python")
_SYSTEMS = {
    OURS: (sys.executable, "benchmarks.approval.ours"),
    "viewflow": (_PEERS, "benchmarks.peers.viewflow_peer"),
    "dbos": (_PEERS, "benchmarks.peers.dbos_peer"),
}


@dataclass
class System:
    """One engine under measurement, in a process of its own, and what its turns came to so far."""

    name: str
    url: str
    process: subprocess.Popen[str]
    rates: dict[int, list[float]] = field(default_factory=lambda: {threads: [] for threads in THREADS})
    cpu_ms: dict[int, list[float]] = field(default_factory=lambda: {threads: [] for threads in THREADS})
    rss_mb: float = 0.0

    def settle(self) -> None:
        """Let its database come to rest."""
        with connect(self.url) as connection:
            settle(connection)

    def warm_up(self) -> None:
        """Let it connect, and meet the work for the first time."""
        for threads in THREADS:
            self._ask(threads, 0)

    def take_turn(self, threads: int, seconds: float) -> None:
        """Let it work for a while."""
        answer = self._ask(threads, seconds)
        self.rates[threads].append(answer["per_second"])
        self.cpu_ms[threads].append(answer["cpu_ms"])
        self.rss_mb = answer["rss_mb"]

    def rate(self, threads: int) -> float:
        """Answer the median of its cases a second."""
        return median(self.rates[threads])

    def _ask(self, threads: int, seconds: float) -> dict[str, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"threads": threads, "seconds": seconds}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended during its turn; it says why above")
        answer: dict[str, float] = json.loads(line)
        return answer


def measure(postgres: PostgresServer, *, rounds: int, seconds: float, say: Callable[[str], None]) -> Figures:
    """Answer the cases a second of every one of `systems` by threads, and in `ratios` ours to the fastest peer's."""
    with ExitStack() as stack:
        urls = {name: postgres.create_database(name) for name in _SYSTEMS}
        with office_at(urls[OURS]):
            # A service finds its tables and its calendar there, and spends no memory on making them.
            pass
        systems = [stack.enter_context(_running(name, url)) for name, url in urls.items()]
        for system in systems:
            system.warm_up()
        for number in range(rounds):
            for system in systems:
                system.settle()
            for threads in THREADS:
                # Who comes after whom changes, so that nobody always follows the same neighbour.
                for system in systems if number % 2 else reversed(systems):
                    system.take_turn(threads, seconds)
                told = ", ".join(f"{system.name} {system.rates[threads][-1]:.1f}" for system in systems)
                say(f"  round {number + 1}, {threads} thread(s), cases/s: {told}")
    return {
        "ratios": {str(threads): _ratio(systems, threads) for threads in THREADS},
        "systems": {system.name: _figures(system) for system in systems},
    }


@contextmanager
def _running(name: str, url: str) -> Iterator[System]:
    python, module = _SYSTEMS[name]
    process = subprocess.Popen(  # noqa: S603  # our own modules, named above
        [python, "-m", module, url], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    # Leaving closes its standard input, which ends it, and waits for that.
    with process:
        yield System(name, url, process)


def _ratio(systems: list[System], threads: int) -> float:
    """Answer how often ours is faster than the fastest peer: the median of the rounds, each compared by itself."""
    ours, *peers = systems
    fastest = max(peers, key=lambda peer: peer.rate(threads))
    pairs = zip(ours.rates[threads], fastest.rates[threads], strict=True)
    return round(median(our / their for our, their in pairs), 2)


def _figures(system: System) -> Figures:
    return {
        "cases_per_second": {str(threads): round(system.rate(threads), 1) for threads in THREADS},
        "cpu_ms": {str(threads): round(median(system.cpu_ms[threads]), 1) for threads in THREADS},
        "rounds": {str(threads): [round(rate, 1) for rate in rates] for threads, rates in system.rates.items()},
        "rss_mb": system.rss_mb,
    }
