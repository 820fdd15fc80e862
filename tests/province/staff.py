"""What runs on a node of the small province: a few services that only say and hear, or all of the real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from services.launcher.parts import SERVICES, prepare, reactions_of
from shared.clock import SystemClock
from shared.messaging import Reactions, StoredOutbox
from shared.nodes.core.nodemap import Here, NodeMap
from shared.storage import Database, kit_metadata
from shared.storage.database import make_engine
from tests.province.listening import listening
from tests.province.listening import metadata as listening_metadata
from tests.province.saying import BLOCKS
from tests.servers import PostgresServer


@dataclass(frozen=True, kw_only=True)
class Staff:
    """The services of one node: their databases, what each hears, and which of them say something."""

    databases: Mapping[str, Database]
    reactions: Mapping[str, Reactions]
    publishers: tuple[str, ...]


Staffing = Callable[[str, NodeMap, Path, Callable[[str], str]], Staff]
"""Makes the services of a node, of its name, the map, its folder, and a way to a PostgreSQL database."""


def speakers_and_a_listener(node: str, _map: NodeMap, folder: Path, new_database: Callable[[str], str]) -> Staff:
    """Two services that say what a test tells them to, and one that writes down what it hears.

    The databases of PostgreSQL have their tables already (`make_speakers_template`).
    """
    databases = {}
    for service in ("registration", "records", "awards"):
        # A relay reads over the session of its lock, which only PostgreSQL has; the listener can do with a file.
        publishes = service != "awards"
        engine = make_engine(new_database(service) if publishes else f"sqlite:///{folder}/{service}.db")
        if not publishes:
            _make_tables(engine)
        databases[service] = Database(engine, clock=SystemClock(), outbox=StoredOutbox(service, node))
    return Staff(databases=databases, reactions={"awards": listening()}, publishers=("registration", "records"))


def make_speakers_template(postgres: PostgresServer) -> str:
    """Make a database with the tables of a service that says something; answers its name, to be copied."""
    engine = make_engine(postgres.create_database("speakers_template"))
    _make_tables(engine)
    engine.dispose()
    return "speakers_template"


def _make_tables(engine: Engine) -> None:
    for metadata in (kit_metadata, listening_metadata):
        metadata.create_all(engine)


def all_services(node: str, map_: NodeMap, _folder: Path, new_database: Callable[[str], str]) -> Staff:
    """Every service as it is shipped, told what its node hosts; the databases have their tables already."""
    databases = {}
    for service in SERVICES:
        databases[service] = Database(
            make_engine(new_database(service), pool_size=2),
            clock=SystemClock(),
            outbox=StoredOutbox(service, node),
            here=Here(node, map_),
        )
        prepare(service, databases[service], number_block=BLOCKS[node])
    reactions = {service: reactions_of(service) for service in SERVICES}
    return Staff(databases=databases, reactions=reactions, publishers=SERVICES)
