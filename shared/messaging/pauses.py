"""How long to wait before trying again: doubling, with jitter, up to a limit."""

from __future__ import annotations

import random


class Pauses:
    """A back-off for one loop: each pause is about twice the last one until something works again."""

    def __init__(self, *, first: float = 0.2, longest: float = 15.0) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def next(self) -> float:
        """Answer the seconds to wait after one more failure."""
        pause = min(self._longest, self._first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return pause * random.uniform(0.8, 1.2)  # noqa: S311  # jitter, not a secret

    def reset(self) -> None:
        """Begin again with the shortest pause, because something worked."""
        self._failures = 0
