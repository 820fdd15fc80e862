"""One request that moves many cases: decisions of a list, and the work of somebody who leaves."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shared.approval.commands import Details
from shared.approval.core.words import Verb
from shared.approval.lists import TaskList
from shared.approval.tables_beside import AttemptRow
from shared.contracts.cases import CaseDecided
from shared.identity import Principal, Role
from tests.integration.approval.office import (
    ANN,
    BAO,
    BEN,
    CAI,
    CITY,
    COUNTY,
    DINGZHOU,
    Office,
    caller,
    fresh_id,
    official,
)
from tests.integration.approval.test_lists import of

ADA = official("Ada", CITY, Role.SYSTEM_ADMIN)


def rows(*case_ids: str, revision: int = 1) -> list[dict[str, Any]]:
    return [{"case_id": one, "revision": revision, "command_id": fresh_id()} for one in case_ids]


def decide(app: Flask, who: Principal, sent: list[dict[str, Any]], verb: str = "approve", opinion: str = "同意") -> Any:
    body = {"verb": verb, "opinion": opinion, "rows": sent}
    return caller(app, who).call("POST", "/decisions", body)


def attempts(office: Office) -> list[tuple[str, str, str]]:
    with office.database.reading() as session:
        found = session.execute(select(AttemptRow.actor_id, AttemptRow.verb, AttemptRow.code).order_by(AttemptRow.code))
        return [(row.actor_id, row.verb, row.code) for row in found]


def test_each_row_has_its_own_answer_and_a_refused_one_undoes_no_other(office: Office, app: Flask) -> None:
    first, second, lost, own = (office.open(name) for name in ("r1", "r2", "r3", "r4"))
    mine = office.open("r5", barred=frozenset({"ben"}))
    office.act(lost, Verb.APPROVE, BAO)
    sent = [*rows(second.id, first.id, lost.id, mine.id, "nothing"), *rows(own.id, revision=7)]
    answer = decide(app, BEN, sent)
    assert answer.status_code == 200, answer.text
    results = answer.json["results"]
    assert [one["case_id"] for one in results] == [one["case_id"] for one in sent]
    assert [one["command_id"] for one in results] == [one["command_id"] for one in sent]
    assert results[0]["case"] == {
        "id": second.id,
        "state": "running",
        "rev": 2,
        "allowed_actions": ["take_back", "cc", "comment"],
    }
    assert results[1]["problem"] is None
    refused = [(one["problem"]["status"], one["problem"]["code"]) for one in results[2:]]
    assert refused == [(409, "already_decided"), (403, "barred"), (404, "case_not_found"), (412, "stale_revision")]
    assert all(one["case"] is None for one in results[2:])
    told = results[2]["problem"]
    assert (told["winner"]["name"], told["revision"]) == ("Bao", 2)
    assert told["title"].startswith("此环节已由他人办理")
    assert told["title_en"].startswith("This stage has been decided")
    assert attempts(office) == [("ben", "approve", code) for code in sorted(code for _, code in refused)]
    assert len([one for one in office.events() if isinstance(one, CaseDecided)]) == 3
    assert office.trail_problems(first) == ()


def test_the_same_rows_again_are_answered_as_they_were(office: Office, app: Flask) -> None:
    sent = rows(*(office.open(f"r{number}").id for number in range(3)))
    first = decide(app, BEN, sent)
    with_more = [*sent, *rows(office.open("r9").id)]
    again = decide(app, BEN, with_more)
    assert again.json["results"][:3] == first.json["results"]
    assert again.json["results"][3]["case"]["rev"] == 2
    assert len([one for one in office.events() if isinstance(one, CaseDecided)]) == 4
    other = decide(app, BEN, sent, opinion="不同")
    assert {one["problem"]["code"] for one in other.json["results"]} == {"command_id_reused"}


@pytest.mark.parametrize(("verb", "state"), [("reject", "rejected"), ("return", "returned")])
def test_many_are_rejected_or_returned_with_one_opinion(office: Office, app: Flask, verb: str, state: str) -> None:
    cases = [office.open(f"r{number}") for number in range(2)]
    ids = [case.id for case in cases]
    silent = decide(app, BEN, rows(*ids), verb, opinion=" ")
    assert [one["problem"]["errors"][0]["pointer"] for one in silent.json["results"]] == ["/opinion"] * 2
    done = decide(app, BEN, rows(*ids), verb, opinion="材料不全")
    assert [one["case"]["state"] for one in done.json["results"]] == [state] * 2
    assert {office.view(case).case.last.opinion for case in cases} == {"材料不全"}


TWICE = {"case_id": "a", "revision": 1, "command_id": "x"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"rows": []}, "/rows"),
        ({"rows": [{"case_id": str(n), "revision": 1, "command_id": str(n)} for n in range(201)]}, "/rows"),
        ({"rows": [TWICE, TWICE | {"command_id": "y"}]}, "/rows/1/case_id"),
        ({"rows": [TWICE, TWICE | {"case_id": "b"}]}, "/rows/1/command_id"),
        ({"rows": [TWICE | {"revision": 0}]}, "/rows/0/revision"),
        ({"rows": [TWICE | {"opinion": "x"}]}, "/rows/0/opinion"),
        ({"verb": "withdraw"}, "/verb"),
        ({"opinion": "长" * 2001}, "/opinion"),
    ],
)
def test_a_batch_that_is_none_is_refused_as_a_whole(
    office: Office, app: Flask, change: dict[str, Any], pointer: str
) -> None:
    body = {"verb": "approve", "rows": [TWICE]} | change
    answer = caller(app, BEN).call("POST", "/decisions", body)
    assert answer.status_code == 422
    assert answer.json is not None
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


def hand_over(app: Flask, who: Principal, key: str = "", **change: Any) -> Any:
    body = {"from": "ben", "to": "bao", "opinion": "本人调离"} | change
    return caller(app, who).call("POST", "/hand-over", body, Idempotency_Key=key or fresh_id())


@pytest.fixture
def leaving(office: Office) -> Office:
    """Ben has claimed one case, has a delegated one, and is asked by another; a post's task is nobody's by name."""
    office.post(ADA)
    office.act(office.open("claimed"), Verb.CLAIM, BEN)
    office.act(office.open("delegated"), Verb.DELEGATE, BAO, details=Details(to=("ben",)))
    office.open("posts")
    return office


def test_what_is_somebodys_by_name_becomes_anothers(leaving: Office, app: Flask) -> None:
    before = of(leaving, TaskList.TODO, BAO)
    answer = hand_over(app, ADA)
    assert answer.status_code == 200, answer.text
    assert (answer.json["more"], answer.json["next_cursor"]) == (False, None)
    told = [(one["task"], one["problem"] and one["problem"]["code"]) for one in answer.json["results"]]
    # Bao has asked Ben for an opinion: that question cannot come back to Bao.
    assert sorted(told) == [(1, None), (2, "recipient_unfit")]
    assert before == ["posts"]
    assert of(leaving, TaskList.TODO, BAO) == ["posts", "claimed"]
    assert of(leaving, TaskList.TODO, BEN) == ["delegated", "posts"]
    assert attempts(leaving) == [("ada", "hand_over_all", "recipient_unfit")]
    (entry,) = [one for one in _trail(leaving, app) if one["verb"] == "hand_over_all"]
    assert (entry["who"], entry["opinion"]) == ("Ada", "本人调离")


def _trail(office: Office, app: Flask) -> list[Any]:
    (item,) = [one for one in caller(app, ANN).get("/tasks?list=started")["items"] if one["business_id"] == "claimed"]
    entries: list[Any] = caller(app, ANN).get(f"/cases/{item['case_id']}/trail")["entries"]
    return entries


def test_the_same_hand_over_again_is_answered_as_it_was(leaving: Office, app: Flask) -> None:
    first, again = (hand_over(app, ADA, key="once") for _ in range(2))
    assert (first.json, again.headers["Idempotency-Replayed"]) == (again.json, "true")
    assert [one["case"] is None for one in hand_over(app, ADA).json["results"]] == [True]


def test_a_hand_over_goes_on_where_the_last_one_ended(
    leaving: Office, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.approval.batches.MOST_TASKS", 1)
    first = hand_over(app, ADA).json
    assert (len(first["results"]), first["more"]) == (1, True)
    second = hand_over(app, ADA, cursor=first["next_cursor"]).json
    assert (len(second["results"]), second["more"]) == (1, False)
    assert {first["results"][0]["case_id"]} != {second["results"][0]["case_id"]}


def test_an_administrator_sees_to_their_own_regions_only(leaving: Office, app: Flask) -> None:
    elsewhere = official("Eda", DINGZHOU, Role.SYSTEM_ADMIN)
    leaving.post(elsewhere)
    assert hand_over(app, elsewhere).json["results"] == []
    stranger = official("Sam", CITY, Role.SYSTEM_ADMIN)
    assert hand_over(app, stranger).json["results"] == [], "a post that the directory does not know"


def test_who_has_work_by_name_is_listed_before_it_is_handed_over(leaving: Office, app: Flask) -> None:
    listed = caller(app, ADA).get("/hand-over")["items"]
    assert listed == [
        {"account_id": "ben", "name": "Ben", "tasks": 2, "regions": [COUNTY]},
        {"account_id": "bao", "name": "Bao", "tasks": 1, "regions": [COUNTY]},
    ]
    cui = official("Cui", COUNTY)
    leaving.post(cui)
    named = caller(app, ADA).get("/hand-over/ben/successors")["items"]
    assert [(one["name"], one["region_name"], one["verbs"]) for one in named] == [
        ("Bao", "石家庄市正定县", ["hand_over_all"]),
        ("Cui", "石家庄市正定县", ["hand_over_all"]),
    ]
    assert caller(app, ADA).get("/hand-over/nobody/successors")["items"] == []
    done = hand_over(app, ADA, to="cui").json["results"]
    assert len(done) == listed[0]["tasks"]
    assert [(one["account_id"], one["tasks"]) for one in caller(app, ADA).get("/hand-over")["items"]] == [
        ("cui", 2),
        ("bao", 1),
    ]
    elsewhere = official("Eda", DINGZHOU, Role.SYSTEM_ADMIN)
    leaving.post(elsewhere)
    assert caller(app, elsewhere).get("/hand-over")["items"] == []
    assert caller(app, BEN).refused("GET", "/hand-over") == (403, "forbidden")


@pytest.mark.parametrize(
    ("who", "change", "expected"),
    [
        (BEN, {}, (403, "forbidden")),
        (ADA, {"to": "nobody"}, (422, "recipient_unfit")),
        (ADA, {"to": "ben"}, (422, "recipient_unfit")),
        (ADA, {"opinion": ""}, (422, "invalid")),
        (ADA, {"cursor": "x"}, (422, "cursor_invalid")),
    ],
)
def test_a_hand_over_that_cannot_be_is_refused(
    leaving: Office, app: Flask, who: Principal, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    body = {"from": "ben", "to": "bao", "opinion": "本人调离"} | change
    assert caller(app, who).refused("POST", "/hand-over", body, Idempotency_Key=fresh_id()) == expected


def test_a_hand_over_needs_its_id(leaving: Office, app: Flask) -> None:
    body = {"from": "ben", "to": "bao", "opinion": "本人调离"}
    assert caller(app, ADA).refused("POST", "/hand-over", body) == (428, "idempotency_key_missing")


def test_who_can_be_given_a_part_is_listed_with_the_verbs(leaving: Office, app: Flask) -> None:
    clerk = official("Cui", COUNTY, Role.CLERK)
    leaving.post(clerk)
    case = leaving.open("r1", barred=frozenset({"bao"}))
    found = caller(app, BEN).get(f"/cases/{case.id}/recipients")["items"]
    assert [(one["name"], one["role"], one["region_name"], one["verbs"]) for one in found] == [
        ("Bao", "approver", "石家庄市正定县", ["consult", "cc"]),
        ("Cui", "clerk", "石家庄市正定县", ["transfer", "delegate", "add_sign", "consult", "cc"]),
        ("Cai", "approver", "石家庄市", ["consult", "cc"]),
        ("Dai", "approver", "河北省", ["consult", "cc"]),
    ]
    for one in found:
        done = "transfer" in one["verbs"]
        answer = caller(app, BEN).call(
            "POST",
            f"/cases/{case.id}/transfer",
            {"to": one["account_id"]},
            Idempotency_Key=fresh_id(),
            If_Match='"1"',
        )
        assert (answer.status_code == 200) == done, one["name"]
    eve = caller(app, official("Eve", DINGZHOU))
    assert eve.refused("GET", f"/cases/{case.id}/recipients") == (404, "case_not_found")


def test_an_administrator_is_given_no_task_to_decide(leaving: Office, app: Flask) -> None:
    local = official("Lea", COUNTY, Role.SYSTEM_ADMIN)
    leaving.post(local)
    case = leaving.open("r1")
    headers = {"Idempotency_Key": fresh_id(), "If_Match": '"1"'}
    path, body = f"/cases/{case.id}/transfer", {"to": "lea"}
    assert caller(app, BEN).refused("POST", path, body, **headers) == (422, "recipient_unfit")
    assert CAI.account_id in {
        one["account_id"] for one in caller(app, BEN).get(f"/cases/{case.id}/recipients")["items"]
    }
