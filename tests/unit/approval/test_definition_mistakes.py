"""Every mistake in a definition is named with its place: forks, conditions, deadlines, substitutes, ways back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.approval.core.mistakes import DefinitionError
from shared.approval.core.parsing import parse
from tests.unit.approval.cases import body, branch, fork, node, older, one

N = "route[0]"


def changed(**changes: Any) -> dict[str, Any]:
    return body(node("county") | changes)


def forked(kind: str, *branches: dict[str, Any]) -> dict[str, Any]:
    return body(fork(kind, *branches), node("city"))


def conditioned(**when: Any) -> dict[str, Any]:
    return forked("exclusive", branch(one("x", "a"), when=when), branch(one("y", "b"), default=True))


WHEN = f"{N}.branches[0].when"
X, Y = branch(one("x", "a"), when=older(5)), branch(one("y", "b"), when=older(7))
DEFAULT = branch(one("z", "c"), default=True)
DUE = {"hours": 5}
POST = {"role": "approver", "tier": "city"}


@pytest.mark.parametrize(
    ("written", "place"),
    [
        (body(node("county")) | {"duplicates": "twice"}, "duplicates"),
        (body(node("county")) | {"max_visits": 0}, "max_visits"),
        (body(node("county")) | {"max_visits": 100}, "max_visits"),
        (body(node("county")) | {"revocation": 30}, "revocation"),
        (body(node("county")) | {"revocation": {"days": 0, "definition": "r"}}, "revocation.days"),
        (body(node("county")) | {"revocation": {"days": 1}}, "revocation.definition"),
        (body(node("county")) | {"revocation": {"days": 1, "definition": "r", "by": "a"}}, "revocation.by"),
        (body(node("county")) | {"version": date(2017, 9, 1)}, "version"),
        (changed(node="initiator"), f"{N}.node"),
        (changed(node="earlier"), f"{N}.node"),
        (changed(node="*"), f"{N}.node"),
        (changed(region="/to_region"), f"{N}.region"),
        (changed(tier="home", region="to_region"), f"{N}.region"),
        (changed(tier="home", region=""), f"{N}.region"),
        (changed(due=3), f"{N}.due"),
        (changed(due={"days": 3}), f"{N}.due"),
        (changed(due={"hours": 3, "workdays": 1}), f"{N}.due"),
        (changed(due={"hours": 0}), f"{N}.due.hours"),
        (changed(remind=3), f"{N}.remind"),
        (changed(remind={"every": 1, "most": 1}), f"{N}.remind.every"),
        (changed(remind={"every": DUE, "most": 21}), f"{N}.remind.most"),
        (changed(remind={"every": DUE, "most": 1, "then": 1}), f"{N}.remind.then"),
        (changed(escalate=POST), f"{N}.escalate"),
        (changed(escalate="city", due=DUE), f"{N}.escalate"),
        (changed(if_initiator={"role": "approver"}), f"{N}.if_initiator.tier"),
        (changed(if_nobody={"tier": "city"}), f"{N}.if_nobody.role"),
        (changed(if_nobody=POST | {"region": "x"}), f"{N}.if_nobody.region"),
        (changed(returns="initiator"), f"{N}.returns"),
        (changed(returns={"to": "initiator"}), f"{N}.returns.to"),
        (changed(returns={"to": ["city"]}), f"{N}.returns.to"),
        (changed(returns={"then": "stop"}), f"{N}.returns.then"),
        (changed(returns={"from": []}), f"{N}.returns.from"),
        (changed(fields=[]), f"{N}.fields"),
        (changed(fields={"write": ["hours"]}), f"{N}.fields.write"),
        (changed(fields={"hidden": "x"}), f"{N}.fields.hidden"),
        (changed(fields={"read": []}), f"{N}.fields.read"),
        (changed(subcase="other"), f"{N}.mode"),
        (changed(signature="approve"), f"{N}.signature"),
        (changed(signature=["withdraw"]), f"{N}.signature"),
        (conditioned(field="/age", **{"is": ">"}, value=float("inf")), f"{WHEN}.value"),
        (body({"node": "s", "title": {"zh": "子", "en": "s"}, "tier": "county", "subcase": ""}), f"{N}.subcase"),
        (forked("some", X, DEFAULT), f"{N}.fork"),
        (forked("parallel", branch(one("x", "a"))), f"{N}.branches"),
        (forked("parallel", branch(), branch(one("x", "a"))), f"{N}.branches[0].route"),
        (forked("parallel", X, branch(one("y", "b"))), f"{N}.branches[0].when"),
        (forked("exclusive", X, Y), N),
        (forked("inclusive", X, DEFAULT, branch(default=True)), N),
        (forked("exclusive", DEFAULT, X), f"{N}.branches[1]"),
        (forked("exclusive", X, branch(one("y", "b"), when=older(5)), DEFAULT), f"{N}.branches[1]"),
        (forked("exclusive", X, branch(one("z", "c"), default="yes")), f"{N}.branches[1].default"),
        (forked("exclusive", X, DEFAULT | {"when": older(1)}), f"{N}.branches[1].default"),
        (forked("parallel", branch(one("x", "a")), branch(node("city", key="y"))), N),
        (forked("parallel", branch(one("x", "a")), branch(one("x", "b"))), f"{N}.branches[1].route[0].node"),
        (body(fork("parallel", branch(one("x", "a")), branch(one("y", "a"))) | {"join": "z"}), f"{N}.join"),
        (body(fork("exclusive", X, branch(default=True))), "route"),
        (forked("exclusive", branch(one("x", "a"), when=[]), DEFAULT), WHEN),
        (conditioned(field="age", **{"is": ">"}, value=5), f"{WHEN}.field"),
        (conditioned(field="/age", **{"is": "=>"}, value=5), f"{WHEN}.is"),
        (conditioned(field="/age", **{"is": ">"}), f"{WHEN}.value"),
        (conditioned(field="/age", **{"is": ">"}, value=True), f"{WHEN}.value"),
        (conditioned(field="/age", **{"is": "in"}, value=5), f"{WHEN}.value"),
        (conditioned(field="/age", **{"is": "in"}, value=[[5]]), f"{WHEN}.value"),
        (conditioned(field="/age", **{"is": "=="}, value=[5]), f"{WHEN}.value"),
        (conditioned(field="/day", **{"is": "=="}, value=date(2017, 9, 1)), f"{WHEN}.value"),
        (conditioned(field="/age", **{"is": ">"}, value=5, unit="y"), f"{WHEN}.unit"),
        (conditioned(all=[]), f"{WHEN}.all"),
        (conditioned(any=[older(1), {"field": "age", "is": ">", "value": 1}]), f"{WHEN}.any[1].field"),
        (conditioned(**{"not": older(1) | {"is": "~"}}), f"{WHEN}.not.is"),
        (conditioned(all=[older(1)], any=[older(2)]), f"{WHEN}.any"),
    ],
)
def test_a_mistake_is_named_with_its_place(written: dict[str, Any], place: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        parse(written)
    assert place in [problem.place for problem in refused.value.problems]


def test_a_route_whose_default_is_empty_is_right_when_somebody_decides_after_it() -> None:
    assert [found.key for found in parse(forked("exclusive", X, branch(default=True))).nodes] == ["x", "city"]


def compare(field: str, how: str, value: Any) -> dict[str, Any]:
    return {"field": field, "is": how, "value": value}


def returning(to: str, key: str = "y") -> dict[str, Any]:
    return node("city", key=key) | {"returns": {"to": [to]}}


WAITING = {"node": "w", "title": {"zh": "子", "en": "w"}, "tier": "city", "subcase": "other"}


@pytest.mark.parametrize("kind", ["parallel", "inclusive", "exclusive"])
def test_nobody_returns_a_case_to_the_branch_beside_their_own(kind: str) -> None:
    ways: list[dict[str, Any]] = [{}, {}] if kind == "parallel" else [{"when": older(5)}, {"default": True}]
    written = body(
        fork(
            kind,
            branch(node("city", key="x"), returning("x", "x2"), **ways[0]),
            branch(returning("x"), **ways[1]),
        ),
        returning("x", "z"),  # after the fork its nodes are behind a case
    )
    with pytest.raises(DefinitionError) as refused:
        parse(written)
    (problem,) = refused.value.problems
    assert (problem.place, problem.code.value) == ("route[0].branches[1].route[0].returns.to", "other_branch")
    assert '"x" is on another branch' in problem.message


def test_nobody_returns_a_case_to_a_node_that_decides_nothing() -> None:
    with pytest.raises(DefinitionError) as refused:
        parse(body(WAITING, returning("w")))
    (problem,) = refused.value.problems
    assert (problem.place, problem.code.value) == ("route[1].returns.to", "not_decided")


@pytest.mark.parametrize(
    ("when", "place", "field"),
    [
        ({"all": [compare("/x", ">", 5), compare("/x", "<", 3)]}, WHEN, "/x"),
        ({"all": [compare("/x", ">=", 5), compare("/x", "<", 5)]}, WHEN, "/x"),
        ({"all": [compare("/x", "==", "a"), compare("/y", ">", 1), compare("/x", "==", "b")]}, WHEN, "/x"),
        ({"all": [compare("/x", "==", 5), compare("/x", "==", "5")]}, WHEN, "/x"),
        ({"all": [compare("/x", "in", ["a", "b"]), compare("/x", "in", ["c"])]}, WHEN, "/x"),
        ({"all": [compare("/x", "in", [1, 2]), compare("/x", ">", 2)]}, WHEN, "/x"),
        ({"all": [compare("/x", "==", 1), compare("/x", "!=", 1)]}, WHEN, "/x"),
        ({"all": [compare("/x", "!=", True), compare("/x", "!=", False)]}, WHEN, "/x"),
        ({"all": [compare("/x", ">=", 2), compare("/x", "<=", 2), compare("/x", "!=", 2)]}, WHEN, "/x"),
        ({"all": [compare("/x", ">", 5), {"not": compare("/x", ">", 4)}]}, WHEN, "/x"),
        ({"all": [compare("/x", ">", 5), {"any": [compare("/x", "<", 3), compare("/x", "==", 4)]}]}, WHEN, "/x"),
        ({"all": [compare("/x", ">", 5), {"all": [compare("/y", "==", 1), compare("/x", "<", 3)]}]}, WHEN, "/x"),
        ({"any": [older(1), {"all": [older(5), compare("/age", "<", 3)]}]}, f"{WHEN}.any[1]", "/age"),
        (compare("/x", "in", []), WHEN, "/x"),
        (compare("/x", "<", ""), WHEN, "/x"),
        (compare("/x", "!=", None), WHEN, "/x"),
    ],
)
def test_a_condition_that_nothing_can_fulfil_is_named_with_its_place(
    when: dict[str, Any], place: str, field: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        parse(conditioned(**when))
    (problem,) = refused.value.problems
    assert (problem.place, problem.code.value) == (place, "contradiction")
    assert f'"{field}"' in problem.message


@pytest.mark.parametrize(
    "when",
    [
        {"all": [compare("/x", ">", 3), compare("/x", "<", 4)]},
        {"all": [compare("/x", ">=", 5), compare("/x", "<=", 5)]},
        {"all": [compare("/x", ">", "a"), compare("/x", "<", "b")]},
        {"all": [compare("/x", "==", 5), compare("/y", "==", 6)]},
        {"all": [compare("/x", "!=", 1), compare("/x", "!=", 2)]},
        {"all": [compare("/x", "in", [1, "a"]), compare("/x", "!=", "b")]},
        {"all": [compare("/x", ">", 5), {"any": [compare("/x", "<", 3), compare("/y", "==", 1)]}]},
        {"all": [{"not": compare("/x", ">", 5)}, {"not": compare("/x", "<=", 5)}]},  # a field that is not there
        {"all": [compare("/x", ">", 10**400), compare("/x", "<", 10**401)]},
    ],
)
def test_a_condition_that_something_can_fulfil_is_read(when: dict[str, Any]) -> None:
    assert parse(conditioned(**when)).nodes
