"""What reporting refuses, it refuses with a code at the field, in both languages, and nothing has changed."""

from __future__ import annotations

from typing import Any

import pytest

from services.reporting.model import KnownOrganisation
from shared.identity import Principal
from tests.integration.reporting.world import (
    CITY,
    CLERK,
    COUNTY,
    HEAD,
    NOBODY,
    OTHER_COUNTY,
    OTHER_HEAD,
    PROVINCE,
    SUMMARY,
    edit,
    submit,
)
from tests.integration.serving import Served, refusal_in


def refused(
    standing: Served, who: Principal, method: str, path: str, body: Any, *expected: Any, **headers: str
) -> dict[str, Any]:
    with standing.unchanged():
        answer = standing.by(who).call(method, path.format(**standing.known), body, **headers)
        return refusal_in(answer, *expected)


def revision(standing: Served, report: str) -> str:
    return f'"{standing.by(HEAD).get("/reports/" + standing.known[report])["revision"]}"'


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"colour": "red"}, "unknown_field", "/colour"),
        ({"state": "approved"}, "unknown_field", "/state"),
        ({"region": "130000"}, "unknown_field", "/region"),
        ({"revision": 1}, "unknown_field", "/revision"),
        ({"summary": 5}, "not_a_text", "/summary"),
        ({"summary": "长" * 8001}, "too_long", "/summary"),
        ({"summary": "活动\x00总结"}, "text_not_storable", "/summary"),
        ({"problems": ["a"]}, "not_a_text", "/problems"),
        ({"lines": {}}, "not_a_list", "/lines"),
        ({"lines": [5]}, "not_an_object", "/lines/0"),
        ({"lines": [{}]}, "required", "/lines/0/record_id"),
        ({"lines": [{"record_id": "activity-1-record-1", "hours": -1}]}, "hours_out_of_range", "/lines/0/hours"),
        ({"lines": [{"record_id": "activity-1-record-1", "hours": 0}]}, "hours_out_of_range", "/lines/0/hours"),
        ({"lines": [{"record_id": "activity-1-record-1", "hours": 24.5}]}, "hours_out_of_range", "/lines/0/hours"),
        ({"lines": [{"record_id": "activity-1-record-1", "hours": 1.005}]}, "too_many_decimals", "/lines/0/hours"),
        ({"lines": [{"record_id": "activity-1-record-1", "hours": 2.51}]}, "hours_exceed_shift", "/lines/0/hours"),
        ({"lines": [{"record_id": "activity-1-record-1", "quality": 6}]}, "out_of_range", "/lines/0/quality"),
        ({"lines": [{"record_id": "activity-1-record-1", "counted": "maybe"}]}, "not_a_boolean", "/lines/0/counted"),
        (
            {"lines": [{"record_id": "activity-1-record-1", "volunteer_number": "A"}]},
            "unknown_field",
            "/lines/0/volunteer_number",
        ),
        ({"lines": [{"record_id": "activity-2-record-1", "hours": 1}]}, "record_not_in_report", "/lines/0/record_id"),
        ({"lines": [{"record_id": "' OR 1=1 --"}]}, "record_not_in_report", "/lines/0/record_id"),
        ({"lines": [{"record_id": "activity-1-record-1"}] * 2}, "record_named_twice", "/lines/1"),
        ([], "not_an_object", ""),
        ("summary", "not_an_object", ""),
    ],
)
def test_a_wrong_correction_is_refused(standing: Served, body: Any, code: str, pointer: str) -> None:
    refused(standing, HEAD, "PATCH", "/reports/{draft}", body, 422, code, pointer, If_Match=revision(standing, "draft"))


@pytest.mark.parametrize(
    ("if_match", "status", "code"),
    [
        (None, 428, "if_match_missing"),
        ("", 428, "if_match_missing"),
        ('"0"', 412, "stale_revision"),
        ('"999"', 412, "stale_revision"),
        ("*", 412, "stale_revision"),
        ('"one"', 412, "stale_revision"),
        ("²", 412, "stale_revision"),
        ('"' + "9" * 5000 + '"', 412, "stale_revision"),
    ],
)
def test_a_correction_names_the_revision_that_was_read(
    standing: Served, if_match: str | None, status: int, code: str
) -> None:
    headers = {} if if_match is None else {"If_Match": if_match}
    body = {"summary": SUMMARY}
    problem = refused(standing, HEAD, "PATCH", "/reports/{draft}", body, status, code, **headers)
    assert problem.get("current_revision", 1) == 1


