"""The small things everything stands on: hours, the clock, traces, errors."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import AdjustableClock, FixedClock, SystemClock, business_date
from shared.errors import Invalid, NotFound, pointing_at
from shared.hours import hundredths_of, show_hours
from shared.trace import Trace, current_trace, tracing


@pytest.mark.parametrize(
    ("hundredths", "shown"), [(0, "0"), (1, "0.01"), (125, "1.25"), (150, "1.5"), (10400, "104"), (100000, "1000")]
)
def test_hours_are_shown_with_at_most_two_decimals(hundredths: int, shown: str) -> None:
    assert show_hours(hundredths) == shown


@given(st.integers(0, 10**9))
def test_hours_come_back_from_how_they_are_written(hundredths: int) -> None:
    assert hundredths_of(show_hours(hundredths)) == hundredths
    assert hundredths_of(show_hours(hundredths)) == hundredths


def test_half_a_hundredth_is_rounded_up() -> None:
    assert hundredths_of(Decimal("0.005")) == 1


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 9, 20, 15, 59, 59, tzinfo=UTC), date(2026, 9, 20)),
        (datetime(2026, 9, 20, 16, 0, tzinfo=UTC), date(2026, 9, 21)),
    ],
)
def test_a_business_day_begins_at_midnight_in_shanghai(instant: datetime, day: date) -> None:
    assert business_date(instant) == day


def test_a_clock_that_was_moved_goes_on_from_there() -> None:
    clock, instant = AdjustableClock(), datetime(2027, 1, 1, tzinfo=UTC)
    clock.set(instant)
    assert timedelta(0) <= clock.now() - instant < timedelta(seconds=10)


def test_clocks_tell_aware_time() -> None:
    instant = datetime(2027, 1, 1, tzinfo=UTC)
    assert FixedClock(instant).now() is instant
    assert SystemClock().now().tzinfo is UTC


def test_a_trace_goes_through_a_header() -> None:
    trace = Trace.start()
    assert Trace.parse(str(trace)) == trace
    assert trace.child().trace_id == trace.trace_id
    assert trace.child().span_id != trace.span_id


@pytest.mark.parametrize("header", [None, "", "00-xyz", "01-" + "0" * 32 + "-" + "0" * 16 + "-01", "\x00"])
def test_a_header_that_is_no_trace_is_left_alone(header: str | None) -> None:
    assert Trace.parse(header) is None


def test_the_trace_at_hand_ends_with_its_block() -> None:
    trace = Trace.start()
    with tracing(trace):
        assert current_trace() == trace
    assert current_trace() != trace


def test_a_check_is_told_which_field_it_was_about() -> None:
    with pytest.raises(Invalid) as caught, pointing_at("/mobile"):
        raise Invalid("mobile_malformed")
    assert caught.value.pointer == "/mobile"


def test_a_check_that_knows_its_field_keeps_it() -> None:
    with pytest.raises(NotFound) as caught, pointing_at("/outer"):
        raise NotFound(pointer="/inner")
    assert caught.value.pointer == "/inner"
