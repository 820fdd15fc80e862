"""What is refused although it parses: names of nothing, nodes without use, cases without end."""

from __future__ import annotations

from typing import Any

import pytest

from shared.approval.core.checking import Known, check
from shared.approval.core.definition import Definition
from shared.approval.core.mistakes import WORDS, Mistake
from shared.approval.core.parsing import parse
from shared.approval.definitions import shipped
from tests.unit.approval.cases import body, node, route

APPROVER = {"role": "approver", "tier": "city"}
AUDIT = {"node": "audit", "title": {"zh": "审计", "en": "Audit"}, "tier": "city", "subcase": "audit"}


def known(*definitions: Definition, accounts: set[str] | None = None) -> Known:
    found = {definition.key: definition for definition in definitions}
    return Known(roles=["approver", "clerk"], definitions=found, accounts=accounts)


def fork(kind: str, *branches: dict[str, Any]) -> dict[str, Any]:
    return {"fork": kind, "branches": list(branches)}


def found_in(definition: Definition, world: Known) -> list[tuple[str, Mistake]]:
    return [(one.place, one.code) for one in check(definition, world)]


def test_the_shipped_definitions_are_fit_to_be_published() -> None:
    every = shipped().values()
    assert {one.key: found_in(one, known(*every)) for one in every} == {one.key: [] for one in every}


@pytest.mark.parametrize("name", ["escalate", "if_initiator", "if_nobody"])
def test_a_role_that_no_official_has_is_named_wherever_it_stands(name: str) -> None:
    written = node("county", due={"workdays": 3}) | {name: {"role": "mayor", "tier": "city"}}
    assert found_in(route(written), known()) == [(f"route[0].{name}.role", Mistake.UNKNOWN_ROLE)]


def test_an_approver_must_be_a_role_or_an_account_that_exist() -> None:
    written = node("county") | {"approvers": [{"role": "volunteer"}, {"account": "nobody"}, {"account": "ben"}]}
    assert found_in(route(written), known(accounts={"ben"})) == [
        ("route[0].approvers[0].role", Mistake.UNKNOWN_ROLE),
        ("route[0].approvers[1].account", Mistake.UNKNOWN_ACCOUNT),
    ]


def test_what_decides_on_revocation_or_is_waited_for_must_be_published() -> None:
    written = route(node("county"), AUDIT, revocation={"days": 30, "definition": "undo"})
    assert found_in(written, known()) == [
        ("revocation.definition", Mistake.UNKNOWN_DEFINITION),
        ("route[1].subcase", Mistake.UNKNOWN_DEFINITION),
    ]


def test_a_definition_that_opens_itself_through_others_has_no_end() -> None:
    audit = parse(body(node("city"), {**AUDIT, "subcase": "report"}, key="audit"))
    itself = parse(body({**AUDIT, "subcase": "report"}))
    assert found_in(route(AUDIT), known(audit)) == [("route[0].subcase", Mistake.ENDLESS)]
    assert "report → audit → report" in check(route(AUDIT), known(audit))[0].message_zh
    assert found_in(itself, known()) == [("route[0].subcase", Mistake.ENDLESS)]


def test_a_home_node_is_of_no_use_where_a_county_node_always_goes_with_it() -> None:
    either = fork(
        "exclusive",
        {"when": {"field": "/a", "is": "==", "value": 1}, "route": [node("county")]},
        {"default": True, "route": []},
    )
    never = [("route[0]", Mistake.NEVER_REACHED)]
    assert found_in(route(node("home"), node("county")), known()) == never
    beside = fork("parallel", {"route": [node("county")]}, {"route": [node("county", key="b")]})
    assert found_in(route(node("home"), beside), known()) == never
    assert found_in(route(node("home"), either), known()) == []
    assert found_in(route(node("home"), node("city")), known()) == []


def test_every_mistake_has_words_in_both_languages_and_a_pointer() -> None:
    assert set(WORDS) == set(Mistake)
    mistake = check(route(node("county", "clerk"), node("city", if_nobody={**APPROVER, "role": "x"})), known())[0]
    assert (mistake.pointer, mistake.code) == ("/route/1/if_nobody/role", "unknown_role")
    assert mistake.message_zh == "没有“x”这个办理角色，可用：approver, clerk"


def test_a_named_region_stands_beside_the_county_and_needs_not_climb() -> None:
    named = node("place") | {"tier": "home", "region": "/to_region"}
    assert found_in(route(node("county"), named, node("city")), known()) == []
