"""What waits for a person, gathered from all services: a service that is away leaves a gap and not an error."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from services.portal.client import Json, Problem, ServiceAway
from services.portal.sessions import api, person, visit
from shared.identity import Principal, Role
from shared.identity.people import ADMINISTRATORS, OFFICIALS

CASE_SERVICES = ("registration", "records", "reporting", "awards")
"""The services that have cases."""

_MOST_TASKS = 50
_MOST_REPORTS = 100
_PROPOSED_SHOWN = 50
#: The states of reports, those that wait for the organisation first.
_NEXT_FOR_US = ("returned", "draft", "running", "rejected", "revoked", "approved")


@dataclass(frozen=True, slots=True)
class Task:
    """One case that waits for the person's decision, and the service whose it is."""

    service: str
    item: Json


@dataclass
class Desk:
    """What the first page shows, by the posts of the person."""

    person: Principal
    chosen: str | None = None
    away: list[str] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    types: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    held: int = 0
    provisional: int = 0
    returned: list[Task] = field(default_factory=list)
    reports: list[Json] = field(default_factory=list)
    activities: list[Json] = field(default_factory=list)
    volunteer: Json | None = None
    organisations: list[Json] = field(default_factory=list)
    file: Json | None = None
    stars: Json | None = None
    records: list[Json] = field(default_factory=list)
    awards: list[Json] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)
    unread: int = 0
    posts: list[Json] = field(default_factory=list)
    has_more_posts: bool = False

    @property
    def is_official(self) -> bool:
        """Tell whether the person decides for an office."""
        return self.person.has_role(*OFFICIALS)

    @property
    def is_organiser(self) -> bool:
        """Tell whether the person administers an organisation."""
        return self.person.has_role(Role.ORGANISATION_ADMIN)

    @property
    def is_administrator(self) -> bool:
        """Tell whether the person is one of the three administrators."""
        return self.person.has_role(*ADMINISTRATORS)

    @property
    def shown(self) -> list[Task]:
        """Answer the tasks of the chosen kind, oldest first."""
        return [task for task in self.tasks if self.chosen in (None, task.item["business_type"])]

    def read(self, service: str, *path: str, **query: Any) -> Any:
        """Answer what a service says, or None when it is away or there is nothing to see."""
        try:
            return api().get(service, *path, **query).data
        except ServiceAway:
            if service not in self.away:
                self.away.append(service)
        except Problem as problem:
            if problem.status not in (403, 404):
                raise
        return None


def desk(*, chosen: str | None) -> Desk:
    """Gather the desk of the person who is signed in; `chosen` is the kind of tasks to show.

    :raises SignedOut: when the session has ended.
    """
    made = Desk(person())
    _follow_posts(made)
    if made.is_official:
        _gather_tasks(made)
        made.chosen = chosen if chosen in made.types else None
    if made.is_organiser:
        _gather_organising(made)
    if made.is_administrator:
        proposed = made.read("registration", "posts", state="proposed", limit=_PROPOSED_SHOWN)
        made.posts, made.has_more_posts = (
            (proposed["items"], bool(proposed["next_cursor"])) if proposed else ([], False)
        )
    if not (made.is_official or made.is_administrator) or made.person.volunteer_number:
        _gather_volunteer(made)
    _gather_returned(made)
    _gather_messages(made)
    return made


def _follow_posts(made: Desk) -> None:
    """Take a new token when posts have changed since the last: an approval is felt at once, not minutes later."""
    me = made.read("registration", "accounts", "me")
    token = visit().access_token
    if me is None or token is None:
        return
    now = {(post["role"], post["region"], post["organisation_id"]) for post in me["posts"]}
    then = {(post.role.value, post.region, post.organisation_id) for post in made.person.posts}
    if now != then or me["volunteer_number"] != made.person.volunteer_number:
        visit().renew(token)
        made.person = person()


def _gather_tasks(made: Desk) -> None:
    for service in CASE_SERVICES:
        page = made.read(service, "tasks", list="todo", limit=_MOST_TASKS)
        counts = made.read(service, "tasks", "counts")
        made.tasks += [Task(service, item) for item in page["items"]] if page else []
        made.counts.update(counts or {})
        made.waiting += counts["todo"] if counts else 0
        made.held += counts["held"] if counts else 0
        made.provisional += counts["provisional"] if counts else 0
    made.tasks.sort(key=lambda task: str(task.item["at"]))
    made.types = Counter(task.item["business_type"] for task in made.tasks)


def _gather_returned(made: Desk) -> None:
    """Gather the person's own cases that came back; reports have their own list."""
    for service in ("registration", "records", "awards"):
        page = made.read(service, "tasks", list="returned", limit=_MOST_TASKS)
        made.returned += [Task(service, item) for item in page["items"]] if page else []


def _gather_organising(made: Desk) -> None:
    ours = made.person.organisations
    for state in _NEXT_FOR_US:
        page = made.read("reporting", "reports", state=state, limit=_MOST_REPORTS) or {"items": []}
        reports = [report for report in page["items"] if report["organisation_id"] in ours]
        made.reports += sorted(reports, key=lambda report: str(report["last_day"]), reverse=True)
    activities = (made.read("records", "activities", limit=_MOST_REPORTS) or {"items": []})["items"]
    made.activities = [
        activity for activity in activities if activity["organisation_id"] in ours and activity["state"] == "open"
    ]


def _gather_volunteer(made: Desk) -> None:
    made.volunteer = made.read("registration", "volunteers", "me")
    made.organisations = made.read("registration", "organisations", "mine") or []
    if not made.person.volunteer_number:
        return
    made.file = made.read("registration", "volunteers", "me", "file")
    made.stars = made.read("awards", "stars", "mine")
    made.records = (made.read("records", "records", "mine", limit=5) or {"items": []})["items"]
    made.awards = (made.read("awards", "awards", "mine") or {"items": []})["items"]


def _gather_messages(made: Desk) -> None:
    made.messages = (made.read("notifications", "messages", limit=5) or {"items": []})["items"]
    made.unread = (made.read("notifications", "messages", "counts") or {"unread": 0})["unread"]
