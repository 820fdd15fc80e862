"""How long something took, over and over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True)
class Spread:
    """Milliseconds: the median, and what 95 of 100 stay below."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float], *, digits: int = 1) -> Spread:
        """Answer the spread of these durations, two or more."""
        cuts = quantiles(seconds, n=100, method="inclusive")
        return cls(round(cuts[49] * 1000, digits), round(cuts[94] * 1000, digits))
