"""One system's turns: the same work again and again for a while, by one thread or by several.

Only the standard library is used here, because the peers take their turns in an environment of their own.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

WARM_UP = 16  # pieces of work of each thread that are not counted: connections, caches and prepared statements

Work = Callable[[], None]
"""One piece of work from its start to its end; it raises when it does not come to the expected end."""


def main(ready: Callable[[str], AbstractContextManager[Work]]) -> None:
    """Take turns as standard input asks for them, a line each, until it ends.

    The command line names a database that is the system's own; `ready` makes all ready there and gives the work.
    A turn of no length warms up. The answer to each is one line of JSON.
    """
    with ready(sys.argv[1]) as work:
        for line in sys.stdin:
            print(json.dumps(_take_turn(work, **json.loads(line))), flush=True)


def _take_turn(work: Work, *, threads: int, seconds: float) -> dict[str, float]:
    """Answer how many pieces of work a second were done, and the processor milliseconds that each took this process.

    What was begun in time is finished and counted.
    """
    barrier, used = threading.Barrier(threads), time.process_time()

    def run() -> tuple[int, float, float]:
        barrier.wait()
        begun, done = time.monotonic(), 0
        while time.monotonic() - begun < seconds if seconds else done < WARM_UP:
            work()
            done += 1
        return done, begun, time.monotonic()

    found = [turn.result() for turn in [_pool(threads).submit(run) for _ in range(threads)]]
    length = max(ended for _, _, ended in found) - min(begun for _, begun, _ in found)
    done = sum(done for done, _, _ in found)
    cpu_ms = (time.process_time() - used) * 1000 / done
    return {"per_second": done / length, "cpu_ms": cpu_ms, "rss_mb": peak_memory()}


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Answer the threads that take the turns of this many; they stay, and so do their connections."""
    return ThreadPoolExecutor(max_workers=threads)


def peak_memory() -> float:
    """Answer the most memory, in MiB, that this process has had resident at a time."""
    # Not getrusage: a child's figure there begins with what its parent had.
    lines = Path("/proc/self/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024, 1)
