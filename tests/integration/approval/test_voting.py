"""Several decide at once, through the door and in the tables."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.approval.core.parsing import parse
from shared.approval.core.words import Verb
from shared.approval.views import CaseView, VoteView
from shared.errors import Conflict
from tests.integration.approval.office import BAO, BEN, COUNTY, Office, official

LAN = official("Lan", COUNTY)


def open_joint(office: Office, **node: Any) -> CaseView:
    """Open a case that Ben, Bao and Lan decide together."""
    one = {
        "node": "county",
        "title": {"zh": "会签", "en": "Together"},
        "tier": "county",
        "approvers": [{"role": "approver"}] * 3,
    }
    body = {"key": "joint", "version": 1, "title": {"zh": "会签", "en": "Together"}, "route": [one | node]}
    office.post(LAN)
    with office.database.unit_of_work() as uow:
        office.approvals.publish(uow, parse(body), by="ann")
    return office.open("r1", definition="joint")


def test_one_reject_ends_what_all_must_pass(office: Office) -> None:
    """AP4."""
    case = open_joint(office, mode="all", veto=True)
    assert (case.stages[0].veto, case.stages[0].vote) == (True, None)
    office.act(case, Verb.APPROVE, BEN, expected_rev=1)
    done = office.act(case, Verb.REJECT, BAO, opinion="材料不全")
    assert (done.state, done.stages[0].decided_by_name) == ("rejected", "Bao")
    assert [task.state for task in done.stages[0].tasks] == ["passed", "rejected", "cancelled"]
    assert office.outcomes == [("r1", "rejected", "材料不全")]
    with pytest.raises(Conflict) as refused:
        office.act(case, Verb.APPROVE, LAN)
    assert refused.value.extra["winner"]["name"] == "Bao"
    assert office.trail_problems(case) == ()


def test_a_vote_passes_as_soon_as_it_is_certain(office: Office) -> None:
    case = open_joint(office, mode="vote", veto=False, vote={"denominator": "ratio", "operator": ">", "value": 50})
    assert case.stages[0].vote == VoteView(denominator="ratio", operator=">", value=50)
    assert office.act(case, Verb.REJECT, BEN).state == "running"
    assert office.view(case, BEN).case.allowed_actions == ("cc", "comment")
    assert office.act(case, Verb.APPROVE, LAN).state == "running"
    assert office.act(case, Verb.APPROVE, BAO).state == "approved"
    assert office.trail_problems(case) == ()


@pytest.mark.parametrize(
    "change", ["pass_value = NULL", "veto = NULL", "pass_op = '<'", "mode = 'any'", "denominator = 'heads'"]
)
def test_the_database_knows_what_a_vote_needs(office: Office, change: str) -> None:
    open_joint(office, mode="vote", veto=False, vote={"denominator": "count", "operator": ">=", "value": 2})
    with office.database.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(text(f"UPDATE approval_stage SET {change}"))  # noqa: S608  # our own words
