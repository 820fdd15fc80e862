"""Judges nodes from their databases alone: what was promised is there once, and nothing else is.

This program imports no application code, so that a fault which the services and their tests share cannot hide here.
It reads the tables as an auditor would, on PostgreSQL or SQLite, once nothing is on its way any more.

    python -m tests.faults.checker registration=URL records=URL reporting=URL awards=URL notifications=URL
    python -m tests.faults.checker hebei.registration=URL … hebei.links=URL tangshan.registration=URL …

prints one JSON object: `ok`, the `faults` in words, and the `counts` of what was looked at.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

from tests.faults.checking import business, links, messages, trails
from tests.faults.checking.node import Node, Service, Whole, reading

_LINKS = "links"

_WHILE_EVENTS_MOVE = (
    messages.is_drained,
    messages.each_event_arrived_once,
    messages.versions_were_applied_in_order,
)
"""What may be broken for a while: the rest is judged when these hold, on the same reading of the databases."""

_AT_EACH_NODE = (
    messages.streams_are_whole,
    trails.reports_were_decided_by_their_tiers,
    trails.chains_hold,
)

_IN_THE_WHOLE = (
    business.approved_reports_count_once,
    business.revoked_reports_count_no_more,
    business.nothing_counts_without_an_approved_report,
    business.sums_agree,
    business.files_agree,
    business.homes_agree,
    business.stars_and_awards_were_granted,
)
"""What holds of a province as of a node alone: who is told where makes no hour count twice."""


@dataclass(frozen=True)
class Verdict:
    """What was found, in words: what is on its way or lost, what is wrong, and what was counted."""

    unsettled: list[str]
    wrong: list[str]
    counts: dict[str, int]

    @property
    def faults(self) -> list[str]:
        """Answer everything that was found; nothing is the only good answer once events have come to rest."""
        return self.unsettled + self.wrong


@dataclass(frozen=True)
class Call:
    """What a client knows of one attempt at a decision: done, refused, or (`info`) no answer that says which."""

    case_id: str
    account_id: str
    verb: str
    outcome: Literal["ok", "fail", "info"]
    service: str = "reporting"


def check(
    urls: Mapping[str, str], *, calls: Iterable[Call] = (), passing_over: frozenset[str] = frozenset()
) -> Verdict:
    """Read the databases of a node's services (by their names) and judge them, with what clients know of cases.

    `passing_over` are the ids of events that somebody has put in to do harm and judges himself.
    """
    with ExitStack() as opened:
        services = {
            name: opened.enter_context(reading(name, url, passing_over=passing_over)) for name, url in urls.items()
        }
        node = Node(services)
        unsettled = [fault for rule in _WHILE_EVENTS_MOVE for fault in rule(node)]
        wrong = [fault for rule in (*_AT_EACH_NODE, *_IN_THE_WHOLE) for fault in rule(node)]
        return Verdict(unsettled, wrong + _faults_of_calls(node, calls), dict(node.counted))


def check_province(
    nodes: Mapping[str, Mapping[str, str]],
    *,
    above: Mapping[str, Sequence[str]],
    calls: Iterable[Call] = (),
    said_before: frozenset[str] = frozenset(),
) -> Verdict:
    """Judge several nodes: each by itself, their streams by pairs, and the province as if it were one.

    `nodes` are the databases of each node's services, its `links` included; `above` names the nodes above each.
    `said_before` are the ids of events that were carried before there were links, so that nobody else was told.
    """
    with ExitStack() as opened:
        found = {
            name: {service: opened.enter_context(reading(service, url)) for service, url in urls.items()}
            for name, urls in nodes.items()
        }
        ends = {name: services.pop(_LINKS) for name, services in found.items()}
        unsettled, wrong, counted = _faults_of_streams(ends)
        for name, services in found.items():
            node = Node(services, counted, links.foreign_events(ends[name]))
            unsettled += [f"{name}: {fault}" for rule in _WHILE_EVENTS_MOVE for fault in rule(node)]
            wrong += [f"{name}: {fault}" for rule in _AT_EACH_NODE for fault in rule(node)]
            said = [event for service in node for event in service.events if event.event_id not in said_before]
            unsettled += links.told_above(name, ends[name], said, above.get(name, ()))
        names = next(iter(found.values()))
        whole = Node(
            {each: Whole(each, None, parts=[node[each] for node in found.values()]) for each in names}, counted
        )
        wrong += [fault for rule in _IN_THE_WHOLE for fault in rule(whole)]
        return Verdict(unsettled, wrong + _faults_of_calls(whole, calls), dict(counted))


def check_streams(urls: Mapping[str, str]) -> Verdict:
    """Judge the streams between nodes alone, by the database of each node's links."""
    with ExitStack() as opened:
        unsettled, wrong, counted = _faults_of_streams(
            {node: opened.enter_context(reading(_LINKS, url)) for node, url in urls.items()}
        )
        return Verdict(unsettled, wrong, dict(counted))


def _faults_of_streams(ends: Mapping[str, Service]) -> tuple[list[str], list[str], Counter[str]]:
    unsettled = list(links.letters_have_arrived(ends))
    wrong = [*links.streams_agree(ends), *links.nothing_was_refused(ends)]
    return unsettled, wrong, sum((end.counted for end in ends.values()), Counter())


def _faults_of_calls(node: Node, calls: Iterable[Call]) -> list[str]:
    """Find decisions that were acknowledged and are gone, refused and are there, or are there more than once."""
    answers: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    asked: set[str] = set()
    for call in calls:
        node.counted["calls"] += 1
        asked.add(call.service)
        answers[call.case_id, call.account_id, call.verb].add(call.outcome)
    rows = (row for service in asked for row in node[service].table("approval_decision"))
    done = Counter((row["case_id"], row["actor_id"], row["verb"]) for row in rows)
    faults = []
    for decision, outcomes in answers.items():
        least, most = int("ok" in outcomes), int("ok" in outcomes or "info" in outcomes)
        if not least <= done[decision] <= most:
            faults.append(
                f"decision {decision}: its clients were told {sorted(outcomes)}, it is there {done[decision]} times"
            )
    return faults


def main() -> None:
    """Check the databases named on the command line, as [NODE.]NAME=URL; ends with 1 when there are faults."""
    given: dict[str, dict[str, str]] = defaultdict(dict)
    for word in sys.argv[1:]:
        name, url = word.split("=", 1)
        node, _, service = name.rpartition(".")
        given[node][service] = url
    found = check(given[""]) if set(given) == {""} else check_province(given, above={})
    answer = {"ok": not found.faults, "faults": found.faults, "counts": found.counts}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
    sys.exit(1 if found.faults else 0)


if __name__ == "__main__":
    main()
