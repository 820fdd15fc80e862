"""The work of somebody who leaves, over all services with cases: how much there is, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.portal.client import Json, Problem, ServiceAway
from services.portal.desk import CASE_SERVICES, Desk
from services.portal.pages import words
from services.portal.sessions import api

#: A request moves 500 tasks; whoever has more than this many times that is handed over in several goes.
_MOST_REQUESTS = 20
_MOST_NAMED = 20


@dataclass
class Leaver:
    """Somebody with tasks by name, and how many in each service."""

    account_id: str
    name: str
    tasks: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Answer how many tasks there are in all."""
        return sum(self.tasks.values())


@dataclass
class Outcome:
    """What became of the tasks in one service: how many have moved, which did not and why, and what is left."""

    service: str
    moved: int = 0
    refused: list[tuple[Json | None, str]] = field(default_factory=list)
    more: bool = False
    fault: str = ""

    @property
    def is_nothing(self) -> bool:
        """Tell whether there was nothing to move."""
        return not (self.moved or self.refused or self.more or self.fault)


def leavers(desk: Desk) -> list[Leaver]:
    """Answer who has work that can be handed over, the busiest first; a service that is away is noted at the desk."""
    found: dict[str, Leaver] = {}
    for service in CASE_SERVICES:
        for one in (desk.read(service, "hand-over") or {"items": []})["items"]:
            leaver = found.setdefault(one["account_id"], Leaver(one["account_id"], one["name"]))
            leaver.tasks[service] = one["tasks"]
    return sorted(found.values(), key=lambda one: (-one.total, one.name, one.account_id))


def successors(desk: Desk, leaver: Leaver) -> list[tuple[str, str]]:
    """Answer who could take over, once each, with the offices they hold and for how many services they are fit."""
    names: dict[str, str] = {}
    seats: dict[str, dict[str, None]] = {}
    for service in leaver.tasks:
        for one in (desk.read(service, "hand-over", leaver.account_id, "successors") or {"items": []})["items"]:
            names[one["account_id"]] = one["name"]
            seat = f"{one['region_name']} {words().of('role', one['role'])}"
            seats.setdefault(one["account_id"], {})[seat] = None
    comma = words()("common.list_comma")
    return [(account, f"{name} · {comma.join(seats[account])}") for account, name in names.items()]


def hand_over(service: str, body: Mapping[str, str], *, key: str) -> Outcome:
    """Hand everything over in one service; sent again under the same key, it answers the same and does nothing."""
    made = Outcome(service)
    cursor: str | None = None
    try:
        for number in range(_MOST_REQUESTS):
            sent = {**body, "cursor": cursor}
            answer = api().post(service, "hand-over", body=sent, key=f"{key}-{number}").data
            for result in answer["results"]:
                _count(made, result)
            cursor, made.more = answer["next_cursor"], answer["more"]
            if not made.more:
                break
    except Problem as problem:
        made.fault = words().pick(problem.zh, problem.en)
    except ServiceAway:
        made.fault = words()("handover.away")
    return made


def _count(made: Outcome, result: Json) -> None:
    problem = result["problem"]
    if problem is None:
        made.moved += 1
        return
    case = _case(made.service, result["case_id"]) if len(made.refused) < _MOST_NAMED else None
    made.refused.append((case, words().pick(problem["title"], problem["title_en"])))


def _case(service: str, case_id: str) -> Json | None:
    try:
        found: Json = api().get(service, "cases", case_id).data
    except (Problem, ServiceAway):
        # It only gives the line its name.
        return None
    return found
