"""JSON Schema of event classes: what `shared.messaging.schema` accepts, said so that others can read it."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Schemas = dict[str, dict[str, Any]]
"""Schemas by the name of their class, as `#/components/schemas` holds them."""

_PLAIN: Mapping[type, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "format": "int64"},
    Decimal: {"type": "string", "format": "decimal"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}


def add_schema(cls: type[Any], name: str, schemas: Schemas) -> dict[str, str]:
    """Add the schema of a frozen dataclass, and of those within it, under these names; answers a reference to it."""
    if name not in schemas:
        schemas[name] = {}
        hints = get_type_hints(cls)
        schemas[name] |= {
            "type": "object",
            "description": " ".join((cls.__doc__ or "").split()),
            "properties": {field.name: _shape(hints[field.name], schemas) for field in fields(cls)},
            "required": [
                field.name for field in fields(cls) if field.default is MISSING and field.default_factory is MISSING
            ],
        }
    return {"$ref": f"#/components/schemas/{name}"}


def _shape(hint: Any, schemas: Schemas) -> dict[str, Any]:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _or_null(_shape(next(part for part in get_args(hint) if part is not type(None)), schemas))
    if origin is tuple:
        return {"type": "array", "items": _shape(get_args(hint)[0], schemas)}
    if origin is Mapping:
        return {"type": "object"}
    if origin is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"type": "string", "enum": [member.value for member in hint]}
    if is_dataclass(hint) and isinstance(hint, type):
        return add_schema(hint, hint.__name__, schemas)
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    raise TypeError(f"no event field may have the type {hint}")


def _or_null(shape: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in shape:
        return {"anyOf": [shape, {"type": "null"}]}
    nullable = shape | {"type": [shape["type"], "null"]}
    return nullable | {"enum": [*shape["enum"], None]} if "enum" in shape else nullable
