"""What a definition must keep beyond its own text before it is published: it names what exists, and it has an end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from shared.approval.core.definition import Definition, Fork, Item, Node, Substitute
from shared.approval.core.mistakes import Mistake, Problem, problem
from shared.approval.core.words import ForkKind, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What exists in a service: its deciding roles, the published definitions, and the accounts that hold a post.

    `accounts` is None where they cannot be known yet.
    """

    roles: Collection[str]
    definitions: Mapping[str, Definition]
    accounts: Collection[str] | None = None


def check(definition: Definition, known: Known) -> tuple[Problem, ...]:
    """Answer everything for which a definition that parses must not be published all the same."""
    found = [*_revocation_problems(definition, known)]
    for node, place, is_replaced in _walk(definition.route, "route", is_replaced=False):
        found.extend(_role_problems(node, place, known))
        found.extend(_account_problems(node, place, known))
        found.extend(_subcase_problems(definition, node, place, known))
        if is_replaced and node.tier is Tier.HOME and node.region is None:
            found.append(problem(place, Mistake.NEVER_REACHED))
    return tuple(found)


def _walk(route: tuple[Item, ...], place: str, *, is_replaced: bool) -> Iterator[tuple[Node, str, bool]]:
    """Answer each node with its place, and whether a node of the county always goes with it."""
    is_replaced = is_replaced or _has_county(route)
    for index, item in enumerate(route):
        here = f"{place}[{index}]"
        if isinstance(item, Node):
            yield item, here, is_replaced
        else:
            for number, branch in enumerate(item.branches):
                yield from _walk(branch.route, f"{here}.branches[{number}].route", is_replaced=is_replaced)


def _has_county(route: tuple[Item, ...]) -> bool:
    """Tell whether every way through a route passes a node of the county.

    The submitting region and the first region at the county's level or above are always the same one, and where two
    tiers come to one region only the higher is a stage (`route.plan`).
    """
    return any(item.tier is Tier.COUNTY if isinstance(item, Node) else _fork_has_county(item) for item in route)


def _fork_has_county(fork: Fork) -> bool:
    found = [_has_county(branch.route) for branch in fork.branches]
    return any(found) if fork.kind is ForkKind.PARALLEL else all(found)


def _role_problems(node: Node, place: str, known: Known) -> Iterator[Problem]:
    named = [(f"{place}.approvers[{index}].role", one.role) for index, one in enumerate(node.approvers) if one.role]
    substitutes = {"escalate": node.escalate, "if_initiator": node.if_initiator, "if_nobody": node.if_nobody}
    named.extend((f"{place}.{name}.role", one.role) for name, one in substitutes.items() if isinstance(one, Substitute))
    words = ", ".join(sorted(known.roles))
    return (problem(where, Mistake.UNKNOWN_ROLE, value=r, known=words) for where, r in named if r not in known.roles)


def _account_problems(node: Node, place: str, known: Known) -> Iterator[Problem]:
    for index, one in enumerate(node.approvers):
        if one.account and known.accounts is not None and one.account not in known.accounts:
            yield problem(f"{place}.approvers[{index}].account", Mistake.UNKNOWN_ACCOUNT, value=one.account)


def _revocation_problems(definition: Definition, known: Known) -> Iterator[Problem]:
    asked = definition.revocation
    if asked is not None and asked.definition not in known.definitions:
        yield problem("revocation.definition", Mistake.UNKNOWN_DEFINITION, key=asked.definition)


def _subcase_problems(definition: Definition, node: Node, place: str, known: Known) -> Iterator[Problem]:
    if node.subcase is None:
        return
    way = _way_back(definition.key, node.subcase, known, (definition.key,))
    if way:
        yield problem(f"{place}.subcase", Mistake.ENDLESS, keys=" → ".join(way))
    elif node.subcase not in known.definitions:
        yield problem(f"{place}.subcase", Mistake.UNKNOWN_DEFINITION, key=node.subcase)


def _way_back(key: str, opened: str, known: Known, way: tuple[str, ...]) -> tuple[str, ...]:
    """Answer through which sub-cases a definition would come to open itself, or nothing."""
    if opened == key:
        return (*way, key)
    if opened in way or opened not in known.definitions:
        return ()
    inner = (node.subcase for node in known.definitions[opened].nodes if node.subcase)
    return next((found for one in inner if (found := _way_back(key, one, known, (*way, opened)))), ())
