"""One list of a person's cases, gathered from all services with cases, narrowed down and page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.portal.client import Json, Problem, ServiceAway
from services.portal.desk import CASE_SERVICES
from services.portal.forms import Fault
from services.portal.pages import words
from services.portal.sessions import api

LISTS = ("todo", "returned", "cc", "started", "done")
FILTERS = ("business_type", "state", "region", "title", "opened_from", "opened_to", "decided_from", "decided_to")
#: What waits is oldest first, all else newest first.
_OLDEST_FIRST = ("todo", "returned")
_PER_SERVICE = 20
_CURSOR = "cursor."
_NO_MORE = "-"


@dataclass
class Worklist:
    """A page of a list: its lines with the service of each, the counts of all lists, and the way to the next page."""

    which: str
    wanted: dict[str, str] = field(default_factory=dict)
    items: list[tuple[str, Json]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    next_page: dict[str, str] | None = None
    faults: list[Fault] = field(default_factory=list)
    away: list[str] = field(default_factory=list)

    @property
    def narrowed(self) -> bool:
        """Tell whether something is left out of the list."""
        return bool(self.wanted)


def worklist(which: str, query: Mapping[str, str]) -> Worklist:
    """Gather a page; each service goes on where its own last page ended, so that none of its lines is lost."""
    made = Worklist(which, wanted={name: query[name] for name in FILTERS if query.get(name)})
    if query.get("overdue"):
        made.wanted["overdue"] = "true"
    following: dict[str, str] = {}
    for service in CASE_SERVICES:
        cursor = query.get(f"{_CURSOR}{service}")
        page = None if cursor == _NO_MORE else _page(made, service, cursor)
        made.items += [(service, item) for item in page["items"]] if page else []
        following[f"{_CURSOR}{service}"] = (page or {}).get("next_cursor") or _NO_MORE
        for name, count in (_read(made, service, "tasks", "counts") or {}).items():
            made.counts[name] = made.counts.get(name, 0) + count
    _sort(made)
    if set(following.values()) != {_NO_MORE}:
        made.next_page = made.wanted | following
    return made


def _sort(made: Worklist) -> None:
    made.items.sort(key=lambda one: str(one[1]["at"]), reverse=made.which not in _OLDEST_FIRST)
    if made.which == "cc":
        made.items.sort(key=lambda one: bool(one[1]["read"]))


def _page(made: Worklist, service: str, cursor: str | None) -> Json | None:
    try:
        return _read(made, service, "tasks", list=made.which, limit=_PER_SERVICE, cursor=cursor, **made.wanted)
    except Problem as problem:
        # Every service says the same of a filter that cannot be: once is enough.
        if problem.status == 422 and not made.faults:
            made.faults = [
                Fault(fault.pointer.removeprefix("/query/"), words().pick(fault.zh, fault.en))
                for fault in problem.faults
            ]
        return None


def _read(made: Worklist, service: str, *path: str, **query: Any) -> Json | None:
    try:
        found: Json = api().get(service, *path, **query).data
    except ServiceAway:
        if service not in made.away:
            made.away.append(service)
        return None
    return found
