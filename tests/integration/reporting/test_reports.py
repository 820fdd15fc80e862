"""A report's way: drafted by an activity, completed, sent, returned, sent again, decided tier by tier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.contracts.cases import CaseReturned
from shared.contracts.reporting import ReportApproved, ReportRejected, ReportReturned, ReportRevoked, ReportSubmitted
from shared.identity import Principal
from tests.integration.reporting.world import (
    CITY,
    CLERK,
    COUNTY,
    DEPUTY,
    HEAD,
    OTHER_COUNTY,
    OTHER_HEAD,
    OURS,
    PROVINCE,
    SUMMARY,
    case_of,
    decide,
    draft,
    edit,
    post,
    submit,
    submitted,
)
from tests.integration.serving import Served, refusal_in


def hours(report: Any) -> list[tuple[float, int, bool]]:
    return [(line["hours"], line["quality"], line["counted"]) for line in report["lines"]]


def test_a_draft_says_what_was_recorded(standing: Served) -> None:
    report = standing.by(HEAD).get(f"/reports/{standing.known['draft']}")
    assert (report["state"], report["quarter"], report["round"], report["case_id"]) == ("draft", "2026Q3", 0, None)
    assert (report["recorder"], report["leader"], report["summary"]) == ("recorder", "王主任", "")
    assert hours(report) == [(2.5, 4, True)] * 2
    assert [line["recorded_hours"] for line in report["lines"]] == [2.5, 2.5]


def test_a_correction_changes_what_it_names_and_nothing_else(reporting: Served) -> None:
    report = reporting.known["draft"]
    edited = edit(reporting, report, {"lines": [{"record_id": "activity-1-record-2", "hours": "1.25", "quality": 3}]})
    assert hours(edited) == [(2.5, 4, True), (1.25, 3, True)]
    edited = edit(
        reporting, report, {"problems": "音响不足", "lines": [{"record_id": "activity-1-record-1", "counted": False}]}
    )
    assert hours(edited) == [(2.5, 4, False), (1.25, 3, True)]
    assert (edited["problems"], edited["summary"]) == ("音响不足", "")
    assert [line["recorded_hours"] for line in edited["lines"]] == [2.5, 2.5], "the recorder's own figure stays"


@pytest.mark.parametrize(
    "body", [{"summary": SUMMARY}, {"lines": [{"record_id": "activity-1-record-1", "hours": 1}]}, {}]
)
def test_every_correction_is_a_new_revision(reporting: Served, body: dict[str, Any]) -> None:
    """Also within one tick of the clock, which stands still here."""
    path, read = f"/reports/{reporting.known['draft']}", '"1"'
    first = reporting.by(HEAD).call("PATCH", path, body, If_Match=read)
    assert first.headers["ETag"] == '"2"'
    with reporting.unchanged():
        stale = reporting.by(DEPUTY).call("PATCH", path, {"summary": "x"}, If_Match=read)
        assert refusal_in(stale, 412, "stale_revision")["current_revision"] == 2


def test_three_tiers_approve_and_what_is_claimed_becomes_true(reporting: Served) -> None:
    report = reporting.known["draft"]
    lines = [{"record_id": "activity-1-record-1", "hours": 2}, {"record_id": "activity-1-record-2", "counted": False}]
    edit(reporting, report, {"summary": SUMMARY, "lines": lines})
    assert submit(reporting, report)["state"] == "running"
    for who in (COUNTY, CITY):
        assert decide(reporting, who, report, "approve")["state"] == "running"
        assert reporting.published(ReportApproved) == []
    assert decide(reporting, PROVINCE, report, "approve")["state"] == "approved"
    [approved] = reporting.published(ReportApproved)
    assert [(line.record_id, line.hours_hundredths, line.quality) for line in approved.lines] == [
        ("activity-1-record-1", 200, 4)
    ]
    assert reporting.by(HEAD).get(f"/reports/{report}")["state"] == "approved"


def test_a_returned_report_is_corrected_and_sent_again(reporting: Served) -> None:
    report = reporting.known["running"]
    decide(reporting, COUNTY, report, "return", "请补充照片")
    assert reporting.by(HEAD).get(f"/reports/{report}")["state"] == "returned"
    [returned] = reporting.published(ReportReturned)
    assert returned.reason == "请补充照片"
    assert len(reporting.published(CaseReturned)) == 1
    case = case_of(reporting, report)
    edit(reporting, report, {"summary": SUMMARY + "已补充照片。"})
    again = submit(reporting, report)
    assert (again["state"], again["round"], again["case_id"]) == ("running", 2, case)
    detail = reporting.by(COUNTY).get(f"/cases/{case}")
    assert [change["pointer"] for change in detail["differences"][0]["changes"]] == ["/summary"]
    assert [event.round for event in reporting.published(ReportSubmitted) if event.report_id == report] == [1, 2]


def test_a_report_sent_again_through_its_case_is_the_same(reporting: Served) -> None:
    report = reporting.known["running"]
    decide(reporting, COUNTY, report, "return", "请补充照片")
    edit(reporting, report, {"summary": SUMMARY + "已补充照片。"})
    assert decide(reporting, HEAD, report, "resubmit")["round"] == 2
    assert reporting.by(HEAD).get(f"/reports/{report}")["state"] == "running"


def test_a_returned_report_is_sent_again_only_when_it_is_complete(reporting: Served) -> None:
    report = reporting.known["running"]
    decide(reporting, COUNTY, report, "return", "请补充照片")
    edit(reporting, report, {"summary": "太短"})
    case = reporting.by(HEAD).get(f"/cases/{case_of(reporting, report)}")
    with reporting.unchanged():
        answer = reporting.by(HEAD).call("POST", f"/reports/{report}/submit")
        refusal_in(answer, 422, "summary_too_short", "/summary")
        path, headers = f"/cases/{case['id']}/resubmit", {"Idempotency_Key": "k", "If_Match": str(case["rev"])}
        refusal_in(reporting.by(HEAD).call("POST", path, {}, **headers), 422, "summary_too_short", "/summary")


def test_a_withdrawn_report_is_a_draft_again_and_sent_as_a_new_case(reporting: Served) -> None:
    report = reporting.known["running"]
    case = case_of(reporting, report)
    decide(reporting, HEAD, report, "withdraw")
    assert reporting.by(HEAD).get(f"/reports/{report}")["state"] == "draft"
    assert reporting.by(COUNTY).refused("GET", f"/reports/{report}") == (404, "report_not_found")
    assert submit(reporting, report)["case_id"] != case


def test_an_approved_report_is_undone_by_the_province_alone(reporting: Served) -> None:
    report = reporting.known["running"]
    for who in (COUNTY, CITY, PROVINCE):
        decide(reporting, who, report, "approve")
    asked = decide(reporting, HEAD, report, "request_revocation", "活动照片并非本次活动")
    assert asked["state"] == "approved", "asking alone undoes nothing"
    [todo] = reporting.by(PROVINCE).get("/tasks")["items"]
    assert todo["business_type"] == "activity_report/revocation"
    assert reporting.by(COUNTY).get("/tasks/counts")["todo"] == 0
    refusal = {"opinion": ""}
    headers = {"Idempotency_Key": "undo", "If_Match": f'"{todo["rev"]}"'}
    path = f"/cases/{todo['case_id']}/approve"
    refusal_in(reporting.by(PROVINCE).call("POST", path, refusal, **headers), 422, "opinion_required")
    for _ in range(2):  # sent again, it is done once
        answer = reporting.by(PROVINCE).call("POST", path, {"opinion": "情况属实，予以撤销"}, **headers)
        assert answer.status_code == 200, answer.text
    seen = reporting.by(HEAD).get(f"/reports/{report}")
    assert seen["state"] == "revoked"
    assert reporting.by(HEAD).get(f"/cases/{seen['case_id']}")["state"] == "revoked"
    assert [one["id"] for one in reporting.by(HEAD).get("/reports?state=revoked")["items"]] == [report]
    [revoked] = reporting.published(ReportRevoked)
    assert (revoked.report_id, revoked.activity_id) == (report, "activity-2")
    assert reporting.by(HEAD).get(f"/cases/{seen['case_id']}/trail")["intact"]


def test_a_revocation_that_is_refused_leaves_the_report_as_it_is(reporting: Served) -> None:
    report = reporting.known["running"]
    for who in (COUNTY, CITY, PROVINCE):
        decide(reporting, who, report, "approve")
    decide(reporting, COUNTY, report, "request_revocation", "疑似重复上报")
    [todo] = reporting.by(PROVINCE).get("/tasks")["items"]
    headers = {"Idempotency_Key": "keep", "If_Match": f'"{todo["rev"]}"'}
    path = f"/cases/{todo['case_id']}/reject"
    assert reporting.by(PROVINCE).call("POST", path, {"opinion": "两次活动不同"}, **headers).status_code == 200
    assert reporting.by(HEAD).get(f"/reports/{report}")["state"] == "approved"
    assert reporting.published(ReportRevoked) == []


def test_a_rejected_report_counts_nothing_and_is_final(reporting: Served) -> None:
    report = reporting.known["running"]
    decide(reporting, COUNTY, report, "reject", "活动不实")
    assert reporting.by(HEAD).get(f"/reports/{report}")["state"] == "rejected"
    assert [event.reason for event in reporting.published(ReportRejected)] == ["活动不实"]
    assert reporting.published(ReportApproved) == []
    with reporting.unchanged():
        refusal_in(reporting.by(HEAD).call("POST", f"/reports/{report}/submit"), 409, "report_frozen")


@pytest.mark.parametrize("barred", ["recorder", "head-1", "deputy-1"])
def test_who_recorded_heads_or_sends_never_decides(reporting: Served, barred: str) -> None:
    """Even where they hold the approver's post of the county."""
    conflicted = replace(COUNTY, account_id=barred)
    reporting.listener.hear(replace(post(COUNTY), post_id=f"second-{barred}", account_id=barred))
    report = draft(reporting, "activity-9")
    edit(reporting, report, {"summary": SUMMARY})
    submit(reporting, report, who=DEPUTY)
    case = reporting.by(DEPUTY).get(f"/cases/{case_of(reporting, report)}")
    with reporting.unchanged():
        headers = {"Idempotency_Key": "k", "If_Match": f'"{case["rev"]}"'}
        answer = reporting.by(conflicted).call("POST", f"/cases/{case['id']}/approve", {}, **headers)
        refusal_in(answer, 403, "own_case" if barred == "deputy-1" else "barred")


