"""Waiting for a condition: the only place in the project that sleeps, and it polls."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class WaitedTooLong(AssertionError):
    """What was waited for did not come within its limit."""


def wait_until(
    condition: Callable[[], T],
    *,
    limit: float,
    what: str,
    every: float = 0.05,
    tolerate: tuple[type[Exception], ...] = (),
) -> T:
    """Ask `condition` again and again until its answer is true, and return that answer.

    `limit` and `every` are seconds. `what` completes "waited for …". Exceptions in `tolerate` count as "not yet", all
    others come through at once. The condition is asked at least once, and once more when the limit is reached.

    :raises WaitedTooLong: when the limit passed; the message tells the last answer or the last tolerated exception.
    """
    deadline = time.monotonic() + limit
    while True:
        last_chance = time.monotonic() >= deadline
        error: Exception | None = None
        try:
            answer = condition()
        except tolerate as problem:
            error, seen = problem, f"{type(problem).__name__}: {problem}"
        else:
            if answer:
                return answer
            seen = repr(answer)
        if last_chance:
            raise WaitedTooLong(f"waited {limit:g} s for {what}; last seen: {seen}") from error
        time.sleep(min(every, max(0.0, deadline - time.monotonic())))
