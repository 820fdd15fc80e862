"""Reading the condition of a branch."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from shared.approval.core.condition import Compare, Comparison, Condition, Join, Joined
from shared.approval.core.contradiction import contradicted_field
from shared.approval.core.mistakes import Mistake
from shared.approval.core.reader import Reader, at, shown

MOST_DEPTH = 6
_ORDERED = (Comparison.LESS, Comparison.AT_MOST, Comparison.MORE, Comparison.AT_LEAST)


def condition_of(reader: Reader, item: Mapping[str, Any], name: str, place: str, *, depth: int = 1) -> Condition:
    """Answer the condition under a name, which something must be able to fulfil.

    It is `{field, is, value}`, or `{all: [...]}`, `{any: [...]}`, `{not: {...}}`.
    """
    before = len(reader.problems)
    condition = _read(reader, item, name, place, depth=depth)
    # What is mistaken in itself, or holds a part that cannot be, is not told of twice.
    field = contradicted_field(condition) if len(reader.problems) == before else None
    if field is not None:
        reader.problem(at(place, name), Mistake.CONTRADICTION, field=shown(field))
    return condition


def _read(reader: Reader, item: Mapping[str, Any], name: str, place: str, *, depth: int) -> Condition:
    found = reader.mapping(item, name, place, ("field", "is", "value"))
    if found is None:
        return Join(Joined.ALL, ())
    place = at(place, name)
    if depth > MOST_DEPTH:
        reader.problem(place, Mistake.TOO_DEEP, most=MOST_DEPTH)
        return Join(Joined.ALL, ())
    for joined in (Joined.ALL, Joined.ANY):
        if joined.value in found:
            reader.known(found, place, {joined.value})
            entries = reader.items(found, joined.value, place)
            inner = at(place, joined.value)
            parts = tuple(
                condition_of(reader, {f"[{i}]": entry}, f"[{i}]", inner, depth=depth + 1)
                for i, entry in enumerate(entries)
            )
            return Join(joined, parts)
    if Joined.NOT.value in found:
        reader.known(found, place, {Joined.NOT.value})
        return Join(Joined.NOT, (condition_of(reader, found, Joined.NOT.value, place, depth=depth + 1),))
    return _compare(reader, found, place)


def _compare(reader: Reader, item: Mapping[str, Any], place: str) -> Compare:
    reader.known(item, place, {"field", "is", "value"})
    field = reader.text(item, "field", place)
    if field and not field.startswith("/"):
        reader.problem(at(place, "field"), Mistake.NOT_A_POINTER, value=shown(field))
    comparison = reader.one_of(item, "is", place, Comparison)
    value = item.get("value")
    if "value" not in item:
        reader.problem(at(place, "value"), Mistake.MISSING)
    elif comparison is Comparison.ONE_OF and not isinstance(value, list):
        reader.problem(at(place, "value"), Mistake.NOT_A_LIST, least=1)
    elif comparison in _ORDERED and (isinstance(value, bool) or not isinstance(value, int | float | str)):
        reader.problem(at(place, "value"), Mistake.NOT_COMPARABLE)
    elif not all(_is_plain(one) for one in (item["value"] if comparison is Comparison.ONE_OF else [value])):
        reader.problem(at(place, "value"), Mistake.NOT_A_VALUE)
    return Compare(field, comparison, tuple(value) if isinstance(value, list) else value)


def _is_plain(value: object) -> bool:
    """Tell whether JSON has this value; YAML also knows numbers without an end."""
    return isfinite(value) if isinstance(value, float) else value is None or isinstance(value, str | int)
