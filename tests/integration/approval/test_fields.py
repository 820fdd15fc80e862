"""Which fields of a case somebody sees, and which may change while it is decided (AP14)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from shared.approval.commands import Details
from shared.approval.core.difference import Change, ChangeKind
from shared.approval.core.parsing import parse
from shared.approval.core.state import Remark
from shared.approval.core.words import Verb
from shared.approval.views import CaseView
from shared.errors import Conflict, NotFound
from shared.identity import Principal, Role
from tests.integration.approval.office import (
    ANN,
    BAO,
    BEN,
    CAI,
    CITY,
    DAI,
    DINGZHOU,
    Office,
    caller,
    fresh_id,
    official,
)
from tests.unit.approval.cases import body, node

CONTENT = {"hours": 125, "problems": "无", "money": {"total": 3000, "unit": "元"}}
ADA = official("Ada", CITY, Role.SYSTEM_ADMIN)
FAR = official("Far", DINGZHOU)


@pytest.fixture
def case(office: Office) -> CaseView:
    """A case whose county does not see the money and lets the problems be written; the city neither sees the hours."""
    route = (
        node("county", fields={"write": ["/problems"], "hidden": ["/money/total"]}),
        node("city", fields={"hidden": ["/hours"]}),
        node("province"),
    )
    with office.database.unit_of_work() as uow:
        office.approvals.publish(uow, parse(body(*route, key="with_fields")), by="test")
        office.follow(uow, ADA)
        office.follow(uow, FAR)
    return office.open("r1", definition="with_fields", content=CONTENT)


def seen(app: Flask, who: Principal, case: CaseView) -> Any:
    return caller(app, who).get(f"/cases/{case.id}")["rounds"][-1]["content"]


def test_each_sees_what_their_part_in_it_shows(office: Office, app: Flask, case: CaseView) -> None:
    without_total = {**CONTENT, "money": {"unit": "元"}}
    without_hours = {name: value for name, value in CONTENT.items() if name != "hours"}
    expected = {ANN: CONTENT, BEN: without_total, CAI: CONTENT, DAI: CONTENT, ADA: {}}
    assert {who: seen(app, who, case) for who in expected} == expected
    office.act(case, Verb.APPROVE, BEN)
    expected = {ANN: CONTENT, BEN: CONTENT, CAI: without_hours, DAI: CONTENT, ADA: {}}
    assert {who: seen(app, who, case) for who in expected} == expected
    office.act(case, Verb.CC, CAI, details=Details(to=("far",)))
    assert seen(app, FAR, case) is not None


def test_a_difference_and_a_remark_show_nothing_that_is_hidden(office: Office, app: Flask, case: CaseView) -> None:
    remarks = (Remark("/money/total", "过高"), Remark("/hours", "请核对"))
    office.act(case, Verb.RETURN, BEN, remarks=remarks)
    office.act(case, Verb.RESUBMIT, ANN, content={**CONTENT, "hours": 100, "money": {"total": 1, "unit": "元"}})
    told = {who: caller(app, who).get(f"/cases/{case.id}")["differences"][0]["changes"] for who in (ANN, BEN)}
    assert [one["pointer"] for one in told[ANN]] == ["/hours", "/money/total"]
    assert [one["pointer"] for one in told[BEN]] == ["/hours"]
    for who, pointers in ((ANN, ["/money/total", "/hours"]), (BEN, ["/hours"]), (ADA, [])):
        entries = caller(app, who).get(f"/cases/{case.id}/trail")["entries"]
        assert [one["pointer"] for one in entries[1]["remarks"]] == pointers
        assert entries[1]["opinion"] == ("" if who is ADA else "意见")


def amend(office: Office, case: CaseView, *pointers: str, who: Principal = ANN) -> CaseView:
    changes = [Change(kind=ChangeKind.CHANGED, pointer=pointer, old="无", new="两处隐患") for pointer in pointers]
    with office.database.unit_of_work() as uow:
        return office.approvals.amend(uow, case_id=case.id, actor=who, changes=changes, command_id=fresh_id())


def test_a_listed_field_changes_and_stands_in_the_trail(office: Office, app: Flask, case: CaseView) -> None:
    after = amend(office, case, "/problems")
    assert (after.rev, after.state) == (case.rev, "running")
    entry = caller(app, BAO).get(f"/cases/{case.id}/trail")["entries"][-1]
    assert (entry["verb"], entry["who"]) == ("amend", "Ann")
    assert entry["remarks"] == [{"pointer": "/problems", "reason": "无 → 两处隐患"}]
    assert office.trail_problems(case) == ()


@pytest.mark.parametrize(
    ("pointers", "frozen"),
    [(("/hours",), ["/hours"]), (("/problems", "/hours", "/money"), ["/hours", "/money"]), ((), [])],
)
def test_any_other_field_is_frozen_and_named(
    office: Office, case: CaseView, pointers: tuple[str, ...], frozen: list[str]
) -> None:
    with pytest.raises(Conflict) as refused:
        amend(office, case, *pointers)
    assert refused.value.code == "field_frozen"
    assert [fault.pointer for fault in refused.value.faults] == frozen
    assert office.entries(case) == 2


def test_at_a_node_that_lists_nothing_all_is_frozen_and_strangers_find_no_case(office: Office, case: CaseView) -> None:
    with pytest.raises(NotFound):
        amend(office, case, "/hours", who=FAR)
    office.act(case, Verb.APPROVE, BEN)
    with pytest.raises(Conflict) as refused:
        amend(office, case, "/problems")
    assert refused.value.code == "field_frozen"
