"""A draft is checked and drawn without being saved: what the page of a draft shows while somebody writes."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from flask import Flask

from tests.integration.approval.office import BEN
from tests.integration.approval.test_definitions import EVE, KEY, app, body, caller, publish, save, states

__all__ = ["app"]


def check(app: Flask, sent: dict[str, Any], *, language: str = "zh", key: str = KEY) -> Any:
    answer = caller(app).call("POST", f"/definitions/{key}/check?language={language}", sent)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_sound_draft_has_no_faults_and_is_drawn_and_nothing_is_stored(app: Flask) -> None:
    found = check(app, body())
    assert (found["faults"], found["steps"][0]["en"][:6]) == ([], "County")
    picture = ET.fromstring(found["drawing"])  # noqa: S314  # our own
    assert picture.find("{http://www.w3.org/2000/svg}title").text == "审批流程：活动报告审批（第2版）"  # type: ignore[union-attr]  # the next assert would tell
    assert "Route: " in check(app, body(), language="en")["drawing"]
    assert states(app) == [(1, "published")]


def test_what_does_not_parse_has_its_faults_and_no_drawing(app: Flask) -> None:
    broken = body()
    broken["route"] = [{**broken["route"][0], "tier": "town"}]
    found = check(app, broken)
    (fault,) = found["faults"]
    assert (fault["pointer"], fault["code"]) == ("/route/0/tier", "not_a_word")
    assert fault["detail"] == "“town”不可用，可用：home, county, city, province"
    assert fault["detail_en"] == '"town" is not one of home, county, city, province'
    assert (found["drawing"], found["steps"]) == (None, [])


def test_what_could_be_saved_and_not_published_is_told_and_drawn(app: Flask) -> None:
    written = body()
    written["route"][0] = written["route"][0] | {"approvers": [{"role": "volunteer"}]}
    found = check(app, written)
    assert [(one["pointer"], one["code"]) for one in found["faults"]] == [("/route/0/approvers/0/role", "unknown_role")]
    assert found["drawing"].startswith("<svg")
    assert save(app, written).status_code == 200
    assert publish(app).json["errors"] == found["faults"]


def test_a_key_that_is_none_is_told_at_its_place(app: Flask) -> None:
    assert [one["pointer"] for one in check(app, body(), key="Local-Matter")["faults"]] == ["/key"]


def test_a_version_that_is_over_and_people_who_may_not_define_are_refused(app: Flask) -> None:
    path = f"/definitions/{KEY}/check"
    assert caller(app).refused("POST", path, body(version=1)) == (409, "definition_older")
    assert caller(app, EVE).refused("POST", path, body()) == (403, "not_the_provinces_administrator")
    assert caller(app, BEN).refused("POST", path, body()) == (403, "forbidden")
