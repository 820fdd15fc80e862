"""To which later versions a running case could migrate, and why not to the others."""

from __future__ import annotations

from typing import Any

from flask import Flask

from shared.approval.core.words import Verb
from shared.identity import Role
from tests.integration.approval.office import BEN, CAI, CITY, COUNTY, DINGZHOU, Office, caller, fresh_id, official
from tests.integration.approval.test_definitions import ADA, app, body, publish, save

__all__ = ["app"]


def of(app: Flask, case_id: str) -> list[tuple[int, str, bool, list[str]]]:
    items = caller(app, ADA).get(f"/cases/{case_id}/later-versions")["items"]
    return [(one["version"], one["state"], one["fits"], [node["zh"] for node in one["missing"]]) for one in items]


def migrate(app: Flask, case_id: str, version: int, rev: int) -> Any:
    sent = {"version": version, "opinion": "按新规定办理"}
    headers = {"Idempotency_Key": fresh_id(), "If_Match": f'"{rev}"'}
    return caller(app, ADA).call("POST", f"/cases/{case_id}/migrate", sent, **headers)


def test_what_is_offered_is_what_the_engine_allows(office: Office, app: Flask) -> None:
    at_county, at_city = office.open("r1"), office.open("r2")
    at_city = office.act(at_city, Verb.APPROVE, BEN)
    assert of(app, at_county.id) == []
    two_tiers = body()
    save(app, two_tiers)
    publish(app)
    city_only = body(route=two_tiers["route"][1:])
    save(app, city_only)
    assert of(app, at_county.id) == [(2, "published", True, [])], "a draft is no version to go on by"
    publish(app)
    # The county's node is gone in version 3, and version 2 was retired by it; both can be migrated to where they fit.
    assert of(app, at_county.id) == [(3, "published", False, ["县级审批"]), (2, "retired", True, [])]
    assert of(app, at_city.id) == [(3, "published", True, []), (2, "retired", True, [])]
    refused = migrate(app, at_county.id, 3, at_county.rev)
    assert (refused.status_code, refused.json["code"]) == (409, "cannot_migrate")
    moved = migrate(app, at_city.id, 3, at_city.rev)
    assert (moved.status_code, moved.json["definition_version"]) == (200, 3), moved.text
    entries = caller(app, CAI).get(f"/cases/{at_city.id}/trail")["entries"]
    assert (entries[-1]["verb"], entries[-1]["who"], entries[-1]["opinion"]) == ("migrate", "Ada", "按新规定办理")
    assert office.act(at_city, Verb.APPROVE, CAI).state == "approved"
    assert of(app, at_city.id) == []


def test_versions_of_a_case_are_for_those_who_see_the_case(office: Office, app: Flask) -> None:
    case = office.open("r1")
    save(app, body())
    publish(app)
    assert caller(app, BEN).get(f"/cases/{case.id}/later-versions")["items"][0]["version"] == 2
    stranger = official("Sun", DINGZHOU)
    office.post(stranger)
    for path in (f"/cases/{case.id}/later-versions", "/cases/nothing/later-versions"):
        assert caller(app, stranger).refused("GET", path) == (404, "case_not_found")


def test_the_definition_of_another_case_does_not_matter(office: Office, app: Flask) -> None:
    other = office.open("r1", definition="star_rating_low", business_type="star_rating")
    save(app, body())
    publish(app)
    assert of(app, other.id) == []


def test_administrators_below_the_province_migrate_too(office: Office, app: Flask) -> None:
    case = office.open("r1")
    save(app, body())
    publish(app)
    for region, expected in ((COUNTY, 200), (CITY, 200), (DINGZHOU, 404)):
        who = official(f"Lea{region}", region, Role.SYSTEM_ADMIN)
        office.post(who)
        assert caller(app, who).call("GET", f"/cases/{case.id}/later-versions").status_code == expected
