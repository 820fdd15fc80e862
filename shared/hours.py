"""Service hours as whole hundredths of an hour, because money-like sums must not be floats."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

HUNDREDTHS_PER_HOUR = 100
MOST_PER_DAY = 24 * HUNDREDTHS_PER_HOUR


def show_hours(hundredths: int) -> str:
    """Answer the hours as people write them, at most two decimals: 10400 → "104", 125 → "1.25"."""
    text = f"{Decimal(hundredths) / HUNDREDTHS_PER_HOUR:.2f}"
    return text.rstrip("0").rstrip(".")


def hundredths_of(hours: Decimal | int | str) -> int:
    """Answer whole hundredths of these hours: "1.25" → 125."""
    return int((Decimal(str(hours)) * HUNDREDTHS_PER_HOUR).quantize(Decimal(1), rounding=ROUND_HALF_UP))
