"""The calendar of a service: seeded once, loaded whole or not at all, and known to the very next command."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.approval import workdays
from shared.approval.workday_tables import WorkdayRow, WorkdayYearRow
from shared.errors import Invalid
from shared.storage.trip import Errand, one_trip
from shared.workdays import Workdays
from tests.integration.approval.office import START, Office

NEW_YEAR = {date(2027, 1, 1): False, date(2027, 1, 2): False, date(2027, 1, 9): True, date(2027, 1, 4): True}


def known(office: Office) -> Workdays:
    with office.database.reading() as session:
        return workdays.known(session)


def load(office: Office, days: dict[date, bool], *, year: int = 2027, source: str = "2027.csv") -> int:
    with office.database.unit_of_work() as uow:
        return office.approvals.load_workdays(uow, year=year, days=days, source=source)


def test_the_seed_has_what_the_package_knows_and_is_sown_once(office: Office) -> None:
    found = known(office)
    assert {2025, 2026} <= found.years
    assert 2027 not in found.years
    assert not found.is_workday(date(2025, 10, 8))
    assert found.is_workday(date(2025, 10, 11))
    assert all(works != (day.weekday() < 5) for day, works in found.exceptions.items())
    with office.database.unit_of_work() as uow:
        assert workdays.seed(uow.session, at=uow.now) == ()


def test_a_seed_leaves_what_was_loaded_and_fills_what_is_missing(office: Office) -> None:
    with office.database.unit_of_work() as uow:
        uow.session.query(WorkdayRow).delete()
        uow.session.query(WorkdayYearRow).delete()
        workdays.load(uow.session, year=2026, days={date(2026, 5, 1): False}, source="notice", at=START)
        assert 2026 not in workdays.seed(uow.session, at=START)
    found = known(office)
    assert 2025 in found.years
    assert [day for day in found.exceptions if day.year == 2026] == [date(2026, 5, 1)]


def test_only_days_that_differ_are_stored_and_a_year_is_replaced_whole(office: Office) -> None:
    assert load(office, NEW_YEAR) == 2
    assert load(office, {date(2027, 2, 6): True}, source="corrected.csv") == 1
    found = known(office)
    assert [day for day in found.exceptions if day.year == 2027] == [date(2027, 2, 6)]
    with office.database.reading() as session:
        assert workdays.source_of(session, 2027) == "corrected.csv"
        assert session.scalar(select(func.count()).where(WorkdayRow.year == 2027)) == 1


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (NEW_YEAR | {date(2026, 12, 31): False}, "calendar_of_other_year"),
        ({date(2027, 1, 4): True}, "calendar_empty"),
        ({}, "calendar_empty"),
    ],
)
def test_a_wrong_year_changes_nothing(office: Office, days: dict[date, bool], code: str) -> None:
    load(office, NEW_YEAR)
    before = known(office)
    with pytest.raises(Invalid) as refused:
        load(office, days)
    assert refused.value.code == code
    assert known(office) == before


def test_a_transaction_asks_one_small_question_and_no_more(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    first = known(office)
    asked: list[Errand] = []

    def note(session: Session, errands: Sequence[Errand]) -> list[Sequence[Any]]:
        asked.extend(errands)
        return one_trip(session, errands)

    monkeypatch.setattr(workdays, "one_trip", note)
    with office.database.reading() as session:
        assert workdays.known(session) is workdays.known(session)
        assert workdays.known(session) is first
    assert asked == [workdays.asking()]
    with office.database.reading() as session:
        # A command has asked on its way already.
        (brought,) = one_trip(session, [workdays.asking()])
        assert workdays.known(session, brought) is first
    assert len(asked) == 1


def test_what_another_process_loads_is_known_to_the_next_transaction(office: Office) -> None:
    assert 2027 not in known(office).years
    load(office, NEW_YEAR)
    assert 2027 in known(office).years
