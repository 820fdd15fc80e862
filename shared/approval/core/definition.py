"""A definition: the route of one kind of case, as data.

A definition is immutable once published and known by its key, its version and the SHA-256 of its canonical JSON, so
that two nodes can tell whether they mean the same one. `parse` names every mistake together with its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.approval.core.digest import sha256
from shared.approval.core.state import DefinitionRef
from shared.approval.core.voting import Denominator, Operator, Threshold
from shared.approval.core.words import Mode, Tier, Verb

DEFAULT_MAX_ROUNDS = 5
#: The ways to decide a stage that the engine can carry out; a definition that asks for another is refused.
MODES = (Mode.SEQUENTIAL, Mode.ANY, Mode.ALL, Mode.VOTE)
#: The ways in which several decide at once, whose node says whether one reject ends it.
JOINT = (Mode.ALL, Mode.VOTE)
#: The verbs for which a node can demand an opinion.
OPINION_VERBS = (Verb.APPROVE, Verb.REJECT, Verb.RETURN)
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
class Node:
    """One stop of the route, before it is known which region it falls on."""

    key: str
    title: Title
    tier: Tier
    mode: Mode
    approvers: tuple[Approver, ...]
    opinion: frozenset[Verb]
    veto: bool | None = None
    threshold: Threshold | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A parsed definition; `body` is what was parsed and what `sha256` is of."""

    key: str
    version: int
    title: Title
    max_rounds: int
    nodes: tuple[Node, ...]
    body: Mapping[str, Any]
    sha256: str

    @property
    def ref(self) -> DefinitionRef:
        """Answer what a round keeps of the definition it is bound to."""
        return DefinitionRef(self.key, self.version, self.sha256)

    def node(self, key: str) -> Node:
        """Answer the node of that key.

        :raises KeyError: when the definition has no such node, which for a bound case cannot be.
        """
        for node in self.nodes:
            if node.key == key:
                return node
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of a definition and where it is, such as `route[1].tier`."""

    place: str
    message: str


class DefinitionError(ValueError):
    """The definition cannot be used; `problems` says every reason at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.place}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


def parse(body: Mapping[str, Any]) -> Definition:
    """Answer the definition that a mapping (a YAML file, a stored body) describes.

    :raises DefinitionError: with every mistake and its place, also for keys that mean nothing.
    """
    reader = _Reader()
    reader.known(body, "", {"key", "version", "title", "max_rounds", "route"})
    definition = Definition(
        key=reader.text(body, "key", ""),
        version=reader.count(body, "version", "", default=None),
        title=reader.title(body, ""),
        max_rounds=reader.count(body, "max_rounds", "", default=DEFAULT_MAX_ROUNDS),
        nodes=_nodes(reader, body),
        body=body,
        sha256=sha256(body),
    )
    if reader.problems:
        raise DefinitionError(reader.problems)
    return definition


def _nodes(reader: _Reader, body: Mapping[str, Any]) -> tuple[Node, ...]:
    items = reader.items(body, "route", "")
    nodes = tuple(_node(reader, item, f"route[{index}]") for index, item in enumerate(items))
    seen: set[str] = set()
    highest = -1
    for index, node in enumerate(nodes):
        if node.key in seen:
            reader.problem(f"route[{index}].node", f'"{node.key}" is already the name of an earlier node')
        seen.add(node.key)
        # A route climbs. Two nodes of one tier would fall on one region and be one stage: name both in `approvers`.
        if TIERS.index(node.tier) <= highest:
            reader.problem(f"route[{index}].tier", f'"{node.tier}" does not lie above the tier before it')
        highest = max(highest, TIERS.index(node.tier))
    return nodes


def _node(reader: _Reader, item: Mapping[str, Any], place: str) -> Node:
    names = {"node", "title", "tier", "mode", "approvers", "opinion"}
    mode = Mode(reader.one_of(item, "mode", place, [mode.value for mode in MODES]))
    names |= {"veto"} if mode in JOINT else set()
    reader.known(item, place, names | ({"vote"} if mode is Mode.VOTE else set()))
    threshold = _threshold(reader, item, place) if mode is Mode.VOTE else None
    by_weight = threshold is not None and threshold.denominator is Denominator.WEIGHT
    approvers = tuple(
        _approver(reader, approver, f"{place}.approvers[{index}]", by_weight=by_weight)
        for index, approver in enumerate(reader.items(item, "approvers", place))
    )
    voices = sum(approver.weight for approver in approvers)
    if threshold is not None and not threshold.is_reached(voices, of=voices):
        reader.problem(f"{place}.vote.value", "could not be reached if all of them approved")
    return Node(
        key=reader.text(item, "node", place),
        title=reader.title(item, place),
        tier=Tier(reader.one_of(item, "tier", place, [tier.value for tier in TIERS])),
        mode=mode,
        approvers=approvers,
        opinion=reader.opinion(item, place),
        veto=reader.flag(item, "veto", place) if mode in JOINT else None,
        threshold=threshold,
    )


