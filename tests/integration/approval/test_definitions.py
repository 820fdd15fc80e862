"""Definitions over HTTP: read by everybody, drafted and published by a system administrator of the province."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.approval.blueprint import approval_blueprint
from shared.approval.core.words import Verb
from shared.approval.definitions import shipped
from shared.http import HttpService, create_service_app
from shared.identity import Principal, Role
from tests.integration.approval.office import BEN, CAI, CITY, DAI, PROVINCE, START, Office, fresh_id, official
from tests.integration.hosting import at_node
from tests.integration.signing import VERIFIER, Caller

ADA, EVE = official("Ada", PROVINCE, Role.SYSTEM_ADMIN), official("Eve", CITY, Role.SYSTEM_ADMIN)
KEY = "activity_report"


@pytest.fixture
def app(office: Office) -> Flask:
    for who in (ADA, EVE):
        office.post(who)
    blueprints = [approval_blueprint(office.approvals)]
    return create_service_app(
        HttpService(
            name="reporting", title="Reporting", database=office.database, verifier=VERIFIER, blueprints=blueprints
        )
    )


def caller(app: Flask, who: Principal = ADA) -> Caller:
    return Caller(app, who, START)


def body(**changes: Any) -> dict[str, Any]:
    """Answer the shipped definition as it is sent, without its last node."""
    written = {name: value for name, value in shipped()[KEY].body.items() if name not in ("key", "version")}
    return {**written, "route": written["route"][:2], **changes}


def save(app: Flask, sent: dict[str, Any], *, who: Principal = ADA, key: str = KEY, **headers: str) -> Any:
    return caller(app, who).call("PUT", f"/definitions/{key}/draft", sent, **headers)


def publish(app: Flask, *, who: Principal = ADA, key: str = KEY, rev: int = 1) -> Any:
    headers = {"If_Match": f'"{rev}"', "Idempotency_Key": fresh_id()}
    return caller(app, who).call("POST", f"/definitions/{key}/draft/publish", {}, **headers)


def retire(app: Flask, version: int, *, who: Principal = ADA) -> Any:
    return caller(app, who).call("POST", f"/definitions/{KEY}/retire", {}, If_Match=f'"{version}"')


def states(app: Flask, who: Principal = ADA) -> list[tuple[int, str]]:
    found = next(one for one in caller(app, who).get("/definitions") if one["key"] == KEY)
    return [(version["version"], version["state"]) for version in found["versions"]]


def test_everybody_reads_what_is_published(app: Flask) -> None:
    ben = caller(app, BEN)
    assert [(one["key"], one["title_zh"]) for one in ben.get("/definitions")] == [
        (KEY, "活动报告审批"),
        ("revocation", "撤销审批"),
        ("star_rating_low", "一至二星级认定"),
    ]
    found = ben.get(f"/definitions/{KEY}/1")
    assert (found["sha256"], found["body"]) == (shipped()[KEY].sha256, shipped()[KEY].body)
    assert (found["published_by"], found["state"]) == ("system:reporting", "published")
    assert ben.refused("GET", f"/definitions/{KEY}/2") == (404, "definition_not_found")
    assert ben.refused("GET", "/definitions/nothing/1") == (404, "definition_not_found")


def test_a_draft_is_saved_read_saved_again_and_published(office: Office, app: Flask) -> None:
    running = office.open("r1")
    first = save(app, body())
    assert (first.status_code, first.headers["ETag"]) == (200, '"1"'), first.text
    assert (first.json["version"], first.json["state"], first.json["saved_by"]) == (2, "draft", "ada")
    second = save(app, body(max_rounds=2), If_Match='"1"')
    assert (second.headers["ETag"], second.json["body"]["max_rounds"]) == ('"2"', 2)
    assert caller(app).call("GET", f"/definitions/{KEY}/2").headers["ETag"] == '"2"'
    published = publish(app, rev=2)
    assert (published.status_code, published.json["state"], published.json["published_by"]) == (200, "published", "ada")
    assert published.json["published_at"] is not None
    assert states(app) == [(2, "published"), (1, "retired")]
    old = caller(app).get(f"/definitions/{KEY}/1")
    assert (old["retired_by"], old["retired_at"]) == ("ada", published.json["published_at"])
    # The case that runs goes through all three tiers, the new one through two.
    for who in (BEN, CAI, DAI):
        running = office.act(running, Verb.APPROVE, who)
    assert running.state == "approved"
    assert [stage.node_key for stage in office.open("r2").stages] == ["county", "city"]


def test_a_draft_is_seen_and_changed_by_the_provinces_system_administrators_only(app: Flask) -> None:
    save(app, body())
    for who in (BEN, EVE):
        assert states(app, who) == [(1, "published")]
        assert caller(app, who).refused("GET", f"/definitions/{KEY}/2") == (404, "definition_not_found")
    for answer in (save(app, body(), who=EVE), publish(app, who=EVE), retire(app, 1, who=EVE)):
        assert (answer.status_code, answer.json["code"]) == (403, "not_the_provinces_administrator")
    assert save(app, body(), who=BEN).status_code == 403
    # A token says who was in office some minutes ago; the directory says who is.
    former = official("Fay", PROVINCE, Role.SYSTEM_ADMIN)
    assert save(app, body(), who=former).json["code"] == "not_the_provinces_administrator"


def test_a_nodes_definitions_are_its_own_administrators(office: Office, app: Flask) -> None:
    """Each node starts its cases on its own; who administers the province has no post at a city's node."""
    with at_node(office.database, "shijiazhuang"):
        assert save(app, body()).json["code"] == "not_the_provinces_administrator"
        assert save(app, body(), who=EVE).status_code == 200
        assert (states(app, EVE), states(app)) == ([(2, "draft"), (1, "published")], [(1, "published")])
        assert publish(app, who=EVE).status_code == 200


