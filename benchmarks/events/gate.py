"""The gate: every program and the broker are killed under load, and then nothing may be lost and nothing doubled."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from benchmarks.events.system import OURS, System
from benchmarks.events.world import World
from benchmarks.report import Figures

KILLED_AT = (0.25, 0.5, 0.75)
VICTIMS = ("produce", "relay", "consume", "broker")
CONNECTIONS = 4


def measure(world: World, *, commands: int, say: Callable[[str], None]) -> Figures:
    """Answer how many events were lost and how many effects doubled, over all victims and moments."""
    lost = doubled = 0
    for victim in VICTIMS:
        system = world.system(OURS, f"gate_{victim}")
        with system.running():
            _run_with_kills(world, system, victim, system.new_numbers(commands))
            missing, twice = _verdict(system)
        say(f"  {victim} killed at {', '.join(f'{part:.0%}' for part in KILLED_AT)}: {missing} lost, {twice} doubled")
        lost, doubled = lost + missing, doubled + twice
    return {"lost": lost, "doubled": doubled, "kills": len(VICTIMS) * len(KILLED_AT)}


def _run_with_kills(world: World, system: System, victim: str, numbers: list[int]) -> None:
    """Give the commands, kill at each moment, and give again what a killed producer had not committed."""
    begun = system.effects()
    system.ask(numbers, connections=CONNECTIONS)
    for part in KILLED_AT:
        system.wait_for_effects(begun + int(part * len(numbers)))
        if victim == "broker":
            world.rabbit.kill()
            world.rabbit.start()
            continue
        system.programs[victim].kill()
        system.start(victim)
        if victim == "produce":
            system.ask(list(_left(system, numbers)), connections=CONNECTIONS)
    system.heard()
    system.wait_for_effects(begun + len(numbers))


def _left(system: System, numbers: list[int]) -> Iterator[int]:
    committed = {row[0] for row in system.query("a", "SELECT i FROM record")}
    return (number for number in numbers if number not in committed)


def _verdict(system: System) -> tuple[int, int]:
    """Answer how many committed commands have no effect, and how many effects are one too many."""
    records = {row[0] for row in system.query("a", "SELECT i FROM record")}
    awards = {row[0] for row in system.query("b", "SELECT i FROM award")}
    if len(records) != system.given:
        raise RuntimeError(f"{system.given} commands were given, {len(records)} are there: {json.dumps(len(awards))}")
    return len(records - awards), system.effects() - len(awards & records)