def _threshold(reader: _Reader, item: Mapping[str, Any], place: str) -> Threshold:
    place = f"{place}.vote"
    vote = item.get("vote")
    if not isinstance(vote, Mapping):
        reader.problem(place, "is not a mapping of denominator, operator and value")
        return Threshold(Denominator.COUNT, Operator.AT_LEAST, 1)
    reader.known(vote, place, {"denominator", "operator", "value"})
    return Threshold(
        denominator=Denominator(reader.one_of(vote, "denominator", place, [word.value for word in Denominator])),
        operator=Operator(reader.one_of(vote, "operator", place, [word.value for word in Operator])),
        value=reader.count(vote, "value", place, default=None),
    )


def _approver(reader: _Reader, item: Mapping[str, Any], place: str, *, by_weight: bool) -> Approver:
    kinds = {"role", "account"}
    reader.known(item, place, kinds | ({"weight"} if by_weight else set()))
    named = [str(name) for name in item if name != "weight"]
    if len(named) != 1:
        reader.problem(place, "names either a role or an account")
        return Approver()
    name = reader.text(item, named[0], place)
    weight = reader.count(item, "weight", place, default=None) if by_weight else 1
    return Approver(role=name, weight=weight) if named[0] == "role" else Approver(account=name, weight=weight)


class _Reader:
    """Reads values out of a mapping and notes what is wrong with them, so that one pass finds every mistake."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, place: str, message: str) -> None:
        self.problems.append(Problem(place or "definition", message))

    def known(self, item: Mapping[str, Any], place: str, names: set[str]) -> None:
        for name in item:
            if name not in names:
                self.problem(_at(place, str(name)), f"is not one of {', '.join(sorted(names))}")

    def text(self, item: Mapping[str, Any], name: str, place: str) -> str:
        value = item.get(name)
        if isinstance(value, str) and value.strip():
            return value
        self.problem(_at(place, name), "is not a text")
        return ""

    def count(self, item: Mapping[str, Any], name: str, place: str, *, default: int | None) -> int:
        value = item.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self.problem(_at(place, name), "is not a whole number from 1 upwards")
        return 1

    def flag(self, item: Mapping[str, Any], name: str, place: str) -> bool:
        value = item.get(name)
        if isinstance(value, bool):
            return value
        self.problem(_at(place, name), "is not true or false")
        return False

    def one_of(self, item: Mapping[str, Any], name: str, place: str, words: Sequence[str]) -> str:
        value = item.get(name)
        if value in words:
            return str(value)
        self.problem(_at(place, name), f'"{value}" is not one of {", ".join(words)}')
        return words[0]

    def title(self, item: Mapping[str, Any], place: str) -> Title:
        value = item.get("title")
        if not isinstance(value, Mapping):
            self.problem(_at(place, "title"), "is not a pair of zh and en")
            return Title("", "")
        self.known(value, _at(place, "title"), {"zh", "en"})
        return Title(self.text(value, "zh", _at(place, "title")), self.text(value, "en", _at(place, "title")))

    def items(self, item: Mapping[str, Any], name: str, place: str) -> list[Mapping[str, Any]]:
        value = item.get(name)
        if not isinstance(value, list) or not value:
            self.problem(_at(place, name), "is not a list of at least one item")
            return []
        wrong = [index for index, entry in enumerate(value) if not isinstance(entry, Mapping)]
        for index in wrong:
            self.problem(f"{_at(place, name)}[{index}]", "is not a mapping")
        return [] if wrong else value

    def opinion(self, item: Mapping[str, Any], place: str) -> frozenset[Verb]:
        value = item.get("opinion", [])
        words = [verb.value for verb in OPINION_VERBS]
        if not isinstance(value, list) or any(word not in words for word in value):
            self.problem(_at(place, "opinion"), f"is not a list out of {', '.join(words)}")
            return frozenset()
        return frozenset(Verb(word) for word in value)


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
