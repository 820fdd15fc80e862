"""A case as a page shows it: its stops, its history by rounds, and what was changed between rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from services.portal.client import Json
from services.portal.formats import Formats, show_number
from services.portal.words import Words

#: The parts of a report's line that an official can point at.
LINE_PARTS = ("hours", "quality", "counted")
_LONG_TEXT = 20
_SHORTEST_SAME = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One value of a case's content under its name."""

    pointer: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text, and whether it is one that differs."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """One value that differs from the round before."""

    label: str
    old: list[Part]
    new: list[Part]


@dataclass(frozen=True, slots=True)
class Reader:
    """How the contents of cases are read to a person."""

    words: Words
    formats: Formats

    def rows(self, content: Json | None) -> list[Row]:
        """Answer a case's content, value by value; lines of a report have their own table."""
        return [
            Row(f"/{key}", self.words.of("content", key), self.value(key, value))
            for key, value in (content or {}).items()
            if key != "lines" and value not in (None, "", [])
        ]

    def value(self, key: str, value: Any) -> str:
        """Answer one value in words."""
        if value is None or value == "":
            return self.words("common.nothing")
        if isinstance(value, bool):
            return self.words("common.yes") if value else self.words("common.no")
        if isinstance(value, list):
            return self.words("common.list_comma").join(self.value(key, item) for item in value)
        if isinstance(value, dict):
            return self._line(value)
        return self._plain(key, value)

    def _plain(self, key: str, value: Any) -> str:
        if key in ("region", "from_region", "to_region"):
            return self.formats.region(str(value))
        if key in ("category", "kind", "award"):
            return self.words.of({"kind": "organisation_kind", "category": "volunteer_category"}.get(key, key), value)
        if key in ("hours", "total_hours", "hours_needed"):
            return self.formats.hours(value)
        if key in ("stars", "stars_left"):
            return self.formats.stars(int(value))
        if key == "served_on":
            return self.formats.day(str(value))
        return show_number(value) if isinstance(value, int | float) else str(value)

    def _line(self, line: Json) -> str:
        known = [part for part in ("volunteer", "served_on", "hours", "quality") if part in line]
        told = [
            f"{self.words('content.quality')} {line[part]}" if part == "quality" else self.value(part, line[part])
            for part in known
        ]
        if line.get("counted") is False:
            told.append(self.words("report.not_counted"))
        return self.words("common.list_comma").join(told)

    def label(self, pointer: str, content: Json | None) -> str:
        """Answer what a JSON pointer into the content is called: /lines/0/hours → 王芳 A01… · 时长."""
        parts = pointer.strip("/").split("/")
        if parts[0] != "lines" or len(parts) == 1:
            return self.words.of("content", parts[0]) if parts[0] else self.words("content.whole")
        named = self._line_name(parts[1], content)
        return f"{named} · {self.words.of('content', parts[2])}" if len(parts) > 2 else named

    def _line_name(self, index: str, content: Json | None) -> str:
        lines = (content or {}).get("lines", [])
        if index.isdigit() and int(index) < len(lines):
            line = lines[int(index)]
            day = f" {self.formats.day(line['served_on'])}" if "served_on" in line else ""
            return f"{line.get('volunteer', '')}{day}"
        return self.words("report.line_number", n=index)

    def changes(self, difference: Json, old: Json | None, new: Json | None) -> list[Changed]:
        """Answer what was changed from one round to the next."""
        found = []
        for change in difference["changes"]:
            key = change["pointer"].rsplit("/", 1)[-1]
            pointed = old if change["kind"] == "removed" else new
            sides = marked(
                self._side(change, "old", absent="added", key=key),
                self._side(change, "new", absent="removed", key=key),
            )
            found.append(Changed(self.label(change["pointer"], pointed), *sides))
        return found

    def _side(self, change: Json, side: str, *, absent: str, key: str) -> str:
        if change["kind"] == absent:
            return self.words("case.not_there")
        return self.value(key, change.get(side))


def marked(old: str, new: str) -> tuple[list[Part], list[Part]]:
    """Answer two texts in pieces, so that only what differs in a long text stands out."""
    if min(len(old), len(new)) < _LONG_TEXT:
        return [Part(old, True)], [Part(new, True)]
    left: list[Part] = []
    right: list[Part] = []
    for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        # A character or two that happen to be the same in the middle of a change would only flicker.
        differs = tag != "equal" or end - start < _SHORTEST_SAME
        _add(left, old[start:end], differs=differs)
        _add(right, new[new_start:new_end], differs=differs)
    return left, right


def _add(parts: list[Part], text: str, *, differs: bool) -> None:
    if text and parts and parts[-1].differs == differs:
        parts[-1] = Part(parts[-1].text + text, differs)
    elif text:
        parts.append(Part(text, differs))


def steps_of(stages: Sequence[Json]) -> list[list[Json]]:
    """Answer the stages of a round as steps one after the other; what a fork decides side by side is one step.

    Of a node that the round came back to, the latest visit is shown; the history tells of the others.
    """
    latest = {stage["node_key"]: stage["number"] for stage in stages}
    depth: dict[int, int] = {}
    steps: dict[int, list[Json]] = {}
    for stage in stages:
        depth[stage["number"]] = 1 + max((depth.get(number, 0) for number in stage["after"]), default=0)
        if latest[stage["node_key"]] == stage["number"]:
            steps.setdefault(depth[stage["number"]], []).append(stage)
    return [steps[place] for place in sorted(steps)]


def content_of(case: Json, number: int) -> Json | None:
    """Answer what was submitted in a round; None when it was erased."""
    return next((entry["content"] for entry in case["rounds"] if entry["round"] == number), None)


def rounds_of(trail: Json) -> list[tuple[int, list[Json]]]:
    """Answer the history by rounds, oldest first."""
    return [(number, list(entries)) for number, entries in groupby(trail["entries"], key=lambda entry: entry["round"])]


def last_return(trail: Json) -> Json | None:
    """Answer the latest entry by which the case was sent back, or None."""
    return next((entry for entry in reversed(trail["entries"]) if entry["verb"] == "return"), None)


def remarks_by_field(entry: Json | None) -> dict[str, list[str]]:
    """Answer the remarks of an entry under the name of the input they are about: /lines/0/hours → lines-0-hours."""
    found: dict[str, list[str]] = {}
    for remark in (entry or {}).get("remarks", []):
        found.setdefault(remark["pointer"].strip("/").replace("/", "-"), []).append(remark["reason"])
    return found


@dataclass(frozen=True, slots=True)
class Totals:
    """What a report claims in all."""

    people: int
    lines: int
    hours: str
    quality: str


def totals_of(lines: Sequence[Json]) -> Totals:
    """Answer how many people, records and hours a report claims, and the average evaluation."""
    counted = [line for line in lines if line["counted"]]
    hundredths = sum(round(float(line["hours"]) * 100) for line in counted)
    average = sum(int(line["quality"]) for line in counted) / len(counted) if counted else 0
    return Totals(
        people=len({line["volunteer_number"] for line in counted}),
        lines=len(counted),
        hours=show_number(hundredths / 100),
        quality=f"{average:.1f}",
    )
