"""The pure part of a case over nodes: who has the right to move it, and what an answer may change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.approval.core import engine, two_nodes
from shared.approval.core.command import Command, World
from shared.approval.core.definition import Definition
from shared.approval.core.refusal import Refused
from shared.approval.core.state import Case, Party, Person
from shared.approval.core.two_nodes import NotTheirs, Told
from shared.approval.core.words import CaseState, StageState, Token, Verb
from tests.unit.approval.cases import (
    ANN,
    BEN,
    CAI,
    CHAIN,
    DAI,
    NOON,
    THREE_TIERS,
    branch,
    fork,
    holders,
    node,
    party,
    route,
)

NODES = {"130123": "zhengding", "130100": "shijiazhuang", "130000": "hebei"}


def world(*people: Party, at: str) -> World:
    away = {region: host for region, host in NODES.items() if host != at}
    return World(at=NOON, seats=holders(*people), chain=CHAIN, away=away)


COUNTY, CITY, PROVINCE = world(BEN, at="zhengding"), world(CAI, at="shijiazhuang"), world(DAI, at="hebei")


def command(verb: Verb, who: Party) -> Command:
    return Command(id=f"{verb}/{who.name}", verb=verb, actor=who, salt="salt", opinion="意见", content={"hours": 1})


def opened(definition: Definition) -> Case:
    opening = engine.Opening(
        id="case",
        origin="zhengding",
        business_type="report",
        business_id="r",
        title="报告",
        home_region="130123",
        organisation_id=None,
        barred=frozenset(),
    )
    return engine.open_case(opening, command(Verb.SUBMIT, ANN), definition=definition, world=COUNTY).case


def did(case: Case, verb: Verb, who: Party, definition: Definition, where: World) -> Case:
    move = engine.decide(case, command(verb, who), definition=definition, world=where)
    assert move is not None
    return move.case


def taken(case: Case, definition: Definition, where: World, *, at: str, known: Case | None = None) -> Case:
    region = case.active_stages[0].region
    move = two_nodes.take_over(
        Told(case=case, handover=case.handover, region=region), known, origin=at, definition=definition, world=where
    )
    assert move is not None
    return move.case


def answered(home: Case, guest: Case, definition: Definition, *, region: str) -> Case | None:
    told = Told(case=guest, handover=guest.handover, region=region)
    move = two_nodes.take_answer(home, told, definition=definition, world=COUNTY)
    return move.case if move else None


def test_the_right_to_move_a_case_is_at_one_node_at_a_time() -> None:
    home = did(opened(THREE_TIERS), Verb.APPROVE, BEN, THREE_TIERS, COUNTY)
    guest = taken(home, THREE_TIERS, CITY, at="shijiazhuang")
    assert (home.token, guest.token) == (Token.AWAY, Token.GUEST)

    guest = did(guest, Verb.APPROVE, CAI, THREE_TIERS, CITY)
    assert (guest.token, guest.state) == (Token.GIVEN_BACK, CaseState.RUNNING)
    back = answered(home, guest, THREE_TIERS, region="130100")
    assert back is not None
    # It is the province's at once, and the same answer again is late.
    assert (back.token, back.handover, back.token_region) == (Token.AWAY, 2, "130000")
    assert answered(back, guest, THREE_TIERS, region="130100") is None


def test_what_is_handed_over_twice_is_taken_once() -> None:
    home = did(opened(THREE_TIERS), Verb.APPROVE, BEN, THREE_TIERS, COUNTY)
    guest = taken(home, THREE_TIERS, CITY, at="shijiazhuang")
    told = Told(case=home, handover=home.handover, region="130100")

    assert two_nodes.take_over(told, guest, origin="shijiazhuang", definition=THREE_TIERS, world=CITY) is None


def test_a_fork_is_decided_whole_before_the_case_goes_back() -> None:
    sides = fork("parallel", branch(node("city", "cai", key="a")), branch(node("city", "cao", key="b")))
    both = route(node("county"), sides, node("province"))
    cao = party("Cao", CAI.posts[0])
    city = world(CAI, cao, at="shijiazhuang")
    home = did(opened(both), Verb.APPROVE, BEN, both, COUNTY)
    guest = taken(home, both, city, at="shijiazhuang")
    assert [stage.node_key for stage in guest.active_stages] == ["a", "b"]

    guest = did(guest, Verb.APPROVE, CAI, both, city)
    assert guest.token is Token.GUEST
    guest = did(guest, Verb.APPROVE, cao, both, city)
    home = answered(home, guest, both, region="130100") or home
    assert (home.token, [stage.node_key for stage in home.active_stages]) == (Token.AWAY, ["province"])


def test_a_route_that_waits_for_other_cases_is_not_handed_over() -> None:
    waits = {
        "node": "check",
        "title": {"zh": "核", "en": "Check"},
        "tier": "county",
        "subcase": "other",
    }
    definition = route(node("county"), waits, node("city"))
    case = did(opened(definition), Verb.APPROVE, BEN, definition, COUNTY)
    number = case.active_stages[0].number
    with pytest.raises(Refused) as refused:
        engine.conclude(case, number, has_passed=True, definition=definition, world=COUNTY)
    assert refused.value.refusal.code == "not_across_nodes"


def test_an_answer_that_goes_beyond_its_node_is_not_believed() -> None:
    home = did(opened(THREE_TIERS), Verb.APPROVE, BEN, THREE_TIERS, COUNTY)
    guest = did(taken(home, THREE_TIERS, CITY, at="shijiazhuang"), Verb.APPROVE, CAI, THREE_TIERS, CITY)
    passed = tuple(replace(stage, state=StageState.PASSED) for stage in guest.stages)
    undecided = tuple(
        replace(stage, state=StageState.OPEN) if stage.region == "130100" else stage for stage in guest.stages
    )
    forged = [
        # It decides for the province, ends a case that nobody rejected, withdraws what nobody asked back, gives back
        # what is not decided, gives the province a task, and lets what it passed count in later rounds.
        replace(guest, stages=passed),
        replace(guest, state=CaseState.REJECTED),
        replace(guest, state=CaseState.WITHDRAWN),
        replace(guest, stages=undecided),
        replace(guest, tasks=(*guest.tasks, replace(guest.tasks[-1], number=len(guest.tasks) + 1, stage=3))),
        replace(guest, stages=tuple(replace(stage, last_round=3) for stage in guest.stages)),
    ]
    for answer in forged:
        with pytest.raises(NotTheirs):
            answered(home, answer, THREE_TIERS, region="130100")
    with pytest.raises(NotTheirs):
        answered(home, guest, THREE_TIERS, region="130000")


def test_a_withdrawal_is_settled_where_the_case_is() -> None:
    home = did(opened(THREE_TIERS), Verb.APPROVE, BEN, THREE_TIERS, COUNTY)
    guest = taken(home, THREE_TIERS, CITY, at="shijiazhuang")
    asked = did(home, Verb.WITHDRAW, ANN, THREE_TIERS, COUNTY)
    assert (asked.state, asked.token) == (CaseState.WITHDRAWING, Token.AWAY)
    ann = Person("ann", "Ann")

    stopped = two_nodes.give_up(guest, ann, 1, definition=THREE_TIERS, world=CITY)
    assert stopped is not None
    ended = answered(asked, stopped.case, THREE_TIERS, region="130100")
    assert ended is not None
    assert (ended.state, ended.token) == (CaseState.WITHDRAWN, Token.HERE)

    approved = did(guest, Verb.APPROVE, CAI, THREE_TIERS, CITY)
    assert two_nodes.give_up(approved, ann, 1, definition=THREE_TIERS, world=CITY) is None
    goes_on = answered(asked, approved, THREE_TIERS, region="130100")
    assert goes_on is not None
    assert (goes_on.state, goes_on.token_region) == (CaseState.RUNNING, "130000")
    assert two_nodes.withdraw_refused(goes_on, 1, "decided", definition=THREE_TIERS, world=COUNTY) is None
