"""From tiers to regions: which region decides which node of a definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.approval.core.definition import Definition, Node
from shared.approval.core.words import Tier

_HEIGHT = {Tier.COUNTY: 1, Tier.CITY: 2, Tier.PROVINCE: 3}


@dataclass(frozen=True, slots=True)
class Link:
    """One region of a chain with its level; a region never has the level `home`."""

    region: str
    level: Tier


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """A node of the definition and the region that decides it."""

    node: Node
    region: str


class RouteError(ValueError):
    """The chain of regions does not reach a tier that the definition asks for."""


def plan(definition: Definition, chain: Sequence[Link]) -> tuple[PlannedStage, ...]:
    """Answer the stages of a route in order, by the submitting region's chain of that day, itself first.

    A node goes to the first region of the chain whose level is the node's tier or above, so what a missing tier
    would decide is decided by the next above: 定州 and 辛集 have no counties, and a city's own report starts at the
    city. Nodes that fall on one region are one stage, the later node's.

    :raises RouteError: when no region of the chain is high enough.
    """
    stages: list[PlannedStage] = []
    for node in definition.nodes:
        region = _region_for(node.tier, chain)
        if stages and stages[-1].region == region:
            stages.pop()
        stages.append(PlannedStage(node, region))
    return tuple(stages)


def _region_for(tier: Tier, chain: Sequence[Link]) -> str:
    for link in chain:
        if tier is Tier.HOME or _HEIGHT[link.level] >= _HEIGHT[tier]:
            return link.region
    raise RouteError(f"no region of the chain {[link.region for link in chain]} decides for the tier {tier}")
