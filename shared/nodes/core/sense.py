"""What no honest node says, whoever it is: hours out of a day's bounds, days to come, levels above one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from shared.hours import MOST_PER_DAY
from shared.nodes.core.authority import Refusal
from shared.regions import Level, Regions

LONGEST_TEXT = 20_000
"""Characters of one text; an event carries words, not documents."""

_WHEN = ("served_on", "granted_on", "first_day", "last_day")
_STAR_LEVELS = {1: Level.COUNTY, 2: Level.COUNTY, 3: Level.CITY, 4: Level.CITY, 5: Level.PROVINCE}


def nonsense(name: str, data: Mapping[str, Any], *, regions: Regions, today: date) -> Refusal | None:
    """Answer what is impossible in an event, or None. `today` is the business date at the receiver."""
    if any(len(text) > LONGEST_TEXT for text in _texts(data)):
        return Refusal("text_too_long", f"a text of more than {LONGEST_TEXT} characters")
    if name.startswith("case."):
        # What a case is about is content: a plan speaks of days to come, a star of the hours of years.
        return None
    for part in _objects(data):
        found = _impossible(part, today)
        if found is not None:
            return found
    return _beyond_its_level(data, regions, today) if name == "star.granted" else None


def _impossible(part: Mapping[str, Any], today: date) -> Refusal | None:
    hours, quality = part.get("hours_hundredths"), part.get("quality")
    if isinstance(hours, int) and not 0 < hours <= MOST_PER_DAY:
        return Refusal("impossible_hours", f"{hours} hundredths of an hour in a day")
    if isinstance(quality, int) and not 1 <= quality <= 5:
        return Refusal("impossible_quality", f"an evaluation of {quality}")
    for key in _WHEN:
        day = part.get(key)
        if isinstance(day, str) and date.fromisoformat(day) > today:
            return Refusal("day_to_come", f"{key} is {day}")
    return None


def _beyond_its_level(data: Mapping[str, Any], regions: Regions, today: date) -> Refusal | None:
    needed = _STAR_LEVELS.get(data.get("stars", 0))
    level = regions.get(str(data.get("decided_by_region")), on=today).level
    if needed is None or not level.reaches(needed):
        return Refusal("beyond_its_level", f"a {level} grants no {data.get('stars')} stars")
    return None


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
