"""Conditions on a round's content: which branch of a fork a case takes.

A condition is plain data and never fails: a field that is not there, or that holds another kind of value than it is
compared with, does not fulfil it. What then happens is the business of the fork's default branch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import eq, ge, gt, le, lt, ne
from typing import Any


class Comparison(StrEnum):
    """How a field is compared with a value."""

    IS = "=="
    IS_NOT = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    ONE_OF = "in"


class Joined(StrEnum):
    """How several conditions make one."""

    ALL = "all"
    ANY = "any"
    NOT = "not"


_COMPARE: Mapping[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.IS: eq,
    Comparison.IS_NOT: ne,
    Comparison.LESS: lt,
    Comparison.AT_MOST: le,
    Comparison.MORE: gt,
    Comparison.AT_LEAST: ge,
    Comparison.ONE_OF: lambda found, values: any(_is_like(found, value) and found == value for value in values),
}
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Compare:
    """A field of the content, named by a JSON pointer, compared with a value."""

    field: str
    comparison: Comparison
    value: Any


@dataclass(frozen=True, slots=True)
class Join:
    """Several conditions of which all, any or none must hold."""

    joined: Joined
    parts: tuple[Condition, ...]


Condition = Compare | Join


def holds(condition: Condition, content: Any) -> bool:
    """Tell whether the content fulfils the condition."""
    if isinstance(condition, Join):
        found = [holds(part, content) for part in condition.parts]
        return all(found) if condition.joined is Joined.ALL else any(found) is (condition.joined is Joined.ANY)
    value = look_up(content, condition.field)
    if value is _ABSENT:
        return False
    alike = condition.comparison is Comparison.ONE_OF or _is_like(value, condition.value)
    return alike and _COMPARE[condition.comparison](value, condition.value)


def look_up(content: Any, pointer: str) -> Any:
    """Answer what a JSON pointer (RFC 6901) points at in the content, or a mark that is equal to nothing."""
    for name in pointer.split("/")[1:]:
        key = name.replace("~1", "/").replace("~0", "~")
        if isinstance(content, Mapping) and key in content:
            content = content[key]
        elif isinstance(content, Sequence) and not isinstance(content, str) and _is_index(key, content):
            content = content[int(key)]
        else:
            return _ABSENT
    return content


def _is_index(key: str, items: Sequence[Any]) -> bool:
    return key.isascii() and key.isdigit() and int(key) < len(items)


def _is_like(one: Any, other: Any) -> bool:
    """Tell whether two values can be compared: numbers with numbers, texts with texts; true is no number."""
    kinds = [
        ("flag" if isinstance(x, bool) else "number" if isinstance(x, int | float) else type(x)) for x in (one, other)
    ]
    return kinds[0] == kinds[1]
