"""What changed between two rounds, so that an approver reads only that: 「只看改了哪里」.

Two snapshots of a case's content are compared value by value. Lists are aligned first, so that a line put in at
the top is one added line and not a change of every line after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from shared.approval.core.digest import canonical


class ChangeKind(StrEnum):
    """How a field differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs. The pointer is into the new content, or into the old for what was removed."""

    kind: ChangeKind
    pointer: str
    old: Any = None
    new: Any = None


def difference(old: Any, new: Any) -> tuple[Change, ...]:
    """Answer the fields that differ, as JSON pointers with both values; nothing when nothing changed."""
    return tuple(_compare(old, new, ""))


def _compare(old: Any, new: Any, pointer: str) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _compare_mappings(old, new, pointer)
    elif _is_list(old) and _is_list(new):
        yield from _compare_lists(old, new, pointer)
    elif canonical(old) != canonical(new):  # 1 and true are equal in Python and are not the same answer
        yield Change(ChangeKind.CHANGED, pointer, old, new)


def _compare_mappings(old: Mapping[str, Any], new: Mapping[str, Any], pointer: str) -> Iterator[Change]:
    for key in sorted({*old, *new}):
        place = f"{pointer}/{_escape(key)}"
        if key not in new:
            yield Change(ChangeKind.REMOVED, place, old=old[key])
        elif key not in old:
            yield Change(ChangeKind.ADDED, place, new=new[key])
        else:
            yield from _compare(old[key], new[key], place)


def _compare_lists(old: Sequence[Any], new: Sequence[Any], pointer: str) -> Iterator[Change]:
    matcher = SequenceMatcher(None, [_identity(i) for i in old], [_identity(i) for i in new], autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        pairs = end - start if tag == "equal" else _pairs(old[start:end], new[new_start:new_end])
        for offset in range(pairs):
            yield from _compare(old[start + offset], new[new_start + offset], f"{pointer}/{new_start + offset}")
        for index in range(start + pairs, end):
            yield Change(ChangeKind.REMOVED, f"{pointer}/{index}", old=old[index])
        for index in range(new_start + pairs, new_end):
            yield Change(ChangeKind.ADDED, f"{pointer}/{index}", new=new[index])


def _pairs(old: Sequence[Any], new: Sequence[Any]) -> int:
    """Answer how many items that are not the same are still one item changed: without an `id`, those in one place."""
    if any(_has_id(item) for item in (*old, *new)):
        return 0
    return min(len(old), len(new))


def _identity(item: Any) -> bytes:
    """Answer what makes two items of a list the same one: their `id` if they have one, else all of them."""
    return b"id:" + canonical(item["id"]) if _has_id(item) else canonical(item)


def _has_id(item: Any) -> bool:
    return isinstance(item, Mapping) and "id" in item


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
