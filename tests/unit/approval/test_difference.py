"""An approver reads only what was changed since the last round."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.approval.core.difference import Change, ChangeKind, difference

ADDED, REMOVED, CHANGED = ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.CHANGED
LINE_A, LINE_B = {"id": "a", "hours": 100}, {"id": "b", "hours": 200}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": 1}, {"a": 2}, [Change(CHANGED, "/a", 1, 2)]),
        ({"a": 1}, {"b": 1}, [Change(REMOVED, "/a", old=1), Change(ADDED, "/b", new=1)]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, [Change(CHANGED, "/a/b/1", 2, 3)]),
        ({"a": None}, {}, [Change(REMOVED, "/a", old=None)]),
        ({"a": 1}, {"a": True}, [Change(CHANGED, "/a", 1, True)]),
        ({"a/b~c": 1}, {"a/b~c": 2}, [Change(CHANGED, "/a~1b~0c", 1, 2)]),
        ({"a": [1]}, {"a": {"0": 1}}, [Change(CHANGED, "/a", [1], {"0": 1})]),
        ([1, 2, 3], [1, 3], [Change(REMOVED, "/1", old=2)]),
        ([1, 2], [1, 2, 3], [Change(ADDED, "/2", new=3)]),
    ],
)
def test_a_change_is_named_by_its_place(old: Any, new: Any, changes: list[Change]) -> None:
    assert list(difference(old, new)) == changes


def test_a_line_put_in_at_the_top_is_one_added_line() -> None:
    old = {"lines": [LINE_A, LINE_B]}
    new = {"lines": [{"id": "c", "hours": 50}, LINE_A, LINE_B | {"hours": 250}]}
    assert list(difference(old, new)) == [
        Change(ADDED, "/lines/0", new={"id": "c", "hours": 50}),
        Change(CHANGED, "/lines/2/hours", 200, 250),
    ]


def test_a_line_with_another_id_is_another_line() -> None:
    assert list(difference([LINE_A], [LINE_B])) == [Change(REMOVED, "/0", old=LINE_A), Change(ADDED, "/0", new=LINE_B)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_nothing_changed_is_said_of_equal_content(value: Any) -> None:
    assert difference(value, value) == ()


@given(json_values, json_values)
def test_every_difference_is_found_in_both_directions(old: Any, new: Any) -> None:
    there, back = difference(old, new), difference(new, old)
    assert bool(there) == bool(back)
    if not there:
        assert old == new
