"""The programs of a system under measurement: who makes tables, who commits commands, who relays, who applies.

Only the standard library is used here, because the peers run in an environment of their own. The work is the same for
all: a command inserts a `record` together with a durable event, and an event inserts an `award` and counts the `tally`
up, which shows every effect that comes twice.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

NOTE = "同意。经核查，活动真实，时长准确。" * 6
"""About 300 bytes of UTF-8."""

TABLES_A = "CREATE TABLE record (i bigint PRIMARY KEY, note text NOT NULL)"
TABLES_B = (
    "CREATE TABLE award (i bigint PRIMARY KEY)",
    "CREATE TABLE tally (n bigint NOT NULL)",
    "INSERT INTO tally VALUES (0)",
)


@dataclass(frozen=True)
class Where:
    """The databases of the two services and the broker between them, as URLs that libpq and AMQP clients read."""

    a: str
    b: str
    broker: str


Role = Callable[[Where], None]
Command = Callable[[int], None]
"""Commit one command, by its number."""


def main(roles: Mapping[str, Role]) -> None:
    """Play the role that the command line names, between the servers that it names as JSON."""
    roles[sys.argv[1]](Where(**json.loads(sys.argv[2])))


def produce(lane: Callable[[], AbstractContextManager[Command]]) -> None:
    """Commit commands as standard input asks for them, a line of JSON each, until it ends; answer each with a line.

    `lane` opens one connection and gives how a command is committed over it. With a rate (commands a second) each one
    has its moment, and is late rather than left out when the system is slow.
    """
    for line in sys.stdin:
        answer(_take_turn(lane, **json.loads(line)))


def answer(found: Mapping[str, float]) -> None:
    """Tell the one who asked."""
    print(json.dumps(found), flush=True)


def _take_turn(
    lane: Callable[[], AbstractContextManager[Command]], *, numbers: list[int], connections: int, rate: float
) -> dict[str, float]:
    barrier, failures = threading.Barrier(connections + 1), list[BaseException]()
    begun = [0.0]
    queue = deque(enumerate(numbers))

    def work() -> None:
        try:
            with lane() as command:
                barrier.wait()
                while queue:
                    place, number = queue.popleft()
                    if rate:
                        threading.Event().wait(max(0.0, begun[0] + place / rate - time.monotonic()))
                    command(number)
        except IndexError:
            # Another lane took the last one.
            return
        except BaseException as failure:
            failures.append(failure)
            barrier.abort()
            raise

    threads = [threading.Thread(target=work) for _ in range(connections)]
    begun[0] = time.monotonic()
    for thread in threads:
        thread.start()
    barrier.wait()
    begun[0] = time.monotonic()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return {"begun": begun[0], "seconds": time.monotonic() - begun[0]}
