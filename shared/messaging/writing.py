"""An event's content as plain JSON: checked and turned in one pass, by functions made once from its field types.

What it lets through is what `schema` takes in on the other side; a library's own dump and validation do the same in
ten times the time, and every event of every command goes through here.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from shared.messaging.schema import GREATEST, MOST_DIGITS, is_plain, is_storable, schema_of

Plain = Callable[[Any], Any]


class Unfit(ValueError):
    """A value that is not what its field says; the text tells where and why."""


@cache
def plain_of(cls: Any) -> Plain:
    """Answer what turns a frozen dataclass into plain JSON.

    :raises TypeError: when a field has a type that no event may have.

    The function raises `Unfit` for a value of another kind than the field's, a number too large to store, an instant
    without an offset, and a text that no database takes.
    """
    schema_of(cls)  # refuses the types that have no one form on the wire
    hints = get_type_hints(cls)
    writers = tuple((field.name, _plain(hints[field.name])) for field in fields(cls))

    def write(value: Any) -> dict[str, Any]:
        if type(value) is not cls:
            raise Unfit(f"not a {cls.__name__}")
        found = {}
        for name, writer in writers:
            try:
                found[name] = writer(getattr(value, name))
            except Unfit as unfit:
                raise Unfit(f"{name}: {unfit}") from None
        return found

    return write


def _plain(hint: Any) -> Plain:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _optional(_plain(next(part for part in parts if part is not type(None))))
    if origin is tuple:
        return _several(_plain(parts[0]))
    if origin is Mapping:
        return _document
    if origin is Literal:
        return _one_of(frozenset(parts))
    if issubclass(hint, Enum):
        return _member(hint)
    if is_dataclass(hint):
        return plain_of(hint)  # type: ignore[arg-type]  # mypy holds frozen dataclasses for unhashable classes
    return _SIMPLE[hint]


def _optional(writer: Plain) -> Plain:
    return lambda value: None if value is None else writer(value)


def _several(writer: Plain) -> Plain:
    def write(values: Any) -> list[Any]:
        if not isinstance(values, tuple | list):
            raise Unfit("not several")
        return [writer(value) for value in values]

    return write


def _one_of(words: frozenset[Any]) -> Plain:
    def write(value: Any) -> Any:
        if not isinstance(value, str) or value not in words:
            raise Unfit(f"not one of {sorted(words)}")
        return str(value)

    return write


def _member(kind: type[Enum]) -> Plain:
    def write(value: Any) -> Any:
        if not isinstance(value, kind):
            raise Unfit(f"not a {kind.__name__}")
        return value.value

    return write


def _text(value: Any) -> str:
    if not isinstance(value, str) or not is_storable(value):
        raise Unfit("not a text that can be stored")
    return value


def _document(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not is_plain(value):
        raise Unfit("not a JSON object that can be stored")
    return dict(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit("not true or false")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -GREATEST <= value <= GREATEST:
        raise Unfit("not a whole number that can be stored")
    return value


def _decimal(value: Any) -> str:
    if not isinstance(value, Decimal) or not value.is_finite() or (value and abs(value.adjusted()) > MOST_DIGITS):
        raise Unfit("not a decimal number of ordinary size")
    return format(value, "f")


def _day(value: Any) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Unfit("not a day")
    return value.isoformat()


def _instant(value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Unfit("not an instant with its offset")
    return value.isoformat()


_SIMPLE: dict[Any, Plain] = {
    str: _text,
    bool: _truth,
    int: _whole,
    Decimal: _decimal,
    date: _day,
    datetime: _instant,
}
