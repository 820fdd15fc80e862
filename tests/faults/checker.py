"""Judges a node from its databases alone: what was promised is there once, and nothing else is.

This program imports no application code, so that a fault which the services and their tests share cannot hide here.
It reads the tables as an auditor would, on PostgreSQL or SQLite, once nothing is on its way any more.

    python -m tests.faults.checker registration=URL records=URL reporting=URL awards=URL notifications=URL

prints one JSON object: `ok`, the `faults` in words, and the `counts` of what was looked at.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

from tests.faults.checking import business, messages, trails
from tests.faults.checking.node import Node, reading

_WHILE_EVENTS_MOVE = (
    messages.is_drained,
    messages.each_event_arrived_once,
    messages.versions_were_applied_in_order,
)
"""What may be broken for a while: the rest is judged when these hold, on the same reading of the databases."""

_ALWAYS = (
    messages.streams_are_whole,
    business.approved_reports_count_once,
    business.revoked_reports_count_no_more,
    business.nothing_counts_without_an_approved_report,
    business.sums_agree,
    business.files_agree,
    business.homes_agree,
    business.stars_and_awards_were_granted,
    trails.reports_were_decided_by_their_tiers,
    trails.chains_hold,
)


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


def check(
    urls: Mapping[str, str], *, calls: Iterable[Call] = (), passing_over: frozenset[str] = frozenset()
) -> Verdict:
    """Read the databases of a node's services (by their names) and judge them, with what clients know of reporting.

    `passing_over` are the ids of events that somebody has put in to do harm and judges himself.
    """
    with ExitStack() as opened:
        services = {
            name: opened.enter_context(reading(name, url, passing_over=passing_over)) for name, url in urls.items()
        }
        node = Node(services)
        unsettled = [fault for rule in _WHILE_EVENTS_MOVE for fault in rule(node)]
        wrong = [fault for rule in _ALWAYS for fault in rule(node)] + _faults_of_calls(node, calls)
        return Verdict(unsettled, wrong, dict(node.counted))


def _faults_of_calls(node: Node, calls: Iterable[Call]) -> list[str]:
    """Find decisions that were acknowledged and are gone, refused and are there, or are there more than once."""
    done = Counter(
        (row["case_id"], row["actor_id"], row["verb"]) for row in node["reporting"].table("approval_decision")
    )
    answers: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for call in calls:
        node.counted["calls"] += 1
        answers[call.case_id, call.account_id, call.verb].add(call.outcome)
    faults = []
    for decision, outcomes in answers.items():
        least, most = int("ok" in outcomes), int("ok" in outcomes or "info" in outcomes)
        if not least <= done[decision] <= most:
            faults.append(
                f"decision {decision}: its clients were told {sorted(outcomes)}, it is there {done[decision]} times"
            )
    return faults


def main() -> None:
    """Check the databases named on the command line, as NAME=URL; ends with 1 when there are faults."""
    found = check(dict(word.split("=", 1) for word in sys.argv[1:]))
    answer = {"ok": not found.faults, "faults": found.faults, "counts": found.counts}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
    sys.exit(1 if found.faults else 0)


if __name__ == "__main__":
    main()
