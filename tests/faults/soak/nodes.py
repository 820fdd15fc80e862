"""The province, 石家庄 and 正定县 as three real nodes, each with servers of its own and a line that can be made bad."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from sqlalchemy import create_engine, text

from deploy.nodes import make_nodes
from services.launcher.parts import LINKS
from tests.programs import ANYUAN, run
from tests.real import Databases, RealNode
from tests.servers import PostgresServer, Proxy, RabbitServer, Servers
from tests.servers.reaper import Reaper
from tests.staging import Scene

SCENES = (
    # 定州 answers straight to the province, so that the province's node has whole reports of its own to decide.
    Scene("hebei", "01", "130682", ()),
    Scene("shijiazhuang", "11", "130102", ("130100",)),
    Scene("zhengding", "13", "130123", ("130100",)),
)
ABOVE: Mapping[str, tuple[str, ...]] = {
    "hebei": (),
    "shijiazhuang": ("hebei",),
    "zhengding": ("shijiazhuang", "hebei"),
}
_HOSTS = {"hebei": "130000", "shijiazhuang": "130100", "zhengding": "130123"}


@dataclass
class Node:
    """One node of the three."""

    scene: Scene
    rabbit: RabbitServer
    postgres: PostgresServer
    line: Proxy
    """By it the neighbours' shovels reach the node's broker."""
    folder: Path
    real: RealNode | None = None

    @property
    def name(self) -> str:
        """Its name in the map."""
        return self.scene.node

    @property
    def running(self) -> RealNode:
        """Its programs and databases."""
        assert self.real is not None
        return self.real


@contextmanager
def servers_of(servers: Servers, folder: Path) -> Iterator[list[Node]]:
    """Start the servers of three nodes, with nothing on them yet."""
    with ExitStack() as opened:
        nodes = []
        for scene in SCENES:
            rabbit, postgres = servers.rabbit(), servers.postgres()
            line = opened.enter_context(Proxy(rabbit.host, rabbit.port, listens_at="0.0.0.0"))  # noqa: S104  # containers come by it
            nodes.append(Node(scene, rabbit, postgres, line, folder / scene.node))
        yield nodes


def set_up(nodes: list[Node], folder: Path, reaper: Reaper, templates: Mapping[str, Databases]) -> None:
    """Give the nodes keys, a charter and links, by the commands that operators use; nothing runs yet."""
    vhosts = {}
    for node in nodes:
        settings = _settings(node)
        node.real = RealNode(
            node.folder / "run",
            reaper=reaper,
            postgres=node.postgres,
            rabbit=node.rabbit,
            template=templates[node.name],
            keys=node.folder,
            settings=settings,
        )
        vhosts[node.name] = node.real.settings["ANYUAN_BROKER_URL"].rpartition("/")[2]
    drawn = folder / "nodes.toml"
    drawn.write_text("".join(_on_the_map(node, vhosts[node.name]) for node in nodes), encoding="utf-8")
    (folder / "operator").mkdir(parents=True)
    # It tells its operator of every file.
    with redirect_stdout(StringIO()):
        make_nodes.main(folder, drawn)
    for step in ("admit", "link"):
        for node in nodes:
            run([*ANYUAN, "node", step], node.running.settings)


def _settings(node: Node) -> dict[str, str]:
    return {
        "ANYUAN_NODE": node.name,
        "ANYUAN_NUMBER_BLOCK": node.scene.block,
        "ANYUAN_CHARTER_FILE": str(node.folder / "charter"),
        "ANYUAN_ROOT_KEY_FILE": str(node.folder / "root.json"),
        "ANYUAN_NODE_KEYS_FILE": str(node.folder / "node-keys.json"),
        "ANYUAN_LINK_PASSWORDS": str(node.folder / "links"),
        "ANYUAN_BROKER_API_URL": node.rabbit.management_url,
    }


def _on_the_map(node: Node, vhost: str) -> str:
    """Draw a node on the map; a broker is reached by the others through its line."""
    host = node.rabbit.address_for_neighbours("x").partition(":")[0]
    upper = next(iter(ABOVE[node.name]), None)
    return (
        f'[nodes.{node.name}]\nname = "{node.name}"\nhosts = ["{_HOSTS[node.name]}"]\n'
        f'number_blocks = ["{node.scene.block}"]\nbroker = "{host}:{node.line.port}/{vhost}"\n'
        + (f'upper = "{upper}"\n\n' if upper else "\n")
    )


def start(nodes: list[Node]) -> None:
    """Start every program of every node and wait until all sites answer and every service listens."""
    with ThreadPoolExecutor() as pool:
        for made in [pool.submit(node.running.start) for node in nodes]:
            made.result()
    for node in nodes:
        node.running.wait_until_it_listens()


def event_ids(urls: Mapping[str, str]) -> frozenset[str]:
    """Answer the ids of all events that a node has published."""
    found: set[str] = set()
    for service, url in urls.items():
        engine = create_engine(url)
        with engine.connect() as connection:
            if service != LINKS:
                found |= set(connection.scalars(text("SELECT event_id FROM outbox")))
        engine.dispose()
    return frozenset(found)
