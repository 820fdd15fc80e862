"""Corrections of a report, and what it needs before it goes upwards."""

from __future__ import annotations

import pytest

from services.reporting.policy import barred_from_deciding, may_edit, may_see
from services.reporting.rules import (
    SHORTEST_SUMMARY,
    LineChange,
    faults_before_submission,
    faults_in_changes,
    length_of,
)
from shared.identity import Post, Principal, Role

LENGTHS = {"r1": 200, "r2": 150}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (LineChange(record_id="r1", hours_hundredths=200), None),
        (LineChange(record_id="r1", hours_hundredths=1), None),
        (LineChange(record_id="r1"), None),
        (LineChange(record_id="r1", counted=False), None),
        (LineChange(record_id="r1", hours_hundredths=201), ("hours_exceed_shift", "/lines/0/hours")),
        (LineChange(record_id="r9", hours_hundredths=1), ("record_not_in_report", "/lines/0/record_id")),
    ],
)
def test_hours_are_lowered_and_never_raised_above_the_shift(change: LineChange, fault: tuple[str, str] | None) -> None:
    found = [(one.code, one.pointer) for one in faults_in_changes([change], LENGTHS)]
    assert found == ([fault] if fault else [])


def test_a_record_is_corrected_once_in_a_request() -> None:
    changes = [LineChange(record_id="r1", quality=3), LineChange(record_id="r2"), LineChange(record_id="r1", quality=5)]
    assert [(one.code, one.pointer) for one in faults_in_changes(changes, LENGTHS)] == [
        ("record_named_twice", "/lines/2")
    ]


@pytest.mark.parametrize(
    ("starts", "ends", "length"), [("08:30", "11:00", 250), ("00:00", "24:00", 2400), ("08:00", "08:01", 1)]
)
def test_a_shift_is_as_long_as_its_times_say(starts: str, ends: str, length: int) -> None:
    assert length_of(starts, ends) == length


@pytest.mark.parametrize(
    ("summary", "counted", "codes"),
    [
        ("x" * SHORTEST_SUMMARY, [True, False], []),
        ("x" * (SHORTEST_SUMMARY - 1), [True], ["summary_too_short"]),
        (" " * 100, [True], ["summary_too_short"]),
        ("x" * SHORTEST_SUMMARY, [False, False], ["no_lines"]),
        ("", [], ["summary_too_short", "no_lines"]),
    ],
)
def test_a_report_goes_upwards_with_a_summary_and_something_to_count(
    summary: str, counted: list[bool], codes: list[str]
) -> None:
    assert [fault.code for fault in faults_before_submission(summary=summary, counted=counted)] == codes


def test_offices_see_reports_once_they_were_submitted_and_organisations_always() -> None:
    head = Principal(
        account_id="h", name="h", posts=(Post(role=Role.ORGANISATION_ADMIN, region="130123", organisation_id="o1"),)
    )
    office = Principal(account_id="c", name="c", posts=(Post(role=Role.CLERK, region="130123"),))
    here = frozenset({"130123"})
    for is_draft in (True, False):
        assert may_see(head, organisation_id="o1", region="130123", scope=frozenset(), is_draft=is_draft)
        assert may_see(office, organisation_id="o1", region="130123", scope=here, is_draft=is_draft) is not is_draft
        assert not may_see(office, organisation_id="o1", region="130124", scope=here, is_draft=is_draft)
        assert not may_see(head, organisation_id="o2", region="130123", scope=frozenset(), is_draft=is_draft)
    assert may_edit(head, organisation_id="o1")
    assert not may_edit(office, organisation_id="o1")


def test_the_head_and_the_recorder_never_decide() -> None:
    assert barred_from_deciding(head_account_id="h", recorder_account_id="r") == {"h", "r"}
    assert barred_from_deciding(head_account_id="h", recorder_account_id="h") == {"h"}