def discard(app: Flask, *, who: Principal = ADA, key: str = KEY, rev: int = 1) -> Any:
    headers = {"If_Match": f'"{rev}"', "Idempotency_Key": fresh_id()}
    return caller(app, who).call("POST", f"/definitions/{key}/draft/discard", {}, **headers)


def test_a_draft_is_deleted_by_who_has_read_it_and_nothing_else_is(app: Flask) -> None:
    assert discard(app).json["code"] == "draft_not_found"
    save(app, body(max_rounds=2))
    save(app, body(max_rounds=3), If_Match='"1"')
    assert (discard(app).status_code, discard(app, rev=2, who=EVE).status_code) == (412, 403)
    assert caller(app).refused("POST", f"/definitions/{KEY}/draft/discard", {}) == (428, "if_match_missing")
    assert states(app) == [(2, "draft"), (1, "published")]

    gone = discard(app, rev=2)
    assert (gone.status_code, gone.json["body"]["max_rounds"]) == (200, 3)
    assert states(app) == [(1, "published")]
    assert discard(app, rev=2).json["code"] == "draft_not_found"
    # The number is free again, and what is written under it is another draft.
    assert save(app, body()).json["version"] == 2
    save(app, body(), key="something_new")
    assert discard(app, key="something_new").status_code == 200
    assert "something_new" not in {one["key"] for one in caller(app).get("/definitions")}


def test_two_who_write_the_same_draft_do_not_overwrite_each_other(app: Flask) -> None:
    assert save(app, body(), If_Match='"1"').status_code == 412
    save(app, body())
    assert (save(app, body()).status_code, save(app, body()).json["code"]) == (428, "if_match_missing")
    stale = save(app, body(), If_Match='"7"')
    assert (stale.status_code, stale.json["current_revision"]) == (412, 1)
    assert publish(app, rev=2).status_code == 412
    assert caller(app).refused("POST", f"/definitions/{KEY}/draft/publish", {}) == (428, "if_match_missing")


def test_every_mistake_is_a_fault_at_its_place_in_two_languages(app: Flask) -> None:
    broken = body()
    broken["route"] = [{**broken["route"][0], "tier": "town", "x y": 1}, {**broken["route"][1], "skip": True}]
    answer = save(app, broken)
    assert (answer.status_code, answer.json["code"]) == (422, "definition_invalid")
    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [
        ("/route/0", "unknown_name"),
        ("/route/0/tier", "not_a_word"),
        ("/route/1/skip", "unknown_name"),
    ]
    fault = answer.json["errors"][1]
    assert fault["detail"] == "“town”不可用，可用：home, county, city, province"
    assert fault["detail_en"] == '"town" is not one of home, county, city, province'
    assert states(app) == [(1, "published")]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"version": 1}, 409, "definition_older"),
        ({"key": "other"}, 422, "definition_invalid"),
        ({"version": 2**70}, 422, "definition_invalid"),
        ({"version": 7}, 200, None),
    ],
)
def test_a_draft_has_the_key_of_its_address_and_a_new_version(
    app: Flask, changes: dict[str, Any], status: int, code: str | None
) -> None:
    answer = save(app, body(**changes))
    assert (answer.status_code, answer.json.get("code")) == (status, code)


def test_what_names_nothing_that_exists_is_saved_and_not_published(app: Flask) -> None:
    written = body(revocation={"days": 30, "definition": "undo"})
    written["route"][0] = written["route"][0] | {"approvers": [{"role": "volunteer"}, {"account": "nobody"}]}
    assert save(app, written).status_code == 200
    answer = publish(app)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [
        ("/revocation/definition", "unknown_definition"),
        ("/route/0/approvers/0/role", "unknown_role"),
        ("/route/0/approvers/1/account", "unknown_account"),
    ]
    assert states(app) == [(2, "draft"), (1, "published")]


