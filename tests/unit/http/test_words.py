"""Everything marshmallow can say has a stable code and Chinese words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from shared.http.words import Told, told, under


class Shape(Schema):
    """One field of every kind that the services take in."""

    text = fields.String(required=True)
    short = fields.String(validate=validate.Length(max=3))
    long = fields.String(validate=validate.Length(min=3))
    between = fields.String(validate=validate.Length(min=2, max=3))
    form = fields.String(validate=validate.Regexp(r"^\d+\Z"))
    choice = fields.String(validate=validate.OneOf(["a"]))
    number = fields.Integer(strict=True, validate=validate.Range(min=1, max=5))
    least = fields.Integer(validate=validate.Range(min=1))
    most = fields.Integer(validate=validate.Range(max=5))
    day = fields.Date()
    hour = fields.Time()
    instant = fields.AwareDateTime()
    flag = fields.Boolean()
    many = fields.List(fields.String())
    inner = fields.Nested(Schema.from_dict({"x": fields.String()}))
    free = fields.Dict()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("text", None, "required"),
        ("text", 5, "not_a_text"),
        ("text", [], "not_a_text"),
        ("other", 1, "unknown_field"),
        ("short", "abcd", "too_long"),
        ("long", "ab", "too_short"),
        ("between", "a", "wrong_length"),
        ("form", "x", "wrong_form"),
        ("choice", "b", "not_a_choice"),
        ("number", "five", "not_a_number"),
        ("number", 1.5, "not_a_number"),
        ("number", 9, "out_of_range"),
        ("number", float("inf"), "not_a_number"),
        ("least", float("inf"), "out_of_range"),
        ("number", float("nan"), "not_a_number"),
        ("least", 0, "out_of_range"),
        ("most", 6, "out_of_range"),
        ("day", "soon", "not_a_date"),
        ("hour", "soon", "not_a_time"),
        ("instant", "soon", "not_an_instant"),
        ("instant", "2026-09-20T10:00:00", "not_an_instant"),
        ("flag", "perhaps", "not_a_boolean"),
        ("many", "one", "not_a_list"),
        ("inner", "one", "not_an_object"),
        ("free", "one", "not_an_object"),
    ],
)
def test_a_fault_has_a_code_and_both_languages(field: str, value: Any, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Shape().load({"text": "x", field: value})
    found = caught.value.messages_dict[field]
    messages = found if isinstance(found, list) else found["_schema"]
    assert [told(message)[0] for message in messages] == [code]
    _, zh, en = told(messages[0])
    assert re.search(r"[一-龥]", zh)
    assert en == str(messages[0])


def test_a_message_of_our_own_keeps_its_code() -> None:
    assert told(Told("too_early", zh="太早", en="Too early.")) == ("too_early", "太早", "Too early.")


def test_a_message_that_nobody_translated_still_says_something() -> None:
    assert told("Never seen before.") == ("invalid_value", "填写内容不符合要求", "Never seen before.")


def test_pointers_escape_what_would_look_like_a_step() -> None:
    assert under("/lines/0", "a/b~c") == "/lines/0/a~1b~0c"
    assert under("", 3) == "/3"
