"""JSON as the standard has it: no NaN, no Infinity, and no key that stands twice in an object."""

from __future__ import annotations

import json
from dataclasses import is_dataclass
from datetime import datetime
from typing import Any, NoReturn


def compact_json(value: Any) -> str:
    """Write a value without spaces; frozen dataclasses without slots are objects, instants texts.

    :raises ValueError: at a number that JSON has no word for.
    :raises TypeError: at anything else that JSON does not have.
    """
    return _ENCODER.encode(value)


def strict_json(text: str | bytes) -> Any:
    """Read JSON that everybody who reads it takes for the same.

    :raises ValueError: when it is none.
    :raises RecursionError: when its brackets are nested without end.
    """
    return json.loads(text, parse_constant=no_constant, object_pairs_hook=_no_double)


def no_constant(text: str) -> NoReturn:
    """Refuse the names of numbers that are none, which Python would read."""
    raise ValueError(f"{text} is not JSON")


def _plain(value: object) -> Any:
    """Answer what the encoder does not know as something that it knows; nothing is copied."""
    if is_dataclass(value):
        return vars(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")


# Made once: a call of `json.dumps` with options makes one each time.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)


def _no_double(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
