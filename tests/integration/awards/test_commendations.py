"""A clerk nominates, the city and the province decide, an award is numbered; seen through HTTP by whom it concerns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from services.awards.model import Nomination
from shared.approval.core.words import Verb
from shared.approval.tables import RoundRow
from shared.contracts.awards import AwardGranted, NominationDecided, NominationOpened
from shared.errors import Conflict, Forbidden
from shared.identity import Role
from tests.integration.awards.conftest import LI, NOW, STORY, WANG, World, official, proposal
from tests.integration.listening import published
from tests.integration.signing import Caller, person

NUMBER = WANG.volunteer_number


def nominated(clerk: Caller, **changes: Any) -> dict[str, Any]:
    answer = clerk.call("POST", "/nominations", proposal(**changes))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def open_commendation(world: World) -> Nomination:
    with world.database.reading() as session:
        return session.scalars(
            select(Nomination).where(Nomination.kind == "commendation", Nomination.decided_at.is_(None))
        ).one()


def test_a_nomination_goes_through_city_and_province_to_an_award(world: World, app: Flask, clerk: Caller) -> None:
    made = nominated(clerk)
    assert made["title"] == "2026年度优秀安全生产志愿者"
    assert (made["state"], made["region"], made["volunteer_name"]) == ("open", "130123", "王明")
    opened = [event for event in published(world.database) if isinstance(event, NominationOpened)]
    assert [event.kind for event in opened] == ["star", "commendation"]

    nomination = open_commendation(world)
    with pytest.raises((Forbidden, Conflict)):
        world.decide(Verb.APPROVE, by="approver-130123", nomination=nomination)
    assert world.decide(Verb.APPROVE, by="approver-130100", nomination=nomination).state == "running"
    assert world.decide(Verb.APPROVE, by="approver-130000", nomination=nomination).state == "approved"

    [granted] = [event for event in published(world.database) if isinstance(event, AwardGranted)]
    assert granted.granting_region == "130000"
    assert granted.citation == "授予“优秀安全生产志愿者”称号（2026年度，冀安志奖〔2026〕0001号）"
    mine = Caller(app, person("wang"), NOW).get("/awards/mine")["items"]
    assert [(award["number"], award["award_name"], award["round"]) for award in mine] == [
        ("冀安志奖〔2026〕0001号", "优秀安全生产志愿者", "2026")
    ]
    assert clerk.get("/awards")["items"] == mine
    assert clerk.get(f"/nominations/{made['id']}")["state"] == "granted"
    assert clerk.refused("POST", "/nominations", proposal()) == (409, "already_nominated")


def test_awards_are_numbered_one_by_one(world: World, app: Flask) -> None:
    world.hear_hours(LI.volunteer_number, "104")
    world.decide(Verb.APPROVE, by="approver-130125")
    city = official(app, Role.CLERK, "130100")
    for number in (NUMBER, LI.volunteer_number):
        nominated(city, volunteer_number=number)
        nomination = open_commendation(world)
        world.decide(Verb.APPROVE, by="approver-130100", nomination=nomination)
        world.decide(Verb.APPROVE, by="approver-130000", nomination=nomination)
    numbers = {award["number"] for award in city.get("/awards")["items"]}
    assert numbers == {"冀安志奖〔2026〕0001号", "冀安志奖〔2026〕0002号"}


def test_a_volunteer_without_a_star_cannot_be_nominated(app: Flask) -> None:
    city = official(app, Role.CLERK, "130100")
    refused = city.refused("POST", "/nominations", proposal(volunteer_number=LI.volunteer_number))
    assert refused == (422, "volunteer_has_no_star")


def test_a_second_nomination_of_the_round_is_refused_and_another_round_is_not(clerk: Caller) -> None:
    nominated(clerk)
    assert clerk.refused("POST", "/nominations", proposal()) == (409, "already_nominated")
    nominated(clerk, round="2027")


def test_of_two_clerks_at_once_one_nominates(world: World, app: Flask) -> None:
    clerks = [official(app, Role.CLERK, region) for region in ("130123", "130100", "130000")]
    together = Barrier(len(clerks))

    def nominate(clerk: Caller) -> int:
        together.wait(timeout=30)
        return clerk.call("POST", "/nominations", proposal()).status_code

    with ThreadPoolExecutor(len(clerks)) as pool:
        assert sorted(pool.map(nominate, clerks)) == [201, 409, 409]
    assert len(world.nominations()) == 2


def test_a_repeated_command_answers_again_and_does_nothing_again(world: World, clerk: Caller) -> None:
    first = clerk.call("POST", "/nominations", proposal(), Idempotency_Key="key-1")
    again = clerk.call("POST", "/nominations", proposal(), Idempotency_Key="key-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(world.nominations()) == 2
    other = proposal(round="2027")
    assert clerk.refused("POST", "/nominations", other, Idempotency_Key="key-1") == (422, "command_id_reused")


@pytest.mark.parametrize(
    ("role", "region", "status", "code"),
    [
        (Role.CLERK, "130125", 404, "volunteer_not_found"),
        (Role.CLERK, "130600", 404, "volunteer_not_found"),
        (Role.APPROVER, "130123", 403, "forbidden"),
        (Role.VOLUNTEER, "130123", 403, "forbidden"),
        (Role.SYSTEM_ADMIN, "130000", 403, "forbidden"),
    ],
)
def test_only_a_clerk_of_the_region_or_above_nominates(
    app: Flask, role: Role, region: str, status: int, code: str
) -> None:
    assert official(app, role, region).refused("POST", "/nominations", proposal()) == (status, code)


def test_an_unknown_volunteer_looks_like_one_of_another_region(clerk: Caller) -> None:
    assert clerk.refused("POST", "/nominations", proposal(volunteer_number="139999999999")) == (
        404,
        "volunteer_not_found",
    )


def test_nobody_nominates_themselves(app: Flask) -> None:
    himself = Caller(app, person("wang", (Role.CLERK, "130123")), NOW)
    assert himself.refused("POST", "/nominations", proposal()) == (403, "own_nomination")


def test_the_region_decides_who_sees_what(app: Flask, clerk: Caller) -> None:
    made = nominated(clerk)
    place = f"/nominations/{made['id']}"
    for caller in (clerk, official(app, Role.APPROVER, "130100"), official(app, Role.CLERK, "130000")):
        assert caller.get(place)["story"] == STORY
        assert made["id"] in [item["id"] for item in caller.get("/nominations")["items"]]
        assert [row["volunteer_number"] for row in caller.get("/stars")["items"]] == [NUMBER]
    for sibling in (official(app, Role.CLERK, "130125"), official(app, Role.APPROVER, "130600")):
        assert sibling.refused("GET", place) == (404, "nomination_not_found")
        for path in ("/nominations", "/stars", "/awards", "/stars?region=130123", "/nominations?region=130123"):
            assert sibling.get(path)["items"] == []
    assert Caller(app, person("wang"), NOW).get(place)["id"] == made["id"]
    assert Caller(app, person("li"), NOW).refused("GET", place) == (404, "nomination_not_found")
    for path in ("/nominations", "/stars", "/awards"):
        assert Caller(app, person("wang"), NOW).refused("GET", path) == (403, "forbidden")
        assert app.test_client().get(path).status_code == 401


def test_lists_can_be_narrowed_and_turned_over(app: Flask, clerk: Caller) -> None:
    for year in range(2020, 2025):
        nominated(clerk, round=str(year))
    province = official(app, Role.APPROVER, "130000")
    path = "/nominations?limit=2&kind=commendation"
    pages = [province.get(path)]
    while pages[-1]["next_cursor"]:
        pages.append(province.get(f"{path}&cursor={pages[-1]['next_cursor']}"))
    seen = [item["round"] for page in pages for item in page["items"]]
    assert len(pages) == 3
    assert sorted(seen) == ["2020", "2021", "2022", "2023", "2024"]
    assert len(province.get("/nominations?region=130100")["items"]) == 6
    assert province.get("/nominations?region=130600")["items"] == []
    assert len(province.get("/nominations?state=open")["items"]) == 5
    assert province.get("/nominations?mine=true")["items"] == []
    assert len(clerk.get("/nominations?mine=true")["items"]) == 5
    assert province.refused("GET", "/nominations?region=999999") == (422, "unknown_region")
    assert province.refused("GET", "/nominations?state=lost")[0] == 422


def test_a_returned_nomination_is_corrected_and_goes_up_again(world: World, app: Flask, clerk: Caller) -> None:
    made = nominated(clerk)
    place, better = f"/nominations/{made['id']}", {"story": STORY + "经核实，照片与签到表齐全。"}
    assert clerk.refused("PATCH", place, better, If_Match="1") == (409, "nomination_not_returned")
    nomination = open_commendation(world)
    world.decide(Verb.RETURN, by="approver-130100", nomination=nomination, opinion="请补充事迹")

    returned = clerk.call("GET", place)
    shown = returned.get_json()
    assert (shown["state"], shown["reason"]) == ("returned", "请补充事迹")
    other = official(app, Role.CLERK, "130100")
    assert other.refused("PATCH", place, better, If_Match="2") == (403, "not_the_proposer")
    stranger = official(app, Role.CLERK, "130125")
    assert stranger.refused("PATCH", place, better, If_Match="2") == (404, "nomination_not_found")
    assert clerk.refused("PATCH", place, better) == (428, "if_match_missing")
    assert clerk.refused("PATCH", place, better, If_Match="1") == (412, "stale_revision")
    assert clerk.refused("PATCH", place, {"story": "太短"}, If_Match="2")[0] == 422
    assert clerk.refused("POST", "/nominations", proposal()) == (409, "already_nominated")
    changed = clerk.call("PATCH", place, better, If_Match=returned.headers["ETag"])
    assert changed.status_code == 200
    assert changed.get_json()["story"] == better["story"]

    world.decide(Verb.RESUBMIT, by="clerk-130123", nomination=nomination, opinion="")
    assert clerk.get(place)["state"] == "open"
    with world.database.reading() as session:
        rounds = session.scalars(
            select(RoundRow).where(RoundRow.case_id == nomination.case_id).order_by(RoundRow.round)
        )
        assert [one.content["story"] for one in rounds if one.content] == [STORY, better["story"]]
    world.decide(Verb.APPROVE, by="approver-130100", nomination=nomination)
    world.decide(Verb.APPROVE, by="approver-130000", nomination=nomination)
    assert clerk.get(place)["state"] == "granted"


def test_a_rejected_nomination_says_why_and_can_be_made_again(world: World, clerk: Caller) -> None:
    nominated(clerk)
    world.decide(Verb.REJECT, by="approver-130100", nomination=open_commendation(world), opinion="事迹不实")
    decided = [event for event in published(world.database) if isinstance(event, NominationDecided)]
    assert [(event.kind, event.granted, event.reason) for event in decided] == [
        ("star", True, ""),
        ("commendation", False, "事迹不实"),
    ]
    nominated(clerk)


def test_a_withdrawn_nomination_is_over(world: World, clerk: Caller) -> None:
    made = nominated(clerk)
    world.decide(Verb.WITHDRAW, by="clerk-130123", nomination=open_commendation(world), opinion="")
    assert clerk.get(f"/nominations/{made['id']}")["state"] == "withdrawn"
    nominated(clerk)


@pytest.mark.parametrize("first", [None, Verb.RETURN])
def test_a_nomination_whose_case_an_administrator_ends_is_over_and_can_be_made_again(
    world: World, clerk: Caller, first: Verb | None
) -> None:
    made = nominated(clerk)
    nomination = open_commendation(world)
    if first is not None:
        world.decide(first, by="approver-130100", nomination=nomination)
    case = world.decide(Verb.TERMINATE, by="system_admin-130000", nomination=nomination, opinion="重复提名")
    assert case.state == "terminated"
    assert clerk.get(f"/nominations/{made['id']}")["state"] == "ended"
    assert [one["id"] for one in clerk.get("/nominations?state=ended")["items"]] == [made["id"]]
    told = [event for event in published(world.database) if isinstance(event, NominationDecided)]
    assert [(event.kind, event.granted, event.reason) for event in told][1:] == [("commendation", False, "重复提名")]
    nominated(clerk)


def test_my_stars_say_what_is_missing(app: Flask, clerk: Caller) -> None:
    nominated(clerk)
    found = Caller(app, person("wang"), NOW).get("/stars/mine")
    assert (found["stars"], found["total_hours"], found["average_quality"]) == (1, "104", "4.00")
    given = {"stars": 1, "granted_on": "2026-10-01", "decided_by_region": "130123", "withdrawn_on": None}
    assert found["granted"] == [given]
    assert found["next"] == {
        "stars": 2,
        "hours_needed": "300",
        "hours_missing": "196",
        "quality_floor": "3.0",
        "quality_is_met": True,
        "decided_by": "county",
        "not_before": None,
    }
    assert [nomination["title"] for nomination in found["nominations"]] == ["2026年度优秀安全生产志愿者"]


def test_a_new_volunteer_has_everything_before_them(app: Flask) -> None:
    found = Caller(app, person("li"), NOW).get("/stars/mine")
    assert (found["stars"], found["total_hours"], found["average_quality"]) == (0, "0", None)
    assert found["next"]["hours_missing"] == "100"
    assert found["next"]["quality_is_met"] is False
    assert Caller(app, person("li"), NOW).get("/awards/mine") == {"items": []}


def test_who_is_no_volunteer_is_told_so(clerk: Caller) -> None:
    assert clerk.refused("GET", "/stars/mine") == (404, "not_a_volunteer")
    assert clerk.refused("GET", "/awards/mine") == (404, "not_a_volunteer")
