"""What records refuses, it refuses with a code at the field, in both languages, and nothing has changed."""

from __future__ import annotations

from typing import Any

import pytest

from shared.identity import Principal
from tests.integration.records.world import (
    ACTIVITY,
    HEAD,
    LI,
    LINE,
    NOBODY,
    OTHER_CLERK,
    OTHER_HEAD,
    OURS,
    PROJECT,
    THEIRS,
    VOLUNTEER,
    ZHAO,
)
from tests.integration.serving import Served, refusal_in


def refused(standing: Served, who: Principal, method: str, path: str, body: Any, *expected: Any) -> None:
    with standing.unchanged():
        answer = standing.by(who).call(method, path.format(**standing.known), body)
        refusal_in(answer, *expected)


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"colour": "red"}, 422, "unknown_field", "/colour"),
        ({"region": "130000"}, 422, "unknown_field", "/region"),
        ({"id": "mine"}, 422, "unknown_field", "/id"),
        ({"name": 5}, 422, "not_a_text", "/name"),
        ({"name": None}, 422, "required", "/name"),
        ({"name": "短"}, 422, "wrong_length", "/name"),
        ({"name": "长" * 101}, 422, "wrong_length", "/name"),
        ({"name": "安全宣传\x00进社区"}, 422, "text_not_storable", "/name"),
        ({"theme": "party"}, 422, "not_a_choice", "/theme"),
        ({"description": ["a"]}, 422, "not_a_text", "/description"),
        ({"organisation_id": THEIRS}, 404, "organisation_not_found", "/organisation_id"),
        ({"organisation_id": "' OR 1=1 --"}, 404, "organisation_not_found", "/organisation_id"),
        ({}, 409, "project_exists", "/name"),
    ],
)
def test_a_wrong_project_is_refused(
    standing: Served, changes: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    body = {**PROJECT, "organisation_id": OURS, **changes}
    refused(standing, HEAD, "POST", "/projects", body, status, code, pointer)


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"state": "held"}, 422, "unknown_field", "/state"),
        ({"recorder": "我"}, 422, "unknown_field", "/recorder"),
        ({"region": "130000"}, 422, "unknown_field", "/region"),
        ({"enters": []}, 422, "wrong_length", "/enters"),
        ({"enters": ["moon"]}, 422, "not_a_choice", "/enters/0"),
        ({"enters": "community"}, 422, "not_a_list", "/enters"),
        ({"enters": [None]}, 422, "required", "/enters/0"),
        ({"category": "rare"}, 422, "not_a_choice", "/category"),
        ({"place": "x" * 201}, 422, "wrong_length", "/place"),
        ({"leader": {"name": "王"}}, 422, "not_a_text", "/leader"),
        ({"content": "讲解\x00用电"}, 422, "text_not_storable", "/content"),
        ({"project_id": "none"}, 404, "project_not_found", "/project_id"),
        ({"project_id": "{their_project}"}, 404, "project_not_found", "/project_id"),
        ({"project_id": "'; DROP TABLE project; --"}, 404, "project_not_found", "/project_id"),
    ],
)
def test_a_wrong_activity_is_refused(
    standing: Served, changes: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    body = {**ACTIVITY, "project_id": standing.known["project"], **changes}
    if isinstance(body["project_id"], str):
        body["project_id"] = body["project_id"].format(**standing.known)
    refused(standing, HEAD, "POST", "/activities", body, status, code, pointer)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"hours": -1}, "hours_out_of_range", "hours"),
        ({"hours": 0}, "hours_out_of_range", "hours"),
        ({"hours": 25}, "hours_out_of_range", "hours"),
        ({"hours": 1.255}, "too_many_decimals", "hours"),
        ({"hours": "two"}, "not_a_number", "hours"),
        ({"hours": True}, "not_a_number", "hours"),
        ({"hours": 2.51}, "hours_exceed_shift", "hours"),
        ({"served_on": "2026-09-21"}, "in_the_future", "served_on"),
        ({"served_on": "9999-12-31", "ends": "00:00"}, "in_the_future", "served_on"),
        ({"served_on": "2026-09-20", "ends": "12:01"}, "in_the_future", "served_on"),
        ({"served_on": "2026-02-29"}, "not_a_date", "served_on"),
        ({"served_on": 20260919}, "not_a_date", "served_on"),
        ({"starts": "11:00"}, "shift_ends_before_it_starts", "ends"),
        ({"starts": "22:00", "ends": "02:00"}, "shift_ends_before_it_starts", "ends"),
        ({"starts": "08:30:30"}, "not_a_time", "starts"),
        ({"starts": "08:30+09:00"}, "not_a_time", "starts"),
        ({"quality": 0}, "out_of_range", "quality"),
        ({"quality": 6}, "out_of_range", "quality"),
        ({"quality": 4.5}, "not_a_number", "quality"),
        ({"quality": None}, "required", "quality"),
        ({"state": "confirmed"}, "unknown_field", "state"),
        ({"volunteer_number": "A9999999999"}, "volunteer_not_found", "volunteer_number"),
        ({"volunteer_number": "' OR '1'='1"}, "volunteer_not_found", "volunteer_number"),
        ({"volunteer_number": "x" * 21}, "too_long", "volunteer_number"),
        ({"volunteer_number": "A01\x00"}, "text_not_storable", "volunteer_number"),
        ({"volunteer_number": "A0100000015", "starts": "10:00"}, "shifts_overlap", "starts"),
    ],
)
def test_one_wrong_line_refuses_all_lines(standing: Served, changes: dict[str, Any], code: str, field: str) -> None:
    good = {**LINE, "volunteer_number": ZHAO, "served_on": "2026-09-18"}
    wrong = {**LINE, "volunteer_number": LI, **changes}
    path, body = "/activities/{open}/records", {"lines": [good, wrong]}
    refused(standing, HEAD, "POST", path, body, 422, code, f"/lines/1/{field}")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "required", "/lines"),
        ({"lines": []}, "wrong_length", "/lines"),
        ({"lines": None}, "required", "/lines"),
        ({"lines": LINE}, "not_a_list", "/lines"),
        ({"lines": [1]}, "not_an_object", "/lines/0"),
        ({"lines": [LINE] * 501}, "wrong_length", "/lines"),
        ([LINE], "not_an_object", ""),
        ("lines", "not_an_object", ""),
    ],
)
def test_records_come_as_lines(standing: Served, body: Any, code: str, pointer: str) -> None:
    refused(standing, HEAD, "POST", "/activities/{open}/records", body, 422, code, pointer)


