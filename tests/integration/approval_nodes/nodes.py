"""A county, its city and the province as three nodes with one service with cases each, and letters carried by hand.

Every letter goes by the real table of authority and the real inbox; what is not there are brokers and signatures, so
that a test says itself which letter comes when, and how often.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select

from shared.approval.core.words import Verb
from shared.approval.service import Approvals
from shared.approval.tables import CaseRow, EventRow
from shared.approval.views import CaseView, TimelineEntry
from shared.contracts.base import Event
from shared.contracts.registration import AbsenceChanged, PostChanged
from shared.identity import Principal
from shared.messaging import Reactions, StoredOutbox
from shared.messaging.envelope import Envelope, decode, encode
from shared.messaging.inbox import Delivery, Inbox
from shared.messaging.tables import outbox
from shared.messaging.writing import plain_of
from shared.nodes.core.authority import audiences, claims, refusal
from shared.nodes.core.nodemap import Here, NodeMap
from shared.nodes.files import read_map
from shared.storage import Database
from shared.storage.database import make_engine
from shared.trace import Trace
from tests.integration.approval.office import (
    ANN,
    BAO,
    BEN,
    CAI,
    DAI,
    START,
    Office,
    TickingClock,
    official,
)

MAP: NodeMap = read_map(Path(__file__).parents[3] / "deploy/nodes/four.toml")
COUNTY, CITY, PROVINCE = "zhengding", "shijiazhuang", "hebei"
CHEN = official("Chen", "130100")
ON = date(2026, 10, 1)


class Directory(dict[tuple[str, str], str]):
    """Where subjects live, as a node has learnt."""

    def region_of(self, kind: str, key: str) -> str | None:
        return self.get((kind, key))


def data_of(event: Event) -> dict[str, Any]:
    """Answer what an event says, as it stands in a letter."""
    data: dict[str, Any] = plain_of(type(event))(event)  # type: ignore[arg-type]  # mypy holds them for unhashable
    return data


@dataclass(frozen=True)
class Letter:
    """An event on its way from one node to another."""

    sender: str
    audience: str
    body: bytes

    @property
    def name(self) -> str:
        return self.read.event.event_name.name

    @property
    def read(self) -> Envelope:
        return decode(self.body)


@dataclass
class NodeOffice(Office):
    """One node's service, with what it has learnt and how far its letters were read."""

    name: str = ""
    reactions: Reactions = field(default_factory=lambda: Reactions("reporting"))
    places: Directory = field(default_factory=Directory)
    read_to: int = 0
    versions: Iterator[int] = field(default_factory=lambda: count(1))

    def letters(self) -> list[Letter]:
        """Answer what this node has said to others since it was last asked."""
        with self.database.reading() as session:
            rows = session.execute(select(outbox).where(outbox.c.id > self.read_to).order_by(outbox.c.id)).all()
        found: list[Letter] = []
        for row in rows:
            self.read_to = row.id
            event = decode(row.payload).event
            data = data_of(event)
            name = event.event_name.name
            told: dict[str, Any] = {"name": name, "data": data, "directory": self.places}
            to = audiences(**told, issuer=self.name, map_=MAP, on=ON)
            self.places.update(claims(**told))
            found.extend(Letter(self.name, one, row.payload) for one in to)
        return found

    def hear(self, event: Event) -> None:
        """Take in what the gateway here says of its own, or what another says for itself."""
        body = encode(
            event,
            event_id=str(uuid.uuid4()),
            source="/elsewhere/links",
            publisher="reporting",
            version=next(self.versions),
            now=self.database.clock.now(),
            trace=Trace.start(),
        )
        Inbox(self.database, self.reactions).receive([Delivery(body)])

    def receive(self, letter: Letter) -> None:
        """Take a letter in as the gateway and the inbox do."""
        event = letter.read.event
        told: dict[str, Any] = {"name": letter.name, "data": data_of(event), "directory": self.places}
        assert refusal(**told, issuer=letter.sender, map_=MAP, on=ON) is None
        self.places.update(claims(**told))
        Inbox(self.database, self.reactions).receive([Delivery(letter.body)])


