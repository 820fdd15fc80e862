"""A cursor is read back as it was written, and nothing else is read as one."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Invalid
from shared.http.paging import read_cursor, write_cursor


def written(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.integers())
def test_keys_come_back(text: str, number: int) -> None:
    assert read_cursor(write_cursor(text, number), str, int) == (text, number)


def test_no_cursor_is_the_beginning() -> None:
    assert read_cursor(None, str) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "....",
        written("a"),
        written({"a": 1}),
        written([1]),
        written(["a", "b"]),
        written([True]),
        written(["a\x00"]),
        written(["\ud800"]),
        written([]) + "=",
        base64.urlsafe_b64encode(b"[" * 290).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_cursor(cursor, str)
    assert (caught.value.code, caught.value.pointer) == ("cursor_invalid", "/query/cursor")


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(cursor: str) -> None:
    try:
        keys = read_cursor(cursor, str)
    except Invalid:
        return
    assert keys is not None
    assert isinstance(keys[0], str)