@pytest.mark.parametrize(
    ("who", "report", "status", "code"),
    [
        (OTHER_HEAD, "{draft}", 404, "report_not_found"),
        (OTHER_HEAD, "{running}", 404, "report_not_found"),
        (HEAD, "{theirs}", 404, "report_not_found"),
        (HEAD, "none", 404, "report_not_found"),
        (HEAD, "'; DROP TABLE report; --", 404, "report_not_found"),
        (COUNTY, "{draft}", 403, "forbidden"),
        (NOBODY, "{draft}", 403, "forbidden"),
        (HEAD, "{running}", 409, "report_frozen"),
    ],
)
@pytest.mark.parametrize("what", ["edit", "submit"])
def test_only_ones_own_draft_changes(
    standing: Served, what: str, who: Principal, report: str, status: int, code: str
) -> None:
    if what == "edit":
        code = "field_frozen" if code == "report_frozen" else code
        revised = revision(standing, "running" if report == "{running}" else "draft")
        refused(standing, who, "PATCH", f"/reports/{report}", {"summary": "x"}, status, code, If_Match=revised)
    else:
        refused(standing, who, "POST", f"/reports/{report}/submit", None, status, code, Idempotency_Key="k")


def test_an_unfinished_report_is_not_sent(standing: Served) -> None:
    refused(standing, HEAD, "POST", "/reports/{draft}/submit", None, 422, "summary_too_short", "/summary")


def test_a_report_that_counts_nothing_is_not_sent(reporting: Served) -> None:
    nothing = [{"record_id": f"activity-1-record-{number}", "counted": False} for number in (1, 2)]
    edit(reporting, reporting.known["draft"], {"summary": SUMMARY, "lines": nothing})
    refused(reporting, HEAD, "POST", "/reports/{draft}/submit", None, 422, "no_lines", "/lines")


@pytest.mark.parametrize(
    ("who", "report"),
    [
        (OTHER_HEAD, "draft"),
        (OTHER_HEAD, "running"),
        (OTHER_COUNTY, "running"),
        (COUNTY, "theirs"),
        (COUNTY, "draft"),
        (PROVINCE, "draft"),
        (NOBODY, "running"),
    ],
)
def test_a_report_of_others_is_not_there(standing: Served, who: Principal, report: str) -> None:
    refused(standing, who, "GET", f"/reports/{{{report}}}", None, 404, "report_not_found")


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("region=1301", "wrong_form", "/query/region"),
        ("region=999999", "unknown_region", "/query/region"),
        ("region=130171", "region_not_reporting", "/query/region"),
        ("state=lost", "not_a_choice", "/query/state"),
        ("quarter=2026Q5", "wrong_form", "/query/quarter"),
        ("limit=-1", "out_of_range", "/query/limit"),
        ("cursor=eA", "cursor_invalid", "/query/cursor"),
        ("activity_id=a%00", "text_not_storable", "/query/activity_id"),
    ],
)
def test_a_wrong_question_is_refused(standing: Served, query: str, code: str, pointer: str) -> None:
    refused(standing, CLERK, "GET", f"/reports?{query}", None, 422, code, pointer)


@pytest.mark.parametrize(
    ("who", "verb", "status", "code"),
    [
        (HEAD, "approve", 403, "own_case"),
        (CITY, "approve", 409, "not_your_turn"),
        (CLERK, "approve", 403, "not_yours"),
        (COUNTY, "withdraw", 403, "not_the_initiator"),
        (COUNTY, "resubmit", 403, "not_the_initiator"),
        (HEAD, "resubmit", 409, "not_legal_now"),
        (COUNTY, "fly", 404, "not_found"),
        (OTHER_COUNTY, "approve", 404, "case_not_found"),
        (OTHER_HEAD, "withdraw", 404, "case_not_found"),
        (NOBODY, "approve", 404, "case_not_found"),
    ],
)
def test_who_may_not_decide_a_report_is_told_so_or_nothing(
    standing: Served, who: Principal, verb: str, status: int, code: str
) -> None:
    rev = standing.by(HEAD).get("/cases/" + standing.known["case"])["rev"]
    headers = {"Idempotency_Key": f"{who.account_id}-{verb}", "If_Match": f'"{rev}"'}
    refused(standing, who, "POST", f"/cases/{{case}}/{verb}", {"opinion": "意见"}, status, code, **headers)


