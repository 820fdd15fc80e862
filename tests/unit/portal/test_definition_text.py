"""A definition is read from YAML or JSON with the line of every place, and written so that it reads the same again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.portal.definition_text import LONGEST_TEXT, ORDER, NotReadable, differences, place_of, read, write
from services.portal.words import Language, Words, catalogue
from shared.approval.core.parsing import parse
from shared.approval.definitions import shipped

PAGE = Path(__file__).parents[3] / "docs/howto/define-a-route.md"
CHINESE = Words(Language.CHINESE)
TEXT = """\
title: {zh: 审批, en: Approval}
route:
  - node: county
    title: {zh: 县级审批, en: County}
    tier: town
    due: {workdays: 2026-01-01}
"""


@pytest.mark.parametrize("key", sorted(shipped()))
def test_what_is_written_is_read_as_the_same(key: str) -> None:
    body = dict(shipped()[key].body)
    text = write(body)
    again = read(text).body
    assert parse({"key": key, "version": body["version"], **again}).body == body
    assert "key:" not in text.splitlines()[0]
    assert write(again) == text
    # Services answer with the names in another order; what is shown does not depend on it.
    assert write(dict(reversed(body.items()))) == text


def names_of(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from names_of(inner)
    elif isinstance(value, list):
        for item in value:
            yield from names_of(item)


def test_every_name_of_a_definition_has_its_place_in_the_order() -> None:
    example = yaml.safe_load(PAGE.read_text(encoding="utf-8").split("```yaml")[1].split("```")[0])
    used = {name for body in (example, *(one.body for one in shipped().values())) for name in names_of(body)}
    assert used <= set(ORDER)
    assert len(set(ORDER)) == len(ORDER)
    assert {key.partition(".")[2] for key in catalogue() if key.startswith("draft_field.")} <= set(ORDER)


def test_lines_are_those_of_the_places_and_of_what_is_around_them() -> None:
    written = read(TEXT)
    lines = {pointer: written.line_of(pointer) for pointer in ("/title/en", "/route", "/route/0", "/route/0/tier")}
    assert lines == {"/title/en": 1, "/route": 2, "/route/0": 3, "/route/0/tier": 5}
    assert written.line_of("/route/0/approvers") == 3, "what is missing is told where it should stand"
    assert written.line_of("/revocation/days") == 1
    assert written.body["route"][0]["due"] == {"workdays": "2026-01-01"}, "JSON knows no days"


def test_json_is_read_too() -> None:
    written = read('{"title": {"zh": "审批"},\n "route": [],\n "max_rounds": 3, "x": null, "y": 1.5, "z": true}')
    assert written.body["max_rounds"] == 3
    assert [written.body[name] for name in "xyz"] == [None, 1.5, True]
    assert written.line_of("/route") == 2


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\nb: [1, 2\nc: 3", 3, "not_yaml"),
        ("a: 1\n\tb: 2", 2, "not_yaml"),
        ("a: \x07", 1, "not_yaml"),
        ("- a\n- b", 1, "not_a_mapping"),
        ("审批", 1, "not_a_mapping"),
        ("a: &x [1]\nb: *x", 2, "alias"),
        ("a: 1\nb: 2\na: 3", 3, "twice"),
        ("a: 1\n? [b]\n: 2", 2, "not_a_name"),
        ("a: 1\nb: .nan", 2, "not_plain"),
        ("a: !!python/object:os.system x", 1, "not_plain"),
        ("a: !!set {b}", 1, "not_plain"),
        ("a: !!binary aGFsbG8=", 1, "not_plain"),
        ("a: " + "[" * 5000, 1, "not_yaml"),
        ("a: " + "9" * 5000, 1, "not_yaml"),
        ("a" * (LONGEST_TEXT + 1), 1, "too_long"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, word: str) -> None:
    with pytest.raises(NotReadable) as caught:
        read(text)
    slip = caught.value.slips[0]
    assert (slip.line, slip.word) == (line, word)
    assert f"drafting.slip_{slip.word}" in catalogue()


def test_an_alias_is_told_where_it_is_used_and_laughs_cost_nothing() -> None:
    laughs = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'ha'}]" for n in range(9))
    with pytest.raises(NotReadable) as caught:
        read(laughs)
    assert {slip.word for slip in caught.value.slips} == {"alias"}
    assert caught.value.slips[0].line == 2


def test_an_empty_text_is_an_empty_definition() -> None:
    assert read("").body == {}
    assert read("# nothing yet\n").body == {}


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("", "整个流程"),
        ("/title/zh", "title › zh"),
        ("/route/0", "环节“县级审批”"),
        ("/route/0/due/workdays", "环节“县级审批” › due › workdays"),
        ("/route/0/approvers/1/role", "环节“县级审批” › approvers › 第 2 项 › role"),
        ("/route/9/tier", "第 10 项 › tier"),
        ("/route/1", "第 2 项（分支）"),
        ("/route/1/branches/0", "第 2 项（分支） › 第 1 个分支"),
        ("/route/1/branches/0/route/0/mode", "环节“law” › mode"),
        ("/revocation/days", "revocation › days"),
    ],
)
def test_a_place_is_told_in_words(pointer: str, place: str) -> None:
    law = {"node": "law", "title": "no pair"}
    body = {
        "title": {},
        "route": [
            {"node": "county", "title": {"zh": "县级审批", "en": "County"}, "approvers": [{}, {}]},
            {"fork": "parallel", "branches": [{"route": [law]}]},
        ],
    }
    assert place_of(pointer, body, CHINESE) == place


def test_differences_are_lines_with_some_around_them() -> None:
    old = "\n".join(f"line {number}" for number in range(12))
    new = old.replace("line 2\n", "line two\n").replace("line 10", "line ten")
    found = differences(old, new)
    assert [line for line in found if line[0] != "same"] == [
        ("old", "line 2"),
        ("new", "line two"),
        ("gap", "⋯"),
        ("old", "line 10"),
        ("new", "line ten"),
    ]
    assert differences(old, old) == []
