"""The link between two nodes: what has waited while it was down is carried, judged, kept and told to the services.

A city writes and signs letters while there is no way to the province; then the shovel runs, and the clock with it until
the province's own service has heard every event. Signature, authority and trail, the broker and both databases are what
they are in operation; each part is a process, and all share the machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import linear_regression, mean

import psycopg
from sqlalchemy import Engine, create_engine

from benchmarks.events.link_roles import SPEAKER, Place
from benchmarks.events.system import ROOT, Program
from benchmarks.events.world import World
from benchmarks.report import Figures
from shared.storage import kit_metadata
from shared.storage.migrations import upgrade
from tests.programs import environment_of
from tests.province.listening import metadata as listening_metadata
from tests.province.making import Province, make_province
from tests.province.saying import volunteer
from tests.waiting import wait_until

CITY, ABOVE = "tangshan", "hebei"
SIZES = (10_000, 25_000, 50_000)
CATCH_UP = 1_000_000
SAID_TOGETHER = 100
WARM_UP = 500
PATIENCE = 600.0
_LOOK_SECONDS = 0.25
_STEPS = 10


@dataclass
class Pair:
    """Two linked nodes and what runs on them."""

    world: World
    province: Province
    places: dict[str, Place]
    programs: list[Program] = field(default_factory=list)
    said: int = 0

    def start(self) -> None:
        """Start what the figures are about: at the city who writes, at the province who takes in and who hears."""
        for node, roles in ((CITY, ("relay", "gateway")), (ABOVE, ("relay", "gateway", "listener"))):
            for role in roles:
                self._start(node, role)

    def stop(self) -> None:
        """Ask all of it to end."""
        for program in self.programs:
            program.stop()

    def say(self, count: int) -> None:
        """Let the city's service publish so many events, each about another volunteer."""
        for first in range(self.said, self.said + count, SAID_TOGETHER):
            self.province[CITY].say("registration", *(volunteer(CITY, first + place) for place in range(SAID_TOGETHER)))
        self.said += count

    def letters(self) -> int:
        """Answer how many letters the city has written and given to its broker."""
        written = _number(self.places[CITY].links, "SELECT coalesce(max(seq), 0) FROM stream_out")
        return written - _number(self.places[CITY].links, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")

    def heard(self) -> int:
        """Answer how many events the province's own service has heard."""
        return _number(self.places[ABOVE].listener, "SELECT coalesce(max(id), 0) FROM heard")

    def cpu_seconds(self) -> dict[str, float]:
        """Answer the processor time that each program and server has used so far."""
        return {program.role: program.cpu_seconds() for program in self.programs} | self.world.cpu_seconds()

    def _start(self, node: str, role: str) -> None:
        process = subprocess.Popen(  # noqa: S603  # our own modules
            [sys.executable, "-m", "benchmarks.events.link_roles", role, json.dumps(asdict(self.places[node]))],
            cwd=ROOT,
            env=environment_of({}),
            stdin=subprocess.DEVNULL,
            text=True,
        )
        self.world.reaper.watch("process", process.pid)
        self.programs.append(Program(f"{node} {role}", process))


def _number(url: str, statement: str) -> int:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def _pair(world: World) -> Iterator[Pair]:
    """Have two linked nodes run for the length of a block, each with a database cluster of its own."""
    with tempfile.TemporaryDirectory(prefix="anyuan-bench-") as name:
        numbers = iter(range(1000))

        def links_database(node: str) -> str:
            server = world.b if node == ABOVE else world.a
            url = server.create_database(f"links_{node}")
            upgrade("links", url)
            return url

        province = make_province(
            Path(name),
            rabbits=lambda _: world.rabbit,
            links_database=links_database,
            service_database=lambda service: world.a.create_database(f"{service}_{next(numbers)}"),
            vhosts=lambda node: world.rabbit.create_vhost(f"link_{node}"),
        )
        pair = Pair(world, province, {node: _place(world, province, node) for node in (CITY, ABOVE)})
        try:
            province.link_all()
            pair.start()
            yield pair
        finally:
            pair.stop()
            province.close()


def _place(world: World, province: Province, node: str) -> Place:
    listener = world.b.create_database(f"awards_of_{node}")
    engine = create_engine(listener)
    for metadata in (kit_metadata, listening_metadata):
        metadata.create_all(engine)
    engine.dispose()
    made = province[node]
    return Place(
        name=node,
        neighbour=ABOVE if node == CITY else CITY,
        folder=str(province.folder / node),
        broker=made.broker_url,
        links=_url(made.office.database.engine),
        speaker=_url(made.services[SPEAKER].engine),
        listener=listener,
    )


def _url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def measure(world: World, *, sizes: Sequence[int] = SIZES, say: Callable[[str], None]) -> Figures:
    """Answer how many events a second a link catches up, up to each size, and what that makes of a million."""
    most = sizes[-1]
    with _pair(world) as pair:
        pair.say(WARM_UP)
        wait_until(lambda: pair.heard() == pair.said, limit=PATIENCE, what="the first events at the province")
        pair.province[CITY].api.unlink(ABOVE)
        begun = time.monotonic()
        pair.say(most)
        wait_until(lambda: pair.letters() == pair.said, limit=PATIENCE, what="the letters", every=_LOOK_SECONDS)
        written = most / (time.monotonic() - begun)
        say(f"  {most} events said, written, signed and given to the broker: {written:.0f}/s")
        before = pair.cpu_seconds()
        course = _caught_up(pair, most)
        cpu = {name: (after - before[name]) / most * 1e6 for name, after in pair.cpu_seconds().items()}
    rates = {str(size): round(size / course.seconds_at(size)) for size in sizes}
    each, growth = course.cost()
    # What seems to get faster with time is noise.
    whole = CATCH_UP / (each * CATCH_UP + max(growth, 0.0) * CATCH_UP**2 / 2)
    say(f"  caught up, events/s over the first: {', '.join(f'{size} {rate}' for size, rate in rates.items())}")
    say(f"  {each * 1e6:.0f} µs each, {growth * 1e10:+.1f} µs for every 10,000 more; over {CATCH_UP}: {whole:.0f}/s")
    return {
        "node_events_per_s": round(whole),
        "node": {
            "written_per_s": round(written),
            "caught_up_per_s": rates,
            "us_each": round(each * 1e6),
            "us_more_each_10000": round(growth * 1e10, 1),
            "cpu_us": {name: round(spent) for name, spent in cpu.items()},
        },
    }


@dataclass
class _Course:
    """How a link caught up: seconds since it was there, and how many events were heard by then."""

    looks: list[tuple[float, int]] = field(default_factory=lambda: [(0.0, 0)])

    def seconds_at(self, count: int) -> float:
        """Answer when so many events had been heard, between two looks in proportion."""
        for (before, had), (after, has) in pairwise(self.looks):
            if had <= count <= has and has > had:
                return before + (after - before) * (count - had) / (has - had)
        raise ValueError(f"{count} events were never heard")

    def cost(self) -> tuple[float, float]:
        """Answer the seconds that an event takes at the beginning, and how many more for each that came before it."""
        step = self.looks[-1][1] // _STEPS
        times = [self.seconds_at(step * number) for number in range(_STEPS + 1)]
        costs = [(after - before) / step for before, after in pairwise(times)]
        line = linear_regression([step * (number + 0.5) for number in range(_STEPS)], costs)
        return (line.intercept, line.slope) if line.slope > 0 else (mean(costs), line.slope)


def _caught_up(pair: Pair, count: int) -> _Course:
    """Let the shovel run, and look until the province has heard everything."""
    course, before = _Course(), pair.heard()
    begun = time.monotonic()
    pair.province.link(CITY, ABOVE)

    def look() -> bool:
        course.looks.append((time.monotonic() - begun, pair.heard() - before))
        return course.looks[-1][1] >= count

    wait_until(look, limit=PATIENCE, what="the events at the province", every=_LOOK_SECONDS)
    return course
