"""When something is due: so many workdays, to the end of the last of them, or so many hours of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from shared.approval.core.definition import Span, Unit
from shared.clock import SHANGHAI, business_date
from shared.workdays import Workdays


@dataclass(frozen=True, slots=True)
class Due:
    """A moment, and whether it may still move because the workdays of its year are not known."""

    at: datetime
    is_provisional: bool = False


def due_after(start: datetime, span: Span, workdays: Workdays, *, times: int = 1) -> Due:
    """Answer when a span that begins at a moment ends, `times` over; a day in Asia/Shanghai ends at midnight."""
    if span.unit is Unit.HOURS:
        return Due(start + timedelta(hours=span.count * times))
    counted = workdays.after(business_date(start), span.count * times)
    midnight = datetime.combine(counted.day + timedelta(days=1), time(), tzinfo=SHANGHAI)
    return Due(midnight.astimezone(start.tzinfo), counted.is_provisional)


def moved_start(start: datetime, span: Span, workdays: Workdays, *, since: datetime, until: datetime) -> datetime:
    """Answer from when a span is to be counted after the clock stood still between two moments."""
    if span.unit is Unit.HOURS:
        return start + (until - since)
    lost = workdays.between(business_date(since), business_date(until))
    counted = workdays.after(business_date(start), lost)
    return start + (counted.day - business_date(start))
