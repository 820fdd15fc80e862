"""Dates, hours, stars and places as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from services.portal.words import Words
from shared.clock import SHANGHAI
from shared.regions import Regions, UnknownRegion

MOST_STARS = 5
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def show_number(value: object) -> str:
    """Answer a number with no more decimals than it has: 104.0 → "104", "1.50" → "1.5"."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Formats:
    """How values are written in one language, on one day (Asia/Shanghai)."""

    words: Words
    today: date

    def day(self, value: date | str) -> str:
        """Answer a date: 2026年3月5日, 5 March 2026."""
        day = value if isinstance(value, date) else date.fromisoformat(value)
        english = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
        return self.words.pick(f"{day.year}年{day.month}月{day.day}日", english)

    def moment(self, value: datetime | str) -> str:
        """Answer an instant as Asia/Shanghai's clocks showed it: 2026年3月5日 10:32."""
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        local = instant.astimezone(SHANGHAI)
        return self.words.pick(f"{self.day(local.date())} {local:%H:%M}", f"{self.day(local.date())}, {local:%H:%M}")

    def span(self, first: str, last: str) -> str:
        """Answer the days from the first to the last, once when they are the same day."""
        return self.day(first) if first == last else f"{self.day(first)} – {self.day(last)}"

    def period(self, starts: str, ends: str) -> str:
        """Answer the time between two instants: whole days as days, and an end at midnight as the end of its day."""
        first, last = (datetime.fromisoformat(value).astimezone(SHANGHAI) for value in (starts, ends))
        if last.time() != time(0):
            return f"{self.moment(first)} – {self.moment(last)}"
        last_day = last.date() - timedelta(days=1)
        if first.time() == time(0):
            return self.span(first.date().isoformat(), last_day.isoformat())
        return (
            f"{self.moment(first)} – {self.words.pick(f'{self.day(last_day)} 24:00', f'{self.day(last_day)}, 24:00')}"
        )

    def deadline(self, value: str) -> str:
        """Answer the last day on which something may be done, or the moment where it does not end with a day.

        Of this year without the year: 10月15日, 15 October.
        """
        local = datetime.fromisoformat(value).astimezone(SHANGHAI)
        if local.time() != time(0):
            return self.moment(local)
        last = local.date() - timedelta(days=1)
        if last.year != self.today.year:
            return self.day(last)
        return self.words.pick(f"{last.month}月{last.day}日", f"{last.day} {_MONTHS[last.month - 1]}")

    def hours(self, value: object) -> str:
        """Answer hours with their unit: 104 小时."""
        return self.words("common.n_hours", n=show_number(value))

    def number(self, value: object) -> str:
        """Answer a number with no more decimals than it has."""
        return show_number(value)

    def stars(self, count: int) -> str:
        """Answer a star level as a picture of text: ★★★☆☆."""
        return "★" * count + "☆" * (MOST_STARS - count)

    def quarter(self, value: str) -> str:
        """Answer a quarter: 2026Q3 → 2026年第3季度."""
        year, _, number = value.partition("Q")
        return self.words("common.quarter", year=year, number=number)

    def region(self, code: str) -> str:
        """Answer a region's full name today; a code that is unknown stands for itself."""
        try:
            return Regions.load().get(code, on=self.today).full_name
        except UnknownRegion:
            return code
