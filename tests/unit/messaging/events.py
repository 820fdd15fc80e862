"""Events with every kind of field, for the tests of the wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Literal

from shared.contracts.base import Event, event


class Colour(Enum):
    """An enumeration as events carry it."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Line:
    """A part of an event."""

    text: str
    hours: int


@event("workshop", "sample.taken", key="sample_id")
@dataclass(frozen=True)
class Sample(Event):
    """An event with one field of each kind that is allowed."""

    sample_id: str
    count: int
    ratio: Decimal
    on: date
    at: datetime
    is_good: bool
    colour: Colour
    size: Literal["small", "large"]
    lines: tuple[Line, ...]
    names: tuple[str, ...]
    remark: str | None = None
    first: Line | None = None
