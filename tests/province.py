"""A province, two cities and a county as real nodes: a database of links and a broker each, and small services.

On each node `registration` and `records` tell of volunteers, organisations and records; `awards` writes down what it
hears, from its own node or another.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Integer, MetaData, RowMapping, String, Table, insert, select, update

from shared.clock import SystemClock
from shared.contracts.base import Event
from shared.contracts.records import RecordConfirmed
from shared.contracts.registration import OrganisationApproved, VolunteerRegistered
from shared.messaging import Reactions, StoredOutbox
from shared.messaging.consumer import Consumer
from shared.messaging.processes import Loop
from shared.messaging.rabbit import BrokerConnection, Topology
from shared.messaging.relay import Relay
from shared.nodes.book import Book, new_request
from shared.nodes.broker import BrokerApi, declare_incoming, declare_outgoing
from shared.nodes.core.letters import Signer
from shared.nodes.core.nodemap import NodeMap
from shared.nodes.files import OwnKeys, read_map, write_whole
from shared.nodes.gateway import LinksRelay, Neighbour, OwnServices, with_links
from shared.nodes.office import Office
from shared.nodes.reconcile import LinkState, compare, status
from shared.regions import Regions
from shared.storage import Database, UnitOfWork, kit_metadata
from shared.storage.database import make_engine
from tests.servers import RabbitServer
from tests.waiting import wait_until

MAP = Path(__file__).parents[1] / "deploy/nodes/four.toml"
LIMIT = 60.0
PASSWORD = "the-password-of-a-shovel"
REGIONS = {"hebei": "130000", "shijiazhuang": "130100", "tangshan": "130200", "zhengding": "130123"}
BLOCKS = {"hebei": "01", "shijiazhuang": "11", "tangshan": "12", "zhengding": "13"}

_metadata = MetaData()
heard = Table(
    "heard",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("what", String(40)),
    Column("key", String(100)),
)


NOTHING_YET = LinkState(
    node="",
    written=0,
    receipted=0,
    waiting=0,
    oldest_waiting_seconds=0.0,
    refused=0,
    held_because=None,
    taken_in=0,
    stopped=None,
    parked=0,
    quarantined=0,
    silent_seconds=None,
)


def number(node: str, serial: int) -> str:
    """A volunteer's number from a node's block."""
    return f"A{BLOCKS[node]}{serial:07d}0"


def volunteer(node: str, serial: int, *, region: str = "") -> VolunteerRegistered:
    """A volunteer's registration."""
    return VolunteerRegistered(
        volunteer_number=number(node, serial), account_id="a", name="王五", region=region or REGIONS[node]
    )


def organisation(node: str) -> OrganisationApproved:
    """The approval of a node's own organisation."""
    return OrganisationApproved(
        organisation_id=f"org-{node}", name="志愿服务队", region=REGIONS[node], kind="county", head_account_id="a"
    )


def record(node: str, volunteer_number: str, serial: int, *, hours: int = 200) -> RecordConfirmed:
    """A confirmed record of a node's organisation."""
    return RecordConfirmed(
        record_id=f"{node}-{serial}",
        activity_id="act",
        activity_name="宣讲",
        region=REGIONS[node],
        organisation_id=f"org-{node}",
        report_id="rep",
        volunteer_number=volunteer_number,
        served_on=date(2026, 3, 5),
        hours_hundredths=hours,
        quality=4,
    )


