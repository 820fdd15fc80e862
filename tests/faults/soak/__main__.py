"""`python -m tests.faults.soak --minutes 10 --seed 7`: three nodes under load and faults at random, then the verdict.

Prints the seed and each fault with its time, and at the end one line of JSON; ends with 1 when something is wrong.
The same seed draws the same faults; when each of them hits is as in life.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.checker import Verdict, check_province
from tests.faults.driver import Driver, Waiting
from tests.faults.settling import at_rest
from tests.faults.soak.harm import Doing
from tests.faults.soak.nodes import ABOVE, Node, event_ids, servers_of, set_up, start
from tests.real import Databases, migrated
from tests.servers import Servers
from tests.servers.reaper import Reaper
from tests.staging import APPROVER, CLERK, staged

RATE = 1.5
"""Commands a second, of each driver."""
RESTS_WITHIN = 420.0
"""Seconds: a shovel that carries nothing is made anew after five minutes."""
_PEOPLE, _LINES = 40, 2
_PATIENCE = 180.0

Say = Callable[[str], None]


@dataclass
class Load:
    """Who decides at a node, and what waits for the decision."""

    driver: Driver
    waiting: Sequence[Waiting]


def prepare(node: Node, databases: Databases, *, seconds: float) -> dict[str, Sequence[Waiting]]:
    """Fill the databases of a node; answers what waits there, by who decides it."""
    count = int(seconds * RATE)
    urls = {name: url for name, url in databases.urls().items() if name != "links"}
    with staged(urls, node.folder, node.scene) as stage:
        if node.name != "hebei":
            stage.cast.appoint()
            stage.carry()
            return {CLERK: stage.cast.applications(count)}
        stage.set_up(people=_PEOPLE)
        return {APPROVER: stage.reports(count, lines=_LINES), CLERK: stage.cast.applications(count)}


def under_load(loads: Sequence[Load], doing: Doing, *, seconds: float) -> None:
    """Let everybody work for so long while faults are done, and until each command has its answer."""
    over = threading.Event()
    with ExitStack() as working:
        for load in loads:
            load.driver.sign_in()
        for load in loads:
            working.enter_context(load.driver.approving(load.waiting))
        faults = threading.Thread(target=doing.until, args=(over,))
        faults.start()
        over.wait(seconds)
        over.set()
        faults.join()


def soak(minutes: float, seed: int, folder: Path, say: Say) -> dict[str, Any]:
    """Run the whole; answers what it came to."""
    seconds = minutes * 60
    reaper = Reaper()
    with Servers() as servers, servers_of(servers, folder) as nodes:
        templates: dict[str, Databases] = {}
        waiting: dict[str, dict[str, Sequence[Waiting]]] = {}
        for node in nodes:
            say(f"prepares {node.name}")
            templates[node.name] = migrated(node.postgres, with_links=True, number_block=node.scene.block)
            waiting[node.name] = prepare(node, templates[node.name], seconds=seconds)
        set_up(nodes, folder, reaper, templates)
        before = frozenset[str]().union(*(event_ids(node.running.databases.urls()) for node in nodes))
        loads = [
            Load(_driver(node, username), waits) for node in nodes for username, waits in waiting[node.name].items()
        ]
        doing = Doing(nodes, Random(seed), say)
        try:
            start(nodes)
            say("all nodes work")
            under_load(loads, doing, seconds=seconds)
            return _concluded(nodes, loads, doing, before, say) | {"seed": seed, "minutes": minutes}
        finally:
            for node in nodes:
                for program in node.running.programs.values():
                    program.kill()
            reaper.close()


def _driver(node: Node, username: str) -> Driver:
    service = "reporting" if username == APPROVER else "registration"
    return Driver(node.running.base_url, desks=2, rate=RATE, service=service, username=username, patience=_PATIENCE)


def _concluded(
    nodes: Sequence[Node], loads: Sequence[Load], doing: Doing, before: frozenset[str], say: Say
) -> dict[str, Any]:
    """Wait until everything is at rest, and have it judged."""
    say("every command has its answer")
    begun = time.monotonic()
    urls = {node.name: node.running.databases.urls() for node in nodes}
    seen: list[str] = []
    calls = [call for load in loads for call in load.driver.calls()]

    def judge() -> Verdict:
        found = check_province(urls, above=ABOVE, calls=calls, said_before=before)
        if found.unsettled and found.unsettled != seen:
            say(f"{len(found.unsettled)} things are on their way, such as: {found.unsettled[0]}")
        seen[:] = found.unsettled
        return found

    verdict = at_rest(judge, limit=RESTS_WITHIN, every=5)
    faults = [*verdict.faults, *_faults_of_clients(loads), *map(repr, doing.failures)]
    return {
        "verdict": "wrong" if faults else "sound",
        "faults": faults,
        "harms": doing.done,
        "commands": sum(len(load.waiting) for load in loads),
        "unknown_answers": sum(len(load.driver.outcomes("info")) for load in loads),
        "rested_after_seconds": round(time.monotonic() - begun, 1),
        "counts": verdict.counts,
    }


def _faults_of_clients(loads: Sequence[Load]) -> list[str]:
    faults = []
    for load in loads:
        done, wanted = len(load.driver.outcomes("ok")), len(load.waiting)
        if done != wanted:
            faults.append(f"{load.driver.base_url}: {done} of {wanted} commands were carried out")
        faults += [f"refused: {one.status} {one.problem}" for one in load.driver.outcomes("fail")]
    return faults


def main(arguments: Mapping[str, Any]) -> int:
    """Run it, and say what happens; answers the exit code."""
    begun = time.monotonic()

    def say(what: str) -> None:
        sys.stdout.write(f"{time.monotonic() - begun:7.1f} s  {what}\n")
        sys.stdout.flush()

    say(f"seed {arguments['seed']}, {arguments['minutes']:g} minutes")
    with tempfile.TemporaryDirectory(prefix="anyuan-soak-") as folder:
        found = soak(arguments["minutes"], arguments["seed"], Path(arguments["keep"] or folder), say)
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    return 0 if found["verdict"] == "sound" else 1


def _arguments() -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="make soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", help="a folder in which the programs' logs stay")
    return vars(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main(_arguments()))
