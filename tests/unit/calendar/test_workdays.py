"""Workdays are counted as the State Council says, and past the last loaded year from Monday to Friday."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.workdays import Counted, Workdays

#: Golden Week of 2025 is 1–8 October with 28 September and 11 October made up for; of 2026 1–7 with 20 Sept and 10 Oct.
GOLDEN_WEEKS = {
    **{date(2025, 10, day): False for day in range(1, 9)},
    date(2025, 9, 28): True,
    date(2025, 10, 11): True,
    **{date(2026, 10, day): False for day in range(1, 8)},
    date(2026, 9, 20): True,
    date(2026, 10, 10): True,
    date(2026, 1, 1): False,
    date(2026, 1, 2): False,
    date(2026, 1, 4): True,
}
KNOWN = Workdays(years=frozenset({2025, 2026}), exceptions=GOLDEN_WEEKS)

days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
calendars = st.builds(
    Workdays,
    years=st.frozensets(st.integers(2025, 2028)),
    exceptions=st.dictionaries(days, st.booleans(), max_size=60),
)
counts = st.integers(0, 40)


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        (date(2025, 9, 26), 1, date(2025, 9, 28)),  # the Sunday before is worked
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
        (date(2025, 9, 30), 3, date(2025, 10, 11)),  # and so is the Saturday after
        (date(2025, 9, 30), 10, date(2025, 10, 21)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2026, 9, 18), 1, date(2026, 9, 20)),
        (date(2026, 3, 6), 1, date(2026, 3, 9)),  # an ordinary weekend
        (date(2025, 12, 31), 1, date(2026, 1, 4)),  # over New Year, into a Sunday that is worked
        (date(2025, 12, 30), 2, date(2026, 1, 4)),
    ],
)
def test_holidays_and_make_up_days_count_as_they_are(start: date, count: int, last: date) -> None:
    assert KNOWN.after(start, count) == Counted(last, is_provisional=False)
    assert KNOWN.between(start, last) == count


def test_past_the_last_loaded_year_a_day_is_provisional_and_monday_to_friday() -> None:
    assert KNOWN.after(date(2026, 12, 30), 1) == Counted(date(2026, 12, 31), is_provisional=False)
    assert KNOWN.after(date(2026, 12, 30), 2) == Counted(date(2027, 1, 1), is_provisional=True)
    assert Workdays().after(date(2026, 10, 1), 1) == Counted(date(2026, 10, 2), is_provisional=True)


@given(calendar=calendars, start=days, count=counts)
def test_what_is_counted_forward_is_counted_back(calendar: Workdays, start: date, count: int) -> None:
    assert calendar.between(start, calendar.after(start, count).day) == count


@given(calendar=calendars, start=days, later=counts, count=counts, more=counts)
def test_a_later_start_and_a_longer_time_never_end_earlier(
    calendar: Workdays, start: date, later: int, count: int, more: int
) -> None:
    end = calendar.after(start, count)
    assert end.day <= calendar.after(start, count + more).day
    assert end.day <= calendar.after(start + timedelta(days=later), count).day
    assert calendar.after(start, count + more).is_provisional >= end.is_provisional