@dataclass
class Nodes:
    """The three nodes and the letters that have not come yet, in the order in which they were written."""

    offices: dict[str, NodeOffice]
    underway: list[Letter] = field(default_factory=list)

    def __getitem__(self, name: str) -> NodeOffice:
        return self.offices[name]

    def collect(self) -> list[Letter]:
        """Take what every node has written to the letters under way."""
        for office in self.offices.values():
            self.underway += office.letters()
        return self.underway

    def carry(self, *, times: int = 1) -> list[str]:
        """Deliver letters until nothing is under way; answers who told whom what."""
        told = []
        while self.collect():
            letter = self.underway.pop(0)
            for _ in range(times):
                self.offices[letter.audience].receive(letter)
            told.append(f"{letter.sender} → {letter.audience}: {letter.name}")
        return told

    def carry_one(self, name: str) -> Letter:
        """Deliver the first letter of a kind and leave the others under way."""
        letter = next(one for one in self.collect() if one.name == name)
        self.underway.remove(letter)
        self.offices[letter.audience].receive(letter)
        return letter


def make_nodes(url_of: Callable[[str], str]) -> Nodes:
    """Make the nodes in databases with tables: Ann, Ben and Bao in the county, Cai and Chen in the city, Dai above."""
    people: dict[str, Sequence[Any]] = {COUNTY: (BEN, BAO), CITY: (CAI, CHEN), PROVINCE: (DAI,)}
    offices = {}
    for name, officials in people.items():
        database = Database(
            make_engine(url_of(name)),
            clock=TickingClock(),
            outbox=StoredOutbox("reporting", name),
            here=Here(name, MAP),
        )
        office = NodeOffice(
            database, Approvals(service="reporting", definitions=("revocation", "activity_report")), name=name
        )
        office.reactions.on(PostChanged)(office.approvals.follow_post)
        office.reactions.on(AbsenceChanged)(office.approvals.follow_absence)
        office.approvals.hear_other_nodes(office.reactions)
        with database.unit_of_work() as uow:
            office.approvals.prepare(uow)
            for who in officials:
                office.follow(uow, who)
        offices[name] = office
    return Nodes(offices)


def trails(nodes: Nodes, case: CaseView) -> dict[str, dict[str, list[tuple[int, str]]]]:
    """Answer, by node, the chains that it has of a case: each entry's number and hash."""
    found: dict[str, dict[str, list[tuple[int, str]]]] = {}
    for name, office in nodes.offices.items():
        with office.database.reading() as session:
            rows = session.execute(
                select(EventRow.origin, EventRow.seq, EventRow.hash)
                .where(EventRow.case_id == case.id)
                .order_by(EventRow.origin, EventRow.seq)
            ).all()
        for origin, seq, hash_ in rows:
            found.setdefault(name, {}).setdefault(origin, []).append((seq, hash_))
    return found


def agree(nodes: Nodes, case: CaseView) -> None:
    """Make sure that no two nodes differ in any entry that both have, and that each has all of its own."""
    found = trails(nodes, case)
    for chains in found.values():
        for origin, chain in chains.items():
            whole = found[origin][origin]
            assert chain == whole[: len(chain)]
    for name, office in nodes.offices.items():
        if name in found:
            assert office.trail_problems(case) == ()


def timeline(nodes: Nodes, name: str, case: CaseView) -> Sequence[TimelineEntry]:
    """Answer a case's history as Dai reads it on one of the nodes."""
    office = nodes[name]
    with office.database.reading() as session:
        trail = office.approvals.trail(session, case_id=case.id, principal=DAI, at=START)
    assert trail.intact
    return trail.entries


def approved_by(nodes: Nodes, name: str, who: Principal, case: CaseView) -> None:
    """Let somebody approve the case on their node, and carry all that follows."""
    nodes[name].act(case, Verb.APPROVE, who)
    nodes.carry()


def at_city(nodes: Nodes) -> CaseView:
    """Open a case that the county has approved and the city has."""
    case = nodes[COUNTY].open()
    approved_by(nodes, COUNTY, BEN, case)
    return case


def states(nodes: Nodes, case: CaseView) -> set[str]:
    """Answer the states that the nodes which know of a case show."""
    found: set[str] = set()
    for office in nodes.offices.values():
        with office.database.reading() as session:
            found.update(session.scalars(select(CaseRow.state).where(CaseRow.id == case.id)))
    return found


__all__ = [
    "ANN",
    "BAO",
    "BEN",
    "CAI",
    "CHEN",
    "CITY",
    "COUNTY",
    "DAI",
    "PROVINCE",
    "Nodes",
    "agree",
    "approved_by",
    "at_city",
    "data_of",
    "make_nodes",
    "states",
    "timeline",
    "trails",
]
