"""Conditions on content never fail, and pointers name what they say."""

from __future__ import annotations

from typing import Any

import pytest

from shared.approval.core.condition import Compare, Comparison, Join, Joined, holds, look_up
from shared.approval.core.pointers import hide, matches

CONTENT = {"age": 6, "name": "安", "ok": True, "none": None, "lines": [{"hours": 2}, {"hours": 9}], "a/b": {"c~d": 1}}


@pytest.mark.parametrize(
    ("field", "comparison", "value", "expected"),
    [
        ("/age", "==", 6, True),
        ("/age", "==", 6.0, True),
        ("/age", "!=", 5, True),
        ("/age", "<", 7, True),
        ("/age", "<=", 6, True),
        ("/age", ">", 6, False),
        ("/age", ">=", 6, True),
        ("/age", "in", (5, 6), True),
        ("/age", "in", ("6",), False),
        ("/name", "==", "安", True),
        ("/name", "<", 7, False),
        ("/age", "<", "7", False),
        ("/ok", "==", True, True),
        ("/ok", "==", 1, False),
        ("/age", "==", True, False),
        ("/none", "==", None, True),
        ("/lines/1/hours", ">", 8, True),
        ("/lines/2/hours", ">", 0, False),
        ("/lines/x", "==", 1, False),
        ("/a~1b/c~0d", "==", 1, True),
        ("/missing", "==", 1, False),
        ("/missing", "!=", 1, False),
        ("/missing", "in", (1,), False),
        ("/age/deeper", "!=", 1, False),
        ("/name/0", "==", "安", False),
    ],
)
def test_a_field_is_compared_with_its_like_and_what_is_missing_fulfils_nothing(
    field: str, comparison: str, value: Any, expected: bool
) -> None:
    assert holds(Compare(field, Comparison(comparison), value), CONTENT) is expected


def test_several_conditions_hold_all_any_or_none() -> None:
    yes, no = Compare("/age", Comparison.IS, 6), Compare("/age", Comparison.IS, 5)
    assert [holds(Join(Joined.ALL, parts), CONTENT) for parts in ((yes, yes), (yes, no))] == [True, False]
    assert [holds(Join(Joined.ANY, parts), CONTENT) for parts in ((yes, no), (no, no))] == [True, False]
    assert [holds(Join(Joined.NOT, (part,)), CONTENT) for part in (yes, no)] == [False, True]


def test_the_whole_content_is_what_the_empty_pointer_points_at() -> None:
    assert look_up(CONTENT, "") is CONTENT


@pytest.mark.parametrize(
    ("pattern", "pointer", "expected"),
    [
        ("/age", "/age", True),
        ("/age", "/ages", False),
        ("/lines", "/lines/0/hours", True),
        ("/lines/*/hours", "/lines/0/hours", True),
        ("/lines/*/hours", "/lines/0/place", False),
        ("/lines/*/hours", "/lines", False),
        ("/*", "/age", True),
        ("/a~1b", "/a~1b/c~0d", True),
        ("/age", "", False),
    ],
)
def test_a_pattern_names_its_field_and_what_is_in_it(pattern: str, pointer: str, expected: bool) -> None:
    assert matches(pattern, pointer) is expected


def test_hidden_fields_are_left_out_wherever_they_are() -> None:
    shown = hide(CONTENT, ["/name", "/lines/*/hours", "/a~1b"])
    assert shown == {"age": 6, "ok": True, "none": None, "lines": [{}, {}]}
    assert hide(CONTENT, []) == CONTENT
    assert hide({"lines": [1, 2, 3]}, ["/lines/1"]) == {"lines": [1, 3]}
