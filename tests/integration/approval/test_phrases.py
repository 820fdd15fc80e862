"""The phrases that somebody picks an opinion from."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.integration.approval.office import BAO, BEN, Office, caller


def test_everybody_begins_with_the_common_phrases_and_keeps_their_own(office: Office, app: Flask) -> None:
    ben = caller(app, BEN)
    first = ben.get("/phrases")
    assert first["saved"] == []
    assert first["defaults"]["approve"][0] == "同意。"
    for kept in (["同意，请上报。", "同意。"], ["同意。"], []):
        assert ben.call("PUT", "/phrases", {"saved": kept}).json == {**first, "saved": kept}
        assert ben.get("/phrases")["saved"] == kept
    ben.call("PUT", "/phrases", {"saved": ["同意。"]})
    assert caller(app, BAO).get("/phrases")["saved"] == []


@pytest.mark.parametrize(
    ("saved", "pointer"),
    [
        (["同意"] * 21, "/saved"),
        (["长" * 201], "/saved/0"),
        (["同意", " "], "/saved/1"),
        ([""], "/saved/0"),
        ([1], "/saved/0"),
        (None, "/saved"),
    ],
)
def test_what_is_no_phrase_is_refused(office: Office, app: Flask, saved: Any, pointer: str) -> None:
    answer = caller(app, BEN).call("PUT", "/phrases", {"saved": saved})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["pointer"] == pointer
