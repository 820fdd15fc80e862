"""Absence rules are listed for both persons, go through their states, and end: early, in time, or with a post."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.registration import AbsenceChanged
from shared.identity import Role
from tests.integration.registration.world import appoint, end_rule, made, set_rule, who
from tests.integration.serving import NOW, Served, refusal_in

DAY = timedelta(days=1)


def mine(served: Served, username: str, query: str = "") -> Any:
    return served.by(who(served, username)).get(f"/absences{query}")


def test_a_rule_is_listed_for_both_persons_and_for_nobody_else(office: Served) -> None:
    first = set_rule(office, "approver", "clerk")
    second = set_rule(office, "clerk", "zhao", starts=1)
    third = set_rule(office, "lifang", "zhao", starts=2)

    def ids(username: str, query: str = "") -> list[str]:
        return [item["id"] for item in mine(office, username, query)["items"]]

    assert ids("clerk") == [second["id"], first["id"]]
    assert ids("clerk", "?list=mine") == [second["id"]]
    assert ids("clerk", "?list=for_others") == [first["id"]]
    assert ids("zhao", "?list=for_others") == [third["id"], second["id"]]
    assert ids("zhao", "?list=mine") == ids("other-clerk") == []
    assert mine(office, "approver")["items"] == [first]


def test_a_long_list_comes_page_by_page(office: Served) -> None:
    rules = [set_rule(office, "approver", "clerk", starts=day, days=1)["id"] for day in range(3)]
    rules += [set_rule(office, "lifang", "approver", starts=day, days=1)["id"] for day in range(3)]
    found: list[str] = []
    cursor = ""
    while True:
        page = mine(office, "approver", f"?limit=2{cursor}")
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(found) == 6
    assert set(found) == set(rules)


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("list=theirs", "not_a_choice", "/query/list"),
        ("limit=0", "out_of_range", "/query/limit"),
        ("cursor=x", "cursor_invalid", "/query/cursor"),
        ("cursor=WyJub25lIl0", "cursor_invalid", "/query/cursor"),
        ("cursor=WzFd", "cursor_invalid", "/query/cursor"),
    ],
)
def test_a_wrong_question_is_refused(standing: Served, query: str, code: str, pointer: str) -> None:
    with standing.unchanged():
        refusal_in(standing.by(who(standing, "clerk")).call("GET", f"/absences?{query}"), 422, code, pointer)


def test_a_rule_goes_through_its_states(registration: Served) -> None:
    set_rule(registration, "approver", "clerk", starts=1, days=1)
    states = []
    for hours in (0, 23, 1, 23, 1):
        registration.pass_time(timedelta(hours=hours))
        states += [item["state"] for item in mine(registration, "approver")["items"]]
    assert states == ["planned", "planned", "in_force", "in_force", "over"]


@pytest.mark.parametrize("starts", [0, 1])
def test_a_rule_is_ended_once_however_often_it_is_asked(registration: Served, starts: int) -> None:
    rule = set_rule(registration, "approver", "clerk", starts=starts)
    registration.pass_time(timedelta(hours=1))
    answer = end_rule(registration, "approver", rule)
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    ended = answer.get_json()
    assert (ended["state"], ended["ended_at"], ended["revision"]) == (
        "ended",
        (NOW + timedelta(hours=1)).isoformat(),
        2,
    )
    assert (ended["starts_at"], ended["ends_at"]) == (rule["starts_at"], rule["ends_at"])
    assert [event.active for event in registration.published(AbsenceChanged)] == [True, False]
    registration.pass_time(timedelta(hours=1))
    with registration.unchanged():
        for revision in (1, 2):
            again = end_rule(registration, "approver", rule, revision=revision)
            assert (again.status_code, again.get_json()) == (200, ended)


def test_a_rule_that_is_over_stays_as_it_is(registration: Served) -> None:
    rule = set_rule(registration, "approver", "clerk", days=1)
    registration.pass_time(DAY)
    with registration.unchanged():
        answer = end_rule(registration, "approver", rule)
        assert (answer.status_code, answer.get_json()["state"]) == (200, "over")


def test_only_who_is_away_ends_a_rule_and_on_what_they_have_seen(registration: Served) -> None:
    rule = set_rule(registration, "approver", "clerk")
    with registration.unchanged():
        refusal_in(end_rule(registration, "clerk", rule), 403, "not_the_delegator")
        refusal_in(end_rule(registration, "other-approver", rule), 404, "absence_not_found")
        refusal_in(end_rule(registration, "approver", {"id": "' OR 1=1 --"}), 404, "absence_not_found")
        problem = refusal_in(end_rule(registration, "approver", rule, revision=2), 412, "stale_revision")
        assert problem["current_revision"] == 1
        caller = registration.by(who(registration, "approver"))
        refusal_in(caller.call("POST", f"/absences/{rule['id']}/end"), 428, "if_match_missing")


@pytest.mark.parametrize("whose", ["approver", "clerk"])
def test_a_rule_ends_with_the_post_it_stands_on(registration: Served, whose: str) -> None:
    rule = set_rule(registration, "approver", "clerk")
    over = set_rule(registration, "approver", "clerk", starts=5, days=1)
    end_rule(registration, "approver", over)
    post = registration.known[f"post-{whose}"]
    for _ in range(2):
        made(registration, who(registration, "security-admin"), f"/posts/{post}/end")
    told = [(event.absence_id, event.active) for event in registration.published(AbsenceChanged)]
    assert told == [(rule["id"], True), (over["id"], True), (over["id"], False), (rule["id"], False)]
    registration.hear_itself()


def test_a_rule_stays_while_the_two_have_an_office_in_common(registration: Served) -> None:
    for name in ("clerk", "approver"):
        appoint(registration, registration.known[name], Role.APPROVER, "130125")
    rule = set_rule(registration, "approver", "clerk")
    made(registration, who(registration, "security-admin"), f"/posts/{registration.known['post-clerk']}/end")
    assert mine(registration, "approver")["items"] == [rule]
    made(registration, who(registration, "security-admin"), f"/posts/{registration.known['post-approver']}/end")
    assert mine(registration, "approver")["items"] == [rule]


def test_the_officials_who_may_stand_in_are_named_with_their_posts(office: Served) -> None:
    appoint(office, office.known["clerk"], Role.APPROVER, "130123")
    appoint(office, office.known["clerk"], Role.APPROVER, "130125")

    def delegates(username: str) -> dict[str, list[str]]:
        found = office.by(who(office, username)).get("/absences/delegates")
        assert all(one["account_id"] == office.known[one["name"]] for one in found)
        return {one["name"]: [f"{post['role']}@{post['region']}" for post in one["posts"]] for one in found}

    here = {"lifang": ["approver@130123"], "zhao": ["approver@130123"]}
    assert delegates("approver") == here | {"clerk": ["approver@130123", "clerk@130123"]}
    others = {"other-approver": ["approver@130125"], "other-clerk": ["clerk@130125"]}
    assert delegates("clerk") == here | others | {"approver": ["approver@130123"]}
