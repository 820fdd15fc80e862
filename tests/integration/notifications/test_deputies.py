"""Who stands in for somebody today is told of their tasks, once, and for whom it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.notifications.model import KnownAbsence, Message
from shared.contracts.registration import AbsenceChanged
from shared.storage import Database
from tests.integration.listening import Listener
from tests.integration.notifications.conftest import NOW
from tests.integration.notifications.test_cases import overdue, post, reminded, task

DAY = timedelta(days=1)


def absence(who: str, deputy: str, **changes: Any) -> AbsenceChanged:
    rule: dict[str, Any] = {
        "absence_id": f"{who}-{deputy}",
        "delegator_account_id": who,
        "delegator_name": who.upper(),
        "delegate_account_id": deputy,
        "delegate_name": deputy.upper(),
        "starts_at": NOW - DAY,
        "ends_at": NOW + DAY,
        "business_types": (),
        "active": True,
    }
    return AbsenceChanged(**{**rule, **changes})


@pytest.fixture
def tasks(database: Database) -> Callable[[], list[tuple[str, str]]]:
    """Answer who was told of tasks, and in which words."""

    def look() -> list[tuple[str, str]]:
        with database.reading() as session:
            rows = session.scalars(select(Message).where(Message.kind.startswith("task.")).order_by(Message.seq))
            return [(row.account_id, row.title_zh) for row in rows]

    return look


Tasks = Callable[[], list[tuple[str, str]]]
TITLE = "待办：2026年度优秀安全生产志愿者：王明"


def people(listener: Listener, *names: str) -> None:
    for name in names:
        listener.hear(post(name))
    listener.hear(post("clara", role="clerk"))


def test_the_deputy_of_a_posts_holder_is_told_for_whom(listener: Listener, tasks: Tasks, database: Database) -> None:
    people(listener, "zhao", "qian")
    listener.hear(absence("zhao", "clara"))
    seen = listener.hear_twice(task(), tasks, publisher="awards")
    assert seen == [("qian", TITLE), ("zhao", TITLE), ("clara", f"代 ZHAO · {TITLE}")]
    with database.reading() as session:
        message = session.scalars(select(Message).where(Message.title_zh.startswith("代"))).one()
    assert message.body_zh.startswith("您正在代 ZHAO 办理。")
    assert message.title_en == "For ZHAO · To decide: 2026年度优秀安全生产志愿者：王明"
    assert message.body_en.startswith("You stand in for ZHAO.")
    assert message.link == "/cases/awards/case-1"


def test_the_deputy_of_somebody_asked_by_name_and_of_a_deputy_are_told(listener: Listener, tasks: Tasks) -> None:
    people(listener, "zhao", "qian")
    for rule in (absence("zhao", "qian"), absence("qian", "clara")):
        listener.hear(rule)
    listener.hear(task(assignee="zhao", role=None, kind="delegate"), publisher="awards")
    title = TITLE.replace("待办", "委派")
    assert tasks() == [("zhao", title), ("clara", f"代 ZHAO · {title}"), ("qian", f"代 ZHAO · {title}")]


def test_one_deputy_of_two_is_told_once_and_who_is_asked_anyway_is_told_as_themselves(
    listener: Listener, tasks: Tasks
) -> None:
    people(listener, "zhao", "qian", "sun")
    for rule in (absence("zhao", "clara"), absence("qian", "clara"), absence("sun", "qian")):
        listener.hear(rule)
    listener.hear(task(), publisher="awards")
    told = dict(tasks())
    assert told["clara"] == f"代 QIAN、SUN、ZHAO · {TITLE}"
    assert told["qian"] == TITLE
    assert len(tasks()) == 4


def test_reminders_reach_the_deputy_too(listener: Listener, tasks: Tasks) -> None:
    people(listener, "zhao")
    listener.hear(absence("zhao", "clara"))
    listener.hear_twice(reminded(), tasks, publisher="awards")
    assert [account for account, _ in tasks()] == ["zhao", "clara"]


def test_what_is_overdue_reaches_the_deputy_too_but_for_who_must_not_decide_it(
    listener: Listener, tasks: Tasks
) -> None:
    people(listener, "zhao", "qian", "sun")
    for name in ("wu", "zhou"):
        listener.hear(post(name, region="130123"))
    for rule in (absence("zhao", "wu"), absence("qian", "zhou")):
        listener.hear(rule)
    event = overdue(excluded_account_ids=("zhou",), initiator_account_id="zhou")
    seen = listener.hear_twice(event, tasks, publisher="awards")
    title = TITLE.replace("待办", "已超期")
    assert sorted(seen[:-2]) == [(account, title) for account in ("clara", "qian", "sun", "zhao")]
    assert seen[-2:] == [("zhou", title), ("wu", f"代 ZHAO · {title}")]


@pytest.mark.parametrize(
    "change",
    [
        {"active": False},
        {"starts_at": NOW + timedelta(hours=1)},
        {"ends_at": NOW},
        {"business_types": ("activity_report", "star_rating")},
    ],
)
def test_a_rule_that_does_not_hold_tells_nobody(listener: Listener, tasks: Tasks, change: dict[str, Any]) -> None:
    people(listener, "zhao")
    listener.hear(absence("zhao", "clara", **change))
    listener.hear(task(), publisher="awards")
    assert [account for account, _ in tasks()] == ["zhao"]


def test_a_rule_for_this_business_holds_and_one_that_has_ended_never_begins_again(
    listener: Listener, tasks: Tasks, database: Database
) -> None:
    people(listener, "zhao")
    rule = absence("zhao", "clara", business_types=("commendation",))
    listener.hear(rule)
    listener.hear(task(), publisher="awards")
    assert [account for account, _ in tasks()] == ["zhao", "clara"]
    listener.hear_twice(replace(rule, active=False), tasks)
    listener.hear(rule)
    listener.hear(task(rev=2), publisher="awards")
    assert [account for account, _ in tasks()] == ["zhao", "clara", "zhao"]
    with database.reading() as session:
        (kept,) = session.scalars(select(KnownAbsence))
        assert (kept.active, kept.business_types) == (False, ["commendation"])


def test_who_must_not_decide_who_left_office_and_whoever_is_sent_a_copy_are_not_stood_in_for(
    listener: Listener, tasks: Tasks
) -> None:
    people(listener, "zhao", "qian", "li")
    listener.hear(absence("zhao", "clara"))
    listener.hear(absence("qian", "zhou"))
    listener.hear(absence("li", "wu"))
    listener.hear(post("wu", active=False))
    # Clara must not decide, Zhou holds no post, Wu has left theirs, and for Zhao nobody is asked.
    listener.hear(task(excluded_account_ids=("clara",)), publisher="awards")
    listener.hear(task(assignee="zhao", role=None, kind="cc", task=2), publisher="awards")
    assert [account for account, _ in tasks()] == ["li", "qian", "zhao", "zhao"]
    listener.hear(post("clara", role="clerk"))
    listener.hear(task(excluded_account_ids=("zhao",), task=3), publisher="awards")
    assert [account for account, _ in tasks()][4:] == ["li", "qian"]
