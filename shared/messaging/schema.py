"""Marshmallow schemas derived from the event classes, used on publish and on receipt."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from math import isfinite
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from marshmallow import EXCLUDE, Schema, ValidationError, post_load, validate
from marshmallow import fields as shapes

GREATEST = 2**63 - 1  # what a database stores of whole numbers
MOST_DIGITS = 30  # before the point of a decimal number, or behind it


class _Integer(shapes.Integer):
    """A whole number that a database can store; JSON's true and false are none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        found = super()._deserialize(value, attr, data, **kwargs)
        if not -GREATEST <= found <= GREATEST:
            raise self.make_error("too_large", input=value)
        return found


class _Decimal(shapes.Decimal):
    """A decimal number of ordinary size: 1E+999999 is short to send and would fill the memory when written out."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        found = super()._deserialize(value, attr, data, **kwargs)
        if found and not -MOST_DIGITS <= found.adjusted() <= MOST_DIGITS:
            raise self.make_error("too_large", input=value)
        return found


_PLAIN: Mapping[type, Any] = {
    bool: lambda **kw: shapes.Boolean(truthy={True}, falsy={False}, **kw),
    int: lambda **kw: _Integer(strict=True, **kw),
    Decimal: lambda **kw: _Decimal(as_string=True, allow_nan=False, **kw),
    date: shapes.Date,
    datetime: lambda **kw: shapes.AwareDateTime(format="iso", **kw),
}


class _Document(shapes.Dict):
    """A JSON object that a database can store: texts are checked as those of other fields, whatever their depth."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found: Any = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]  # it has none
        if not is_plain(found):
            raise self.make_error("invalid", input=value)
        return found


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Tell whether a database can store this text: no U+0000 and no half of a surrogate pair, which JSON can carry."""
    return _UNSTORABLE.search(text) is None


def is_plain(value: Any) -> bool:
    """Tell whether a value is JSON that a database can store, to its last text."""
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_storable(key) and is_plain(one) for key, one in value.items())
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value))


def _storable(text: str) -> None:
    # A text that no database takes would fail for ever, so it is refused at the door.
    if not is_storable(text):
        raise ValidationError("contains U+0000 or a lone surrogate")


def _field(hint: Any, **options: Any) -> shapes.Field[Any]:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = [part for part in get_args(hint) if part is not type(None)]
        if len(inner) != 1:
            raise TypeError(f"an event field is one type, or one type or None, not {hint}")
        return _field(inner[0], allow_none=True, **options)
    if origin is tuple:
        return shapes.List(_field(get_args(hint)[0]), **options)
    if origin is Mapping:
        return _Document(keys=shapes.String(), **options)
    if origin is Literal:
        return shapes.String(validate=validate.OneOf(get_args(hint)), **options)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return shapes.Enum(hint, by_value=True, **options)
    if is_dataclass(hint):
        return shapes.Nested(schema_of(hint), **options)  # type: ignore[arg-type]  # a class, not an instance
    if hint is str:
        return shapes.String(validate=_storable, **options)
    if hint in _PLAIN:
        made: shapes.Field[Any] = _PLAIN[hint](**options)
        return made
    raise TypeError(f"no event field may have the type {hint}")


@cache
def schema_of(cls: type[Any]) -> Schema:
    """Answer the schema of a frozen dataclass; it ignores fields that a newer sender has added."""
    hints = get_type_hints(cls)
    members: dict[str, Any] = {}
    for field in fields(cls):
        optional = field.default is not MISSING or field.default_factory is not MISSING
        members[field.name] = _field(hints[field.name], required=not optional)

    def build(_self: Schema, data: dict[str, Any], **_: Any) -> Any:
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in data.items()})

    members["build"] = post_load(build)
    members["Meta"] = type("Meta", (), {"unknown": EXCLUDE})
    made: Schema = type(f"{cls.__name__}Schema", (Schema,), members)()
    return made
