"""What is done to the nodes: each kind of harm is one function, which ends when the harm is healed again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from random import Random

from tests.faults.soak.nodes import Node
from tests.real import Part

Wait = Callable[[float], None]
"""Waits so many seconds, less when the time is over."""

Harm = Callable[[Node, Random, Wait], None]


def kill_web(node: Node, rng: Random, wait: Wait) -> None:
    """Kill -9 the site with all its workers; it is started again like by an init system."""
    _kill(node, Part.WEB, rng, wait)


def kill_worker(node: Node, rng: Random, wait: Wait) -> None:
    """Kill -9 the worker of all services and links."""
    _kill(node, Part.WORKER, rng, wait)


def kill_relay(node: Node, rng: Random, wait: Wait) -> None:
    """Kill -9 the relay of all services and links."""
    _kill(node, Part.RELAY, rng, wait)


def kill_broker(node: Node, rng: Random, wait: Wait) -> None:
    """Kill -9 RabbitMQ."""
    node.rabbit.kill()
    wait(rng.uniform(0, 8))
    node.rabbit.start()


def kill_database(node: Node, rng: Random, wait: Wait) -> None:
    """Kill -9 PostgreSQL."""
    node.postgres.kill()
    wait(rng.uniform(0, 8))
    node.postgres.start()


def black_hole(node: Node, rng: Random, wait: Wait) -> None:
    """Let nothing pass on the line to the node."""
    node.line.freeze()
    wait(rng.uniform(5, 25))
    node.line.thaw()


def one_way(node: Node, rng: Random, wait: Wait) -> None:
    """Let nothing pass in one direction."""
    node.line.freeze("there" if rng.random() < 0.5 else "back")
    wait(rng.uniform(5, 25))
    node.line.thaw()


def slow(node: Node, rng: Random, wait: Wait) -> None:
    """Let everything on the line come late, and little at a time."""
    node.line.latency, node.line.rate = rng.uniform(0.1, 0.4), rng.uniform(8_000, 64_000)
    wait(rng.uniform(5, 20))
    node.line.heal()


def half_open(node: Node, rng: Random, wait: Wait) -> None:
    """Let the node's broker lose its neighbours' connections without a word."""
    node.line.half_open()
    wait(2)


def cut(node: Node, rng: Random, wait: Wait) -> None:
    """Cut every connection on the line after so many bytes."""
    node.line.cut_each_after = rng.randint(600, 20_000)
    node.line.break_all()
    wait(rng.uniform(5, 20))
    node.line.heal()


def away(node: Node, rng: Random, wait: Wait) -> None:
    """Take the line away altogether."""
    node.line.refuse()
    node.line.break_all()
    wait(rng.uniform(5, 30))
    node.line.accept()


HARMS: Mapping[str, Harm] = {
    "kill -9 site": kill_web,
    "kill -9 worker": kill_worker,
    "kill -9 relay": kill_relay,
    "kill -9 broker": kill_broker,
    "kill -9 database": kill_database,
    "black hole": black_hole,
    "one-way silence": one_way,
    "slow line": slow,
    "half-open line": half_open,
    "cut line": cut,
    "line away": away,
}


def _kill(node: Node, part: Part, rng: Random, wait: Wait) -> None:
    program = node.running.programs[part]
    program.kill()
    wait(rng.uniform(0, 4))
    program.start()


class Doing:
    """Faults done one or two at a time, each to a part that nothing else is done to, until the time is over."""

    def __init__(self, nodes: list[Node], rng: Random, say: Callable[[str], None]) -> None:
        self._nodes, self._rng, self._say = nodes, rng, say
        self.done: dict[str, int] = {}
        self.failures: list[BaseException] = []

    def until(self, over: threading.Event) -> None:
        """Go on until it is over; what was done last is healed when this returns."""
        while not over.wait(self._rng.uniform(1, 5)):
            drawn = self._rng.sample(sorted(HARMS), self._rng.choice((1, 1, 2)))
            # What happens does not depend on how long it takes: each harm has its own numbers.
            doing = [(kind, self._rng.choice(self._nodes), Random(self._rng.random())) for kind in drawn]
            threads = [threading.Thread(target=self._do, args=(*each, over)) for each in self._apart(doing)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def _apart(self, doing: list[tuple[str, Node, Random]]) -> list[tuple[str, Node, Random]]:
        """Leave out a second harm to the same line: healing one would heal the other."""
        lines = [node.name for kind, node, _ in doing if not kind.startswith("kill")]
        return doing[:1] if len(lines) != len(set(lines)) else doing

    def _do(self, kind: str, node: Node, rng: Random, over: threading.Event) -> None:
        self._say(f"{kind}: {node.name}")
        self.done[kind] = self.done.get(kind, 0) + 1
        try:
            HARMS[kind](node, rng, lambda seconds: _wait(over, seconds))
        except BaseException as failure:  # noqa: BLE001  # told at the end, in its own thread
            self.failures.append(failure)
        self._say(f"healed: {kind}: {node.name}")


def _wait(over: threading.Event, seconds: float) -> None:
    over.wait(seconds)
