"""Events a second and the delay of each: all systems in turn, round by round, between the same servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import mean, median, quantiles

from benchmarks.events.system import DBOS, FASTSTREAM, KINDS, LIMIT, OURS, Kind, System, Turn
from benchmarks.events.world import World
from benchmarks.report import Figures

CONNECTIONS = (1, 4)
RATE = 100.0
_LOOKS = 9
_SAID_AS = {"relay": "relay", "consume": "worker"}


@dataclass
class Measured:
    """A system and what its turns came to, by the number of the producer's connections."""

    system: System
    turns: dict[int, list[Turn]] = field(default_factory=lambda: {count: [] for count in CONNECTIONS})
    cpu: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    def applied(self, connections: int) -> float:
        """Answer the median of the events a second, from the first command to the last effect."""
        return median(turn.commands / turn.applied_seconds for turn in self.turns[connections])

    def committed(self, connections: int) -> float:
        """Answer the median of the commands a second."""
        return median(turn.commands / turn.committed_seconds for turn in self.turns[connections])


def measure(world: World, *, rounds: int, commands: int, say: Callable[[str], None]) -> Figures:
    """Answer the figures of every system, and ours beside the others: the median of the rounds, compared one by one."""
    measured = {kind: Measured(world.system(kind, kind.name.replace("-", "_"))) for kind in KINDS}
    for number in range(rounds):
        # Who comes after whom changes, so that nobody always follows the same neighbour.
        for kind in KINDS if number % 2 else reversed(KINDS):
            _take_turns(world, measured[kind], int(commands * kind.share))
        told = ", ".join(f"{kind.name} {_rate(one.turns[4][-1]):.0f}" for kind, one in measured.items())
        say(f"  round {number + 1}, events/s over four connections: {told}")
    return {
        "vs_faststream_outbox": _ratio(measured, FASTSTREAM),
        "vs_dbos": _ratio(measured, DBOS),
        "of_limit": _ratio(measured, LIMIT),
        "systems": {kind.name: _figures(one) for kind, one in measured.items()},
    }


def _take_turns(world: World, measured: Measured, commands: int) -> None:
    system = measured.system
    with system.running():
        for connections in CONNECTIONS:
            world.rest()
            before = _cpu(world, system)
            measured.turns[connections].append(system.turn(system.new_numbers(commands), connections=connections))
            spent = {name: (after - before[name]) / commands * 1e6 for name, after in _cpu(world, system).items()}
            for name, microseconds in spent.items():
                measured.cpu.setdefault(name, []).append(microseconds)
        measured.memory = {role: program.memory() for role, program in system.programs.items()}
    if system.query("b", "SELECT count(*) FROM award")[0][0] != system.effects():
        raise RuntimeError(f"{system.kind.name} counted an effect twice or gave an award without counting it")


def _cpu(world: World, system: System) -> dict[str, float]:
    return {role: program.cpu_seconds() for role, program in system.programs.items()} | world.cpu_seconds()


def _rate(turn: Turn) -> float:
    return turn.commands / turn.applied_seconds


def _ratio(measured: Mapping[Kind, Measured], other: Kind) -> float:
    """Answer how often ours is faster with four connections: the median of the rounds, each compared by itself."""
    pairs = zip(measured[OURS].turns[4], measured[other].turns[4], strict=True)
    return round(median(_rate(ours) / _rate(theirs) for ours, theirs in pairs), 2)


def _figures(measured: Measured) -> Figures:
    return {
        "events_per_second": {str(count): round(measured.applied(count)) for count in CONNECTIONS},
        "commands_per_second": {str(count): round(measured.committed(count)) for count in CONNECTIONS},
        "cpu_us": {name: round(median(spent)) for name, spent in measured.cpu.items()},
        "rss_mb": measured.memory,
    }


def measure_delays(world: World, *, seconds: float, say: Callable[[str], None]) -> Figures:
    """Answer the delays at a hundred commands a second: from the commit here to the commit there, by the servers."""
    found = {}
    for kind in (OURS, FASTSTREAM, LIMIT):
        system = world.system(kind, f"delay_{kind.name.replace('-', '_')}")
        with system.running():
            numbers = system.new_numbers(int(seconds * RATE))
            system.turn(numbers, connections=4, rate=RATE)
            found[kind.name] = _delays(system, numbers)
        say(f"  {kind.name} at {RATE:.0f}/s: p50 {found[kind.name]['p50']} ms, p99 {found[kind.name]['p99']} ms")
    return {"p99_ms_at_100": found[OURS.name]["p99"], "delays_ms": found}


def _delays(system: System, numbers: list[int]) -> Figures:
    moment = "SELECT i, extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 FROM {} WHERE i >= {}"
    committed = {row[0]: row[1] for row in system.query("a", moment.format("record", numbers[0]))}
    applied = {row[0]: row[1] for row in system.query("b", moment.format("award", numbers[0]))}
    cuts = quantiles([float(applied[number] - committed[number]) for number in numbers], n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}


def measure_memory(world: World, *, commands: int, say: Callable[[str], None]) -> Figures:
    """Answer the memory of our relay and worker over time, MiB, the most they had, and how much it grew.

    It is looked at after each of nine parts of the commands; what grew is the last three looks beside the first three.
    """
    system = world.system(OURS, "memory")
    course: dict[str, list[float]] = {role: [] for role in OURS.running}
    with system.running():
        for _ in range(_LOOKS):
            system.turn(system.new_numbers(commands // _LOOKS), connections=4)
            for role, looks in course.items():
                looks.append(system.programs[role].memory("VmRSS"))
        most = {role: system.programs[role].memory() for role in OURS.running}
    third = _LOOKS // 3
    grown = {role: round(mean(looks[-third:]) - mean(looks[:third]), 1) for role, looks in course.items()}
    for role, name in _SAID_AS.items():
        told = " ".join(f"{look:.1f}" for look in course[role])
        say(f"  {name}, MiB over {commands} events: {told}; last third to first: {grown[role]:+.1f}")
    return {
        "relay_rss_mb": most["relay"],
        "worker_rss_mb": most["consume"],
        "rss_course_mb": {name: course[role] for role, name in _SAID_AS.items()},
        "rss_growth_mb": {name: grown[role] for role, name in _SAID_AS.items()},
    }
