"""Both persons hear of an absence rule: when it is set and when it is ended, once each and in their own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from services.notifications.model import Message
from shared.contracts.registration import AbsenceChanged
from shared.storage import Database
from tests.integration.listening import Listener

Told = Callable[[], list[tuple[str, str, str]]]
SET = AbsenceChanged(
    absence_id="absence-1",
    delegator_account_id="zhao",
    delegator_name="赵六",
    delegate_account_id="li",
    delegate_name="李芳",
    starts_at=datetime(2026, 10, 1, 1, 30, tzinfo=UTC),
    ends_at=datetime(2026, 10, 8, 16, 0, tzinfo=UTC),
    business_types=(),
    active=True,
)
ENDED = replace(SET, active=False)


@pytest.mark.parametrize(("event", "kind"), [(SET, "absence.set"), (ENDED, "absence.ended")])
def test_both_persons_are_told_once(listener: Listener, told: Told, event: AbsenceChanged, kind: str) -> None:
    seen = listener.hear_twice(event, told)
    assert seen == [("zhao", kind, "/absences"), ("li", kind, "/absences")]
    listener.hear(event)
    assert told() == seen, "told anew as another message, it is still one rule"


@pytest.mark.parametrize(
    ("event", "account", "zh", "en"),
    [
        (SET, "zhao", ["由李芳代办", "2026-10-01 09:30 至 2026-10-08 24:00", "全部审批事项"], ["李芳 stands in"]),
        (
            SET,
            "li",
            ["赵六委托您代办", "2026-10-08 24:00", "李芳代赵六"],
            ["You stand in for 赵六", "2026-10-08 24:00"],
        ),
        (
            replace(SET, business_types=("star_rating", "commendation"), ends_at=datetime(2026, 10, 8, 4, tzinfo=UTC)),
            "li",
            ["星级认定、通报表彰", "2026-10-08 12:00"],
            ["Star rating, Commendation"],
        ),
        (replace(SET, business_types=("something_new",)), "li", ["something_new"], ["something_new"]),
        (ENDED, "zhao", ["已提前结束", "由您本人办理"], ["李芳 no longer stands in"]),
        (ENDED, "li", ["不再代赵六办理"], ["You no longer stand in for 赵六"]),
    ],
)
def test_each_reads_what_it_means_for_them(
    listener: Listener, database: Database, event: AbsenceChanged, account: str, zh: list[str], en: list[str]
) -> None:
    listener.hear(event)
    with database.reading() as session:
        message = session.scalars(select(Message).where(Message.account_id == account)).one()
    for part in zh:
        assert part in message.title_zh + message.body_zh
    for part in en:
        assert part in message.title_en + message.body_en