def test_a_new_key_is_published_and_started(office: Office, app: Flask) -> None:
    assert save(app, body(), key="local_matter").json["version"] == 1
    assert publish(app, key="local_matter").status_code == 200
    assert office.open("r1", definition="local_matter").definition_key == "local_matter"
    assert publish(app, key="local_matter").json["code"] == "draft_not_found"


def test_a_retired_definition_starts_no_case(app: Flask) -> None:
    assert retire(app, 2).status_code == 412
    retired = retire(app, 1)
    assert (retired.status_code, retired.json["state"], retired.json["retired_by"]) == (200, "retired", "ada")
    assert (retire(app, 1).status_code, retire(app, 1).json["code"]) == (409, "definition_retired")
    assert caller(app).refused("POST", "/definitions/none/retire", {}, If_Match='"1"') == (404, "definition_not_found")


def test_the_same_order_again_gets_the_same_answer(app: Flask) -> None:
    first, again = (save(app, body(), Idempotency_Key="once") for _ in range(2))
    assert (first.status_code, again.json, again.headers["ETag"]) == (200, first.json, '"1"')
    publication = {"If_Match": '"1"', "Idempotency_Key": "twice"}
    first, again = (caller(app).call("POST", f"/definitions/{KEY}/draft/publish", {}, **publication) for _ in range(2))
    assert (first.status_code, again.json) == (200, first.json)


def test_what_an_office_has_made_its_own_is_not_replaced_by_a_newer_file(office: Office, app: Flask) -> None:
    save(app, body())
    publish(app)
    with office.database.unit_of_work() as uow:
        assert office.approvals.publish_definitions(uow) == ()
    assert states(app) == [(2, "published"), (1, "retired")]


def test_a_newer_file_moves_a_draft_of_its_number_up(office: Office, app: Flask) -> None:
    save(app, body())
    newer = shipped()["star_rating_low"]
    with office.database.unit_of_work() as uow:
        office.approvals.publish(uow, _renamed(newer.body, KEY, 2), by="system:reporting")
    assert states(app) == [(3, "draft"), (2, "published"), (1, "retired")]
    assert caller(app).get(f"/definitions/{KEY}/3")["body"]["version"] == 3
    assert publish(app, rev=2).status_code == 200


def _renamed(written: Any, key: str, version: int) -> Any:
    from shared.approval.core.parsing import parse

    return parse({**written, "key": key, "version": version})


def test_a_published_definition_never_becomes_a_draft_again(office: Office, app: Flask) -> None:
    save(app, body())
    publish(app)
    for change in ("state = 'draft', published_at = NULL", "state = 'published', retired_at = NULL"):
        with (
            office.database.engine.connect() as connection,
            pytest.raises(DBAPIError, match="keeps what was written"),
        ):
            connection.execute(text(f"UPDATE approval_definition SET {change} WHERE version = 1"))  # noqa: S608  # ours


def test_a_definition_is_drawn(app: Flask) -> None:
    answer = caller(app, BEN).call("GET", f"/definitions/{KEY}/1/drawing")
    assert (answer.status_code, answer.content_type) == (200, "image/svg+xml")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    title = ET.fromstring(answer.text).find("{http://www.w3.org/2000/svg}title")  # noqa: S314  # our own
    assert title is not None
    assert title.text == "审批流程：活动报告审批（第1版）"
    english = caller(app, BEN).call("GET", f"/definitions/{KEY}/1/drawing?language=en")
    assert "Route: " in english.text
    assert caller(app, BEN).refused("GET", f"/definitions/{KEY}/1/drawing?language=fr") == (422, "invalid")


@pytest.mark.parametrize("sent", [{"route": [{}] * 101}, {"route": [[]]}, {"title": 3, "route": {}}, {"version": True}])
def test_whatever_is_sent_is_answered(app: Flask, sent: dict[str, Any]) -> None:
    assert (save(app, sent).status_code, save(app, sent).json["code"]) == (422, "definition_invalid")


def test_forks_and_conditions_without_end_are_refused(app: Flask) -> None:
    route: list[Any] = []
    when: dict[str, Any] = {"field": "/a", "is": "==", "value": 1}
    for _ in range(60):
        route = [{"fork": "exclusive", "branches": [{"when": when, "route": route}, {"default": True, "route": []}]}]
        when = {"not": when}
    answer = save(app, body(route=route))
    assert (answer.status_code, answer.json["code"]) == (422, "definition_invalid")
