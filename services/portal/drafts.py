"""A definition with its versions, and a draft of it as somebody writes it: its text, its faults and its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from services.portal.client import Json, Problem
from services.portal.definition_text import NotReadable, Slip, Written, differences, place_of, read, write
from services.portal.desk import Desk
from services.portal.pages import formats, words
from services.portal.sessions import api, person
from services.portal.words import catalogue


@dataclass(frozen=True)
class Definition:
    """The versions of one definition, the newest first; none of a definition that is not there yet."""

    service: str
    key: str
    titles: tuple[str, str] = ("", "")
    versions: Sequence[Json] = ()

    @property
    def title(self) -> str:
        """Answer what it is called."""
        return words().pick(*self.titles) or self.key

    @cached_property
    def draft(self) -> Json | None:
        """Answer the version that is a draft, or None."""
        return self._in("draft")

    @cached_property
    def in_force(self) -> Json | None:
        """Answer the version that is published, or None."""
        return self._in("published")

    def _in(self, state: str) -> Json | None:
        return next((version for version in self.versions if version["state"] == state), None)

    def body(self, version: int) -> Json:
        """Answer how a version is written.

        :raises Problem: when there is none.
        """
        found: Json = api().get(self.service, "definitions", self.key, str(version)).data["body"]
        return found


def definition(service: str, key: str) -> Definition:
    """Answer a definition as it is now."""
    every: list[Json] = api().get(service, "definitions").data
    found = next((one for one in every if one["key"] == key), None)
    if found is None:
        return Definition(service, key)
    return Definition(service, key, (found["title_zh"], found["title_en"]), found["versions"])


@dataclass(frozen=True, slots=True)
class Mark:
    """One fault of a text: its line, where in the definition that is, what is wrong, and how the line reads."""

    line: int
    place: str
    text: str
    quote: str


@dataclass(frozen=True)
class Draft:
    """What somebody wrote, and what it comes to: it can be saved while it can be drawn."""

    text: str
    body: Json = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    steps: Sequence[Json] = ()
    drawing: str | None = None

    def refused(self, problem: Problem) -> Draft:
        """Answer the draft with what a service said against it."""
        mark = Mark(0, "", words().pick(problem.zh, problem.en), "")
        return replace(self, marks=(mark, *self.marks))


def checked(service: str, key: str, text: str) -> Draft:
    """Answer what a text comes to, by the service that would save it; nothing is stored."""
    try:
        written = read(text)
    except NotReadable as error:
        return Draft(text, marks=tuple(_slipped(text, slip) for slip in error.slips))
    language = words().pick("zh", "en")
    try:
        found = api().post(service, "definitions", key, "check", body=written.body, language=language).data
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return Draft(text, written.body).refused(problem)
    marks = tuple(_mark(text, written, fault) for fault in found["faults"])
    return Draft(text, written.body, marks, found["steps"], found["drawing"])


def away(text: str) -> Draft:
    """Answer a text of which nothing can be said, because its service cannot be reached."""
    return Draft(text, marks=(Mark(0, "", words()("drafting.away"), ""),))


def _mark(text: str, written: Written, fault: Mapping[str, Any]) -> Mark:
    line = written.line_of(fault["pointer"])
    place = place_of(fault["pointer"], written.body, words())
    return Mark(line, place, words().pick(fault["detail"], fault["detail_en"]), _line(text, line))


def _slipped(text: str, slip: Slip) -> Mark:
    return Mark(slip.line, "", words()(f"drafting.slip_{slip.word}", name=slip.name), _line(text, slip.line))


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1].strip() if 1 <= number <= len(lines) else ""


def about(known: Definition, draft: Draft, *, version: Json | None = None) -> dict[str, Any]:
    """Answer how a text differs from a version, or from the draft that is stored now, and who saved that when."""
    other = version or known.draft
    if other is None:
        return {"changes": []}
    stored = write(known.body(other["version"]))
    return {
        # Both as we would write them: what differs is what they say, and not how somebody indents.
        "changes": differences(stored, write(draft.body)),
        "by": _name(other["saved_by"]),
        "at": formats().moment(other["saved_at"]) if other["saved_at"] else "",
        "rev": other["rev"],
    }


def _name(account_id: str | None) -> str:
    """Answer who saved a draft; only holders of posts can, and an administrator may know them."""
    if account_id == person().account_id:
        return words()("drafting.yourself")
    # None is who came with the system: a list without a name to look for would be everybody's.
    found = Desk(person()).read("registration", "posts", account_id=account_id, limit=1) if account_id else None
    posts: list[Json] = found["items"] if found else []
    return next((post["account_name"] for post in posts), words()("drafting.another"))


def empty() -> Json:
    """Answer what a definition that is written from nothing begins with: one node that decides."""
    (title_zh, title_en), (node_zh, node_en) = (catalogue()[f"drafting.empty_{name}"] for name in ("title", "node"))
    node = {
        "node": "county",
        "title": {"zh": node_zh, "en": node_en},
        "tier": "county",
        "mode": "any",
        "approvers": [{"role": "approver"}],
        "opinion": ["reject", "return"],
        "due": {"workdays": 10},
    }
    return {"title": {"zh": title_zh, "en": title_en}, "route": [node]}
