"""Measures the approval engine, on one PostgreSQL that is started for it and keeps its data safe as in production.

    make bench-approval                                            everything, about a quarter of an hour
    make bench-approval ARGS="--part speed"                        one of: speed, races, growth
    make bench-approval ARGS="--races 500 --finished 20000 --rounds 2"   a quick look
    make bench-approval ARGS="--record"                            keep the figures, to compare with from then on

The last line printed is one JSON object with all figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks.approval import growth, racing, speed
from benchmarks.approval.office import office_at
from benchmarks.approval.server import connect, version
from benchmarks.machine import load, machine, machine_line
from benchmarks.report import Figures, Row, conclude, remembered, table
from shared.logs import set_up_logs
from tests.servers import PostgresServer, Servers

KEPT = Path(__file__).parents[1] / "approval.json"


@click.command()
@click.option("--part", type=click.Choice(["speed", "races", "growth", "all"]), default="all", show_default=True)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=15, show_default=True, help="How often each system takes its turn."
)
@click.option("--seconds", default=1.5, show_default=True, help="How long a turn is.")
@click.option("--races", "wanted", default=10_000, show_default=True, help="How many races are run.")
@click.option("--seed", default=1, show_default=True, help="What the leads in the races are drawn from.")
@click.option("--finished", default=1_000_000, show_default=True, help="Finished cases at the largest size.")
@click.option("--record", is_flag=True, help="Keep the figures, to compare with from then on.")
def main(part: str, rounds: int, seconds: float, wanted: int, seed: int, finished: int, record: bool) -> None:
    """Measure, print tables and, as the last line, one JSON object."""
    set_up_logs(service="bench", level="ERROR")
    console = Console()
    found: Figures = {"machine": machine(), "load": load()}
    with Servers() as servers:
        postgres = servers.postgres()
        with connect(postgres.url_of("postgres")) as connection:
            console.print(machine_line(version(connection), servers.way))
        if part in ("speed", "all"):
            console.print("[bold]speed[/]: a start and three decisions, each a transaction")
            found |= _speed(postgres, rounds=rounds, seconds=seconds, say=console.print)
        if part in ("races", "all"):
            console.print("[bold]races[/]: two people decide one case at the same moment")
            found |= _races(postgres, races=wanted, seed=seed, say=console.print)
        if part in ("growth", "all"):
            console.print("[bold]growth[/]: filling the tables with finished cases …")
            found |= _growth(postgres, finished=finished, say=console.print)
    for shown in _tables(found, remembered(KEPT)):
        console.print(shown)
    conclude(found, kept=KEPT, record=record)


def _speed(postgres: PostgresServer, *, rounds: int, seconds: float, say: Callable[[str], None]) -> Figures:
    figures = speed.measure(postgres, rounds=rounds, seconds=seconds, say=say)
    return {
        "ratio_1_thread": figures["ratios"]["1"],
        "ratio_8_threads": figures["ratios"]["8"],
        "rss_mb": figures["systems"][speed.OURS]["rss_mb"],
        "systems": figures["systems"],
    }


def _races(postgres: PostgresServer, *, races: int, seed: int, say: Callable[[str], None]) -> Figures:
    with office_at(postgres.create_database("races")) as office:
        return racing.measure(office, races=races, seed=seed, say=say)


def _growth(postgres: PostgresServer, *, finished: int, say: Callable[[str], None]) -> Figures:
    return growth.measure(postgres, finished=finished, say=say)


def _tables(found: Figures, before: Figures) -> Iterator[Table]:
    """Answer the tables of what was measured, and at the end one of the figures that count."""
    for part, title, rows in _PARTS:
        if part in found:
            yield table(title, rows, found[part], before.get(part, {}))
    figures = [row for row in _FIGURES if row[1][0] in found]
    yield table("The approval engine / 审批引擎", figures, {"now": found}, {"now": before})


_SPREAD: tuple[Row, ...] = (("p50 ms", ("p50",)), ("p95 ms", ("p95",)))
_PARTS: tuple[tuple[str, str, tuple[Row, ...]], ...] = (
    (
        "systems",
        "A start and three decisions",
        (
            ("cases/s, 1 thread", ("cases_per_second", "1")),
            ("cases/s, 8 threads", ("cases_per_second", "8")),
            ("processor ms of a case, without PostgreSQL, 1 thread", ("cpu_ms", "1")),
            ("processor ms of a case, without PostgreSQL, 8 threads", ("cpu_ms", "8")),
            ("most memory of the process, MiB", ("rss_mb",)),
        ),
    ),
    (
        "sizes",
        "One command, by finished cases in the tables",
        (
            ("open: p50 ms", ("open", "p50")),
            ("open: p95 ms", ("open", "p95")),
            ("approve: p50 ms", ("approve", "p50")),
            ("approve: p95 ms", ("approve", "p95")),
        ),
    ),
    (
        "sent",
        "What a command sends to the database",
        (
            ("statements, with BEGIN and COMMIT", ("statements",)),
            ("trips, each waited for", ("trips",)),
        ),
    ),
    ("lists", "What a busy official reads, most finished cases", _SPREAD),
    ("narrowed", "The same, narrowed down", _SPREAD),
)
_FIGURES: tuple[Row, ...] = (
    ("cases/s to the fastest peer's, 1 thread", ("ratio_1_thread",)),
    ("cases/s to the fastest peer's, 8 threads", ("ratio_8_threads",)),
    ("races", ("races",)),
    ("races that ended wrong", ("wrong",)),
    ("approve: p50 with most cases to p50 with fewest", ("growth_p50",)),
    ("slowest list: p95 ms", ("lists_p95_ms",)),
    ("most memory of one process, MiB", ("rss_mb",)),
)


if __name__ == "__main__":
    main()
