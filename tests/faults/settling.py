"""Waiting until events have come to rest, then the checker's verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tests.faults.checker import Call, Verdict, check
from tests.waiting import WaitedTooLong, wait_until

HEALS_WITHIN = 60.0  # seconds


def settled(
    urls: Mapping[str, str],
    *,
    calls: Iterable[Call] = (),
    limit: float = HEALS_WITHIN,
    passing_over: frozenset[str] = frozenset(),
) -> Verdict:
    """Wait until every event of a node has arrived; answers what the checker found then, or at the limit."""
    known = list(calls)
    return at_rest(lambda: check(urls, calls=known, passing_over=passing_over), limit=limit)


def at_rest(judge: Callable[[], Verdict], *, limit: float = HEALS_WITHIN, every: float = 0.25) -> Verdict:
    """Judge again and again until nothing is on its way; answers the last verdict, at the limit too."""
    last: list[Verdict] = []

    def look() -> bool:
        last[:] = [judge()]
        return not last[0].unsettled

    try:
        wait_until(look, limit=limit, what="every event to arrive", every=every)
    except WaitedTooLong:
        # The verdict itself tells what is missing.
        return last[0]
    return last[0]
