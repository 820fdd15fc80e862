"""What a node does not take is held where it came from, seen by officials there, and told again until it is taken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from shared.approval.core.words import Verb
from shared.approval.definitions import shipped
from shared.approval.jobs import TellingAgain
from shared.approval.tables import DefinitionRow
from shared.contracts.cases import CaseHeld
from shared.contracts.handovers import (
    CaseAnswered,
    CaseAnswerRefused,
    CaseHandedOver,
    CaseHandoverRefused,
)
from shared.identity import Role
from shared.nodes.refused import answer_to
from tests.integration.approval.office import ANN, official
from tests.integration.approval_nodes.nodes import (
    BEN,
    CAI,
    CITY,
    COUNTY,
    DAI,
    PROVINCE,
    Nodes,
    agree,
    approved_by,
    at_city,
    data_of,
    states,
    timeline,
)

AMY = official("Amy", "130123", Role.SYSTEM_ADMIN)


def held(nodes: Nodes, name: str) -> list[tuple[str, str]]:
    """Answer the alarms of a node: the region whose officials hear of it, and why."""
    return [(event.region, event.reason) for event in nodes[name].events() if isinstance(event, CaseHeld)]


def write_otherwise(nodes: Nodes, *, version: int, sha256: str) -> None:
    """Let the city's version of the route be another text, under another number or hash."""
    with nodes[CITY].database.unit_of_work() as uow:
        changed = update(DefinitionRow).where(DefinitionRow.key == "activity_report")
        # Whoever restores a database can do what the triggers keep everybody else from.
        if uow.session.get_bind().dialect.name == "postgresql":
            uow.session.connection().exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            uow.session.connection().exec_driver_sql("DROP TRIGGER IF EXISTS approval_definition_unchanged")
        uow.session.execute(changed.values(version=version, sha256=sha256))


def test_a_definition_that_is_another_text_there_is_not_used_and_the_case_is_held_at_home(nodes: Nodes) -> None:
    write_otherwise(nodes, version=1, sha256="0" * 64)
    case = at_city(nodes)

    seen = nodes[COUNTY].view(case).case
    assert [stage.state for stage in seen.stages] == ["passed", "held", "waiting"]
    assert [region for region, _ in held(nodes, COUNTY)] == ["130123"]
    assert "版在此节点内容不同" in held(nodes, COUNTY)[0][1]
    assert [line.verb for line in timeline(nodes, COUNTY, case)][-1] == "handover_refused"
    assert "版在此节点内容不同" in timeline(nodes, COUNTY, case)[-1].opinion
    assert states(nodes, case) == {"running"}

    again = TellingAgain(nodes[COUNTY].approvals, nodes[COUNTY].database)
    again()
    nodes.carry()
    assert [stage.state for stage in nodes[COUNTY].view(case).case.stages] == ["passed", "held", "waiting"]

    write_otherwise(nodes, version=1, sha256=shipped()["activity_report"].sha256)
    again()
    again()
    nodes.carry()
    approved_by(nodes, CITY, CAI, case)
    approved_by(nodes, PROVINCE, DAI, case)
    assert nodes[COUNTY].outcomes == [(case.business_id, "approved", "意见")]
    agree(nodes, case)


def test_a_version_that_is_not_known_there_comes_with_the_case_and_starts_none(nodes: Nodes) -> None:
    write_otherwise(nodes, version=7, sha256="0" * 64)
    case = at_city(nodes)

    assert nodes[CITY].view(case, CAI).case.definition_version == 1
    with nodes[CITY].database.reading() as session:
        rows = session.query(DefinitionRow.version, DefinitionRow.state).filter_by(key="activity_report").all()
    assert sorted(tuple(row) for row in rows) == [(1, "known"), (7, "published")]


def test_a_held_case_can_be_withdrawn_or_handed_over_again_by_an_administrator(nodes: Nodes) -> None:
    nodes[COUNTY].post(AMY)
    write_otherwise(nodes, version=1, sha256="0" * 64)
    withdrawn, again = at_city(nodes), at_city(nodes)

    nodes[COUNTY].act(withdrawn, Verb.WITHDRAW, ANN)
    assert states(nodes, withdrawn) == {"withdrawn"}
    write_otherwise(nodes, version=1, sha256=shipped()["activity_report"].sha256)
    nodes[COUNTY].act(again, Verb.SUSPEND, AMY)
    nodes[COUNTY].act(again, Verb.RESUME, AMY)
    nodes.carry()
    approved_by(nodes, CITY, CAI, again)
    approved_by(nodes, PROVINCE, DAI, again)
    assert states(nodes, again) == {"approved"}
    agree(nodes, again)


