"""Which regions a person sees: those of their posts and all below, by the dated parent table."""

from __future__ import annotations

from datetime import date

from shared.identity.people import OFFICIALS, Principal
from shared.regions import Regions


def scope_of(principal: Principal, regions: Regions, *, on: date) -> frozenset[str]:
    """Answer the codes of every region an official sees; empty for everybody else."""
    seen: set[str] = set()
    for code in principal.regions_of(OFFICIALS):
        # A post may outlive its region: who held it sees nothing by it any more.
        if regions.contains(code, code, on=on):
            seen |= regions.below(code, on=on)
    return frozenset(seen)
