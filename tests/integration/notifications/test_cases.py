"""Who is told of a case: those who may decide it, and those who started it; once, and not in two voices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from sqlalchemy import select

from services.notifications.model import Message
from shared.contracts.cases import (
    CalendarMissing,
    CaseClosed,
    CaseDecided,
    CaseHeld,
    CaseReturned,
    TaskAssigned,
    TaskOverdue,
    TaskReminded,
)
from shared.contracts.registration import PostChanged
from shared.storage import Database
from tests.integration.listening import Listener

Told = Callable[[], list[tuple[str, str, str]]]
CASE = {
    "case_id": "case-1",
    "business_type": "commendation",
    "business_id": "n-1",
    "title": "2026年度优秀安全生产志愿者：王明",
    "initiator_account_id": "clerk",
}
NOON = datetime(2026, 10, 9, 4, 0, tzinfo=UTC)
LINK = "/cases/awards/case-1"


def post(account: str, *, role: str = "approver", region: str = "130100", active: bool = True) -> PostChanged:
    return PostChanged(
        post_id=f"post-{account}",
        account_id=account,
        name=account,
        role=role,
        region=region,
        organisation_id=None,
        active=active,
    )


def task(**changes: Any) -> TaskAssigned:
    asked: dict[str, Any] = {
        "task": 1,
        "round": 1,
        "region": "130100",
        "role": "approver",
        "assignee": None,
        "kind": "approve",
        "rev": 1,
        "initiator_name": "经办",
        "excluded_account_ids": (),
    }
    return TaskAssigned(**{**CASE, **asked, **changes})


def reminded(**changes: Any) -> TaskReminded:
    about = {name: value for name, value in CASE.items() if name != "initiator_account_id"}
    said: dict[str, Any] = {"task": 1, "region": "130100", "role": "approver", "assignee": None}
    said |= {"reminded_by": "经办", "reminded_at": NOON, "excluded_account_ids": ()}
    return TaskReminded(**{**about, **said, **changes})


def overdue(**changes: Any) -> TaskOverdue:
    said: dict[str, Any] = {"region": "130100", "roles": ("approver",), "due_at": NOON, "home_region": "130123"}
    return TaskOverdue(**{**CASE, **said, **changes})


def decided(verb: Literal["approve", "reject", "return"]) -> CaseDecided:
    return CaseDecided(
        **CASE, round=1, region="130100", verb=verb, decided_by_account_id="zhao", decided_by="赵六", opinion="同意"
    )


def returned(**changes: Any) -> CaseReturned:
    said: dict[str, Any] = {"round": 1, "region": "130100", "decided_by": "赵六", "opinion": "请补充", "remarks": 2}
    return CaseReturned(**{**CASE, **said, **changes})


def closed(**changes: Any) -> CaseClosed:
    said: dict[str, Any] = {"region": "130000", "outcome": "approved", "decided_by": "钱七", "opinion": ""}
    return CaseClosed(**{**CASE, **said, **changes})


def test_every_holder_of_the_post_hears_of_a_task_once(listener: Listener, told: Told) -> None:
    for holder in (post("zhao"), post("qian"), post("sun", region="130200"), post("li", role="clerk")):
        listener.hear(holder)
    seen = listener.hear_twice(task(), told, publisher="awards")
    assert seen == [("qian", "task.assigned", LINK), ("zhao", "task.assigned", LINK)]


def test_who_must_not_decide_and_who_left_hears_nothing(listener: Listener, told: Told) -> None:
    for holder in (post("zhao"), post("qian"), post("sun", active=False)):
        listener.hear(holder)
    listener.hear(task(excluded_account_ids=("clerk", "zhao")), publisher="awards")
    assert [account for account, _, _ in told()] == ["qian"]


def test_a_task_for_one_person_goes_to_that_person(listener: Listener, told: Told) -> None:
    listener.hear(post("zhao"))
    seen = listener.hear_twice(task(role=None, assignee="sun"), told, publisher="awards")
    assert seen == [("sun", "task.assigned", LINK)]


def test_a_task_waits_for_the_first_post_of_its_seat(listener: Listener, told: Told) -> None:
    listener.receive(listener.encode(task(), publisher="awards"))
    assert "addressee_not_known_yet" in listener.held()[0]
    assert told() == []


def test_a_later_round_is_told_again(listener: Listener, database: Database) -> None:
    listener.hear(post("zhao"))
    listener.hear(task(), publisher="awards")
    listener.hear(task(task=2, round=2), publisher="awards")
    with database.reading() as session:
        titles = list(session.scalars(select(Message.title_zh).order_by(Message.seq)))
    assert titles == [f"待办：{CASE['title']}", f"待办：{CASE['title']}（第2轮）"]


@pytest.mark.parametrize(
    ("event", "kinds"),
    [
        (decided("approve"), ["case.decided"]),
        (decided("reject"), []),
        (decided("return"), []),
        (returned(), ["case.returned"]),
        (returned(business_type="activity_report"), []),
        (closed(), ["case.approved"]),
        (closed(outcome="rejected", opinion="事迹不实"), ["case.rejected"]),
        (closed(outcome="withdrawn"), []),
        (closed(business_type="activity_report"), []),
        (closed(business_type="volunteer_registration", outcome="rejected"), []),
        (closed(initiator_account_id="system:awards", business_type="star_rating"), []),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, list) else type(value).__name__,
)
def test_the_initiator_is_told_once_and_in_one_voice(
    listener: Listener, told: Told, event: CaseDecided | CaseReturned | CaseClosed, kinds: list[str]
) -> None:
    seen = listener.hear_twice(event, told, publisher="awards")
    assert seen == [("clerk", kind, LINK) for kind in kinds]


def test_a_task_that_comes_back_is_told_again(listener: Listener, told: Told) -> None:
    listener.hear(post("zhao"))
    listener.hear(task(), publisher="awards")
    seen = listener.hear_twice(task(rev=3, assignee="zhao"), told, publisher="awards")
    assert [account for account, _, _ in seen] == ["zhao", "zhao"]


@pytest.mark.parametrize(
    ("kind", "label"), [("delegate", "委派"), ("sign_after", "待会签"), ("consult", "征询"), ("cc", "抄送")]
)
def test_what_is_asked_is_said(listener: Listener, database: Database, kind: str, label: str) -> None:
    listener.hear(task(kind=kind, assignee="zhao"), publisher="awards")
    with database.reading() as session:
        assert list(session.scalars(select(Message.title_zh))) == [f"{label}：{CASE['title']}"]


def test_who_has_to_decide_is_reminded_and_who_must_not_is_not(listener: Listener, told: Told) -> None:
    for holder in (post("zhao"), post("qian")):
        listener.hear(holder)
    event = reminded(excluded_account_ids=("qian",))
    assert listener.hear_twice(event, told, publisher="awards") == [("zhao", "task.reminded", LINK)]


def test_what_is_overdue_is_told_to_the_stage_its_clerks_and_the_initiator(listener: Listener, told: Told) -> None:
    for holder in (post("zhao"), post("li", role="clerk")):
        listener.hear(holder)
    event = overdue()
    seen = listener.hear_twice(event, told, publisher="awards")
    assert seen == [(account, "task.overdue", LINK) for account in ("li", "zhao", "clerk")]


def test_a_missing_calendar_is_told_once_to_the_officials_of_the_region(listener: Listener, told: Told) -> None:
    for holder in (post("zhao"), post("li", role="clerk"), post("sun", region="130200")):
        listener.hear(holder)
    event = CalendarMissing(year=2027, region="130100")
    seen = listener.hear_twice(event, told, publisher="awards")
    assert seen == [(account, "calendar.missing", "/") for account in ("li", "zhao")]
    listener.hear(event, publisher="reporting")
    assert told() == seen
    listener.hear(CalendarMissing(year=2028, region="130100"), publisher="reporting")
    assert len(told()) == 2 * len(seen)


def test_a_held_case_is_told_to_the_clerks_of_its_region(listener: Listener, told: Told) -> None:
    listener.hear(post("li", role="clerk"))
    event = CaseHeld(**CASE, round=1, region="130100", roles=("approver",))
    assert listener.hear_twice(event, told, publisher="awards") == [("li", "case.held", LINK)]


def test_a_business_without_pages_leads_home(listener: Listener, told: Told) -> None:
    listener.hear(closed(business_type="something_new"), publisher="records")
    assert told() == [("clerk", "case.approved", "/")]
