"""From a definition to the stages of a round: which branches are taken, and which region decides which node."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.approval.core.condition import holds, look_up
from shared.approval.core.definition import TIERS, Branch, Definition, Fork, Item, Node
from shared.approval.core.words import ForkKind, Tier

_HEIGHT = {Tier.COUNTY: 1, Tier.CITY: 2, Tier.PROVINCE: 3}


@dataclass(frozen=True, slots=True)
class Link:
    """One region of a chain with its level; a region never has the level `home`."""

    region: str
    level: Tier


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """A node of the definition, the region that decides it, and the places in the plan of the stages before it."""

    node: Node
    region: str
    after: tuple[int, ...] = ()


class RouteError(ValueError):
    """The chain of regions does not reach a tier that the definition asks for."""


def plan(
    definition: Definition,
    chain: Sequence[Link],
    content: Mapping[str, Any],
    *,
    without: Collection[str] = (),
) -> tuple[PlannedStage, ...]:
    """Answer a round's stages in order, by its content and the submitting region's chain of that day, itself first.

    A node goes to the first region of the chain whose level is the node's tier or above, so what a missing tier
    would decide is decided by the next above: 定州 and 辛集 have no counties, and a city's own report starts at the
    city. Where nodes of several tiers come to one region, those of the highest are its stages. Nodes `without`
    whose decision the round begins are left out: they were passed before. A node whose region the content names goes
    there, whatever chain it is of.

    :raises RouteError: when no region of the chain is high enough, or the content names none.
    """
    taken = tuple(_taken(definition.route, content))
    region_of = {
        node.key: region_for(node.tier, chain) if node.region is None else _named(node.region, content)
        for node in _nodes(taken)
    }
    highest: dict[str, int] = {}
    for node in _nodes(taken):
        region = region_of[node.key]
        highest[region] = max(highest.get(region, 0), TIERS.index(node.tier))
    stages: list[PlannedStage] = []

    def lay(items: Sequence[Item], after: tuple[int, ...]) -> tuple[int, ...]:
        for item in items:
            if isinstance(item, Fork):
                ends = [lay(branch.route, after) for branch in item.branches]
                after = tuple(sorted({end for tails in ends for end in tails}))
            elif TIERS.index(item.tier) == highest[region_of[item.key]] and item.key not in without:
                stages.append(PlannedStage(item, region_of[item.key], after))
                after = (len(stages) - 1,)
        return after

    lay(taken, ())
    return tuple(stages)


def region_for(tier: Tier, chain: Sequence[Link]) -> str:
    """Answer the region of a chain that decides for a tier: the first at its level or above.

    :raises RouteError: when no region of the chain is high enough.
    """
    for link in chain:
        if tier is Tier.HOME or _HEIGHT[link.level] >= _HEIGHT[tier]:
            return link.region
    raise RouteError(f"no region of the chain {[link.region for link in chain]} decides for the tier {tier}")


def regions_named(definition: Definition, content: Mapping[str, Any]) -> frozenset[str]:
    """Answer the regions that the content of a round names as those that decide.

    :raises RouteError: when it names none where the definition asks for one.
    """
    return frozenset(_named(node.region, content) for node in definition.nodes if node.region is not None)


def _named(pointer: str, content: Mapping[str, Any]) -> str:
    found = look_up(content, pointer)
    if not isinstance(found, str):
        raise RouteError(f"{pointer} of the content names no region")
    return found


def _taken(route: Sequence[Item], content: Mapping[str, Any]) -> Iterator[Item]:
    """Answer a route with only those branches of its forks that this content takes."""
    for item in route:
        if isinstance(item, Node):
            yield item
        else:
            branches = tuple(Branch(tuple(_taken(one.route, content))) for one in _branches_of(item, content))
            yield Fork(ForkKind.PARALLEL, branches)


def _branches_of(fork: Fork, content: Mapping[str, Any]) -> tuple[Branch, ...]:
    if fork.kind is ForkKind.PARALLEL:
        return fork.branches
    fulfilled = tuple(one for one in fork.branches if one.when is not None and holds(one.when, content))
    if fork.kind is ForkKind.EXCLUSIVE:
        fulfilled = fulfilled[:1]
    return fulfilled or tuple(one for one in fork.branches if one.when is None)


def _nodes(items: Sequence[Item]) -> Iterator[Node]:
    for item in items:
        if isinstance(item, Node):
            yield item
        else:
            for branch in item.branches:
                yield from _nodes(branch.route)
