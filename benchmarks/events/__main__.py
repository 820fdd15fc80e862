"""`make bench-events`: the kit beside its peers and beside the bare drivers, its delays, its memory, and kill -9."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks.events import gate, link, speed
from benchmarks.events.world import world
from benchmarks.machine import load, machine, machine_line
from benchmarks.report import Figures, Row, conclude, remembered, table
from shared.logs import set_up_logs

KEPT = Path(__file__).parents[1] / "events.json"
PARTS = ("speed", "delays", "memory", "gate", "link")
HEADLINES = (
    *("vs_faststream_outbox", "vs_dbos", "of_limit", "p99_ms_at_100", "lost", "doubled"),
    *("node_events_per_s", "relay_rss_mb", "worker_rss_mb"),
)


@click.command()
@click.option("--part", type=click.Choice([*PARTS, "all"]), default="all", show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="How often each takes turns.")
@click.option("--commands", type=click.IntRange(min=100), default=5000, show_default=True, help="Commands of a turn.")
@click.option("--seconds", default=20.0, show_default=True, help="How long delays are measured.")
@click.option("--record", is_flag=True, help="Keep the figures, to compare with from then on.")
def main(part: str, rounds: int, commands: int, seconds: float, record: bool) -> None:
    """Measure, print tables and, as the last line, one JSON object."""
    set_up_logs(service="bench", level="ERROR")
    console = Console()
    found: Figures = {"machine": machine(), "load": load(), **dict.fromkeys(HEADLINES)}
    wanted = PARTS if part == "all" else (part,)
    with world() as servers:
        console.print(machine_line(servers.way))
        if "speed" in wanted:
            console.print("[bold]speed[/]: from the first command to the last effect")
            found |= speed.measure(servers, rounds=rounds, commands=commands, say=console.print)
        if "delays" in wanted:
            console.print("[bold]delays[/]: from the commit in A to the commit in B")
            found |= speed.measure_delays(servers, seconds=seconds, say=console.print)
        if "memory" in wanted:
            console.print("[bold]memory[/]: relay and worker")
            found |= speed.measure_memory(servers, commands=4 * commands, say=console.print)
        if "gate" in wanted:
            console.print("[bold]gate[/]: kill -9")
            found |= gate.measure(servers, commands=commands, say=console.print)
        if "link" in wanted:
            console.print("[bold]link[/]: what has waited for a node, until it has heard it")
            found |= link.measure(servers, say=console.print)
    for shown in _tables(found, remembered(KEPT)):
        console.print(shown)
    conclude(found, kept=KEPT, record=record)


_SPEED: tuple[Row, ...] = (
    ("events/s, 1 connection", ("events_per_second", "1")),
    ("events/s, 4 connections", ("events_per_second", "4")),
    ("commands/s, 4 connections", ("commands_per_second", "4")),
    ("processor µs of an event", ("cpu_us",)),
)


def _tables(found: Figures, before: Figures) -> Iterator[Table]:
    if "systems" in found:
        yield table(
            "From transaction to transaction / 从事务到事务", _SPEED, found["systems"], before.get("systems", {})
        )
    headlines = [(name, (name,)) for name in HEADLINES if found[name] is not None]
    yield table("The messaging kit / 消息组件", headlines, {"now": found}, {"now": before})


if __name__ == "__main__":
    main()
