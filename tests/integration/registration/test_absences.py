"""An official lets a colleague stand in while they are away: bounded, in no circle, and ended by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.approval import absences
from shared.contracts.business import BUSINESS_NAMES
from shared.contracts.registration import AbsenceChanged
from shared.identity import Role
from tests.integration.registration.world import away, end_rule, made, set_rule, who
from tests.integration.serving import NOW, Served, holder, refusal_in

OFFICE = "130123"
REPORT, STAR = "activity_report", "star_rating"
DAY = timedelta(days=1)


def test_a_rule_says_who_stands_in_for_whom_when_and_for_what(registration: Served) -> None:
    answer = away(registration, "approver", "clerk", starts=1, days=2, business_types=[STAR, REPORT, STAR])
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    rule = answer.get_json()
    assert rule == {
        "id": rule["id"],
        "delegator_account_id": registration.known["approver"],
        "delegator_name": "approver",
        "delegate_account_id": registration.known["clerk"],
        "delegate_name": "clerk",
        "starts_at": (NOW + DAY).isoformat(),
        "ends_at": (NOW + 3 * DAY).isoformat(),
        "business_types": [REPORT, STAR],
        "state": "planned",
        "ended_at": None,
        "revision": 1,
    }
    [news] = registration.published(AbsenceChanged)
    assert news == AbsenceChanged(
        absence_id=rule["id"],
        delegator_account_id=registration.known["approver"],
        delegator_name="approver",
        delegate_account_id=registration.known["clerk"],
        delegate_name="clerk",
        starts_at=NOW + DAY,
        ends_at=NOW + 3 * DAY,
        business_types=(REPORT, STAR),
        active=True,
    )


def test_a_rule_begins_now_and_is_for_everything_when_nothing_is_said(registration: Served) -> None:
    body = {"delegate_account_id": registration.known["clerk"], "ends_at": (NOW + DAY).isoformat()}
    rule = made(registration, who(registration, "approver"), "/absences", body)
    assert (rule["starts_at"], rule["business_types"], rule["state"]) == (NOW.isoformat(), [], "in_force")


def test_the_services_cases_know_it(registration: Served) -> None:
    def standing_in() -> list[str]:
        with registration.database.reading() as session:
            account = registration.known["clerk"]
            found = absences.standing_in(session, account, business_type=REPORT, at=registration.now)
        return [person.name for person in found]

    rule = set_rule(registration, "approver", "clerk")
    registration.hear_itself()
    assert standing_in() == ["approver"]
    assert end_rule(registration, "approver", rule).status_code == 200
    registration.hear_itself()
    assert standing_in() == []


def after(**time: float) -> str:
    return (NOW + timedelta(**time)).isoformat()


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"starts_at": after(seconds=-1)}, "absence_in_the_past", "/starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "absence_in_the_past", "/starts_at"),
        ({"starts_at": after(days=365, seconds=1)}, "absence_too_far_ahead", "/starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-14:00"}, "absence_too_far_ahead", "/starts_at"),
        ({"ends_at": after()}, "absence_has_no_time", "/ends_at"),
        ({"ends_at": after(days=-1)}, "absence_has_no_time", "/ends_at"),
        ({"starts_at": None, "ends_at": "0001-01-01T00:00:00+14:00"}, "absence_has_no_time", "/ends_at"),
        ({"ends_at": after(days=90, microseconds=1)}, "absence_too_long", "/ends_at"),
        ({"ends_at": "9999-12-31T23:59:59-14:00"}, "absence_too_long", "/ends_at"),
        ({"ends_at": None}, "required", "/ends_at"),
        ({"ends_at": "2026-09-25T08:00:00"}, "not_an_instant", "/ends_at"),
        ({"starts_at": "2026-09-25"}, "not_an_instant", "/starts_at"),
        ({"delegate_account_id": "approver"}, "delegate_is_oneself", "/delegate_account_id"),
        ({"delegate_account_id": "other-clerk"}, "delegate_not_eligible", "/delegate_account_id"),
        ({"delegate_account_id": "zhang"}, "delegate_not_eligible", "/delegate_account_id"),
        ({"delegate_account_id": "nobody"}, "delegate_not_eligible", "/delegate_account_id"),
        ({"delegate_account_id": "' OR 1=1 --"}, "delegate_not_eligible", "/delegate_account_id"),
        ({"delegate_account_id": "x" * 61}, "too_long", "/delegate_account_id"),
        ({"business_types": ["everything"]}, "not_a_choice", "/business_types/0"),
        ({"business_types": REPORT}, "not_a_list", "/business_types"),
        ({"business_types": [REPORT] * (len(BUSINESS_NAMES) + 1)}, "too_long", "/business_types"),
        ({"delegator_account_id": "clerk"}, "unknown_field", "/delegator_account_id"),
        ({"state": "ended"}, "unknown_field", "/state"),
    ],
)
def test_a_wrong_rule_is_refused(standing: Served, changes: dict[str, Any], code: str, pointer: str) -> None:
    named = {name: standing.known.get(str(value), value) for name, value in changes.items()}
    with standing.unchanged():
        refusal_in(away(standing, "approver", "clerk", **named), 422, code, pointer)


def test_an_absence_may_last_ninety_days_and_be_set_a_year_ahead(registration: Served) -> None:
    assert set_rule(registration, "approver", "clerk", starts=365, days=90)["state"] == "planned"


@pytest.mark.parametrize("by", ["zhang", "system-admin", "security-admin", "audit-admin"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/absences"),
        ("GET", "/absences"),
        ("GET", "/absences/delegates"),
        ("POST", "/absences/none/end"),
    ],
)
def test_only_officials_have_absence_rules(standing: Served, by: str, method: str, path: str) -> None:
    with standing.unchanged():
        answer = standing.by(who(standing, by)).call(method, path, {} if method == "POST" else None)
        refusal_in(answer, 403, "forbidden")


def test_who_was_an_official_a_minute_ago_sets_no_rule(registration: Served) -> None:
    """Their token says so still; their post has ended."""
    former = who(registration, "approver")
    post = registration.known["post-approver"]
    made(registration, who(registration, "security-admin"), f"/posts/{post}/end")
    body = {"delegate_account_id": registration.known["clerk"], "ends_at": after(days=1)}
    with registration.unchanged():
        refusal_in(registration.by(former).call("POST", "/absences", body), 403, "forbidden")
        stranger = holder("nobody", Role.CLERK, OFFICE)
        refusal_in(registration.by(stranger).call("POST", "/absences", body), 403, "forbidden")


@pytest.mark.parametrize(
    ("first", "second", "may"),
    [
        ({"starts": 1, "days": 3}, {"starts": 2, "days": 1}, False),
        ({"starts": 1, "days": 3}, {"starts": 0, "days": 9}, False),
        ({"starts": 1, "days": 3}, {"starts": 4, "days": 1}, True),
        ({"starts": 1, "days": 3}, {"starts": 0, "days": 1}, True),
        ({"business_types": [REPORT]}, {"business_types": [STAR]}, True),
        ({"business_types": [REPORT, STAR]}, {"business_types": [STAR, "commendation"]}, False),
        ({"business_types": [REPORT]}, {}, False),
        ({}, {"business_types": [REPORT]}, False),
    ],
)
def test_one_person_has_one_deputy_for_one_thing_at_a_time(
    office: Served, first: Mapping[str, Any], second: Mapping[str, Any], may: bool
) -> None:
    set_rule(office, "approver", "clerk", **first)
    if may:
        set_rule(office, "approver", "lifang", **second)
        return
    with office.unchanged():
        problem = refusal_in(away(office, "approver", "lifang", **second), 409, "absence_overlaps", "/starts_at")
    assert "已委托clerk代办" in problem["title"]


def test_an_ended_rule_is_in_nobodys_way(office: Served) -> None:
    end_rule(office, "approver", set_rule(office, "approver", "clerk"))
    set_rule(office, "approver", "lifang")
    set_rule(office, "clerk", "approver")


@pytest.mark.parametrize(
    ("rules", "last", "circle"),
    [
        ([("approver", "clerk", {})], ("clerk", "approver", {}), "clerk → approver → clerk"),
        (
            [("approver", "clerk", {}), ("clerk", "zhao", {"days": 1})],
            ("zhao", "approver", {}),
            "zhao → approver → clerk → zhao",
        ),
        (
            [("approver", "clerk", {"business_types": [REPORT, STAR]}), ("clerk", "zhao", {"business_types": [STAR]})],
            ("zhao", "approver", {}),
            "zhao → approver → clerk → zhao",
        ),
        ([("approver", "clerk", {"days": 2})], ("clerk", "approver", {"starts": 2}), None),
        (
            [("approver", "clerk", {"business_types": [REPORT]})],
            ("clerk", "approver", {"business_types": [STAR]}),
            None,
        ),
        (
            [("approver", "clerk", {"days": 2}), ("clerk", "zhao", {"starts": 2, "days": 2})],
            ("zhao", "approver", {"days": 9}),
            None,
        ),
        ([("approver", "clerk", {}), ("lifang", "clerk", {})], ("clerk", "zhao", {}), None),
    ],
)
def test_rules_never_lead_in_a_circle(
    office: Served,
    rules: list[tuple[str, str, Mapping[str, Any]]],
    last: tuple[str, str, Mapping[str, Any]],
    circle: str | None,
) -> None:
    for delegator, delegate, changes in rules:
        set_rule(office, delegator, delegate, **changes)
    delegator, delegate, changes = last
    if circle is None:
        set_rule(office, delegator, delegate, **changes)
        return
    with office.unchanged():
        answer = away(office, delegator, delegate, **changes)
        problem = refusal_in(answer, 409, "absence_circle", "/delegate_account_id")
    assert circle in problem["title"]
    assert circle in problem["title_en"]


def test_a_rule_sent_again_is_set_once(registration: Served) -> None:
    caller = registration.by(who(registration, "approver"))
    body = {"delegate_account_id": registration.known["clerk"], "ends_at": after(days=1)}
    first = caller.call("POST", "/absences", body, Idempotency_Key="k")
    registration.pass_time(timedelta(minutes=1))
    caller = registration.by(who(registration, "approver"))
    with registration.unchanged():
        second = caller.call("POST", "/absences", body, Idempotency_Key="k")
        assert second.get_json() == first.get_json()
        assert (second.headers["ETag"], second.headers["Idempotency-Replayed"]) == ('"1"', "true")
        other = caller.call("POST", "/absences", {**body, "business_types": [STAR]}, Idempotency_Key="k")
        refusal_in(other, 422, "command_id_reused")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE absence SET delegate_id = delegator_id",
        "UPDATE absence SET ends_at = starts_at",
        "UPDATE absence SET delegate_id = 'nobody'",
    ],
)
def test_the_database_itself_refuses_a_rule_that_cannot_be(registration: Served, statement: str) -> None:
    set_rule(registration, "approver", "clerk")
    with pytest.raises(IntegrityError), registration.database.engine.begin() as connection:
        connection.execute(text(statement))
