"""Marshmallow fields of our own kind: hours as people write them, hundredths inside."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import ValidationError, fields

from shared.hours import HUNDREDTHS_PER_HOUR, MOST_PER_DAY, hundredths_of
from shared.http.words import Told


class Hours(fields.Field[int]):
    """Hours with at most two decimals on the outside, whole hundredths inside."""

    def __init__(self, *, most: int = MOST_PER_DAY, **options: Any) -> None:
        metadata = {"type": "number", **(options.pop("metadata", None) or {})}
        super().__init__(metadata=metadata, **options)
        self.most = most

    # The signatures are marshmallow's.
    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> float | int | None:  # noqa: ARG002
        if value is None:
            return None
        return value // HUNDREDTHS_PER_HOUR if value % HUNDREDTHS_PER_HOUR == 0 else value / HUNDREDTHS_PER_HOUR

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:  # noqa: ARG002
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValidationError(Told("not_a_number", zh="应为数字", en="Not a valid number."))
        try:
            hours = Decimal(str(value))
            if hours.is_nan():
                raise InvalidOperation
            exact = hours == round(hours, 2)
        except InvalidOperation as error:
            raise ValidationError(Told("not_a_number", zh="应为数字", en="Not a valid number.")) from error
        if not exact:
            raise ValidationError(Told("too_many_decimals", zh="最多两位小数", en="At most two decimals."))
        if not 0 < hundredths_of(hours) <= self.most:
            raise ValidationError(
                Told(
                    "hours_out_of_range",
                    zh=f"时长须大于0且不超过{self.most // HUNDREDTHS_PER_HOUR}小时",
                    en=f"Hours are more than 0 and at most {self.most // HUNDREDTHS_PER_HOUR}.",
                )
            )
        return hundredths_of(hours)