def test_a_command_sent_again_is_answered_again_and_done_once(reporting: Served) -> None:
    report = reporting.known["draft"]
    edit(reporting, report, {"summary": SUMMARY})
    send = f"/reports/{report}/submit"
    first = reporting.by(HEAD).call("POST", send, Idempotency_Key="same")
    with reporting.unchanged():
        second = reporting.by(HEAD).call("POST", send, Idempotency_Key="same")
    assert (first.status_code, second.status_code) == (200, 200)
    assert (second.get_json(), second.headers["ETag"]) == (first.get_json(), first.headers["ETag"])
    assert second.headers["Idempotency-Replayed"] == "true"
    with reporting.unchanged():
        other = reporting.by(HEAD).call("POST", f"/reports/{reporting.known['running']}/submit", Idempotency_Key="same")
        refusal_in(other, 422, "command_id_reused")


def test_two_people_may_choose_one_key(reporting: Served) -> None:
    """A key is its sender's own: another's command under the same key is another command."""
    theirs = draft(reporting, "activity-8", "organisation-2")
    for who, report in ((HEAD, reporting.known["draft"]), (OTHER_HEAD, theirs)):
        edit(reporting, report, {"summary": SUMMARY}, who=who)
        answer = reporting.by(who).call("POST", f"/reports/{report}/submit", Idempotency_Key="1")
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("who", "query", "seen"),
    [
        (HEAD, "", {"draft", "running"}),
        (DEPUTY, "", {"draft", "running"}),
        (OTHER_HEAD, "", {"theirs"}),
        (COUNTY, "", {"running"}),
        (CLERK, "", {"running"}),
        (OTHER_COUNTY, "", {"theirs"}),
        (CITY, "", {"running", "theirs"}),
        (PROVINCE, "", {"running", "theirs"}),
        (PROVINCE, "?region=130125", {"theirs"}),
        (COUNTY, "?region=130125", set()),
        (COUNTY, "?region=130000", {"running"}),
        (HEAD, "?state=draft", {"draft"}),
        (PROVINCE, "?state=draft", set()),
        (HEAD, "?activity_id=activity-2", {"running"}),
        (HEAD, "?activity_id=activity-3", set()),
        (PROVINCE, "?quarter=2026Q3&limit=100", {"running", "theirs"}),
        (PROVINCE, "?quarter=2026Q4", set()),
    ],
)
def test_a_list_holds_what_the_reader_may_see(standing: Served, who: Principal, query: str, seen: set[str]) -> None:
    found = standing.by(who).get(f"/reports{query}")
    assert {item["id"] for item in found["items"]} == {standing.known[name] for name in seen}


def test_pages_follow_each_other_without_gaps(reporting: Served) -> None:
    for number in range(20, 24):
        submitted(reporting, f"activity-{number}")
    found, cursor = [], ""
    for _ in range(4):
        page = reporting.by(PROVINCE).get(f"/reports?limit=2{cursor}")
        found += [item["id"] for item in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
        if page["next_cursor"] is None:
            break
    assert len(found) == len(set(found)) == 6


def test_the_organisation_of_a_case_is_named(standing: Served) -> None:
    case = standing.by(DEPUTY).get(f"/cases/{standing.known['case']}")
    assert case["organisation_id"] == OURS
