"""What others say becomes true once, whatever comes twice and whichever comes first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from services.reporting.model import KnownOrganisation, Report, ReportLineRow
from shared.contracts.cases import TaskAssigned
from shared.contracts.records import ActivityHeld
from shared.contracts.registration import AbsenceChanged, OrganisationApproved, PostChanged
from tests.integration.databases import Databases
from tests.integration.listening import CASES_OVER_NODES
from tests.integration.reporting.world import (
    COUNTY,
    HEAD,
    OURS,
    SUMMARY,
    decide,
    edit,
    held,
    organisation,
    post,
    report_id,
    submit,
)
from tests.integration.serving import Served, refusal_in, serving


def test_a_held_activity_drafts_one_report(reporting: Served) -> None:
    def look() -> tuple[int, int]:
        with reporting.database.reading() as session:
            counts = [select(func.count()).select_from(table) for table in (Report, ReportLineRow)]
            return session.execute(counts[0]).scalar_one(), session.execute(counts[1]).scalar_one()

    before = look()
    assert reporting.listener.hear_twice(held("activity-7", records=5), look) == (before[0] + 1, before[1] + 5)
    reporting.listener.hear(held("activity-7", records=1))
    assert look() == (before[0] + 1, before[1] + 5), "the same activity is held once, whatever is said later"


def test_an_organisation_is_known_by_its_newest_head(reporting: Served) -> None:
    def look() -> tuple[str, str]:
        with reporting.database.reading() as session:
            row = session.get_one(KnownOrganisation, OURS)
            return row.name, row.head_account_id

    changed = replace(organisation(OURS), name="新名称", head_account_id="head-9")
    assert reporting.listener.hear_twice(changed, look) == ("新名称", "head-9")


def test_an_approver_who_was_told_of_twice_is_one_approver(reporting: Served) -> None:
    newcomer = replace(COUNTY, account_id="county-2")
    assert reporting.by(newcomer).get("/tasks/counts")["todo"] == 0
    look = reporting.by(newcomer).get
    assert reporting.listener.hear_twice(post(newcomer), lambda: look("/tasks/counts"))["todo"] == 1
    assert reporting.listener.hear_twice(post(newcomer, active=False), lambda: look("/tasks/counts"))["todo"] == 0


def test_a_case_waits_when_nobody_may_decide_it_and_goes_on_with_the_next_approver(reporting: Served) -> None:
    report = reporting.known["running"]
    reporting.listener.hear(post(COUNTY, active=False))
    case = reporting.by(HEAD).get(f"/reports/{report}")["case_id"]
    with reporting.unchanged():
        headers = {"Idempotency_Key": "k", "If_Match": f'"{reporting.by(HEAD).get(f"/cases/{case}")["rev"]}"'}
        answer = reporting.by(COUNTY).call("POST", f"/cases/{case}/approve", {}, **headers)
        assert answer.status_code in (403, 404), answer.text
    newcomer = replace(COUNTY, account_id="county-2", name="county-2")
    reporting.listener.hear(post(newcomer))
    assert decide(reporting, newcomer, report, "approve")["state"] == "running"


@pytest.mark.parametrize("first", ["organisation", "activity"])
def test_a_draft_comes_whichever_is_told_first(databases: Databases, first: str) -> None:
    with serving(databases, "reporting") as served:
        told = [organisation(OURS), held("activity-1")]
        for event in told if first == "organisation" else reversed(told):
            served.listener.hear(event)
        report = report_id(served, "activity-1")
        edit(served, report, {"summary": SUMMARY})
        assert submit(served, report)["state"] == "running"


@pytest.mark.parametrize("first", ["report", "approver"])
def test_an_approver_is_asked_whichever_comes_first(databases: Databases, first: str) -> None:
    with serving(databases, "reporting") as served:
        served.listener.hear(organisation(OURS))
        served.listener.hear(held("activity-1"))
        report = report_id(served, "activity-1")
        edit(served, report, {"summary": SUMMARY})
        steps: list[Callable[[], object]] = [lambda: submit(served, report), lambda: served.listener.hear(post(COUNTY))]
        for step in steps if first == "report" else reversed(steps):
            step()
        assert served.by(COUNTY).get("/tasks/counts")["todo"] == 1
        assert [event.region for event in served.published(TaskAssigned)] == ["130123"]


@pytest.mark.parametrize(
    ("wrong", "broken"),
    [
        ({"hours_hundredths": 251}, "hours_within_shift"),
        ({"hours_hundredths": 0}, "hours_within_shift"),
        ({"quality": 6}, "quality"),
    ],
)
def test_a_line_that_breaks_a_rule_is_refused_by_the_database(
    reporting: Served, wrong: dict[str, Any], broken: str
) -> None:
    [(column, value)] = wrong.items()
    with pytest.raises(IntegrityError, match=broken), reporting.database.engine.begin() as connection:
        connection.execute(text(f"UPDATE report_line SET {column} = {value}"))  # noqa: S608  # from the table above


@pytest.mark.parametrize(
    "statement", ["UPDATE report SET state = 'lost'", "UPDATE report SET state = 'running', case_id = NULL"]
)
def test_a_report_in_no_known_state_is_refused_by_the_database(reporting: Served, statement: str) -> None:
    with pytest.raises(IntegrityError), reporting.database.engine.begin() as connection:
        connection.execute(text(statement))


def test_an_activity_with_impossible_hours_is_held_and_drafts_nothing(reporting: Served) -> None:
    """A county that sends nonsense is not believed."""
    [shift, *_] = held("activity-6").shifts
    nonsense = replace(held("activity-6"), shifts=(replace(shift, hours_hundredths=2500),))
    before = reporting.contents()["report"]
    reporting.listener.receive(reporting.listener.encode(nonsense))
    assert len(reporting.listener.held()) == 1
    assert reporting.contents()["report"] == before


def test_nothing_else_is_heard(reporting: Served) -> None:
    assert set(reporting.listener.reactions.listens_to()) == {
        OrganisationApproved,
        ActivityHeld,
        PostChanged,
        AbsenceChanged,
        *CASES_OVER_NODES,
    }


def test_a_deputy_of_an_ended_post_is_refused_when_the_token_ends(reporting: Served) -> None:
    """A token outlives a post by its own life and no longer."""
    caller = reporting.by(HEAD)
    reporting.pass_time(timedelta(minutes=11))
    refusal_in(caller.call("GET", "/reports"), 401, "token_expired")
