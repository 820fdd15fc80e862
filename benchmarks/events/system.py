"""One system under measurement: its programs, its two databases, and what they have come to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg

from benchmarks.events.roles import Where
from tests.programs import environment_of
from tests.servers.reaper import Reaper, family
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
PEERS = str(ROOT / ".venv-peers/bin/python")
PATIENCE = 120.0
WARM_UP = 200


@dataclass(frozen=True)
class Kind:
    """A system that can be measured: the Python and the module of its programs, and which of them run all the time."""

    name: str
    python: str
    module: str
    running: tuple[str, ...] = ("relay", "consume")
    share: float = 1.0
    """Which part of the commands it is given, so that a slow one does not take all the time."""


OURS = Kind("ours", sys.executable, "benchmarks.events.ours")
LIMIT = Kind("limit", sys.executable, "benchmarks.events.limit")
FASTSTREAM = Kind("faststream-outbox", PEERS, "benchmarks.peers.faststream_peer")
DBOS = Kind("dbos", PEERS, "benchmarks.peers.dbos_events", running=("consume",), share=0.2)
KINDS = (OURS, FASTSTREAM, DBOS, LIMIT)


@dataclass(frozen=True)
class Turn:
    """What a turn came to: when its first command began, how long the commands took, how long all effects took."""

    commands: int
    begun: float
    committed_seconds: float
    applied_seconds: float


@dataclass
class Program:
    """One role of a system, in a process of its own."""

    role: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as the kernel would for want of memory."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=15)

    def cpu_seconds(self) -> float:
        """Answer the processor time that it has used."""
        return cpu_seconds_of(self.process.pid)

    def memory(self, what: str = "VmHWM") -> float:
        """Answer its memory in MiB: the most it ever had (`VmHWM`) or what it has now (`VmRSS`)."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return round(next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) / 1024, 1)


def cpu_seconds_of(pid: int) -> float:
    """Answer the processor time of a process, of its descendants, and of those of them that have ended."""
    stats = [Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split() for member in family(pid)]
    return sum(int(number) for stat in stats for number in stat[11:15]) / os.sysconf("SC_CLK_TCK")


@dataclass
class System:
    """A system with its tables made. Numbers of commands are never used twice."""

    kind: Kind
    where: Where
    reaper: Reaper
    programs: dict[str, Program] = field(default_factory=dict)
    given: int = 0

    def prepare(self) -> None:
        """Make its tables."""
        subprocess.run(self._command("prepare"), cwd=ROOT, env=environment_of({}), check=True, timeout=120)  # noqa: S603  # our own modules

    def start(self, role: str) -> Program:
        """Start one of its programs."""
        asked = subprocess.PIPE if role == "produce" else subprocess.DEVNULL
        process = subprocess.Popen(  # noqa: S603  # our own modules
            self._command(role),
            cwd=ROOT,
            env=environment_of({}),
            stdin=asked,
            stdout=subprocess.PIPE if role == "produce" else subprocess.DEVNULL,
            text=True,
        )
        self.reaper.watch("process", process.pid)
        self.programs[role] = Program(role, process)
        return self.programs[role]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have all programs run for the length of a block, warmed up; they are asked to end after it."""
        try:
            for role in (*self.kind.running, "produce"):
                self.start(role)
            self.turn(self.new_numbers(WARM_UP), connections=1)
            yield
        finally:
            for program in self.programs.values():
                program.stop()
            self.programs.clear()

    def new_numbers(self, count: int) -> list[int]:
        """Answer numbers of commands that were never given before."""
        self.given += count
        return list(range(self.given - count + 1, self.given + 1))

    def turn(self, numbers: Sequence[int], *, connections: int, rate: float = 0.0) -> Turn:
        """Give commands and wait until all their effects are there."""
        before = self.effects()
        self.ask(numbers, connections=connections, rate=rate)
        answer = self.heard()
        wanted = before + len(numbers)
        self.wait_for_effects(wanted)
        applied = time.monotonic() - answer["begun"]
        return Turn(len(numbers), answer["begun"], answer["seconds"], applied)

    def wait_for_effects(self, wanted: int) -> None:
        """Wait until so many effects were counted."""

        def look() -> bool:
            for role in self.kind.running:
                if self.programs[role].process.poll() is not None:
                    raise RuntimeError(f"{role} of {self.kind.name} ended; it says why above")
            return self.effects() >= wanted

        wait_until(look, limit=PATIENCE, what=f"{self.kind.name}'s effects", every=0.01)

    def ask(self, numbers: Sequence[int], *, connections: int, rate: float = 0.0) -> None:
        """Ask the producer for commands."""
        words = {"numbers": list(numbers), "connections": connections, "rate": rate}
        stdin = self.programs["produce"].process.stdin
        assert stdin is not None
        stdin.write(json.dumps(words) + "\n")
        stdin.flush()

    def heard(self) -> dict[str, float]:
        """Wait for the producer's answer."""
        stdout = self.programs["produce"].process.stdout
        assert stdout is not None
        line = stdout.readline()
        if not line:
            raise RuntimeError(f"the producer of {self.kind.name} ended during its turn; it says why above")
        answer: dict[str, float] = json.loads(line)
        return answer

    def effects(self) -> int:
        """Answer how many effects were counted so far."""
        return int(self.query("b", "SELECT n FROM tally")[0][0])

    def query(self, side: str, statement: str) -> list[tuple[int, ...]]:
        """Ask one of the two databases."""
        url = self.where.a if side == "a" else self.where.b
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()

    def _command(self, role: str) -> list[str]:
        return [self.kind.python, "-m", self.kind.module, role, json.dumps(asdict(self.where))]
