"""Makes what a trial with several nodes needs and does not have yet: each node's keys and passwords, and the charter.

The two persons and the offline root of a real province are played by this one job; docs/howto/link-nodes.md says how it
is done by people. Every folder below ROOT is a volume: `operator` keeps the book and the root's private key, and each
node sees its own folder only.
"""

import json
import secrets
import sys
from pathlib import Path

from deploy.make_secrets import first_definitions, keep, password, write
from services.launcher.keys import init_keys
from services.launcher.parts import LINKS, SERVICES
from shared.clock import SystemClock
from shared.nodes.book import Book, new_request
from shared.nodes.core.letters import Signer
from shared.nodes.core.nodemap import Node, NodeMap
from shared.nodes.files import OwnKeys, read_map

EVERYBODY_OF_THE_NODE = 0o444


def make_node(folder: Path) -> None:
    """Make a node's own keys and passwords; one process runs all of its services, so they have one password."""
    init_keys(folder)
    database = keep(folder / "database", password)
    broker = keep(folder / "broker", password)
    keep(folder / "postgres", password)
    (folder / "postgres").chmod(EVERYBODY_OF_THE_NODE)
    write(folder / "definitions.json", json.dumps(first_definitions(broker)), EVERYBODY_OF_THE_NODE)
    for service in (*SERVICES, LINKS):
        for role in (service, f"{service}_owner"):
            write(folder / f"{role}.database", database)


def make_keys(root: Path, map_: NodeMap) -> None:
    """Give every node a key that is in the book, and publish the charter when something is new."""
    now = SystemClock().now()
    office = root / "operator"
    private = keep(office / "root-private.json", lambda: json.dumps(Signer.new_key("root")))
    signer = Signer(json.loads(private))
    book = Book.read(office / "node-book.json")
    for node in map_:
        keys = root / node.id / "node-keys.json"
        write(root / node.id / "root.json", json.dumps(signer.public_key))
        if not keys.exists():
            made, request = new_request(node.id, now=now)
            OwnKeys.read(keys).add(made, keys)
            book.register(request, by="registrar", map_=map_, now=now)
            book.approve(str(made["kid"]), by="approver")
    if any(not (root / node.id / "charter").exists() for node in map_):
        published = book.publish(map_, root=signer, now=now)
        book.write(office / "node-book.json")
        for node in map_:
            (root / node.id / "charter").write_bytes(published)


def make_link_passwords(root: Path, map_: NodeMap) -> None:
    """Give both ends of every link the password of its shovel."""
    for node in map_:
        for neighbour in map_.neighbours(node.id):
            give(root, node, neighbour)


def give(root: Path, sender: Node, receiver: str) -> None:
    """Make one link's password and write it at both ends."""
    name = f"links/{sender.id}-to-{receiver}"
    for end in (sender.id, receiver):
        (root / end / "links").mkdir(exist_ok=True)
    word = keep(root / receiver / name, lambda: secrets.token_hex(24))
    write(root / sender.id / name, word)


def main(root: Path, map_file: Path) -> None:
    """Make everything."""
    map_ = read_map(map_file)
    for node in map_:
        make_node(root / node.id)
    make_keys(root, map_)
    make_link_passwords(root, map_)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
