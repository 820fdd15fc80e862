"""Hours come in as people write them, exactly, and go out the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from shared.hours import MOST_PER_DAY
from shared.http.fields import Hours
from shared.http.words import told

Shape = Schema.from_dict({"hours": Hours(allow_none=True)})


def read(value: Any) -> Any:
    return Shape().load({"hours": value})["hours"]


@pytest.mark.parametrize(
    ("value", "hundredths"),
    [
        (1, 100),
        (1.25, 125),
        ("2.5", 250),
        (0.01, 1),
        (24, 2400),
        ("24.00", 2400),
        (1e1, 1000),
        (0.1 + 0.2, None),
        (None, None),
    ],
)
def test_hours_are_read_as_hundredths(value: Any, hundredths: int | None) -> None:
    if hundredths is None and value is not None:
        with pytest.raises(ValidationError):
            read(value)
    else:
        assert read(value) == hundredths


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, "hours_out_of_range"),
        (-1, "hours_out_of_range"),
        (24.01, "hours_out_of_range"),
        (25, "hours_out_of_range"),
        ("1e5", "hours_out_of_range"),
        (1.255, "too_many_decimals"),
        ("0.001", "too_many_decimals"),
        ("-0.001", "too_many_decimals"),
        ("many", "not_a_number"),
        ("", "not_a_number"),
        (True, "not_a_number"),
        ([1], "not_a_number"),
        ({}, "not_a_number"),
        (float("nan"), "not_a_number"),
        (float("inf"), "not_a_number"),
        ("-Infinity", "not_a_number"),
        ("sNaN", "not_a_number"),
        ("1e999999999", "not_a_number"),
        ("9" * 5000, "not_a_number"),
    ],
)
def test_anything_else_is_refused_with_its_reason(value: Any, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(value)
    assert [told(message)[0] for message in caught.value.messages_dict["hours"]] == [code]


@given(st.integers(1, MOST_PER_DAY))
def test_what_was_shown_is_read_back(hundredths: int) -> None:
    shown = Shape().dump({"hours": hundredths})["hours"]
    assert read(shown) == hundredths
    assert read(str(shown)) == hundredths


def test_whole_hours_are_shown_as_whole_numbers() -> None:
    assert repr(Shape().dump({"hours": 200})["hours"]) == "2"
    assert Shape().dump({"hours": None}) == {"hours": None}


def test_a_sum_may_be_longer_than_a_day() -> None:
    assert Schema.from_dict({"total": Hours(most=10**9)})().load({"total": 1500}) == {"total": 150000}
