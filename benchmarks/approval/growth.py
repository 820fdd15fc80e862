"""What a command and the lists of a busy official cost when the tables are full.

Each size has a database of its own, and commands go to them in turn: what disturbs the machine for a while disturbs
all of them alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import timedelta
from functools import partial

from benchmarks.approval import counting
from benchmarks.approval.filling import copy_cases
from benchmarks.approval.office import ANN, BEN, CAI, COUNTY, DAI, TITLE, Office, office_at
from benchmarks.approval.server import connect, settle
from benchmarks.report import Figures
from benchmarks.spread import Spread
from shared.approval.core.words import Verb
from shared.approval.filters import Filter
from shared.approval.lists import TaskList
from shared.clock import business_date
from shared.identity import Principal
from tests.servers import PostgresServer

SMALLEST, OPEN = 1_000, 3_000
"""Finished cases at the least, and cases that are not finished at every size."""
_COMMANDS = 300
_READS = 100
_NARROWED_READS = 25
_WARM_UP = 20


def measure(postgres: PostgresServer, *, finished: int, say: Callable[[str], None]) -> Figures:
    """Answer what opening, approving and reading cost by the number of finished cases."""
    sizes = sorted({SMALLEST, max(SMALLEST, finished // 10), max(SMALLEST, finished)})
    with ExitStack() as stack:
        offices = {}
        for size in sizes:
            url = postgres.create_database(f"with_{size}")
            office = offices[size] = stack.enter_context(office_at(url))
            begun = time.monotonic()
            stored = _fill(office, url, finished=size)
            say(f"  {size} finished cases in {time.monotonic() - begun:.0f} s, {stored / 2**20:.0f} MiB")
        figures: Figures = {"sizes": _commands(offices), "sent": counting.measure(offices[SMALLEST])}
        figures["lists"] = _timed(dict(_reads(offices[sizes[-1]])), times=_READS)
        figures["narrowed"] = _timed(dict(_narrowed(offices[sizes[-1]])), times=_NARROWED_READS)
    least, most = (figures["sizes"][str(size)]["approve"]["p50"] for size in (sizes[0], sizes[-1]))
    figures["growth_p50"] = round(most / least, 2)
    figures["lists_p95_ms"] = max(spread["p95"] for spread in figures["lists"].values())
    return figures


def _fill(office: Office, url: str, *, finished: int) -> int:
    """Fill a database, and answer its size in bytes."""
    ends = [*([_carried_out(office, Verb.APPROVE)] * 7), _carried_out(office, Verb.REJECT)]
    ends += [_carried_out(office, Verb.RETURN, Verb.RESUBMIT), _carried_out(office, Verb.WITHDRAW)]
    waiting = [office.open().id, _decided(office, BEN), *([_decided(office, BEN, CAI)] * 3), _returned(office)]
    on = business_date(office.database.clock.now())
    with connect(url) as connection:
        copy_cases(connection, ends, copies=finished, name="finished", on=on)
        copy_cases(connection, waiting, copies=OPEN, name="open", on=on)
        settle(connection)
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    stored: int = row[0]
    return stored


def _decided(office: Office, *approvers: Principal) -> str:
    case_id = office.open().id
    for who in approvers:
        office.act(case_id, Verb.APPROVE, who)
    return case_id


def _returned(office: Office) -> str:
    case_id = _decided(office, BEN)
    office.act(case_id, Verb.RETURN, CAI)
    return case_id


def _carried_out(office: Office, *verbs: Verb) -> str:
    """Answer a case that is over: approved throughout, rejected, withdrawn, or returned and approved after that."""
    case_id = _decided(office, BEN)
    if verbs[0] is Verb.WITHDRAW:
        office.act(case_id, Verb.WITHDRAW, ANN)
        return case_id
    office.act(case_id, verbs[0], CAI)
    if Verb.RESUBMIT in verbs:
        office.act(case_id, Verb.RESUBMIT, ANN, content={"title": TITLE, "hours": 120})
        for who in (BEN, CAI):
            office.act(case_id, Verb.APPROVE, who)
    if verbs[0] is not Verb.REJECT:
        office.act(case_id, Verb.APPROVE, DAI)
    return case_id


def _commands(offices: dict[int, Office]) -> Figures:
    """Time commands in all databases in turn; what is timed is the whole transaction."""
    took: dict[int, dict[str, list[float]]] = {size: {"open": [], "approve": []} for size in offices}
    for number in range(_WARM_UP + _COMMANDS):
        for size, office in offices.items():
            begun = time.perf_counter()
            case = office.open()
            opened = time.perf_counter()
            office.act(case.id, Verb.APPROVE, BEN)
            ended = time.perf_counter()
            if number >= _WARM_UP:
                took[size]["open"].append(opened - begun)
                took[size]["approve"].append(ended - opened)
    return {
        str(size): {verb: asdict(Spread.of(seconds, digits=2)) for verb, seconds in of.items()}
        for size, of in took.items()
    }


def _timed(reads: Mapping[str, Callable[[], None]], *, times: int) -> dict[str, dict[str, float]]:
    """Time reads in turn, so many times each after some that are not timed."""
    took: dict[str, list[float]] = {name: [] for name in reads}
    warm_up = times // 5
    for number in range(warm_up + times):
        for name, read in reads.items():
            begun = time.perf_counter()
            read()
            if number >= warm_up:
                took[name].append(time.perf_counter() - begun)
    return {name: asdict(Spread.of(seconds, digits=2)) for name, seconds in took.items()}


def _reads(office: Office) -> Iterator[tuple[str, Callable[[], None]]]:
    """Answer the first page of every list, and the counts, as a busy official sees them."""

    def counts() -> None:
        with office.database.reading() as session:
            office.approvals.counts(session, principal=DAI, at=office.database.clock.now())

    for which in TaskList:
        yield which.value, partial(_page, office, which, Filter())
    yield "counts", counts


def _narrowed(office: Office) -> Iterator[tuple[str, Callable[[], None]]]:
    """Answer first pages that are narrowed down, also by a word that no title has: then all of a list is looked at."""
    today = business_date(office.database.clock.now())
    month = Filter(decided_from=today - timedelta(days=400), decided_to=today - timedelta(days=370))
    nothing = Filter(title="没有这样的")
    yield "todo of a region", partial(_page, office, TaskList.TODO, Filter(region=COUNTY))
    yield "todo overdue", partial(_page, office, TaskList.TODO, Filter(overdue=True))
    yield "done in a month", partial(_page, office, TaskList.DONE, month)
    yield "done, no such title", partial(_page, office, TaskList.DONE, nothing)
    yield "cc, no such title", partial(_page, office, TaskList.CC, nothing)


def _page(office: Office, which: TaskList, wanted: Filter) -> None:
    with office.database.reading() as session:
        at = office.database.clock.now()
        office.approvals.tasks(session, which=which, principal=DAI, at=at, wanted=wanted)
