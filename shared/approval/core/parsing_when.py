"""Reading the condition of a branch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.approval.core.condition import Compare, Comparison, Condition, Join, Joined
from shared.approval.core.reader import Reader, at

_ORDERED = (Comparison.LESS, Comparison.AT_MOST, Comparison.MORE, Comparison.AT_LEAST)


def condition_of(reader: Reader, item: Mapping[str, Any], name: str, place: str) -> Condition:
    """Answer the condition under a name: `{field, is, value}`, or `{all: [...]}`, `{any: [...]}`, `{not: {...}}`."""
    found = reader.mapping(item, name, place, "field, is and value")
    if found is None:
        return Join(Joined.ALL, ())
    place = at(place, name)
    for joined in (Joined.ALL, Joined.ANY):
        if joined.value in found:
            reader.known(found, place, {joined.value})
            entries = reader.items(found, joined.value, place)
            inner = f"{at(place, joined.value)}"
            parts = tuple(condition_of(reader, {f"[{i}]": entry}, f"[{i}]", inner) for i, entry in enumerate(entries))
            return Join(joined, parts)
    if Joined.NOT.value in found:
        reader.known(found, place, {Joined.NOT.value})
        return Join(Joined.NOT, (condition_of(reader, found, Joined.NOT.value, place),))
    return _compare(reader, found, place)


def _compare(reader: Reader, item: Mapping[str, Any], place: str) -> Compare:
    reader.known(item, place, {"field", "is", "value"})
    field = reader.text(item, "field", place)
    if field and not field.startswith("/"):
        reader.problem(at(place, "field"), "is not a JSON pointer: it begins with a slash")
    comparison = reader.one_of(item, "is", place, Comparison)
    value = item.get("value")
    if "value" not in item:
        reader.problem(at(place, "value"), "is missing")
    elif comparison is Comparison.ONE_OF and not isinstance(value, list):
        reader.problem(at(place, "value"), "is not a list")
    elif comparison is Comparison.ONE_OF and not all(_is_plain(one) for one in item["value"]):
        reader.problem(at(place, "value"), "is not a list of plain values")
    elif comparison in (Comparison.IS, Comparison.IS_NOT) and not _is_plain(value):
        reader.problem(at(place, "value"), "is not a plain value: a text, a number, true, false or null")
    elif comparison in _ORDERED and (isinstance(value, bool) or not isinstance(value, int | float | str)):
        reader.problem(at(place, "value"), "is not a number or a text")
    return Compare(field, comparison, tuple(value) if isinstance(value, list) else value)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
