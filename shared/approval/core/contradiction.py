"""Conditions that nothing can fulfil: `x > 5` together with `x < 3`.

A condition compares fields with values only, so what it says of one field changes at those values and nowhere
between: to try each of them, what lies beside them and a field that is not there is to try everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from shared.approval.core.condition import Compare, Condition, Join, Joined, holds


def contradicted_field(condition: Condition) -> str | None:
    """Answer the field of which a condition asks what no content has, or None.

    Each field is looked at for itself; of a part that is about several fields nothing is said.
    """
    asked: dict[str, list[Condition]] = {}
    for part in _together(condition):
        fields = {compare.field for compare in _compares(part)}
        if len(fields) == 1:
            asked.setdefault(fields.pop(), []).append(part)
    return next((field for field, parts in asked.items() if not _can_hold(field, parts)), None)


def _together(condition: Condition) -> Iterator[Condition]:
    """Answer the parts that must all hold."""
    if isinstance(condition, Join) and condition.joined is Joined.ALL:
        for part in condition.parts:
            yield from _together(part)
    else:
        yield condition


def _compares(condition: Condition) -> Iterator[Compare]:
    if isinstance(condition, Compare):
        yield condition
    else:
        for part in condition.parts:
            yield from _compares(part)


def _can_hold(field: str, parts: list[Condition]) -> bool:
    mentioned: list[Any] = []
    for compare in (one for part in parts for one in _compares(part)):
        mentioned.extend(compare.value if isinstance(compare.value, tuple) else [compare.value])
    contents = [{}, *(_content(field, value) for value in _worth_trying(mentioned))]
    return any(all(holds(part, content) for part in parts) for content in contents)


def _worth_trying(mentioned: list[Any]) -> Iterator[Any]:
    """Answer the values that conditions mention, and one from each gap between them."""
    yield from (None, True, False)
    numbers = sorted({one for one in mentioned if isinstance(one, int | float) and not isinstance(one, bool)})
    yield from numbers
    yield from (_between(low, high) for low, high in pairwise(numbers))
    if numbers:
        yield numbers[0] - 1
        yield numbers[-1] + 1
    texts = [one for one in mentioned if isinstance(one, str)]
    yield from texts
    if texts:
        yield ""
        yield from (one + "\0" for one in texts)  # nothing lies between a text and this one


def _between(low: float, high: float) -> float:
    try:
        return (low + high) / 2
    except OverflowError:  # whole numbers that are too large for fractions
        return (int(low) + int(high)) // 2


def _content(field: str, value: Any) -> dict[str, Any]:
    """Answer a content that has this value at the place a JSON pointer names."""
    for name in reversed(field.split("/")[1:]):
        value = {name.replace("~1", "/").replace("~0", "~"): value}
    content: dict[str, Any] = value
    return content
