"""A year's workdays come from a CSV file, whole or not at all, and every mistake is named with its line."""

from __future__ import annotations

from datetime import date

import pytest

from shared.approval.workday_file import CalendarFileError, read_days

GOOD = "date,is_workday,name\n2027-01-01,false,元旦\n2027/2/6,是,春节调休\n\n2027-02-08,0,\n"
DAYS = {date(2027, 1, 1): False, date(2027, 2, 6): True, date(2027, 2, 8): False}


@pytest.mark.parametrize("raw", [GOOD.encode(), GOOD.encode("utf-8-sig"), GOOD.encode("gb18030")])
def test_days_are_read_as_people_save_them(raw: bytes) -> None:
    assert read_days(raw, year=2027) == DAYS


def test_the_name_is_for_people() -> None:
    assert read_days(b"date,is_workday\r\n2027-01-01,FALSE\r\n", year=2027) == {date(2027, 1, 1): False}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["line 1: the columns are date,is_workday and, if you like, name"]),
        ("day,works\n2027-01-01,0\n", ["line 1: the columns are date,is_workday and, if you like, name"]),
        ("date,is_workday\n", ["line 2: there is no day in the file"]),
        (
            "date,is_workday\n2027-01-01,0\n2026-12-31,0\n2027-01-01,0\n",
            ["line 3: 2026-12-31 is not a day of 2027", "line 4: 2027-01-01 stands in line 2 already"],
        ),
        (
            "date,is_workday\n2027-02-30,0\n2027-W01-1,1\n2027-01-04,maybe\n2027-01-05\n",
            [
                'line 2: "2027-02-30" is not a date such as 2027-01-01',
                'line 3: "2027-W01-1" is not a date such as 2027-01-01',
                'line 4: "maybe" is none of true, 1, 是, false, 0, 否',
                "line 5: has 1 fields and not 2",
            ],
        ),
        (
            "date,is_workday\nX,X\n",
            ['line 2: "X" is not a date such as 2027-01-01', 'line 2: "X" is none of true, 1, 是, false, 0, 否'],
        ),
    ],
)
def test_every_mistake_is_named_with_its_line(text: str, problems: list[str]) -> None:
    with pytest.raises(CalendarFileError) as refused:
        read_days(text.encode(), year=2027)
    assert list(refused.value.problems) == problems


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(CalendarFileError, match="neither"):
        read_days(b"\xff\xff\xff", year=2027)