class Running:
    """A loop on a thread of its own."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self._stop = threading.Event()
        self._thread = threading.Thread(target=loop.run, args=(self._stop,), name=loop.name)
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def wait(self) -> None:
        self._thread.join(timeout=30)
        assert not self._thread.is_alive(), f"{self._thread.name} did not stop"


@dataclass
class RealNode:
    """One node."""

    name: str
    office: Office
    broker_url: str
    api: BrokerApi
    services: dict[str, Database]
    neighbours: tuple[str, ...]
    topology: Topology
    reactions: Reactions
    _running: list[Running] = field(default_factory=list)

    def say(self, service: str, *events: Event) -> None:
        """Let a service publish events, all in one transaction."""
        with self.services[service].unit_of_work() as uow:
            for event in events:
                uow.publish(event)

    def heard(self, what: str = "volunteer") -> list[str]:
        """What the listening service wrote down, in order."""
        with self.services["awards"].reading() as session:
            return list(session.scalars(select(heard.c.key).where(heard.c.what == what).order_by(heard.c.id)))

    def start(self) -> None:
        """Run every part of the node."""
        for service in ("registration", "records"):
            relay = Relay(
                database=self.services[service],
                broker_url=self.broker_url,
                service=service,
                topology=self.topology,
            )
            self._run(relay)
        consumer = Consumer(
            database=self.services["awards"],
            reactions=self.reactions,
            broker_url=self.broker_url,
            topology=self.topology,
        )
        self._run(consumer)
        self.start_links()

    def start_links(self) -> None:
        """Run the links of the node."""
        self._run(OwnServices(office=self.office, broker_url=self.broker_url, topology=self.topology))
        for node in self.neighbours:
            self._run(Neighbour(office=self.office, broker_url=self.broker_url, node=node))
        self._run(
            LinksRelay(
                office=self.office,
                broker_url=self.broker_url,
                topology=self.topology,
                neighbours=self.neighbours,
            )
        )

    def stop(self) -> None:
        """Stop every part."""
        for running in self._running:
            running.ask_to_stop()
        for running in self._running:
            running.wait()
        self._running.clear()

    def state(self, node: str) -> LinkState:
        """How the streams to and from another node do."""
        with self.office.database.reading() as session:
            found = {each.node: each for each in status(session, self.office.database.clock.now())}
        return found.get(node) or NOTHING_YET

    def compare(self, *nodes: str) -> None:
        """Do now what is done every hour."""
        with self.office.database.unit_of_work() as uow:
            compare(uow, self.office, *nodes)

    def rows(self, table: Table) -> Sequence[RowMapping]:
        """Every row of a table of the links, oldest first."""
        with self.office.database.reading() as session:
            return session.execute(select(table).order_by(table.c.id)).mappings().all()

    def forget_asking(self) -> None:
        """Let what is missing be asked for at once."""
        from shared.nodes.tables import stream_in

        with self.office.database.unit_of_work() as uow:
            uow.session.execute(update(stream_in).values(asked_at=None))

    def signer(self) -> Signer:
        """The key that the node signs with."""
        with self.office.database.reading() as session:
            return self.office.signer(session, self.office.database.clock.now())

    def send_raw(self, to: str, *letters: bytes) -> None:
        """Give bytes to a neighbour's queue, as somebody with this node's broker might."""
        connection = BrokerConnection(self.broker_url, name="forger")
        channel = connection.channel()
        from amqp import Message

        for letter in letters:
            channel.basic_publish(Message(letter, delivery_mode=2), exchange="anyuan.links", routing_key=f"to.{to}")
        channel.close()
        connection.close()

    def close(self) -> None:
        self.stop()
        for database in (*self.services.values(), self.office.database):
            database.engine.dispose()

    def _run(self, loop: Loop) -> None:
        self._running.append(Running(loop))


@dataclass
class Province:
    """All nodes, and the book that the province keeps of their keys."""

    folder: Path
    map: NodeMap
    root: Signer
    book: Book
    nodes: dict[str, RealNode] = field(default_factory=dict)

    def __getitem__(self, node: str) -> RealNode:
        return self.nodes[node]

    def publish(self, *, lasting: timedelta = timedelta(days=400), nodes: Sequence[str] = tuple(REGIONS)) -> None:
        """Let the root publish map, keys and epochs, to these nodes."""
        published = self.book.publish(self.map, root=self.root, now=SystemClock().now(), valid_for=lasting)
        for node in nodes:
            write_whole(self.folder / node / "charter", published)

    def new_key(self, node: str, *, replaces: str | None = None) -> str:
        """Make a key of a node, registered by one and approved by another."""
        private, request = new_request(node, now=SystemClock().now(), replaces=replaces)
        path = self.folder / node / "node-keys.json"
        OwnKeys.read(path).add(private, path)
        self.book.register(request, by="张三", map_=self.map, now=SystemClock().now())
        return self.book.approve(str(private["kid"]), by="李四").kid

    def link_all(self) -> None:
        """Set up every link in both directions."""
        for node in self.nodes.values():
            for neighbour in node.neighbours:
                connection = BrokerConnection(node.broker_url, name="set-up")
                declare_incoming(connection, neighbour)
                declare_outgoing(connection, (neighbour,))
                connection.close()
                node.api.admit(neighbour, PASSWORD)
        for node in self.nodes.values():
            for neighbour in node.neighbours:
                self.link(node.name, neighbour)

    def link(self, node: str, to: str) -> None:
        """Run the shovel from one node to another."""
        source = f"amqp://{RabbitServer.username}:{_password_of(self[node].broker_url)}@{self.map.get(node).broker}"
        self[node].api.link(node, self.map.get(to), source=source, password=PASSWORD)

    def start(self) -> None:
        for node in self.nodes.values():
            node.start()

    def close(self) -> None:
        for node in self.nodes.values():
            for running in node._running:
                running.ask_to_stop()
        for node in self.nodes.values():
            node.close()

    def wait(self, condition: Callable[[], Any], what: str, *, limit: float = LIMIT) -> None:
        wait_until(condition, limit=limit, what=what)


def _password_of(url: str) -> str:
    return url.split("://")[1].split("@", maxsplit=1)[0].split(":")[1]


def listening() -> Reactions:
    """The listener that writes down what it hears."""
    reactions = Reactions("awards")

    def write(uow: UnitOfWork, what: str, key: str) -> None:
        uow.session.execute(insert(heard).values(what=what, key=key))

    @reactions.on(VolunteerRegistered)
    def _volunteer(uow: UnitOfWork, event: VolunteerRegistered) -> None:
        write(uow, "volunteer", event.volunteer_number)

    @reactions.on(OrganisationApproved)
    def _organisation(uow: UnitOfWork, event: OrganisationApproved) -> None:
        write(uow, "organisation", event.organisation_id)

    @reactions.on(RecordConfirmed)
    def _record(uow: UnitOfWork, event: RecordConfirmed) -> None:
        write(uow, "record", event.record_id)

    return reactions


def make_province(
    folder: Path,
    *,
    rabbits: Callable[[str], RabbitServer],
    links_database: Callable[[str], str],
    vhosts: Callable[[str], str],
) -> Province:
    """Make four nodes with keys and a charter; nothing runs yet.

    `rabbits` answers a node's broker, `links_database` the URL of a migrated database, `vhosts` its AMQP URL.
    """
    urls = {name: vhosts(name) for name in REGIONS}
    drawn = read_map(MAP)
    placed = [
        replace(node, broker=rabbits(node.id).address_for_neighbours(urls[node.id].rpartition("/")[2]))
        for node in drawn
    ]
    root = Signer(Signer.new_key("root"))
    province = Province(folder, NodeMap(placed, Regions.load()), root, Book())
    for name in REGIONS:
        write_whole(folder / name / "root.json", json.dumps(root.public_key).encode())
        province.new_key(name)
    province.publish()
    for name, url in urls.items():
        rabbit = rabbits(name)
        api = BrokerApi(
            f"http://{rabbit.username}:{rabbit.password}@{rabbit.host}:{rabbit.management_port}",
            url.rpartition("/")[2],
        )
        province.nodes[name] = _make_node(province, name, url, api, links_database(name))
    return province


def _make_node(province: Province, name: str, url: str, api: BrokerApi, links_url: str) -> RealNode:
    folder = province.folder / name
    services = {}
    for service in ("registration", "records", "awards"):
        engine = make_engine(f"sqlite:///{folder}/{service}.db")
        for metadata in (kit_metadata, _metadata):
            metadata.create_all(engine)
        services[service] = Database(engine, clock=SystemClock(), outbox=StoredOutbox(service, name))
    office = Office(
        me=name,
        database=Database(make_engine(links_url), clock=SystemClock(), outbox=StoredOutbox("links", name)),
        charter_file=folder / "charter",
        root_key_file=folder / "root.json",
        keys_file=folder / "node-keys.json",
    )
    reactions = listening()
    topology = with_links(Topology.of([reactions], ["registration", "records"]))
    return RealNode(name, office, url, api, services, province.map.neighbours(name), topology, reactions)


@contextmanager
def running(province: Province) -> Iterator[Province]:
    """Run a linked province for the length of a block."""
    province.link_all()
    province.start()
    try:
        yield province
    finally:
        province.close()