def test_a_case_that_was_asked_back_and_is_not_taken_is_withdrawn(nodes: Nodes) -> None:
    write_otherwise(nodes, version=1, sha256="0" * 64)
    case = nodes[COUNTY].open()
    nodes[COUNTY].act(case, Verb.APPROVE, BEN)
    nodes[COUNTY].act(case, Verb.WITHDRAW, ANN)
    nodes.carry()

    assert states(nodes, case) == {"withdrawn"}
    assert [outcome for _, outcome, _ in nodes[COUNTY].outcomes] == ["withdrawn"]


def test_a_hand_over_that_the_other_gateway_did_not_believe_is_held(nodes: Nodes) -> None:
    case = nodes[COUNTY].open()
    nodes[COUNTY].act(case, Verb.APPROVE, BEN)
    letter = nodes.collect().pop()
    event = letter.read.event
    assert isinstance(event, CaseHandedOver)
    answer = answer_to(letter.name, data_of(event), node=CITY, code="text_too_long")
    assert answer is not None
    nodes[COUNTY].hear(answer)
    nodes[COUNTY].hear(answer)

    assert [stage.state for stage in nodes[COUNTY].view(case).case.stages] == ["passed", "held", "waiting"]
    assert held(nodes, COUNTY) == [("130123", answer.reason)]  # type: ignore[attr-defined]  # a refused hand-over
    TellingAgain(nodes[COUNTY].approvals, nodes[COUNTY].database)()
    nodes.carry()
    approved_by(nodes, CITY, CAI, case)
    approved_by(nodes, PROVINCE, DAI, case)
    assert states(nodes, case) == {"approved"}
    agree(nodes, case)


def test_an_answer_that_the_homes_gateway_did_not_believe_is_held_and_given_again(nodes: Nodes) -> None:
    case = at_city(nodes)
    nodes[CITY].act(case, Verb.APPROVE, CAI)
    letter = nodes.collect().pop()
    event = letter.read.event
    assert isinstance(event, CaseAnswered)
    answer = answer_to(letter.name, data_of(event), node=COUNTY, code="not_your_region")
    assert isinstance(answer, CaseAnswerRefused)
    nodes[CITY].hear(answer)
    nodes[CITY].hear(answer)

    assert held(nodes, CITY) == [("130100", answer.reason)]
    assert nodes[COUNTY].view(case).case.token_region == "130100"
    TellingAgain(nodes[CITY].approvals, nodes[CITY].database)()
    nodes.carry()
    approved_by(nodes, PROVINCE, DAI, case)
    assert nodes[COUNTY].outcomes == [(case.business_id, "approved", "意见")]
    assert states(nodes, case) == {"approved"}
    agree(nodes, case)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "passed"}, "stage 3"),
        ({"last_round": 2}, "stage 1"),
        ({"last_round": 0}, "stage 1 of round 1 cannot count until round 0"),
    ],
)
def test_an_answer_beyond_what_was_theirs_to_decide_changes_nothing_at_home(
    nodes: Nodes, changes: dict[str, Any], reason: str
) -> None:
    case = at_city(nodes)
    nodes[CITY].act(case, Verb.APPROVE, CAI)
    letter = nodes.collect().pop()
    event = letter.read.event
    assert isinstance(event, CaseAnswered)

    stages = tuple(replace(stage, **changes) for stage in event.case.stages)
    forged = replace(event, case=replace(event.case, stages=stages))
    nodes[COUNTY].hear(forged)

    assert nodes[COUNTY].outcomes == []
    assert nodes[COUNTY].view(case).case.token_region == "130100"
    refused = [one for one in nodes[COUNTY].events() if isinstance(one, CaseAnswerRefused)]
    assert [(one.code, one.reason) for one in refused] == [("not_theirs", reason)]


def test_nobody_hands_over_a_case_that_is_another_nodes(nodes: Nodes) -> None:
    """The county's letter comes to a city that has a case of its own under that id."""
    case = nodes[COUNTY].open()
    nodes[COUNTY].act(case, Verb.APPROVE, BEN)
    event = nodes.collect().pop().read.event
    assert isinstance(event, CaseHandedOver)
    own = nodes[CITY].open(home_region="130100")
    nodes[CITY].hear(replace(event, case_id=own.id))

    refused = [one for one in nodes[CITY].events() if isinstance(one, CaseHandoverRefused)]
    assert [one.code for one in refused] == ["other_case"]
    assert nodes[CITY].view(own).case.home_region == "130100"
    assert nodes[CITY].view(own).case.whereabouts == "here"
