"""Measures the main job: whole stories a second, and how soon approved hours are in the ledger.

    make bench-story                         both ways of running, about eight minutes
    make bench-story ARGS="--mode embedded"  one of them
    make bench-story ARGS="--record"         keep the figures in benchmarks/story.json, to compare with from then on

The last line printed is one JSON object with all figures.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from benchmarks.crediting import Reading, measure
from benchmarks.machine import machine, machine_line
from benchmarks.nodes import LINES, Measured, embedded, real
from benchmarks.report import Figures, conclude, remembered, table
from shared.logs import set_up_logs
from tests.faults.settling import settled

KEPT = Path(__file__).with_name("story.json")
MODES: dict[str, Callable[[int], AbstractContextManager[Measured]]] = {"embedded": embedded, "real": real}
STEADY_RATE = 10.0  # approvals a second
_STEP = 1.25
_STEP_SECONDS = 10
_STORIES = 3  # told by each teller


@click.command()
@click.option("--mode", type=click.Choice([*MODES, "both"]), default="both", show_default=True)
@click.option("--seconds", default=30, show_default=True, help="How long approvals come at the steady rate.")
@click.option("--reports", default=1100, show_default=True, help="How many reports are made ready in each mode.")
@click.option("--record", is_flag=True, help="Keep the figures, to compare with from then on.")
def main(mode: str, seconds: int, reports: int, record: bool) -> None:
    """Measure, print a table and, as the last line, one JSON object."""
    set_up_logs(service="bench", level="ERROR")
    console = Console()
    console.print(machine_line(f"{LINES} lines in each report"))
    found: Figures = {"machine": machine()}
    for name in MODES if mode == "both" else [mode]:
        console.print(f"[bold]{name}[/]: making {reports} reports ready …")
        with MODES[name](reports) as measured:
            found[name] = _figures(measured, seconds=seconds, say=console.print)
    columns = {name: found[name] for name in MODES if name in found}
    console.print(table("The main story / 主线", _ROWS, columns, remembered(KEPT)))
    conclude(found, kept=KEPT, record=record)


def _figures(measured: Measured, *, seconds: int, say: Callable[[str], None]) -> Figures:
    queue = iter(measured.reports)
    steady = _read(measured, queue, rate=STEADY_RATE, seconds=seconds, say=say)
    if steady is None:
        raise click.ClickException("too few reports were made ready for the steady rate: raise --reports")
    highest = _search(measured, queue, steady, say=say)
    stories = {str(tellers): _stories_a_second(measured, tellers) for tellers in (1, 2)}
    faults = settled(measured.database_urls).faults
    for fault in faults[:20]:
        say(f"[red]{fault}[/]")
    return {
        "stories_a_second": stories,
        "steady": asdict(steady),
        "highest": asdict(highest) if highest else None,
        "sound": not faults,
    }


def _read(
    measured: Measured, queue: Iterator[Any], *, rate: float, seconds: float, say: Callable[[str], None]
) -> Reading | None:
    """Measure one rate, or answer None when there are too few reports left for it."""
    wanted = round(rate * seconds)
    reports = [report for report, _ in zip(queue, range(wanted), strict=False)]
    if len(reports) < wanted:
        return None
    found = measure(measured, reports, rate=rate)
    say(
        f"  {rate:5.1f}/s: answered p95 {found.answered.p95:.0f} ms, credited p50 {found.credited.p50:.0f} ms, "
        f"p95 {found.credited.p95:.0f} ms, backlog {found.backlog} – {'holds' if found.holds else 'does not hold'}"
    )
    return found


def _search(measured: Measured, queue: Iterator[Any], steady: Reading, *, say: Callable[[str], None]) -> Reading | None:
    """Raise the rate until it does not hold; answers the highest that did."""
    best = steady if steady.holds else None
    rate = STEADY_RATE * (_STEP if best else 1 / _STEP)
    while True:
        found = _read(measured, queue, rate=round(rate, 1), seconds=_STEP_SECONDS, say=say)
        if found is None:
            say("  no reports are left: the limit may be higher")
            return best
        if found.holds and (best is None or found.rate > best.rate):
            best = found
            if steady.holds:
                rate *= _STEP
                continue
            return best
        if best is not None:
            return best
        rate /= _STEP


def _stories_a_second(measured: Measured, tellers: int) -> float:
    """Tell whole stories, each with people and command ids of its own."""
    site = measured.site()

    def tell(number: int) -> None:
        for turn in range(_STORIES):
            with tempfile.TemporaryDirectory() as folder:
                found = site.tell(Path(folder))
            if found["report"] != "approved":
                raise click.ClickException(f"story {number}.{turn} ended with {found}")

    tell_first = measured.site().troupe()
    with tell_first:
        # The administrators choose their passwords before the tellers run side by side.
        pass
    begun = time.monotonic()
    with ThreadPoolExecutor(max_workers=tellers) as pool:
        list(pool.map(tell, range(tellers)))
    return round(tellers * _STORIES / (time.monotonic() - begun), 3)


_ROWS = (
    ("stories a second, 1 teller", ("stories_a_second", "1")),
    ("stories a second, 2 tellers", ("stories_a_second", "2")),
    ("at 10 approvals/s: credited after, p50 ms", ("steady", "credited", "p50")),
    ("at 10 approvals/s: credited after, p95 ms", ("steady", "credited", "p95")),
    ("at 10 approvals/s: answered after, p95 ms", ("steady", "answered", "p95")),
    ("at 10 approvals/s: processor ms each, all programs", ("steady", "cpu_ms")),
    ("highest rate that holds, approvals/s", ("highest", "rate")),
    ("at that rate: credited after, p50 ms", ("highest", "credited", "p50")),
    ("at that rate: credited after, p95 ms", ("highest", "credited", "p95")),
    ("checked afterwards: sound", ("sound",)),
)


if __name__ == "__main__":
    main()
