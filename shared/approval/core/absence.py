"""Absence rules (委托代理): who may do whose tasks while somebody is away.

A rule leads from the person who is away to the one who stands in. Whoever stands in for somebody who stands in for a
third person stands in for both; a circle of rules ends where it began, and nobody is reached over more than
`MOST_STEPS` rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOST_STEPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """One rule, from `starts_at` until just before `ends_at`; no business types mean all of them."""

    delegator: str
    delegate: str
    starts_at: datetime
    ends_at: datetime
    business_types: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Any) -> Absence:
        """Answer the rule that a row holds, of whichever service: their columns have the same names."""
        return cls(
            delegator=row.delegator_id,
            delegate=row.delegate_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            business_types=tuple(row.business_types),
        )

    def covers(self, business_type: str, *, at: datetime) -> bool:
        """Tell whether the rule holds at this moment for this kind of business."""
        return self.starts_at <= at < self.ends_at and (not self.business_types or business_type in self.business_types)


def stands_for(account_id: str, absences: Iterable[Absence], *, at: datetime, business_type: str) -> tuple[str, ...]:
    """Answer the accounts whose tasks this account may do now: the direct ones first, then over more and more rules.

    Accounts that are equally near come in the order of their ids; the account itself is never among them.
    """
    holding = [absence for absence in absences if absence.covers(business_type, at=at)]
    return _reached(account_id, _steps((absence.delegate, absence.delegator) for absence in holding))


def deputies(account_id: str, absences: Iterable[Absence], *, at: datetime, business_type: str) -> tuple[str, ...]:
    """Answer the accounts that may do this account's tasks now, in the order of `stands_for`."""
    holding = [absence for absence in absences if absence.covers(business_type, at=at)]
    return _reached(account_id, _steps((absence.delegator, absence.delegate) for absence in holding))


def _steps(pairs: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for here, there in pairs:
        found[here] = found.get(here, frozenset()) | {there}
    return found


def _reached(start: str, steps: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    reached = [start]
    nearest = {start}
    for _ in range(MOST_STEPS):
        nearest = {there for here in nearest for there in steps.get(here, ())}.difference(reached)
        reached += sorted(nearest)
    return tuple(reached[1:])
