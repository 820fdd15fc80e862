"""What registration's views need beside the request: keys and regions."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from shared.clock import business_date
from shared.errors import pointing_at
from shared.http import now, principal
from shared.identity import TokenSigner, scope_of
from shared.regions import Regions
from shared.sealing import Sealer


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The keys and tables that the app was started with."""

    signer: TokenSigner
    sealer: Sealer
    regions: Regions


def tools() -> Tools:
    """Answer the tools of the app at hand."""
    found: Tools = current_app.extensions["registration"]
    return found


def scope_asked(region: str | None = None) -> frozenset[str]:
    """Answer the regions that the caller sees, or those of them that are this one or below it.

    :raises Invalid: `unknown_region`, `region_not_reporting`.
    """
    regions, today = tools().regions, business_date(now())
    scope = scope_of(principal(), regions, on=today)
    if region is None:
        return scope
    with pointing_at("/query/region"):
        return scope & regions.below(region, on=today)
