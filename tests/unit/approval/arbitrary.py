"""Definitions and posts of any shape that the rules allow, for tests that try everything."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from hypothesis import strategies as st

from shared.approval.core.definition import Definition
from shared.approval.core.mistakes import DefinitionError
from shared.approval.core.parsing import parse
from shared.approval.core.state import Seat
from tests.unit.approval.cases import CHAIN, body, node

Draw = Callable[[st.SearchStrategy[Any]], Any]
NAMES = ("Ann", "Ben", "Cai", "Dai", "Eve")
SEATS = [Seat(role, link.region) for link in CHAIN for role in ("clerk", "approver")]
#: From so many nodes on a route becomes no more complicated.
ENOUGH = 5
TIERS = ("county", "city", "province")
EVERY_POST = [(name, seat) for name in NAMES for seat in SEATS]
#: Any choice out of every post that anybody could hold, two in three of them.
posts = st.lists(st.sampled_from([True, True, False]), min_size=len(EVERY_POST), max_size=len(EVERY_POST)).map(
    lambda chosen: [post for post, is_held in zip(EVERY_POST, chosen, strict=True) if is_held]
)
ages = st.integers(0, 9)

_spans = st.one_of(
    st.builds(lambda number: {"hours": number}, st.integers(1, 72)),
    st.builds(lambda number: {"workdays": number}, st.integers(1, 9)),
)
_substitutes = st.fixed_dictionaries(
    {"role": st.sampled_from(["clerk", "approver"]), "tier": st.sampled_from(["home", *TIERS])}
)
_conditions = st.fixed_dictionaries(
    {"field": st.just("/age"), "is": st.sampled_from(["<", ">", "==", "!="]), "value": st.integers(0, 9)}
)


def _seldom(draw: Draw, times: int = 3) -> bool:
    return bool(draw(st.integers(1, times)) == times)


def _vote(draw: Draw, made: dict[str, Any]) -> None:
    """Give a node a vote that all of its voices together can win."""
    voices = len(made["approvers"])
    weights = [2 * index + 1 for index in range(voices)]
    denominator = draw(st.sampled_from(["count", "ratio", "weight"]))
    full = {"count": voices, "ratio": 100, "weight": sum(weights)}[denominator]
    value = max(1, full * draw(st.integers(1, 100)) // 100)
    operator = ">" if value < full and draw(st.booleans()) else ">="
    made["vote"] = {"denominator": denominator, "operator": operator, "value": value}
    if denominator == "weight":
        for approver, weight in zip(made["approvers"], weights, strict=True):
            approver["weight"] = weight


class _Writer:
    """Writes one route from its beginning to its end."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.numbers = count(1)
        self.keys: list[str] = []
        self.behind: list[str] = []  # what a case that comes here has been decided at

    def item(self, tier: str, depth: int) -> dict[str, Any]:
        if depth and len(self.keys) < ENOUGH and _seldom(self.draw):
            return self.fork(tier, depth - 1)
        return self.node(tier)

    def route(self, tier: str, depth: int, *, least: int = 1) -> list[dict[str, Any]]:
        most = 2 if len(self.keys) < ENOUGH else 1
        return [self.item(tier, depth) for _ in range(self.draw(st.integers(least, most)))]

    def fork(self, tier: str, depth: int) -> dict[str, Any]:
        kind = self.draw(st.sampled_from(["parallel", "inclusive", "exclusive"]))
        before, behind = self.behind, list(self.behind)

        def branch(*, least: int = 1) -> dict[str, Any]:
            self.behind = before
            made = {"route": self.route(tier, depth, least=least)}
            behind.extend(key for key in self.behind if key not in behind)
            return made

        branches = [branch() for _ in range(2)]
        if kind != "parallel":
            conditions = self.draw(
                st.lists(_conditions, min_size=2, max_size=2, unique_by=lambda found: (found["is"], found["value"]))
            )
            for made, condition in zip(branches, conditions, strict=True):
                made["when"] = condition
            branches.append({"default": True} | branch(least=0))
        self.behind = behind
        return {"fork": kind, "branches": branches}

    def node(self, tier: str) -> dict[str, Any]:
        draw, key = self.draw, f"n{next(self.numbers)}"
        self.keys.append(key)
        if _seldom(draw, 9):
            return {"node": key, "title": {"zh": key, "en": key}, "tier": tier, "subcase": "other"}
        earlier, self.behind = self.behind, [*self.behind, key]
        mode = draw(st.sampled_from(["any", "sequential", "all", "vote"]))
        who = draw(st.lists(st.sampled_from(["clerk", "approver", "approver", "ben", "cai"]), min_size=1, max_size=3))
        made = node(tier, *who, key=key, mode=mode)
        if mode in ("all", "vote"):
            made["veto"] = draw(st.booleans())
        if mode == "vote":
            _vote(draw, made)
        for name in ("if_initiator", "if_nobody"):
            if _seldom(draw):
                made[name] = draw(_substitutes)
        if _seldom(draw):
            self._deadlines(made)
        if draw(st.booleans()):
            to = draw(st.lists(st.sampled_from(["initiator", "earlier", *earlier]), max_size=2))
            made["returns"] = {"to": to, "then": draw(st.sampled_from(["restart", "jump_back"]))}
        return made

    def _deadlines(self, made: dict[str, Any]) -> None:
        draw = self.draw
        if draw(st.booleans()):
            made["due"] = draw(_spans)
            if draw(st.booleans()):
                made["escalate"] = draw(_substitutes)
        if "due" not in made or draw(st.booleans()):
            made["remind"] = {"every": draw(_spans), "most": draw(st.integers(1, 3))}


@st.composite
def routes(draw: Draw) -> list[dict[str, Any]]:
    """A route over one to three tiers."""
    writer = _Writer(draw)
    tiers = draw(st.lists(st.sampled_from(TIERS), min_size=1, max_size=3, unique=True).map(sorted))
    chosen = sorted(tiers, key=TIERS.index)
    return [
        item for tier in chosen for item in (*writer.route(tier, 2), *([writer.node(tier)] if _seldom(draw) else []))
    ]


def definitions(*, version: int = 1) -> st.SearchStrategy[Definition]:
    """A definition, but for the routes that content could go through without a node: those are refused."""
    return _bodies(version=version).map(_parsed).filter(bool).map(_certain)


def _certain(found: Definition | None) -> Definition:
    assert found is not None
    return found


def _parsed(written: dict[str, Any]) -> Definition | None:
    try:
        return parse(written)
    except DefinitionError as error:
        if [problem.place for problem in error.problems] == ["route"]:
            return None
        raise


@st.composite
def _bodies(draw: Draw, *, version: int) -> dict[str, Any]:
    written = body(*draw(routes()), version=version, max_rounds=draw(st.integers(1, 3)))
    return written | {
        "max_visits": draw(st.integers(1, 3)),
        "duplicates": draw(st.sampled_from(["forbid", "none", "once", "consecutive"])),
        "revocation": {"days": 30, "definition": "revocation"},
    }
