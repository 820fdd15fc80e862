"""A drawing says everything of a definition, is the same every time, and is XML that a strict policy lets through."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from shared.approval.core.definition import Definition
from shared.approval.core.words import Duplicates, Mode, Tier
from shared.approval.definitions import shipped
from shared.approval.drawing import Language, draw
from shared.approval.drawing.text import width_of, wrapped
from shared.approval.drawing.wording import catalogue
from tests.unit.approval.cases import node, route

SVG = "{http://www.w3.org/2000/svg}"
LESS = {"field": "/budget", "is": "<", "value": 2000}
CITY = {"role": "approver", "tier": "city"}


def tree(definition: Definition, language: Language = Language.CHINESE) -> ET.Element:
    return ET.fromstring(draw(definition, language=language))  # noqa: S314  # our own


def texts(definition: Definition, language: Language = Language.CHINESE) -> list[str]:
    return [one.text or "" for one in tree(definition, language).iter(f"{SVG}text")]


def fork(kind: str, *branches: dict[str, Any]) -> dict[str, Any]:
    return {"fork": kind, "branches": list(branches)}


NESTED = route(
    node("county", "clerk", "approver", mode="sequential", due={"workdays": 5}, escalate=CITY, if_nobody=CITY),
    fork(
        "exclusive",
        {
            "when": {"all": [{"not": LESS}, {"field": "/kind", "is": "in", "value": ["演练", True]}]},
            "route": [
                fork(
                    "parallel",
                    {"route": [node("city", key="finance", mode="all", veto=True)]},
                    {
                        "route": [
                            node("city", key="law", returns={"to": ["county"], "then": "jump_back"}),
                            fork(
                                "inclusive",
                                {"when": LESS, "route": [node("city", key="x")]},
                                {"default": True, "route": [node("city", key="y")]},
                            ),
                        ]
                    },
                )
            ],
        },
        {"default": True, "route": []},
    ),
    {"node": "audit", "title": {"zh": "审计", "en": "Audit"}, "tier": "province", "subcase": "audit_of_funds"},
)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("definition", [*shipped().values(), NESTED], ids=lambda one: str(getattr(one, "key", one)))
def test_a_drawing_needs_nothing_from_outside_and_no_style(definition: Definition, language: Language) -> None:
    drawn = draw(definition, language=language)
    assert drawn == draw(definition, language=language)
    root = ET.fromstring(drawn)  # noqa: S314  # our own
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {"svg", "title", "desc", "rect", "path", "text"}
    assert not re.search(r"style|class=|href|url\(|<script|on[a-z]+=", drawn)


@pytest.mark.parametrize("definition", [*shipped().values(), NESTED], ids=lambda one: one.key)
def test_nothing_stands_outside_the_paper_and_no_two_boxes_lie_on_each_other(definition: Definition) -> None:
    root = tree(definition)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    boxes = [
        tuple(float(one.get(name, 0)) for name in ("x", "y", "width", "height")) for one in root.iter(f"{SVG}rect")
    ]
    for x, y, wide, high in boxes:
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height
    outer = [box for box in boxes[1:] if box[3] != 20]  # the first is the paper, and 20 is a tier's chip in its node
    for number, (x, y, wide, high) in enumerate(outer):
        for a, b, c, d in outer[number + 1 :]:
            assert x + wide <= a or a + c <= x or y + high <= b or b + d <= y


def test_a_drawing_says_who_decides_how_until_when_and_what_then() -> None:
    told = texts(NESTED)
    assert told[:3] == ["报告", "report · 第1版", "提交"]
    for expected in (
        "依次：经办 → 审批",
        "时限：5个工作日；逾期转市级审批",
        "无人可办时，转市级审批",
        "只走一条：首个符合条件的",
        "并非（budget 小于 2000）",
        "且 kind 属于 “演练”、是",
        "全部同时办理",
        "会签：审批",
        "一票否决",
        "可退回：county；更正后直接回到本环节",
        "凡符合条件的都走",
        "其他情况",
        "其他情况：不设环节",
        "汇合：所走分支全部通过",
        "等待流程 audit_of_funds 的事项办结",
        "办结：通过",
    ):
        assert expected in told, expected


def test_votes_weights_reminders_and_fields_are_said() -> None:
    vote = {"denominator": "weight", "operator": ">", "value": 50}
    voters = [{"account": "ben", "weight": 30}, {"role": "clerk", "weight": 70}]
    written = node("city", mode="vote", veto=False, vote=vote, remind={"every": {"hours": 24}, "most": 3})
    written |= {"approvers": voters, "fields": {"write": ["/hours"], "hidden": ["/phone"]}, "returns": {"to": []}}
    definition = route(written, revocation={"days": 30, "definition": "revocation"}, duplicates="once")
    # A line may break where a space stood.
    chinese, english = "".join(texts(definition)), " ".join(texts(definition, Language.ENGLISH))
    for expected in (
        "票签：账号 ben（权重30）、经办（权重70）",
        "赞成权重 > 50",
        "听取全部意见后决定",
        "每24小时催办一次，最多3次",
        "可修改：/hours",
        "不显示：/phone",
        "通过后30日内可申请撤销，按流程",
        "同一人已同意的，同一地区以后的环节自动略过。",
    ):
        assert expected in chinese, expected
    assert "Weight of yes > 50" in english
    five = node("city", *["approver"] * 5, mode="vote", veto=True) | {
        "vote": {**vote, "denominator": "count", "value": 3}
    }
    assert "票签：审批×5" in texts(route(five))
    assert "Reminded every 24 hours, at most 3 times" in english


def test_what_titles_hold_is_text_and_never_markup() -> None:
    written = node("city") | {"title": {"zh": "</text><script>alert(1)</script> & \x0b\uffff", "en": "x"}}
    drawn = draw(route(written))
    assert "<script" not in drawn
    assert "&lt;/text&gt;" in drawn
    ET.fromstring(drawn)  # noqa: S314  # our own


def test_chinese_is_as_wide_as_high_and_breaks_anywhere_but_before_a_stop() -> None:
    assert width_of("审批", 10) == 20
    assert 20 < width_of("approver", 10) < 60
    assert wrapped("县级审批，市级审批", 40, 10) == ["县级审批，", "市级审批"]
    assert wrapped("county (city)", 50, 10) == ["county", "(city)"]
    assert wrapped("a" * 20, 60, 10) == ["a" * 10, "a" * 10]


def test_every_word_of_the_engine_has_words() -> None:
    keys = catalogue()
    for prefix, words in (("tier", Tier), ("mode", Mode), ("duplicates", Duplicates)):
        assert {f"{prefix}_{word.value}" for word in words} <= set(keys)
