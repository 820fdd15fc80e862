"""Lists narrowed down, copies, and pages that stay as they are while cases move."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from shared.approval.commands import Details
from shared.approval.core.words import Verb
from shared.approval.lists import TaskList
from shared.approval.tables import StageRow
from tests.integration.approval.office import ANN, BAO, BEN, CAI, CITY, COUNTY, DINGZHOU, START, Office, caller
from tests.integration.approval.test_lists import counts, of, page

TODO, RETURNED, CC, STARTED, DONE = TaskList


@pytest.fixture
def three(office: Office) -> Office:
    """Three reports of Ann's: one just opened, one that the county has passed, one of 定州 that came back."""
    office.open("new", title="安全生产月咨询日")
    office.act(office.open("passed", title="入户讲解用气安全"), Verb.APPROVE, BEN)
    office.open("away", title="100%_安全", home_region=DINGZHOU)
    return office


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["away", "passed", "new"]),
        ("&title=用气", ["passed"]),
        ("&title=%25_", ["away"]),
        ("&title=咨询%25", []),
        (f"&region={CITY}", ["passed", "new"]),
        (f"&region={DINGZHOU}", ["away"]),
        ("&region=130000", ["away", "passed", "new"]),
        ("&state=approved", []),
        ("&state=running", ["away", "passed", "new"]),
        ("&business_type=star_rating", []),
        ("&opened_from=2026-10-01&opened_to=2026-10-01", ["away", "passed", "new"]),
        ("&opened_from=2026-10-02", []),
        ("&opened_to=2026-09-30", []),
        ("&decided_from=2026-01-01", []),
        ("&overdue=true", []),
    ],
)
def test_a_list_is_narrowed_down(three: Office, app: Flask, asked: str, found: list[str]) -> None:
    items = caller(app, ANN).get(f"/tasks?list=started{asked}")["items"]
    assert [item["business_id"] for item in items] == found


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("title=安", "wrong_length"),
        ("region=1", "unknown_region"),
        ("region=990000", "unknown_region"),
        ("state=lost", "not_a_choice"),
        ("opened_from=tomorrow", "not_a_date"),
        ("overdue=perhaps", "not_a_boolean"),
        ("limit=101", "out_of_range"),
        ("cursor=x", "cursor_invalid"),
    ],
)
def test_what_a_list_cannot_be_asked_is_refused(office: Office, app: Flask, asked: str, code: str) -> None:
    answer = caller(app, BEN).call("GET", f"/tasks?{asked}")
    assert answer.status_code == 422
    assert answer.json is not None
    name = asked.split("=", maxsplit=1)[0]
    assert [(fault["code"], fault["pointer"]) for fault in answer.json["errors"]] == [(code, f"/query/{name}")]


def test_what_was_done_is_found_by_the_day_of_the_deed(three: Office, app: Flask) -> None:
    ben = caller(app, BEN)
    assert [item["verb"] for item in ben.get("/tasks?list=done&decided_from=2026-10-01")["items"]] == ["approve"]
    assert ben.get("/tasks?list=done&decided_to=2026-09-30")["items"] == []


def test_an_opinion_and_an_answer_that_were_asked_for_are_waited_for_and_then_done(office: Office) -> None:
    delegated, consulted = office.open("delegated"), office.open("consulted")
    office.act(delegated, Verb.DELEGATE, BEN, details=Details(to=("bao",)))
    office.act(consulted, Verb.CONSULT, BEN, details=Details(to=("cai",)))
    assert [of(office, TODO, who) for who in (BEN, BAO, CAI)] == [
        ["consulted"],
        ["consulted", "delegated"],
        ["consulted"],
    ]
    office.act(delegated, Verb.RESOLVE, BAO)
    office.act(consulted, Verb.ANSWER, CAI)
    assert [of(office, TODO, who) for who in (BEN, BAO, CAI)] == [["delegated", "consulted"], ["consulted"], []]
    assert [of(office, DONE, who) for who in (BEN, BAO, CAI)] == [[], ["delegated"], ["consulted"]]


def test_what_another_has_claimed_is_not_listed(office: Office) -> None:
    office.act(office.open("r1"), Verb.CLAIM, BEN)
    assert [of(office, TODO, who) for who in (BEN, BAO)] == [["r1"], []]


def test_copies_come_unread_first_and_only_the_unread_are_counted(office: Office) -> None:
    cases = [office.open(f"r{number}") for number in range(4)]
    for case in cases:
        office.act(case, Verb.CC, ANN, details=Details(to=("cai",)))
    office.act(cases[3], Verb.MARK_READ, CAI)
    office.act(cases[1], Verb.MARK_READ, CAI)
    found = page(office, CC, CAI).items
    assert [(item.business_id, item.read) for item in found] == [
        ("r2", False),
        ("r0", False),
        ("r3", True),
        ("r1", True),
    ]
    assert (counts(office, CAI).cc, counts(office, BEN).cc) == (2, 0)
    seen, cursor = [], None
    for _ in range(4):
        one = page(office, CC, CAI, cursor=cursor, limit=1)
        seen += [item.business_id for item in one.items]
        cursor = one.next_cursor
    assert (seen, cursor) == (["r2", "r0", "r3", "r1"], None)


def test_what_is_overdue_is_found_and_says_since_when(office: Office) -> None:
    office.open("late")
    office.open("early")
    late = START - timedelta(days=1)
    with office.database.unit_of_work() as uow:
        (item, _) = office.approvals.tasks(uow.session, which=TODO, principal=BEN, at=START).items
        of_late = (StageRow.case_id == item.case_id, StageRow.node_key == "county")
        uow.session.execute(update(StageRow).where(*of_late).values(clock_from=late, due_at=late))
    assert [(one.business_id, one.due_at) for one in page(office, TODO, BEN, overdue=True).items] == [("late", late)]
    assert of(office, TODO, BEN, overdue=True, at=late) == []


def test_pages_hold_while_cases_come_and_go(office: Office) -> None:
    """Between two pages somebody decides what was seen, and something new arrives: the rest is still seen once."""
    cases = [office.open(f"r{number}") for number in range(5)]
    first = page(office, TODO, BEN, limit=2)
    office.act(cases[1], Verb.APPROVE, BAO)
    office.act(cases[3], Verb.CLAIM, BEN)
    office.open("r5", home_region=COUNTY)
    rest = page(office, TODO, BEN, cursor=first.next_cursor, limit=10)
    assert [item.business_id for item in (*first.items, *rest.items)] == ["r0", "r1", "r2", "r3", "r4", "r5"]