@pytest.mark.parametrize(
    ("verb", "body", "headers", "status", "code", "pointer"),
    [
        ("approve", {}, {"If_Match": "1"}, 428, "idempotency_key_missing", None),
        ("approve", {}, {"Idempotency_Key": "k"}, 428, "if_match_missing", None),
        ("approve", {}, {"Idempotency_Key": "k", "If_Match": "99"}, 412, "stale_revision", None),
        ("approve", {}, {"Idempotency_Key": "k", "If_Match": "²"}, 412, "stale_revision", None),
        ("approve", {}, {"Idempotency_Key": "", "If_Match": "1"}, 422, "command_id_invalid", None),
        ("approve", {}, {"Idempotency_Key": "k" * 256, "If_Match": "1"}, 422, "command_id_invalid", None),
        ("return", {}, {"Idempotency_Key": "k", "If_Match": "1"}, 422, "opinion_required", "/opinion"),
        ("reject", {"opinion": " "}, {"Idempotency_Key": "k", "If_Match": "1"}, 422, "opinion_required", "/opinion"),
        ("approve", {"opinion": 5}, {"Idempotency_Key": "k", "If_Match": "1"}, 422, "not_a_text", "/opinion"),
        ("approve", {"opinion": "x" * 2001}, {"Idempotency_Key": "k", "If_Match": "1"}, 422, "too_long", "/opinion"),
        (
            "approve",
            {"opinion": "\x00"},
            {"Idempotency_Key": "k", "If_Match": "1"},
            422,
            "text_not_storable",
            "/opinion",
        ),
        ("approve", {"by": "city"}, {"Idempotency_Key": "k", "If_Match": "1"}, 422, "unknown_field", "/by"),
        ("approve", {"remarks": []}, {"Idempotency_Key": "k", "If_Match": "1"}, 422, "unknown_field", "/remarks"),
        (
            "return",
            {"remarks": [{"pointer": "x"}]},
            {"Idempotency_Key": "k", "If_Match": "1"},
            422,
            "wrong_form",
            "/remarks/0/pointer",
        ),
    ],
)
def test_a_malformed_decision_is_refused(
    standing: Served, verb: str, body: Any, headers: dict[str, str], status: int, code: str, pointer: str | None
) -> None:
    if headers.get("If_Match") == "1":
        rev = standing.by(HEAD).get("/cases/" + standing.known["case"])["rev"]
        headers = {**headers, "If_Match": f'"{rev}"'}
    refused(standing, COUNTY, "POST", f"/cases/{{case}}/{verb}", body, status, code, pointer, **headers)


def test_a_report_waits_for_the_word_on_its_organisation(reporting: Served) -> None:
    """Else its head could decide it."""
    with reporting.database.unit_of_work() as uow:
        uow.session.delete(uow.session.get_one(KnownOrganisation, "organisation-1"))
    edit(reporting, reporting.known["draft"], {"summary": SUMMARY})
    path = "/reports/{draft}/submit"
    refused(reporting, HEAD, "POST", path, None, 503, "organisation_not_known_yet")


def test_what_was_sent_is_frozen_for_everybody_of_the_organisation(reporting: Served) -> None:
    edit(reporting, reporting.known["draft"], {"summary": SUMMARY})
    submit(reporting, reporting.known["draft"])
    body = {"lines": [{"record_id": "activity-1-record-1", "hours": 1}]}
    revised = revision(reporting, "draft")
    path = "/reports/{draft}"
    refused(reporting, HEAD, "PATCH", path, body, 409, "field_frozen", "/lines/0/hours", If_Match=revised)
    refused(reporting, HEAD, "PATCH", path, {"summary": SUMMARY}, 409, "report_frozen", If_Match=revised)
