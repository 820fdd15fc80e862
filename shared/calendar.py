"""Quarters and the programme's days: the four focus days of every year. Business dates are Asia/Shanghai."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shared.errors import Invalid

#: First day of the lunar year. Source: `lunardate` 0.3.0 (PyPI), compared with the first days of the spring rush
#: that the press announced (2016-01-24, 2020-01-10, 2025-01-14, 2026-02-02).
SPRING_FESTIVALS = (
    date(2016, 2, 8),
    date(2017, 1, 28),
    date(2018, 2, 16),
    date(2019, 2, 5),
    date(2020, 1, 25),
    date(2021, 2, 12),
    date(2022, 2, 1),
    date(2023, 1, 22),
    date(2024, 2, 10),
    date(2025, 1, 29),
    date(2026, 2, 17),
    date(2027, 2, 6),
    date(2028, 1, 26),
    date(2029, 2, 13),
    date(2030, 2, 3),
    date(2031, 1, 23),
    date(2032, 2, 11),
    date(2033, 1, 31),
    date(2034, 2, 19),
    date(2035, 2, 8),
    date(2036, 1, 28),
    date(2037, 2, 15),
    date(2038, 2, 4),
    date(2039, 1, 24),
    date(2040, 2, 12),
)
_SPRING_FESTIVAL_OF = {day.year: day for day in SPRING_FESTIVALS}
#: The spring travel season begins so long before Spring Festival, and lasts so long.
SPRING_RUSH_LEAD = timedelta(days=15)
SPRING_RUSH_DAYS = 40
_QUARTER = re.compile(r"([0-9]{4})Q([1-4])")


class FocusDay(StrEnum):
    """The four days on which the whole province acts (四个集中活动日)."""

    SPRING_RUSH = "spring_rush"
    LEI_FENG_DAY = "lei_feng_day"
    SAFETY_CONSULTATION_DAY = "safety_consultation_day"
    VOLUNTEER_DAY = "volunteer_day"

    @property
    def zh(self) -> str:
        """Answer the day's Chinese name."""
        return _FOCUS_NAMES[self]


_FOCUS_NAMES = {
    FocusDay.SPRING_RUSH: "春运首日",
    FocusDay.LEI_FENG_DAY: "学习雷锋活动日",
    FocusDay.SAFETY_CONSULTATION_DAY: "安全生产月宣传咨询日",
    FocusDay.VOLUNTEER_DAY: "世界志愿者日",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Some days on end, the first and the last included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def quarter_of(day: date) -> str:
    """Answer the quarter of this date, written 2026Q3."""
    return f"{day.year:04d}Q{(day.month + 2) // 3}"


def quarter_bounds(quarter: str) -> Span:
    """Answer the first and the last day of a quarter written 2026Q3.

    Raises:
        Invalid: `quarter_malformed`.
    """
    match = _QUARTER.fullmatch(quarter)
    if match is None or match[1] == "0000":
        raise Invalid("quarter_malformed", zh="季度应写作2026Q3", en="A quarter is written 2026Q3")
    year, number = int(match[1]), int(match[2])
    first = date(year, 3 * number - 2, 1)
    opening_of_next = date(year + 1, 1, 1) if number == 4 else date(year, 3 * number + 1, 1)
    return Span(first=first, last=opening_of_next - timedelta(days=1))


def quarters_before(day: date, *, count: int) -> tuple[str, ...]:
    """Answer the last full quarters before the one of this date, the oldest first."""
    found: list[str] = []
    start = quarter_bounds(quarter_of(day)).first
    for _ in range(count):
        earlier = quarter_of(start - timedelta(days=1))
        found.append(earlier)
        start = quarter_bounds(earlier).first
    return tuple(reversed(found))


def spring_festival(year: int) -> date:
    """Answer the first day of the lunar year that begins in this year.

    Raises:
        Invalid: `year_without_spring_festival`, when the table does not reach the year.
    """
    if year not in _SPRING_FESTIVAL_OF:
        raise Invalid(
            "year_without_spring_festival",
            zh=f"春节日期表没有{year}年，请补充数据",
            en=f"The table of Spring Festivals does not reach {year}",
        )
    return _SPRING_FESTIVAL_OF[year]


def spring_rush(year: int) -> Span:
    """Answer the spring travel season of a year: 40 days, beginning 15 days before Spring Festival."""
    first = spring_festival(year) - SPRING_RUSH_LEAD
    return Span(first=first, last=first + timedelta(days=SPRING_RUSH_DAYS - 1))


def focus_days(year: int) -> dict[FocusDay, date]:
    """Answer the four focus days of a year, in the order of the calendar."""
    return {
        FocusDay.SPRING_RUSH: spring_rush(year).first,
        FocusDay.LEI_FENG_DAY: date(year, 3, 5),
        FocusDay.SAFETY_CONSULTATION_DAY: date(year, 6, 16),
        FocusDay.VOLUNTEER_DAY: date(year, 12, 5),
    }


def focus_day_on(day: date) -> FocusDay | None:
    """Answer which focus day this date is, or None."""
    return next((focus for focus, on in focus_days(day.year).items() if on == day), None)
