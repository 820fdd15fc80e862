"""A case whose stages lie on three nodes: it is decided stage by stage, once, and every node has the same history."""

from __future__ import annotations

from shared.approval.core.words import Verb
from shared.approval.lists import TaskList
from shared.identity import Principal
from tests.integration.approval.office import START
from tests.integration.approval_nodes.nodes import (
    ANN,
    BEN,
    CAI,
    CITY,
    COUNTY,
    DAI,
    PROVINCE,
    Nodes,
    agree,
    timeline,
)


def todo(nodes: Nodes, name: str, who: Principal) -> list[str]:
    office = nodes[name]
    with office.database.reading() as session:
        page = office.approvals.tasks(session, which=TaskList.TODO, principal=who, at=START)
    return [item.case_id for item in page.items]


def test_each_stage_is_decided_on_its_own_node_and_the_case_ends_at_home(nodes: Nodes) -> None:
    case = nodes[COUNTY].open()
    assert nodes.carry() == []
    nodes[COUNTY].act(case, Verb.APPROVE, BEN)
    assert nodes.carry() == ["zhengding → shijiazhuang: case.handed_over"]

    assert todo(nodes, CITY, CAI) == [case.id]
    assert nodes[COUNTY].view(case).case.token_region == "130100"
    nodes[CITY].act(case, Verb.APPROVE, CAI, opinion="属实")
    assert nodes.carry() == [
        "shijiazhuang → zhengding: case.answered",
        "zhengding → hebei: case.handed_over",
        "zhengding → shijiazhuang: case.followed",
    ]
    assert todo(nodes, CITY, CAI) == []
    assert todo(nodes, PROVINCE, DAI) == [case.id]
    assert nodes[COUNTY].outcomes == []

    nodes[PROVINCE].act(case, Verb.APPROVE, DAI, opinion="同意")
    told = nodes.carry()

    assert told[0] == "hebei → zhengding: case.answered"
    assert nodes[COUNTY].outcomes == [(case.business_id, "approved", "同意")]
    assert nodes[CITY].outcomes == nodes[PROVINCE].outcomes == []
    for office in nodes.offices.values():
        assert office.view(case, DAI).case.state == "approved"
    agree(nodes, case)
    words = [(line.verb, line.who, line.opinion) for line in timeline(nodes, COUNTY, case) if line.who]
    assert words == [
        ("submit", "Ann", ""),
        ("approve", "Ben", "意见"),
        ("approve", "Cai", "属实"),
        ("approve", "Dai", "同意"),
    ]
    assert words == [(line.verb, line.who, line.opinion) for line in timeline(nodes, PROVINCE, case) if line.who]


def test_what_comes_twice_changes_nothing(nodes: Nodes) -> None:
    case = nodes[COUNTY].open()
    nodes[COUNTY].act(case, Verb.APPROVE, BEN)
    nodes.carry(times=2)
    nodes[CITY].act(case, Verb.APPROVE, CAI)
    nodes.carry(times=2)
    nodes[PROVINCE].act(case, Verb.APPROVE, DAI)
    nodes.carry(times=3)

    assert nodes[COUNTY].outcomes == [(case.business_id, "approved", "意见")]
    assert nodes[COUNTY].view(case, ANN).case.state == "approved"
    agree(nodes, case)
