"""A year's workdays as a CSV file: `date,is_workday` and, for people, `name`; one day a line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

COLUMNS = ("date", "is_workday")
_MORE_COLUMNS = ("name",)
#: 2027-01-01, or 2027/1/1 as Excel saves it.
_DATE = re.compile(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})")
_WORDS = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}


class CalendarFileError(ValueError):
    """A file does not say a year's workdays; every problem is named with its line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    day: date
    works: bool


def read_days(raw: bytes, *, year: int) -> Mapping[date, bool]:
    """Answer the days that a file names, each with whether offices work on it.

    Text is UTF-8, or GB 18030 as Excel saves it.

    :raises CalendarFileError: with all problems of the file, when there is any.
    """
    reader = csv.reader(io.StringIO(_text(raw)))
    header = [name.strip() for name in next(reader, [])]
    if tuple(header) not in (COLUMNS, COLUMNS + _MORE_COLUMNS):
        raise CalendarFileError([f"line 1: the columns are {','.join(COLUMNS)} and, if you like, name"])
    problems: list[str] = []
    found: dict[date, _Line] = {}
    for fields in reader:
        if not any(field.strip() for field in fields):
            continue
        line = _line(reader.line_num, fields, len(header), year, problems)
        if line is None:
            continue
        earlier = found.setdefault(line.day, line)
        if earlier is not line:
            problems.append(f"line {line.number}: {line.day} stands in line {earlier.number} already")
    if not found and not problems:
        problems.append("line 2: there is no day in the file")
    if problems:
        raise CalendarFileError(problems)
    return {line.day: line.works for line in found.values()}


def _text(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CalendarFileError(["the file is neither UTF-8 nor GB 18030 text"])


def _line(number: int, fields: list[str], width: int, year: int, problems: list[str]) -> _Line | None:
    if len(fields) != width:
        problems.append(f"line {number}: has {len(fields)} fields and not {width}")
        return None
    said, word = fields[0].strip(), fields[1].strip()
    before = len(problems)
    day = _day(said)
    if day is None:
        problems.append(f'line {number}: "{said}" is not a date such as {year}-01-01')
    elif day.year != year:
        problems.append(f"line {number}: {said} is not a day of {year}")
    if word.casefold() not in _WORDS:
        problems.append(f'line {number}: "{word}" is none of {", ".join(_WORDS)}')
    if day is None or len(problems) > before:
        return None
    return _Line(number, day, _WORDS[word.casefold()])


def _day(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    try:
        return date(int(match[1]), int(match[3]), int(match[4])) if match else None
    except ValueError:
        return None
