"""Shifts: nobody is in two places at once, nothing is recorded before it is over, hours fit the shift."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.records.rules import (
    INTRODUCTION_TAKES,
    GuestState,
    Shift,
    faults_in,
    length_hundredths,
    minutes_of,
    show_minutes,
)

TODAY = date(2026, 9, 20)
NOON = datetime(2026, 9, 20, 4, 0, tzinfo=UTC)
ZHANG, LI = "A0100000015", "A0100000023"


def shift(starts: str, ends: str, *, who: str = ZHANG, on: date = date(2026, 9, 19), hours: int | None = None) -> Shift:
    begin, end = (int(text[:2]) * 60 + int(text[3:]) for text in (starts, ends))
    return Shift(
        volunteer_number=who,
        served_on=on,
        starts=begin,
        ends=end,
        hours_hundredths=length_hundredths(begin, end) if hours is None else hours,
        quality=4,
    )


def codes(*shifts: Shift, existing: tuple[Shift, ...] = (), now: datetime = NOON) -> list[tuple[str, str | None]]:
    return [(fault.code, fault.pointer) for fault in faults_in(shifts, existing, now=now)]


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (("08:00", "10:00"), ("10:00", "12:00"), False),
        (("08:00", "10:00"), ("09:59", "12:00"), True),
        (("08:00", "12:00"), ("09:00", "10:00"), True),
        (("09:00", "10:00"), ("08:00", "12:00"), True),
        (("08:00", "10:00"), ("08:00", "10:00"), True),
        (("00:00", "24:00"), ("23:59", "24:00"), True),
        (("08:00", "09:00"), ("13:00", "14:00"), False),
    ],
)
def test_shifts_overlap_when_they_share_a_minute(one: tuple[str, str], other: tuple[str, str], overlap: bool) -> None:
    assert shift(*one).overlaps(shift(*other)) is overlap
    assert shift(*other).overlaps(shift(*one)) is overlap


def test_other_people_and_other_days_never_overlap() -> None:
    first = shift("08:00", "12:00")
    assert not first.overlaps(shift("08:00", "12:00", who=LI))
    assert not first.overlaps(shift("08:00", "12:00", on=date(2026, 9, 18)))


def test_overlaps_are_found_in_one_request_and_against_what_is_stored() -> None:
    assert codes(shift("08:00", "10:00"), shift("09:00", "11:00")) == [("shifts_overlap", "/lines/1/starts")]
    stored = (shift("08:00", "10:00"),)
    assert codes(shift("09:00", "11:00"), existing=stored) == [("shifts_overlap", "/lines/0/starts")]
    assert codes(shift("10:00", "11:00"), shift("10:00", "11:00", who=LI), existing=stored) == []


def test_every_line_that_is_wrong_is_named() -> None:
    wrong = (shift("08:00", "10:00", hours=201), shift("10:00", "09:00", hours=100), shift("09:00", "10:00"))
    assert codes(*wrong) == [
        ("hours_exceed_shift", "/lines/0/hours"),
        ("shift_ends_before_it_starts", "/lines/1/ends"),
        ("shifts_overlap", "/lines/2/starts"),
    ]


@pytest.mark.parametrize(
    ("on", "ends", "in_the_future"),
    [
        (TODAY, "12:00", False),
        (TODAY, "12:01", True),
        (TODAY, "24:00", True),
        (date(2026, 9, 19), "24:00", False),
        (date(2026, 9, 21), "00:01", True),
        (date.max, "24:00", True),
        (date.min, "24:00", False),
    ],
)
def test_service_is_recorded_when_it_is_over_by_the_clock_of_shanghai(on: date, ends: str, in_the_future: bool) -> None:
    found = codes(shift("00:00", ends, on=on))
    assert (("in_the_future", "/lines/0/served_on") in found) is in_the_future


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    just_after = datetime(2026, 9, 19, 16, 1, tzinfo=UTC)
    assert codes(shift("00:00", "00:01", on=TODAY), now=just_after) == []
    assert codes(shift("00:00", "00:02", on=TODAY), now=just_after) == [("in_the_future", "/lines/0/served_on")]


@pytest.mark.parametrize(("hours", "allowed"), [(1, True), (150, True), (151, False)])
def test_hours_are_at_most_the_length_of_the_shift(hours: int, allowed: bool) -> None:
    assert (codes(shift("08:00", "09:30", hours=hours)) == []) is allowed


@given(starts=st.integers(0, 1439), length=st.integers(1, 1440))
def test_the_length_of_a_shift_satisfies_the_check_of_the_database(starts: int, length: int) -> None:
    ends = min(starts + length, 1440)
    assert length_hundredths(starts, ends) * 60 <= (ends - starts) * 100
    assert length_hundredths(starts, ends) >= 1


@given(st.times())
def test_minutes_are_written_as_they_were_read(clock_time: time) -> None:
    assert show_minutes(minutes_of(clock_time)) == clock_time.strftime("%H:%M")


def test_the_end_of_the_day_is_written_as_24() -> None:
    assert show_minutes(1440) == "24:00"


@pytest.mark.parametrize(
    ("is_known", "since", "state"),
    [
        (False, timedelta(), "asked"),
        (False, INTRODUCTION_TAKES - timedelta(seconds=1), "asked"),
        (False, INTRODUCTION_TAKES, "not_known"),
        (True, timedelta(), "introduced"),
        (True, INTRODUCTION_TAKES * 9, "introduced"),
    ],
)
def test_a_guest_whom_nobody_has_introduced_in_time_is_not_known(is_known: bool, since: timedelta, state: str) -> None:
    assert GuestState.of(is_known=is_known, asked_at=NOON - since, now=NOON) == state
