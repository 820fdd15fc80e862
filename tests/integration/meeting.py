"""Two requests at the same instant: each in a thread of its own, from one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")
LIMIT_SECONDS = 20.0


def at_once(*calls: Callable[[], T]) -> Sequence[T]:
    """Run these at the same instant, and answer what each answered."""
    line = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        line.wait(LIMIT_SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
