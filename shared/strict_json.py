"""JSON as the standard has it: no NaN, no Infinity, and no key that stands twice in an object."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def strict_json(text: str | bytes) -> Any:
    """Read JSON that everybody who reads it takes for the same.

    :raises ValueError: when it is none.
    :raises RecursionError: when its brackets are nested without end.
    """
    return json.loads(text, parse_constant=no_constant, object_pairs_hook=_no_double)


def no_constant(text: str) -> NoReturn:
    """Refuse the names of numbers that are none, which Python would read."""
    raise ValueError(f"{text} is not JSON")


def _no_double(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
