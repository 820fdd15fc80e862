"""A definition: the route of one kind of case, as data.

A definition is immutable once published and known by its key, its version and the SHA-256 of its canonical JSON, so
that two nodes can tell whether they mean the same one. `parsing.parse` makes one and names every mistake with its
place. A route is a list of nodes and forks, and a fork is a list of branches that are routes again: so every join
belongs to its fork, every node can be reached, and a route has no loop but the ways back that people choose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.approval.core.condition import Condition
from shared.approval.core.state import DefinitionRef
from shared.approval.core.voting import Threshold
from shared.approval.core.words import After, Duplicates, ForkKind, Mode, Tier, Verb

DEFAULT_MAX_ROUNDS = 5
DEFAULT_MAX_VISITS = 5
#: Rounds and visits are loops that people drive: a bound above this is none.
MOST_ROUNDS = 99
#: The ways in which several decide at once, whose node says whether one reject ends it.
JOINT = (Mode.ALL, Mode.VOTE)
#: The verbs that decide, for which a node can demand an opinion or a signature.
DECIDING_VERBS = (Verb.APPROVE, Verb.REJECT, Verb.RETURN)
TIERS = tuple(Tier)  # in the order in which a route may name them


@dataclass(frozen=True, slots=True)
class Title:
    """A name in the two languages that pages show."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Approver:
    """Who is asked: the holders of a role in the stage's region, or one account. Exactly one of the two.

    Each approver has one voice; in a vote by weight it counts `weight` times.
    """

    role: str | None = None
    account: str | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Substitute:
    """A post that is asked in another's place: a role, at a tier of the case's own chain of regions."""

    role: str
    tier: Tier


class Unit(StrEnum):
    """What a deadline is counted in; the two are never turned into each other."""

    WORKDAYS = "workdays"  # days on which offices work, by the State Council's calendar
    HOURS = "hours"  # of the clock


@dataclass(frozen=True, slots=True)
class Span:
    """So many workdays, or so many hours."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Reminders:
    """After which time of silence a stage is reminded, every so often, at most so many times."""

    every: Span
    most: int


@dataclass(frozen=True, slots=True)
class Returns:
    """Where a node may return a case to, and where it goes on afterwards.

    `nodes` are keys of earlier nodes; None stands for any of them.
    """

    initiator: bool = True
    nodes: frozenset[str] | None = None
    then: After = After.RESTART


@dataclass(frozen=True, slots=True)
class Fields:
    """What may be done at a node with fields of the content, as JSON pointers; `*` stands for any one step."""

    write: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One stop of the route, before it is known which region it falls on.

    A node either asks approvers or waits for a case of another definition (`subcase`).
    """

    key: str
    title: Title
    tier: Tier
    mode: Mode
    approvers: tuple[Approver, ...]
    opinion: frozenset[Verb]
    signature: frozenset[Verb] = frozenset()
    veto: bool | None = None
    threshold: Threshold | None = None
    due: Span | None = None
    reminders: Reminders | None = None
    escalate: Substitute | None = None
    if_initiator: Substitute | None = None
    if_nobody: Substitute | None = None
    returns: Returns = field(default_factory=Returns)
    fields: Fields = field(default_factory=Fields)
    subcase: str | None = None
    region: str | None = None  # a pointer to the field of the content that names who decides; else the tier says it


@dataclass(frozen=True, slots=True)
class Branch:
    """One way through a fork; `when` is None for the default branch, and for every branch of a parallel fork."""

    route: tuple[Item, ...]
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Fork:
    """Where a route divides; what comes after it waits for every branch that was taken."""

    kind: ForkKind
    branches: tuple[Branch, ...]


Item = Node | Fork


@dataclass(frozen=True, slots=True)
class Revocation:
    """For how many days an approved case can be revoked, and by which definition that is decided."""

    days: int
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A parsed definition; `body` is what was parsed and what `sha256` is of."""

    key: str
    version: int
    title: Title
    max_rounds: int
    route: tuple[Item, ...]
    body: Mapping[str, Any]
    sha256: str
    max_visits: int = DEFAULT_MAX_VISITS
    duplicates: Duplicates = Duplicates.FORBID
    revocation: Revocation | None = None

    @property
    def ref(self) -> DefinitionRef:
        """Answer what a round keeps of the definition it is bound to."""
        return DefinitionRef(self.key, self.version, self.sha256)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Answer every node of the route, those of branches included, in the order of the text."""
        return tuple(nodes_in(self.route))

    def node(self, key: str) -> Node:
        """Answer the node of that key.

        :raises KeyError: when the definition has no such node, which for a bound case cannot be.
        """
        node = self.find(key)
        if node is None:
            raise KeyError(key)
        return node

    def find(self, key: str) -> Node | None:
        """Answer the node of that key, or None: a case that was migrated may have passed nodes that are no more."""
        return next((node for node in nodes_in(self.route) if node.key == key), None)

    def waits(self, key: str) -> bool:
        """Tell whether a node waits for a case of its own and asks nobody itself."""
        node = self.find(key)
        return node is not None and node.subcase is not None


def nodes_in(route: tuple[Item, ...]) -> Iterator[Node]:
    """Answer the nodes of a route, those of its branches included, in the order of the text."""
    for item in route:
        if isinstance(item, Node):
            yield item
        else:
            for branch in item.branches:
                yield from nodes_in(branch.route)
