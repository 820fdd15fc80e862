"""Making the small province: its nodes, their keys and charter, and the links between them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.clock import SystemClock
from shared.messaging import StoredOutbox
from shared.messaging.rabbit import BrokerConnection, Topology
from shared.nodes.book import Book, new_request
from shared.nodes.broker import BrokerApi, declare_incoming, declare_outgoing
from shared.nodes.core.letters import Signer
from shared.nodes.core.nodemap import NodeMap
from shared.nodes.files import OwnKeys, read_map, write_whole
from shared.nodes.gateway import with_links
from shared.nodes.office import Office
from shared.regions import Regions
from shared.storage import Database
from shared.storage.database import make_engine
from tests.province.node import RealNode
from tests.province.saying import LIMIT, MAP, PASSWORD, REGIONS
from tests.province.staff import Staff, Staffing, speakers_and_a_listener
from tests.servers import RabbitServer
from tests.waiting import wait_until


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

    def publish(self, *, lasting: timedelta = timedelta(days=400), nodes: Sequence[str] = ()) -> None:
        """Let the root publish map, keys and epochs, to these nodes, or to all."""
        published = self.book.publish(self.map, root=self.root, now=SystemClock().now(), valid_for=lasting)
        for node in nodes or [each.id for each in self.map]:
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

    def links_urls(self) -> dict[str, str]:
        """Where the links of each node keep what they know, for the checker."""
        databases = {name: node.office.database for name, node in self.nodes.items()}
        return {name: each.engine.url.render_as_string(hide_password=False) for name, each in databases.items()}

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


def make_province(
    folder: Path,
    *,
    rabbits: Callable[[str], RabbitServer],
    links_database: Callable[[str], str],
    service_database: Callable[[str], str],
    vhosts: Callable[[str], str],
    staffing: Staffing = speakers_and_a_listener,
    names: Sequence[str] = tuple(REGIONS),
) -> Province:
    """Make nodes with keys and a charter, all four or those of these names; nothing runs yet.

    `rabbits` answers a node's broker, `links_database` the URL of a migrated database, `service_database` that of an
    empty one for a service, `vhosts` its AMQP URL, `staffing` the services of a node.
    """
    urls = {name: vhosts(name) for name in names}
    drawn = [node for node in read_map(MAP) if node.id in urls]
    placed = [
        replace(node, broker=rabbits(node.id).address_for_neighbours(urls[node.id].rpartition("/")[2]))
        for node in drawn
    ]
    root = Signer(Signer.new_key("root"))
    province = Province(folder, NodeMap(placed, Regions.load()), root, Book())
    for name in names:
        write_whole(folder / name / "root.json", json.dumps(root.public_key).encode())
        province.new_key(name)
    province.publish()
    for name, url in urls.items():
        rabbit = rabbits(name)
        api = BrokerApi(
            f"http://{rabbit.username}:{rabbit.password}@{rabbit.host}:{rabbit.management_port}",
            url.rpartition("/")[2],
        )
        staff = staffing(name, province.map, folder / name, service_database)
        province.nodes[name] = _make_node(province, name, url, api, links_database(name), staff)
    return province


def _make_node(province: Province, name: str, url: str, api: BrokerApi, links_url: str, staff: Staff) -> RealNode:
    folder = province.folder / name
    office = Office(
        me=name,
        database=Database(make_engine(links_url), clock=SystemClock(), outbox=StoredOutbox("links", name)),
        charter_file=folder / "charter",
        root_key_file=folder / "root.json",
        keys_file=folder / "node-keys.json",
    )
    topology = with_links(Topology.of(staff.reactions.values(), staff.publishers))
    return RealNode(name, office, url, api, staff, province.map.neighbours(name), topology)


@contextmanager
def running(province: Province) -> Iterator[Province]:
    """Run a linked province for the length of a block."""
    province.link_all()
    province.start()
    try:
        yield province
    finally:
        province.close()
