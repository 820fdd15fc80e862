"""The routes that every service with cases mounts."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shared.approval.blueprint import VERBS
from shared.approval.core.guard import OFFERED
from shared.approval.tables_beside import AttemptRow
from shared.identity import Principal
from tests.integration.approval.office import ANN, BAO, BEN, CAI, DAI, DINGZHOU, Office, caller, fresh_id, official


def approve(app: Flask, who: Principal, case_id: str, body: Any = None, **headers: str) -> Any:
    headers = {"Idempotency_Key": fresh_id(), "If_Match": '"1"'} | headers
    return caller(app, who).call("POST", f"/cases/{case_id}/approve", body or {}, **headers)


def test_a_case_is_read_decided_and_its_revision_is_its_tag(office: Office, app: Flask) -> None:
    case = office.open("r1")
    answer = caller(app, BEN).call("GET", f"/cases/{case.id}")
    assert answer.headers["ETag"] == '"1"'
    assert answer.json is not None
    assert answer.json["allowed_actions"][:3] == ["approve", "reject", "return"]
    assert answer.json["rounds"][0]["content"] == {"hours": 125}
    decided = approve(app, BEN, case.id, {"opinion": "同意"})
    assert (decided.status_code, decided.headers["ETag"]) == (200, '"2"')
    assert decided.json["last"] == {
        "verb": "approve",
        "account_id": "ben",
        "name": "Ben",
        "region": "130123",
        "opinion": "同意",
        "signature": "",
        "at": decided.json["last"]["at"],
    }
    assert decided.json["allowed_actions"] == ["take_back", "cc", "comment"]


def test_a_case_is_returned_with_remarks_corrected_and_compared(office: Office, app: Flask) -> None:
    case = office.open("r1")
    remarks = [{"pointer": "/hours", "reason": "超过活动时长"}]
    ben, ann = caller(app, BEN), caller(app, ANN)
    returned = ben.call(
        "POST",
        f"/cases/{case.id}/return",
        {"opinion": "请核对", "remarks": remarks},
        Idempotency_Key=fresh_id(),
        If_Match='"1"',
    )
    assert returned.status_code == 200, returned.text
    assert ann.get("/tasks?list=returned")["items"][0]["business_id"] == "r1"
    office.content = {"hours": 100}
    again = ann.call("POST", f"/cases/{case.id}/resubmit", {}, Idempotency_Key=fresh_id(), If_Match='"2"')
    assert again.status_code == 200, again.text
    assert ben.get(f"/cases/{case.id}")["differences"] == [
        {
            "from_round": 1,
            "to_round": 2,
            "nothing_changed": False,
            "changes": [{"kind": "changed", "pointer": "/hours", "old": 125, "new": 100}],
        }
    ]
    trail = ann.get(f"/cases/{case.id}/trail")
    assert trail["intact"]
    assert [(line["verb"], line["remarks"]) for line in trail["entries"]] == [
        ("submit", []),
        ("return", remarks),
        ("resubmit", []),
    ]


def test_the_same_request_again_gets_the_same_answer(office: Office, app: Flask) -> None:
    case = office.open("r1")
    first, again = (approve(app, BEN, case.id, Idempotency_Key="once") for _ in range(2))
    assert (first.status_code, first.json) == (200, again.json)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert office.decisions(case) == 2
    other = approve(app, BEN, case.id, {"opinion": "不同"}, Idempotency_Key="once")
    assert (other.status_code, other.json["code"]) == (422, "command_id_reused")


def test_the_loser_is_answered_with_the_winner(office: Office, app: Flask) -> None:
    case = office.open("r1")
    approve(app, BEN, case.id)
    lost = approve(app, BAO, case.id)
    assert lost.status_code == 409
    assert lost.json["code"] == "already_decided"
    assert lost.json["winner"]["name"] == "Ben"
    assert (lost.json["allowed_actions"], lost.json["revision"]) == (["cc", "comment"], 2)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Idempotency_Key": "a"}, (428, "if_match_missing")),
        ({"If_Match": '"1"'}, (428, "idempotency_key_missing")),
        ({"Idempotency_Key": "a", "If_Match": '"7"'}, (412, "stale_revision")),
        ({"Idempotency_Key": "a", "If_Match": "x"}, (412, "stale_revision")),
        ({"Idempotency_Key": "", "If_Match": '"1"'}, (422, "command_id_invalid")),
    ],
)
def test_a_verb_needs_its_two_headers(
    office: Office, app: Flask, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    case = office.open("r1")
    assert caller(app, BEN).refused("POST", f"/cases/{case.id}/approve", {}, **headers) == expected


@pytest.mark.parametrize(
    ("verb", "body", "pointer"),
    [
        ("reject", {}, "/opinion"),
        ("return", {"opinion": "请核对", "remarks": [{"pointer": "hours", "reason": "x"}]}, "/remarks/0/pointer"),
        ("return", {"opinion": "请核对", "remarks": [{"pointer": "/hours"}]}, "/remarks/0/reason"),
        ("approve", {"opinion": "a\x00b"}, "/opinion"),
        ("approve", {"opinion": "长" * 2001}, "/opinion"),
        ("approve", {"remarks": []}, "/remarks"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    office: Office, app: Flask, verb: str, body: dict[str, Any], pointer: str
) -> None:
    case = office.open("r1")
    answer = caller(app, BEN).call("POST", f"/cases/{case.id}/{verb}", body, Idempotency_Key=fresh_id(), If_Match='"1"')
    assert answer.status_code == 422
    assert answer.json is not None
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_not_yours_and_not_there_look_the_same(office: Office, app: Flask) -> None:
    case = office.open("r1")
    eve = caller(app, official("Eve", DINGZHOU))
    headers = {"Idempotency_Key": fresh_id(), "If_Match": '"1"'}
    for case_id in (case.id, "nothing"):
        assert eve.refused("GET", f"/cases/{case_id}") == (404, "case_not_found")
        assert eve.refused("GET", f"/cases/{case_id}/trail") == (404, "case_not_found")
        assert eve.refused("POST", f"/cases/{case_id}/approve", {}, **headers) == (404, "case_not_found")


def test_who_sees_a_case_but_may_not_decide_it_is_told_so(office: Office, app: Flask) -> None:
    case = office.open("r1")
    headers = {"Idempotency_Key": fresh_id(), "If_Match": '"1"'}
    assert caller(app, ANN).refused("POST", f"/cases/{case.id}/approve", {}, **headers) == (403, "own_case")
    assert caller(app, CAI).refused("POST", f"/cases/{case.id}/approve", {}, **headers) == (409, "not_your_turn")


def test_everybody_counts_their_own(office: Office, app: Flask) -> None:
    office.open("r1")
    counted = {"todo": 1, "returned": 0, "cc": 0, "started": 0, "done": 0, "held": 0, "provisional": 0}
    assert caller(app, BEN).get("/tasks/counts") == counted
    (item,) = caller(app, BEN).get("/tasks?list=todo&business_type=activity_report&limit=5")["items"]
    assert (item["business_id"], item["initiator_name"]) == ("r1", "Ann")
    assert caller(app, ANN).refused("GET", "/tasks?list=everything") == (422, "invalid")


def test_every_verb_has_its_route_in_the_document(app: Flask) -> None:
    document = app.test_client().get("/openapi.json").json
    assert document is not None
    for verb in VERBS:
        path = document["paths"][f"/cases/{{case_id}}/{verb.value}"]
        assert path["post"]["summary"]
        headers = {parameter["name"] for parameter in path["parameters"] if parameter["in"] == "header"}
        assert headers == {"Idempotency-Key", "If-Match"}
    assert set(VERBS) == set(OFFERED)


def test_what_was_refused_stands_in_the_audit_and_nothing_else_has_changed(office: Office, app: Flask) -> None:
    case = office.open("r1")
    approve(app, BEN, case.id)
    before = (office.decisions(case), office.entries(case), len(office.events()))
    assert approve(app, BAO, case.id, If_Match='"2"').status_code == 409
    assert approve(app, CAI, case.id).status_code == 412
    assert approve(app, DAI, case.id, If_Match='"2"').status_code == 409
    assert approve(app, official("Eve", DINGZHOU), case.id).status_code == 404
    with office.database.reading() as session:
        rows = session.execute(select(AttemptRow.actor_id, AttemptRow.verb, AttemptRow.code).order_by(AttemptRow.at))
        kept = [tuple(row) for row in rows]
    assert kept == [
        ("bao", "approve", "already_decided"),
        ("cai", "approve", "stale_revision"),
        ("dai", "approve", "not_your_turn"),
        ("eve", "approve", "case_not_found"),
    ]
    assert (office.decisions(case), office.entries(case), len(office.events())) == before
