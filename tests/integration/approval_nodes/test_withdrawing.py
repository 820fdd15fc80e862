"""Withdrawing a case that another node has: the node that has it settles the race, and both nodes end the same."""

from __future__ import annotations

import pytest

from shared.approval.core.words import Verb
from shared.contracts.cases import CaseClosed
from shared.errors import Conflict
from shared.identity import Role
from tests.integration.approval.office import official
from tests.integration.approval_nodes.nodes import (
    ANN,
    CAI,
    CITY,
    COUNTY,
    DAI,
    PROVINCE,
    Nodes,
    agree,
    approved_by,
    at_city,
    states,
)

ADA = official("Ada", "130100", Role.SYSTEM_ADMIN)


def test_a_case_that_nobody_there_has_decided_is_withdrawn(nodes: Nodes) -> None:
    case = at_city(nodes)
    nodes[COUNTY].act(case, Verb.WITHDRAW, ANN, opinion="")
    assert nodes[COUNTY].view(case).case.state == "withdrawing"
    assert nodes[COUNTY].outcomes == []
    told = nodes.carry(times=2)

    assert told[:2] == [
        "zhengding → shijiazhuang: case.withdraw_requested",
        "shijiazhuang → zhengding: case.withdrawn",
    ]
    assert nodes[COUNTY].outcomes == [(case.business_id, "withdrawn", "")]
    assert states(nodes, case) == {"withdrawn"}
    assert [one.outcome for one in nodes[COUNTY].events() if isinstance(one, CaseClosed)] == ["withdrawn"]
    with pytest.raises(Conflict):
        nodes[CITY].act(case, Verb.APPROVE, CAI)
    agree(nodes, case)


def test_an_approval_before_the_request_came_wins_at_both_nodes(nodes: Nodes) -> None:
    case = at_city(nodes)
    nodes[COUNTY].act(case, Verb.WITHDRAW, ANN)
    nodes[CITY].act(case, Verb.APPROVE, CAI)
    nodes.carry()

    assert nodes[COUNTY].view(case).case.state == "running"
    assert nodes[COUNTY].view(case).case.token_region == "130000"
    approved_by(nodes, PROVINCE, DAI, case)
    assert nodes[COUNTY].outcomes == [(case.business_id, "approved", "意见")]
    assert states(nodes, case) == {"approved"}
    agree(nodes, case)


def test_a_request_that_overtakes_the_answer_changes_nothing(nodes: Nodes) -> None:
    """The request is at the city while the city's answer is still on its way."""
    case = at_city(nodes)
    nodes[CITY].act(case, Verb.APPROVE, CAI)
    nodes[COUNTY].act(case, Verb.WITHDRAW, ANN)
    nodes.carry_one("case.withdraw_requested")
    nodes.carry()

    assert nodes[COUNTY].view(case).case.state == "running"
    # It is the province's now, which nobody has asked.
    nodes[COUNTY].act(case, Verb.WITHDRAW, ANN)
    nodes.carry()
    assert states(nodes, case) == {"withdrawn"}
    agree(nodes, case)


def test_a_case_that_came_back_while_it_was_asked_for_waits_for_its_initiator(nodes: Nodes) -> None:
    case = at_city(nodes)
    nodes[COUNTY].act(case, Verb.WITHDRAW, ANN)
    nodes[CITY].act(case, Verb.RETURN, CAI)
    nodes.carry()

    assert states(nodes, case) == {"returned"}
    nodes[COUNTY].act(case, Verb.WITHDRAW, ANN)
    nodes.carry()
    assert states(nodes, case) == {"withdrawn"}
    assert [outcome for _, outcome, _ in nodes[COUNTY].outcomes] == ["returned", "withdrawn"]
    agree(nodes, case)


def test_a_case_that_stands_still_there_is_not_withdrawn(nodes: Nodes) -> None:
    nodes[CITY].post(ADA)
    case = at_city(nodes)
    nodes[CITY].act(case, Verb.SUSPEND, ADA)
    nodes[COUNTY].act(case, Verb.WITHDRAW, ANN)
    nodes.carry(times=2)

    assert nodes[COUNTY].view(case).case.state == "running"
    nodes[CITY].act(case, Verb.RESUME, ADA)
    approved_by(nodes, CITY, CAI, case)
    approved_by(nodes, PROVINCE, DAI, case)
    assert states(nodes, case) == {"approved"}
    agree(nodes, case)
