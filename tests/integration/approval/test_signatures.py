"""Decisions that carry the reference of a signature: demanded, kept, shown, and part of what the trail vouches for."""

from __future__ import annotations

import pytest
from flask import Flask

from shared.approval.commands import Details
from shared.approval.core.parsing import parse
from shared.approval.core.words import Verb
from shared.errors import Invalid, KeyReused
from shared.identity import Principal
from tests.integration.approval.office import ANN, BEN, CAI, Office, caller, fresh_id
from tests.integration.approval.test_http import approve
from tests.integration.approval.test_many import decide, rows
from tests.unit.approval.cases import body, node


def test_a_signature_is_demanded_where_the_definition_says_so(office: Office) -> None:
    signed_route = parse(body(node("county", signature=["approve"]), node("city"), key="signed"))
    with office.database.unit_of_work() as uow:
        office.approvals.publish(uow, signed_route, by="ann")
    case = office.open("r1", definition="signed")
    assert [stage.signature_needed for stage in case.stages] == [("approve",), ()]
    with pytest.raises(Invalid) as refused:
        office.act(case, Verb.APPROVE, BEN)
    assert (refused.value.code, refused.value.pointer) == ("signature_required", "/signature")
    assert "签名编号" in refused.value.zh
    assert "signature" in refused.value.en
    signed = Details(signature="e-file-7")
    done = office.act(case, Verb.APPROVE, BEN, command_id="signed", details=signed)
    assert done.last.signature == "e-file-7"
    assert office.act(case, Verb.APPROVE, BEN, command_id="signed", details=signed) == done
    with pytest.raises(KeyReused):
        office.act(case, Verb.APPROVE, BEN, command_id="signed", details=Details(signature="e-file-8"))
    assert office.trail_problems(case) == ()


def test_a_decision_carries_the_reference_of_a_signature(office: Office, app: Flask) -> None:
    case = office.open("r1")
    decided = approve(app, BEN, case.id, {"opinion": "同意", "signature": "CFCA-20170901-0007"})
    assert decided.json["last"]["signature"] == "CFCA-20170901-0007"
    assert caller(app, BEN).get(f"/cases/{case.id}")["last"]["signature"] == "CFCA-20170901-0007"
    trail = caller(app, ANN).get(f"/cases/{case.id}/trail")
    assert [(line["verb"], line["signature"]) for line in trail["entries"]] == [
        ("submit", ""),
        ("approve", "CFCA-20170901-0007"),
    ]
    assert trail["intact"]
    too_long = approve(app, CAI, case.id, {"signature": "x" * 201}, If_Match='"2"')
    assert (too_long.status_code, too_long.json["errors"][0]["pointer"]) == (422, "/signature")
    other = caller(app, CAI).call(
        "POST",
        f"/cases/{case.id}/comment",
        {"opinion": "?", "signature": "x"},
        Idempotency_Key=fresh_id(),
        If_Match='"2"',
    )
    assert other.status_code == 422  # only a decision is signed


def test_the_list_of_what_waits_says_where_a_signature_is_demanded(office: Office, app: Flask) -> None:
    signed_route = parse(body(node("county", signature=["approve", "reject"]), node("city"), key="signed"))
    with office.database.unit_of_work() as uow:
        office.approvals.publish(uow, signed_route, by="ann")
    signed, plain = office.open("r1", definition="signed"), office.open("r2")

    def needed(who: Principal, which: str = "todo") -> dict[str, list[str]]:
        found = caller(app, who).get(f"/tasks?list={which}")["items"]
        return {one["case_id"]: one["signature_needed"] for one in found}

    assert needed(BEN) == {signed.id: ["approve", "reject"], plain.id: []}
    office.act(signed, Verb.APPROVE, BEN, details=Details(signature="e-file-7"))
    assert needed(CAI) == {signed.id: []}, "the city's node demands none"
    assert needed(ANN, "started") == {signed.id: [], plain.id: []}


def test_each_row_has_its_own_signature(office: Office, app: Flask) -> None:
    first, second = office.open("r1"), office.open("r2")
    sent = rows(first.id, second.id)
    sent[0]["signature"] = "e-file-7"
    assert decide(app, BEN, sent).status_code == 200
    assert [office.view(case).case.last.signature for case in (first, second)] == ["e-file-7", ""]
