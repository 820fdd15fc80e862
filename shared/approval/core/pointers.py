"""JSON pointers as patterns: which fields of a content somebody may change, and which they do not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def matches(pattern: str, pointer: str) -> bool:
    """Tell whether a pointer names the pattern's field or something inside it; `*` stands for any one step."""
    wanted, found = pattern.split("/")[1:], pointer.split("/")[1:]
    return len(found) >= len(wanted) and all(step in ("*", name) for step, name in zip(wanted, found, strict=False))


def hide(content: Any, patterns: Sequence[str], *, at: str = "") -> Any:
    """Answer the content without the fields that a pattern names."""
    if isinstance(content, Mapping):
        shown = ((key, value, f"{at}/{_escaped(str(key))}") for key, value in content.items())
        return {key: hide(value, patterns, at=place) for key, value, place in shown if not _is_hidden(place, patterns)}
    if isinstance(content, Sequence) and not isinstance(content, str):
        items = ((value, f"{at}/{index}") for index, value in enumerate(content))
        return [hide(value, patterns, at=place) for value, place in items if not _is_hidden(place, patterns)]
    return content


def _is_hidden(pointer: str, patterns: Sequence[str]) -> bool:
    return any(matches(pattern, pointer) for pattern in patterns)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
