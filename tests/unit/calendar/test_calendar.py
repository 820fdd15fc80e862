"""Quarters and the four focus days."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import (
    SPRING_FESTIVALS,
    FocusDay,
    focus_day_on,
    focus_days,
    quarter_bounds,
    quarter_of,
    quarters_before,
    spring_rush,
)
from shared.errors import Invalid


@pytest.mark.parametrize(
    ("year", "first"),
    [
        (2016, date(2016, 1, 24)),  # 河北安全生产简报 2016
        (2020, date(2020, 1, 10)),
        (2025, date(2025, 1, 14)),
        (2026, date(2026, 2, 2)),
    ],
)
def test_the_spring_rush_begins_when_the_news_said_so(year: int, first: date) -> None:
    assert spring_rush(year).first == first


def test_the_spring_rush_of_2025_lasted_until_the_22nd_of_february() -> None:
    assert spring_rush(2025).last == date(2025, 2, 22)
    assert date(2025, 2, 22) in spring_rush(2025)
    assert date(2025, 2, 23) not in spring_rush(2025)


def test_the_four_focus_days_of_2026() -> None:
    assert focus_days(2026) == {
        FocusDay.SPRING_RUSH: date(2026, 2, 2),
        FocusDay.LEI_FENG_DAY: date(2026, 3, 5),
        FocusDay.SAFETY_CONSULTATION_DAY: date(2026, 6, 16),
        FocusDay.VOLUNTEER_DAY: date(2026, 12, 5),
    }
    assert [day.zh for day in focus_days(2026)] == [
        "春运首日",
        "学习雷锋活动日",
        "安全生产月宣传咨询日",
        "世界志愿者日",
    ]
    assert focus_day_on(date(2026, 6, 16)) is FocusDay.SAFETY_CONSULTATION_DAY
    assert focus_day_on(date(2026, 6, 17)) is None


def test_a_year_beyond_the_table_is_said_and_not_guessed() -> None:
    with pytest.raises(Invalid) as caught:
        focus_days(SPRING_FESTIVALS[-1].year + 1)
    assert caught.value.code == "year_without_spring_festival"


def test_the_table_has_one_new_year_a_year_between_late_january_and_late_february() -> None:
    assert [day.year for day in SPRING_FESTIVALS] == list(range(2016, 2041))
    assert all((1, 21) <= (day.month, day.day) <= (2, 21) for day in SPRING_FESTIVALS)
    gaps = {(later - earlier).days for earlier, later in pairwise(SPRING_FESTIVALS)}
    assert gaps <= {353, 354, 355, 383, 384, 385}


@pytest.mark.parametrize("written", ["2026Q5", "2026Q0", "2026-Q1", "26Q1", "0000Q1", "", "2026Q1\n"])
def test_a_malformed_quarter_is_refused(written: str) -> None:
    with pytest.raises(Invalid) as caught:
        quarter_bounds(written)
    assert caught.value.code == "quarter_malformed"


def test_quarters_before_a_day_are_full_and_oldest_first() -> None:
    assert quarters_before(date(2026, 10, 1), count=4) == ("2025Q4", "2026Q1", "2026Q2", "2026Q3")
    assert quarters_before(date(2026, 9, 30), count=1) == ("2026Q2",)
    assert quarters_before(date(2026, 1, 1), count=0) == ()


@given(st.dates(min_value=date(1000, 1, 1), max_value=date(9998, 12, 31)))
def test_a_day_lies_in_its_quarter_and_quarters_touch(day: date) -> None:
    span = quarter_bounds(quarter_of(day))
    assert day in span
    assert quarter_of(span.first) == quarter_of(span.last) == quarter_of(day)
    assert quarter_of(span.last + timedelta(days=1)) != quarter_of(day)
    assert 90 <= (span.last - span.first).days + 1 <= 92
