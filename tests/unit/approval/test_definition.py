"""A definition says where it is wrong, and two nodes can tell whether they mean the same one."""

from __future__ import annotations

from typing import Any

import pytest

from services.launcher.casework import approvals_of, case_services
from shared.approval.core.definition import DEFAULT_MAX_ROUNDS
from shared.approval.core.mistakes import DefinitionError
from shared.approval.core.parsing import parse
from shared.approval.core.words import Mode, Tier, Verb
from shared.approval.definitions import shipped, with_named
from shared.identity import Role
from tests.unit.approval.cases import body, node


def test_the_shipped_definitions_are_the_ones_the_services_ask_for() -> None:
    assert {key: [item.tier.value for item in found.nodes] for key, found in shipped().items()} == {
        "activity_report": ["county", "city", "province"],
        "annual_plan": ["county", "city", "province"],
        "commendation": ["city", "province"],
        "organisation_registration": ["home"],
        "project_grade": ["city", "province"],
        "quarterly_report": ["county", "city", "province"],
        "revocation": ["province"],
        "star_review": ["province", "city", "county"],
        "star_rating_high": ["province"],
        "star_rating_low": ["county"],
        "star_rating_middle": ["city"],
        "transfer": ["home"],
        "volunteer_registration": ["home"],
    }


def test_the_shipped_definitions_ask_roles_that_exist_and_an_opinion_for_every_no() -> None:
    roles = {role.value for role in Role}
    for definition in shipped().values():
        for item in definition.nodes:
            assert {approver.role for approver in item.approvers} <= roles
            # A case of a single round is never returned.
            noes = {Verb.REJECT} if definition.max_rounds == 1 else {Verb.REJECT, Verb.RETURN}
            assert item.opinion - {Verb.APPROVE} == noes


def test_a_definition_is_read_as_it_is_written() -> None:
    definition = parse(body(node("county", "a", "b", mode="sequential", opinion=["return"]), node("city")))
    county, city = definition.nodes
    assert (county.tier, county.mode, county.opinion) == (Tier.COUNTY, Mode.SEQUENTIAL, frozenset({Verb.RETURN}))
    assert [approver.account for approver in county.approvers] == ["a", "b"]
    assert [approver.role for approver in city.approvers] == ["approver"]
    assert definition.node("city") is city


def test_rounds_are_five_unless_the_definition_says_otherwise() -> None:
    written = body(node("county"))
    del written["max_rounds"]
    assert parse(written).max_rounds == DEFAULT_MAX_ROUNDS == 5


def test_the_hash_does_not_depend_on_the_order_of_keys_and_shows_every_change() -> None:
    one = body(node("county"))
    assert parse(one).sha256 == parse(dict(reversed(one.items()))).sha256
    assert parse(one).sha256 != parse(body(node("county"), max_rounds=4)).sha256


VOTE = {"denominator": "ratio", "operator": ">=", "value": 60}


def changed(**changes: Any) -> dict[str, Any]:
    return body(node("county") | changes)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ({}, "key"),
        (body(), "route"),
        (body(node("county"), version=0), "version"),
        (body(node("county"), max_rounds=True), "max_rounds"),
        (body(node("county")) | {"rounds": 3}, "rounds"),
        (body(node("county")) | {"title": "报告"}, "title"),
        (body(node("county")) | {"route": ["county"]}, "route[0]"),
        (changed(tier="town"), "route[0].tier"),
        (changed(mode="most"), "route[0].mode"),
        (changed(mode="all"), "route[0].veto"),
        (changed(veto=True), "route[0].veto"),
        (changed(mode="all", veto=True, vote=VOTE), "route[0].vote"),
        (changed(mode="vote", veto=False), "route[0].vote"),
        (changed(mode="vote", veto=False, vote=VOTE | {"operator": "<"}), "route[0].vote.operator"),
        (changed(mode="vote", veto=False, vote=VOTE | {"value": 101}), "route[0].vote.value"),
        (changed(mode="vote", veto=False, vote=VOTE | {"operator": ">", "value": 100}), "route[0].vote.value"),
        (changed(mode="vote", veto=False, vote=VOTE | {"denominator": "weight"}), "route[0].approvers[0].weight"),
        (changed(approvers=[{"role": "clerk", "weight": 2}]), "route[0].approvers[0].weight"),
        (changed(title={"zh": "县"}), "route[0].title.en"),
        (changed(approvers=[]), "route[0].approvers"),
        (changed(approvers=[{"role": "clerk", "account": "a"}]), "route[0].approvers[0]"),
        (changed(approvers=[{"group": "clerk"}]), "route[0].approvers[0].group"),
        (changed(opinion=["withdraw"]), "route[0].opinion"),
        (changed(skip=True), "route[0].skip"),
        (body(node("city"), node("county")), "route[1].tier"),
        (body(node("county"), node("county")), "route[1].node"),
    ],
)
def test_a_mistake_is_named_with_its_place(written: dict[str, Any], place: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        parse(written)
    assert place in [problem.place for problem in refused.value.problems]


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(DefinitionError) as refused:
        parse(body(node("county") | {"tier": "town", "mode": "most"}, max_rounds=0))
    assert [problem.place for problem in refused.value.problems] == ["max_rounds", "route[0].mode", "route[0].tier"]


def test_what_is_nested_without_end_is_a_mistake_and_no_crash() -> None:
    deep: Any = 1
    when: dict[str, Any] = {"field": "/a", "is": "==", "value": 1}
    route: list[Any] = [node("county")]
    for _ in range(500):
        deep, when = [deep], {"not": when}
        route = [{"fork": "parallel", "branches": [{"route": route}, {"route": [node("county")]}]}]
    plain = {"field": "/a", "is": "==", "value": deep}
    forks = [
        {"fork": "exclusive", "branches": [{"when": one, "route": [node("county")]}, {"default": True, "route": []}]}
        for one in (when, plain)
    ]
    for written in (body(*route), *map(body, forks), body(node("county") | {"tier": deep})):
        with pytest.raises(DefinitionError):
            parse(written)


def test_a_definition_comes_after_those_that_it_names() -> None:
    assert list(with_named(shipped(), ["activity_report", "commendation"])) == [
        "revocation",
        "activity_report",
        "commendation",
    ]


def test_every_shipped_definition_is_started_by_the_service_that_owns_its_business() -> None:
    started = {key for service in case_services() for key in approvals_of(service).definitions}
    assert set(shipped()) == started
