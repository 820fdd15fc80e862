"""Lines of records as they are sent: times of a clock, hours with two decimals, quality from 1 to 5."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError

from services.records.rules import Shift
from services.records.schemas import RecordLineIn
from shared.http.words import told

LINE = {"volunteer_number": "A0100000015", "served_on": "2026-09-19", "starts": "08:30", "ends": "11:00", "quality": 4}


def read(**changes: Any) -> Shift:
    found: Shift = RecordLineIn().load({**LINE, **changes})
    return found


def refused(**changes: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        read(**changes)
    messages = caught.value.messages_dict
    return {field: told(found[0])[0] for field, found in messages.items()}


def test_hours_left_out_are_the_length_of_the_shift() -> None:
    assert read().hours_hundredths == 250
    assert read(hours=None).hours_hundredths == 250
    assert read(ends="08:31").hours_hundredths == 1


def test_midnight_as_an_end_is_the_end_of_the_day() -> None:
    assert read(ends="00:00").ends == 1440


@pytest.mark.parametrize("starts", ["08:30:01", "08:30:00.5", "08:30+08:00", "08:30Z", "25:00", "8 o'clock", 8, None])
def test_a_time_is_whole_minutes_without_a_zone(starts: Any) -> None:
    assert refused(starts=starts) == {"starts": "required" if starts is None else "not_a_time"}


@pytest.mark.parametrize("quality", [0, 6, -1, 4.5, True, "good", None])
def test_quality_is_a_whole_number_from_1_to_5(quality: Any) -> None:
    assert refused(quality=quality).keys() == {"quality"}


@pytest.mark.parametrize("served_on", ["2026-02-30", "19/09/2026", 20260919, "", None])
def test_a_day_is_a_date(served_on: Any) -> None:
    assert refused(served_on=served_on) == {"served_on": "required" if served_on is None else "not_a_date"}


def test_nobody_sets_what_the_system_decides() -> None:
    forbidden = {"state": "confirmed", "report_id": "r", "id": "x", "evaluated_on": "2026-01-01"}
    assert refused(**forbidden) == dict.fromkeys(forbidden, "unknown_field")
