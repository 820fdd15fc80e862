"""Counting voices: how several deciders of one stage come to one decision, and how early it is certain."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Denominator(StrEnum):
    """What a vote is measured by; the words of `approval_stage.denominator`."""

    COUNT = "count"  # so many voices
    RATIO = "ratio"  # so many hundredths of all voices
    WEIGHT = "weight"  # so much weight


class Operator(StrEnum):
    """How the voices are compared with the value."""

    AT_LEAST = ">="
    MORE_THAN = ">"


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a stage needs to pass; the value counts voices, percent or weight, as the denominator says."""

    denominator: Denominator
    operator: Operator
    value: int

    def is_reached(self, voices: int, *, of: int) -> bool:
        """Tell whether so many voices, out of all there are, are enough. Whole numbers only: 60 % is exact."""
        is_ratio = self.denominator is Denominator.RATIO
        reached, needed = (voices * 100, self.value * of) if is_ratio else (voices, self.value)
        return reached >= needed if self.operator is Operator.AT_LEAST else reached > needed


@dataclass(frozen=True, slots=True)
class Tally:
    """The voices of a stage so far; by weight, each counts as much as the definition gives it."""

    yes: int
    no: int
    undecided: int


ONE_VOICE = Threshold(Denominator.COUNT, Operator.AT_LEAST, 1)


def result(tally: Tally, *, threshold: Threshold | None, veto: bool) -> bool | None:
    """Answer whether a stage has passed (True), is rejected (False) or is still open (None).

    Without a threshold all must pass, and without a veto all are heard first. A threshold stops in both directions
    as soon as the voices that are still to come cannot change the outcome.
    """
    if veto and tally.no:
        return False
    if threshold is None:
        return None if tally.undecided else not tally.no
    total = tally.yes + tally.no + tally.undecided
    if threshold.is_reached(tally.yes, of=total):
        return True
    return None if threshold.is_reached(tally.yes + tally.undecided, of=total) else False
