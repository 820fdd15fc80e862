"""From a mapping (a YAML file, a stored body, JSON over HTTP) to a definition, or to every mistake with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.approval.core.definition import (
    DEFAULT_MAX_ROUNDS,
    DEFAULT_MAX_VISITS,
    MOST_ROUNDS,
    TIERS,
    Branch,
    Definition,
    Fork,
    Item,
    Node,
    Revocation,
    nodes_in,
)
from shared.approval.core.digest import sha256
from shared.approval.core.mistakes import DefinitionError, Mistake
from shared.approval.core.parsing_node import RESERVED, node_of, title_of
from shared.approval.core.parsing_when import condition_of
from shared.approval.core.reader import Reader, at, listed
from shared.approval.core.words import Duplicates, ForkKind

#: Forks within forks: beyond this nobody can read a route, and no drawing can show it.
MOST_DEPTH = 6
MOST_DAYS = 3660
_DEFINITION = {"key", "version", "title", "max_rounds", "max_visits", "duplicates", "revocation", "route"}


def parse(body: Mapping[str, Any]) -> Definition:
    """Answer the definition that a mapping describes.

    :raises DefinitionError: with every mistake and its place, also for keys that mean nothing.
    """
    reader = Reader()
    reader.known(body, "", _DEFINITION)
    definition = Definition(
        key=reader.key(body, "key", ""),
        version=reader.count(body, "version", ""),
        title=title_of(reader, body, ""),
        max_rounds=reader.count(body, "max_rounds", "", default=DEFAULT_MAX_ROUNDS, most=MOST_ROUNDS),
        max_visits=reader.count(body, "max_visits", "", default=DEFAULT_MAX_VISITS, most=MOST_ROUNDS),
        duplicates=reader.one_of(body, "duplicates", "", Duplicates, default=Duplicates.FORBID),
        revocation=_revocation(reader, body) if "revocation" in body else None,
        route=_Route(reader).read(body, "route", ""),
        body=body,
        sha256="",
    )
    if not reader.problems and _least(definition.route) == 0:
        reader.problem("route", Mistake.NOBODY_DECIDES)
    if reader.problems:
        raise DefinitionError(reader.problems)
    # Only what has no mistakes is sure to be plain JSON.
    return replace(definition, sha256=sha256(body))


def _least(route: tuple[Item, ...]) -> int:
    """Answer how many nodes a case goes through at least."""
    return sum(1 if isinstance(item, Node) else _least_of(item) for item in route)


def _least_of(fork: Fork) -> int:
    lengths = [_least(branch.route) for branch in fork.branches]
    return sum(lengths) if fork.kind is ForkKind.PARALLEL else min(lengths)


def _revocation(reader: Reader, body: Mapping[str, Any]) -> Revocation | None:
    found = reader.mapping(body, "revocation", "", ("days", "definition"))
    if found is None:
        return None
    reader.known(found, "revocation", {"days", "definition"})
    days = reader.count(found, "days", "revocation", most=MOST_DAYS)
    return Revocation(days, reader.key(found, "definition", "revocation"))


class _Route:
    """Reads a route and the routes of its branches, and checks what holds over all of them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._keys: set[str] = set()
        # The nodes that a case has gone through when it comes to the one that is read, and why none returns to them.
        self._passed: dict[str, Mistake | None] = {}
        self._height = -1
        self._depth = 0

    def read(self, item: Mapping[str, Any], name: str, place: str, *, least: int = 1) -> tuple[Item, ...]:
        """Answer the items of a route."""
        found = self._reader.items(item, name, place, least=least)
        return tuple(self._item(entry, f"{at(place, name)}[{index}]") for index, entry in enumerate(found))

    def _item(self, item: Mapping[str, Any], place: str) -> Item:
        if "fork" in item:
            return self._fork(item, place)
        beside = dict.fromkeys(self._keys, Mistake.OTHER_BRANCH)
        node = node_of(self._reader, item, place, earlier=beside | self._passed)
        if node.key in self._keys:
            self._reader.problem(at(place, "node"), Mistake.SAME_NODE, key=node.key)
        if node.key in RESERVED:
            self._reader.problem(at(place, "node"), Mistake.RESERVED_NODE, key=node.key)
        self._keys.add(node.key)
        self._passed[node.key] = None if node.subcase is None else Mistake.NOT_DECIDED
        self._climb(node, place)
        return node

    def _climb(self, node: Node, place: str) -> None:
        # A route climbs: whoever stands above has the later word. A named region stands beside that line.
        if node.region is not None:
            return
        if TIERS.index(node.tier) < self._height:
            self._reader.problem(at(place, "tier"), Mistake.LOWER_TIER, tier=node.tier.value)
        self._height = max(self._height, TIERS.index(node.tier))

    def _fork(self, item: Mapping[str, Any], place: str) -> Fork:
        self._reader.known(item, place, {"fork", "branches"})
        if self._depth >= MOST_DEPTH:
            self._reader.problem(place, Mistake.TOO_DEEP, most=MOST_DEPTH)
            return Fork(ForkKind.PARALLEL, ())
        self._depth += 1
        kind = self._reader.one_of(item, "fork", place, ForkKind)
        entries = self._reader.items(item, "branches", place, least=2)
        branches = []
        bottom = top = self._height
        before, passed = dict(self._passed), dict(self._passed)
        for index, entry in enumerate(entries):
            # Branches lie beside each other: each begins at the height at which the fork does.
            self._height, self._passed = bottom, dict(before)
            branches.append(self._branch(kind, entry, f"{place}.branches[{index}]"))
            top = max(top, self._height)
            passed |= self._passed
        self._height, self._passed = top, passed
        self._depth -= 1
        self._check_branches(kind, branches, place)
        return Fork(kind, tuple(branches))

    def _branch(self, kind: ForkKind, item: Mapping[str, Any], place: str) -> Branch:
        reader = self._reader
        if kind is ForkKind.PARALLEL:
            reader.known(item, place, {"route"})
            return Branch(self.read(item, "route", place))
        reader.known(item, place, {"when", "default", "route"})
        if "default" in item:
            if item["default"] is not True or "when" in item:
                reader.problem(at(place, "default"), Mistake.NOT_A_DEFAULT)
            return Branch(self.read(item, "route", place, least=0))
        return Branch(self.read(item, "route", place), condition_of(reader, item, "when", place))

    def _check_branches(self, kind: ForkKind, branches: list[Branch], place: str) -> None:
        reader = self._reader
        if kind is not ForkKind.EXCLUSIVE:
            beside = (node for branch in branches for node in nodes_in(branch.route))
            tiers = sorted({node.region or node.tier.value for node in beside})
            if len(tiers) > 1:
                # Tiers may lie on different deployments, and a case is at one of them at a time.
                reader.problem(place, Mistake.TIERS_ABREAST, tiers=listed(tiers))
        if kind is ForkKind.PARALLEL or not branches:
            return
        defaults = [index for index, branch in enumerate(branches) if branch.when is None]
        if len(defaults) != 1:
            reader.problem(place, Mistake.NOT_ONE_DEFAULT)
        elif kind is ForkKind.EXCLUSIVE and defaults[0] != len(branches) - 1:
            reader.problem(f"{place}.branches[{defaults[0] + 1}]", Mistake.AFTER_DEFAULT)
        conditions = [branch.when for branch in branches if branch.when is not None]
        for index, condition in enumerate(conditions):
            if kind is ForkKind.EXCLUSIVE and condition in conditions[:index]:
                reader.problem(f"{place}.branches[{index}]", Mistake.SAME_CONDITION)
