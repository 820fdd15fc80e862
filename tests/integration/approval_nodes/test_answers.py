"""What the node of a stage can answer besides yes: each comes home and ends, or goes back, as on one node."""

from __future__ import annotations

import pytest

from shared.approval.commands import Details
from shared.approval.core.parsing import parse
from shared.approval.core.state import Remark
from shared.approval.core.words import Verb
from shared.contracts.cases import CaseClosed, CaseDecided, CaseReturned
from shared.errors import Conflict, Forbidden, NotFound
from shared.identity import Role
from tests.integration.approval.office import official
from tests.integration.approval_nodes.nodes import (
    ANN,
    BAO,
    BEN,
    CAI,
    CHEN,
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
from tests.unit.approval.cases import body, node

ADA = official("Ada", "130100", Role.SYSTEM_ADMIN)
AMY = official("Amy", "130123", Role.SYSTEM_ADMIN)


def test_a_rejection_ends_the_case_everywhere(nodes: Nodes) -> None:
    case = at_city(nodes)
    nodes[CITY].act(case, Verb.REJECT, CAI, opinion="与事实不符")
    nodes.carry()

    assert nodes[COUNTY].outcomes == [(case.business_id, "rejected", "与事实不符")]
    assert states(nodes, case) == {"rejected"}
    told = [event for event in nodes[COUNTY].events() if isinstance(event, CaseClosed)]
    assert [(one.outcome, one.decided_by, one.opinion) for one in told] == [("rejected", "Cai", "与事实不符")]
    assert not [event for event in nodes[CITY].events() if isinstance(event, CaseClosed | CaseDecided)]
    agree(nodes, case)


def test_a_case_of_which_its_home_decides_nothing_gets_its_answer_back(nodes: Nodes) -> None:
    with nodes[COUNTY].database.unit_of_work() as uow:
        nodes[COUNTY].approvals.publish(uow, parse(body(node("city"), key="decided_above")), by="test")
    case = nodes[COUNTY].open(definition="decided_above")
    nodes.carry()
    assert nodes[COUNTY].view(case).case.token_region == "130100"
    approved_by(nodes, CITY, CAI, case)

    assert nodes[COUNTY].outcomes == [(case.business_id, "approved", "意见")]
    assert states(nodes, case) == {"approved"}
    agree(nodes, case)


def test_a_case_that_was_returned_comes_again_in_the_next_round(nodes: Nodes) -> None:
    case = at_city(nodes)
    wrong = (Remark("/hours", "时长有误"),)
    nodes[CITY].act(case, Verb.RETURN, CAI, opinion="请更正", remarks=wrong)
    nodes.carry()

    assert nodes[COUNTY].outcomes == [(case.business_id, "returned", "请更正")]
    assert states(nodes, case) == {"returned"}
    told = next(event for event in nodes[COUNTY].events() if isinstance(event, CaseReturned))
    assert (told.decided_by, told.remarks, told.region) == ("Cai", 1, "130100")

    nodes[COUNTY].content = {"hours": 100}
    nodes[COUNTY].act(case, Verb.RESUBMIT, ANN)
    nodes.carry()
    approved_by(nodes, COUNTY, BEN, case)
    seen = nodes[CITY].view(case, CAI)
    assert [one.content for one in seen.rounds] == [{"hours": 125}, {"hours": 100}]
    assert [change.new for change in seen.differences[0].changes] == [100]
    approved_by(nodes, CITY, CAI, case)
    approved_by(nodes, PROVINCE, DAI, case)

    assert [outcome for _, outcome, _ in nodes[COUNTY].outcomes] == ["returned", "resubmitted", "approved"]
    assert states(nodes, case) == {"approved"}
    agree(nodes, case)


def test_a_return_to_a_node_below_is_decided_there_again(nodes: Nodes) -> None:
    case = at_city(nodes)
    nodes[CITY].act(case, Verb.RETURN, CAI, opinion="县级再核", details=Details(node="county"))
    nodes.carry()

    here = nodes[COUNTY].view(case).case
    assert (here.state, here.token_region) == ("running", "130123")
    with pytest.raises(Conflict) as refused:
        nodes[CITY].act(case, Verb.COMMENT, CAI)
    assert refused.value.code == "elsewhere"
    approved_by(nodes, COUNTY, BAO, case)
    approved_by(nodes, CITY, CHEN, case)
    approved_by(nodes, PROVINCE, DAI, case)

    assert nodes[COUNTY].outcomes == [(case.business_id, "approved", "意见")]
    assert states(nodes, case) == {"approved"}
    agree(nodes, case)


def test_a_return_from_the_province_to_the_city_comes_back_to_the_province(nodes: Nodes) -> None:
    case = at_city(nodes)
    approved_by(nodes, CITY, CAI, case)
    nodes[PROVINCE].act(case, Verb.RETURN, DAI, details=Details(node="city"))
    nodes.carry()
    assert nodes[COUNTY].view(case).case.token_region == "130100"

    approved_by(nodes, CITY, CAI, case)
    approved_by(nodes, PROVINCE, DAI, case)

    assert states(nodes, case) == {"approved"}
    agree(nodes, case)


def test_an_administrator_of_the_city_ends_a_case_that_the_city_has(nodes: Nodes) -> None:
    case = at_city(nodes)
    nodes[CITY].post(ADA)
    nodes[CITY].act(case, Verb.TERMINATE, ADA, opinion="重复申报")
    nodes.carry()

    assert nodes[COUNTY].outcomes == [(case.business_id, "terminated", "重复申报")]
    assert states(nodes, case) == {"terminated"}
    agree(nodes, case)


def test_what_needs_the_other_node_is_refused_and_says_so(nodes: Nodes) -> None:
    case = at_city(nodes)
    nodes[COUNTY].post(AMY)
    nodes[CITY].post(ADA)
    refused = [
        (COUNTY, Verb.TAKE_BACK, BEN),
        (COUNTY, Verb.TERMINATE, AMY),
        (COUNTY, Verb.SUSPEND, AMY),
        (COUNTY, Verb.REMIND, ANN),
        (COUNTY, Verb.CC, ANN),
        (CITY, Verb.MIGRATE, ADA),
    ]
    for name, verb, who in refused:
        entries = nodes[name].entries(case)
        with pytest.raises(Conflict) as error:
            nodes[name].act(case, verb, who, details=Details(to=("bao",)) if verb is Verb.CC else Details())
        assert error.value.code == "elsewhere", verb
        assert nodes[name].entries(case) == entries
    assert nodes[COUNTY].view(case, ANN).case.allowed_actions == ("withdraw", "comment")
    assert nodes.carry() == []


def test_a_case_that_nobody_there_can_decide_is_held_there(nodes: Nodes) -> None:
    for who in (CAI, CHEN):
        nodes[CITY].post(who, active=False)
    case = at_city(nodes)
    assert [stage.state for stage in nodes[CITY].view(case, DAI).case.stages] == ["passed", "held", "waiting"]

    nodes[CITY].post(CAI)
    approved_by(nodes, CITY, CAI, case)
    approved_by(nodes, PROVINCE, DAI, case)

    assert states(nodes, case) == {"approved"}
    agree(nodes, case)


def test_nobody_decides_on_two_nodes(nodes: Nodes) -> None:
    """Ben holds a post in the city too, under the same account."""
    both = official("Ben", "130100")
    nodes[CITY].post(both)
    case = at_city(nodes)
    with pytest.raises(Forbidden) as refused:
        nodes[CITY].act(case, Verb.APPROVE, both)
    assert refused.value.code == "one_stage_per_round"


def test_officials_of_the_province_do_not_see_a_case_before_it_comes(nodes: Nodes) -> None:
    case = at_city(nodes)
    with pytest.raises(NotFound):
        nodes[PROVINCE].view(case, DAI)