def test_one_person_is_not_recorded_twice_in_one_request(standing: Served) -> None:
    line = {**LINE, "volunteer_number": ZHAO}
    body = {"lines": [line, {**line, "starts": "10:59", "ends": "12:00"}]}
    refused(standing, HEAD, "POST", "/activities/{open}/records", body, 422, "shifts_overlap", "/lines/1/starts")


def test_one_person_is_not_recorded_by_two_organisations_at_one_time(standing: Served) -> None:
    path, body = "/activities/{theirs}/records", {"lines": [{**LINE, "starts": "10:00", "ends": "12:00"}]}
    refused(standing, OTHER_HEAD, "POST", path, body, 422, "shifts_overlap", "/lines/0/starts")


@pytest.mark.parametrize("path", ["/activities/{open}", "/activities/{open}/records", "/activities/none"])
@pytest.mark.parametrize("who", [OTHER_HEAD, OTHER_CLERK, VOLUNTEER, NOBODY], ids=lambda who: who.account_id)
def test_an_activity_of_others_is_not_there(standing: Served, path: str, who: Principal) -> None:
    refused(standing, who, "GET", path, None, 404, "activity_not_found")


@pytest.mark.parametrize("what", ["records", "close"])
@pytest.mark.parametrize(
    ("activity", "status", "code"),
    [("{theirs}", 404, "activity_not_found"), ("none", 404, "activity_not_found"), ("{held}", 409, "activity_closed")],
)
def test_only_an_open_activity_of_ones_own_changes(
    standing: Served, what: str, activity: str, status: int, code: str
) -> None:
    body = {"lines": [{**LINE, "volunteer_number": ZHAO}]} if what == "records" else None
    refused(standing, HEAD, "POST", f"/activities/{activity}/{what}", body, status, code)


def test_an_activity_without_records_is_not_closed(records: Served) -> None:
    records.known["empty"] = (
        records.by(HEAD)
        .call("POST", "/activities", {**ACTIVITY, "project_id": records.known["project"]})
        .get_json()["id"]
    )
    refused(records, HEAD, "POST", "/activities/{empty}/close", None, 409, "activity_without_records")


@pytest.mark.parametrize(
    ("who", "path", "status", "code", "pointer"),
    [
        (HEAD, "/activities?region=1301", 422, "wrong_form", "/query/region"),
        (HEAD, "/activities?region=13012x", 422, "wrong_form", "/query/region"),
        (HEAD, "/activities?region=999999", 422, "unknown_region", "/query/region"),
        (HEAD, "/activities?region=130171", 422, "region_not_reporting", "/query/region"),
        (HEAD, "/activities?limit=0", 422, "out_of_range", "/query/limit"),
        (HEAD, "/activities?limit=101", 422, "out_of_range", "/query/limit"),
        (HEAD, "/activities?limit=many", 422, "not_a_number", "/query/limit"),
        (HEAD, "/activities?cursor=x", 422, "cursor_invalid", "/query/cursor"),
        (HEAD, "/activities?cursor=WzFd", 422, "cursor_invalid", "/query/cursor"),
        (HEAD, "/activities?organisation_id=a%00b", 422, "text_not_storable", "/query/organisation_id"),
        (HEAD, "/activities/a%00b", 404, "not_found", None),
        (VOLUNTEER, "/records/mine?state=gone", 422, "not_a_choice", "/query/state"),
        (VOLUNTEER, "/records/mine?cursor=WyJhIiwiYiJd", 422, "cursor_invalid", "/query/cursor"),
        (NOBODY, "/records/mine", 404, "not_a_volunteer", None),
        (NOBODY, "/ledger/mine", 404, "not_a_volunteer", None),
        (VOLUNTEER, "/ledger?volunteer_number=A0100000015", 403, "forbidden", None),
        (HEAD, "/ledger?volunteer_number=A0100000015", 403, "forbidden", None),
        (OTHER_CLERK, "/ledger?volunteer_number=A0100000015", 404, "volunteer_not_found", None),
        (OTHER_CLERK, "/ledger?volunteer_number=' OR 1=1 --", 404, "volunteer_not_found", None),
        (OTHER_CLERK, "/ledger", 422, "required", "/query/volunteer_number"),
    ],
)
def test_a_wrong_question_is_refused(
    standing: Served, who: Principal, path: str, status: int, code: str, pointer: str | None
) -> None:
    refused(standing, who, "GET", path, None, status, code, pointer)
