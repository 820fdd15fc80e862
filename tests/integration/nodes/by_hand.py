"""Two nodes, 唐山 and the province, whose letters are carried by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from shared.clock import AdjustableClock
from shared.messaging import StoredOutbox
from shared.messaging.inbox import Delivery
from shared.messaging.tables import outbox
from shared.nodes import reconcile
from shared.nodes.book import Book, new_request
from shared.nodes.core.letters import Signer
from shared.nodes.files import OwnKeys, write_whole
from shared.nodes.inbound import Inbound
from shared.nodes.office import Office
from shared.nodes.outbound import Outbound
from shared.nodes.status import LinkState, status
from shared.nodes.tables import link_trail
from shared.storage import Database
from tests.integration.databases import Databases
from tests.unit.nodes.making import MAP, NOW, registered


@dataclass
class End:
    """One node, whose letters are carried by hand."""

    office: Office
    read: int = 0
    lost: set[int] = field(default_factory=set)

    def say(self, *bodies: bytes) -> None:
        Outbound(self.office).receive([Delivery(body) for body in bodies])

    def letters(self, to: str) -> list[bytes]:
        """The letters given to the relay since the last time."""
        with self.office.database.reading() as session:
            rows = session.execute(select(outbox).where(outbox.c.id > self.read).order_by(outbox.c.id)).all()
        self.read = max((row.id for row in rows), default=self.read)
        return [bytes(row.payload) for row in rows if row.type == f"to.{to}"]

    def take(self, letters: list[bytes], *, by: str) -> None:
        Inbound(self.office, by).receive([Delivery(letter) for letter in letters])

    def count(self, table: object, **like: object) -> int:
        with self.office.database.reading() as session:
            wanted = select(func.count()).select_from(table)  # type: ignore[arg-type]  # a table
            return session.execute(wanted.filter_by(**like) if like else wanted).scalar_one()

    def state(self, node: str) -> LinkState:
        with self.office.database.reading() as session:
            found = status(session, self.office.database.clock.now())
        return next(each for each in found if each.node == node)

    def trail(self) -> list[tuple[str, str]]:
        with self.office.database.reading() as session:
            return [(row.what, row.code) for row in session.execute(select(link_trail).order_by(link_trail.c.id))]

    def tick(self) -> None:
        """Do what the links do every few seconds: take up a charter, and compare where it is due."""
        with self.office.database.unit_of_work() as uow:
            self.office.take_up(uow)
            reconcile.compare_due(uow, self.office)

    def compare(self, with_: str) -> None:
        with self.office.database.unit_of_work() as uow:
            reconcile.compare(uow, self.office, with_)


@dataclass
class Pair:
    """唐山 and the province."""

    city: End
    above: End
    clock: AdjustableClock
    folder: Path
    book: Book
    root: Signer
    published: bytes = b""

    def publish(self, *at: str) -> None:
        """Let the root publish map, keys and epochs to both, or only to one."""
        self.published = self.book.publish(MAP, root=self.root, now=self.clock.now())
        self.publish_again(*at)

    def publish_again(self, *at: str) -> None:
        """Bring a node what the root published last."""
        for node in at or ("hebei", "tangshan"):
            write_whole(self.folder / node / "charter", self.published)

    def carry(self, *, losing: frozenset[int] = frozenset()) -> None:
        """Carry letters in both directions until there are none; of the first load some get lost."""
        load = [one for place, one in enumerate(self.city.letters("hebei")) if place not in losing]
        while load or (back := self.above.letters("tangshan")):
            if load:
                self.above.take(load, by="tangshan")
                back = self.above.letters("tangshan")
            if back:
                self.city.take(back, by="hebei")
            load = self.city.letters("hebei")


def volunteers(count: int, *, since: int = 0) -> list[bytes]:
    return [registered(serial, node="tangshan", region="130200", block="12") for serial in range(since, since + count)]


@contextmanager
def made_pair(folder: Path, databases: Databases) -> Iterator[Pair]:
    """Make both nodes with keys and a charter, all at `NOW`."""
    clock, book, root = AdjustableClock(), Book(), Signer(Signer.new_key("root"))
    clock.set(NOW)
    ends = {}
    for node in ("hebei", "tangshan"):
        private, request = new_request(node, now=NOW)
        OwnKeys({}).add(private, folder / node / "node-keys.json")
        book.approve(book.register(request, by="张三", map_=MAP, now=NOW).kid, by="李四")
        write_whole(folder / node / "root.json", json.dumps(root.public_key).encode())
        database = Database(databases.new("links"), clock=clock, outbox=StoredOutbox("links", node))
        own = folder / node
        ends[node] = End(Office(node, database, own / "charter", own / "root.json", own / "node-keys.json"))
    pair = Pair(ends["tangshan"], ends["hebei"], clock, folder, book, root)
    pair.publish()
    yield pair
    for end in ends.values():
        end.office.database.engine.dispose()
