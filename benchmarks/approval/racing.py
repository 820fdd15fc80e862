"""Races: two people decide one case at the same moment, thousands of times, checked afterwards in the database.

Both stand ready inside their transactions, with a connection in hand, when a barrier lets them go; one of the two is
then often held back for a part of a command's length, so that the other is met at every step on its way. Both name the
revision that they saw, so exactly one may win, and the other must be told so.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from threading import Barrier, Event

from sqlalchemy.exc import SQLAlchemyError

from benchmarks.approval.office import ANN, BAO, BEN, RATING, REPORT, Office
from benchmarks.approval.verdict import problems_of
from shared.approval.core.words import Verb
from shared.approval.views import CaseView
from shared.errors import AnyuanError
from shared.identity import Principal

_TRACKS = 2  # races run side by side, which puts more load on each
_LONGEST_LEAD = 0.005  # seconds: about one command
_BATCH = 500
_LIMIT = 60.0

Entrant = tuple[Verb, Principal]
Answer = CaseView | AnyuanError | SQLAlchemyError
"""What somebody who decided was told; an error of the database is no answer that anybody should get."""

PAIRS: tuple[tuple[Entrant, Entrant], ...] = (
    ((Verb.APPROVE, BEN), (Verb.REJECT, BAO)),
    ((Verb.APPROVE, BEN), (Verb.APPROVE, BAO)),
    ((Verb.APPROVE, BEN), (Verb.RETURN, BAO)),
    ((Verb.APPROVE, BEN), (Verb.WITHDRAW, ANN)),
    ((Verb.REJECT, BEN), (Verb.REJECT, BAO)),
    ((Verb.REJECT, BEN), (Verb.RETURN, BAO)),
    ((Verb.REJECT, BEN), (Verb.WITHDRAW, ANN)),
    ((Verb.RETURN, BEN), (Verb.RETURN, BAO)),
    ((Verb.RETURN, BEN), (Verb.WITHDRAW, ANN)),
    ((Verb.WITHDRAW, ANN), (Verb.WITHDRAW, ANN)),
    ((Verb.APPROVE, BEN), (Verb.APPROVE, BEN)),
)
"""Two verbs, or one verb twice by two holders of the post, or twice by one person in two windows."""


@dataclass(frozen=True)
class Race:
    """What two people did to one case at once, and how each was answered."""

    case_id: str
    definition: str
    entrants: tuple[Entrant, Entrant]
    answers: tuple[Answer, ...]


def measure(office: Office, *, races: int, seed: int, say: Callable[[str], None]) -> dict[str, int]:
    """Run races and answer how many there were and how many of them ended wrong."""
    begun, wrong, run = time.monotonic(), 0, 0
    plans = _plans(races, seed)
    with ThreadPoolExecutor(_TRACKS) as tracks, ThreadPoolExecutor(2 * _TRACKS) as runners:
        while batch := list(islice(plans, _BATCH)):
            finished = list(tracks.map(lambda plan: _run(office, runners, *plan), batch))
            for case_id, problem in problems_of(office, finished):
                wrong += 1
                say(f"[red]case {case_id}: {problem}[/]")
            run += len(finished)
            say(f"  {run} races, {wrong} wrong, {time.monotonic() - begun:.0f} s")
    return {"races": run, "wrong": wrong}


def _plans(races: int, seed: int) -> Iterator[tuple[str, tuple[Entrant, Entrant], tuple[float, float]]]:
    """Answer what is decided about, by whom, and how long each is held back, in seconds."""
    dice = random.Random(seed)
    for number in range(races):
        pair = PAIRS[number % len(PAIRS)]
        returns = any(verb is Verb.RETURN for verb, _ in pair)
        # Where one stage is all, a decision ends the case; there nothing can be returned.
        definition = REPORT if returns or dice.random() < 0.5 else RATING
        lead = dice.choice((0.0, dice.uniform(0, _LONGEST_LEAD)))
        yield definition, pair, dice.choice(((0.0, lead), (lead, 0.0)))


def _run(
    office: Office,
    runners: ThreadPoolExecutor,
    definition: str,
    entrants: tuple[Entrant, Entrant],
    delays: tuple[float, float],
) -> Race:
    case, barrier = office.open(definition=definition), Barrier(2)
    turns = [
        runners.submit(_decide, office, case, entrant, barrier, delay)
        for entrant, delay in zip(entrants, delays, strict=True)
    ]
    return Race(case.id, definition, entrants, tuple(turn.result() for turn in turns))


def _decide(office: Office, case: CaseView, entrant: Entrant, barrier: Barrier, delay: float) -> Answer:
    verb, who = entrant

    def wait() -> None:
        barrier.wait(_LIMIT)
        if delay:
            Event().wait(delay)

    try:
        return office.act(case.id, verb, who, expected_rev=case.rev, first=wait)
    except (AnyuanError, SQLAlchemyError) as error:
        return error
