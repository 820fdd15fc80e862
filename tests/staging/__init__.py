"""A node's databases filled through the use cases that routes and reactions call, with no server running.

Nothing is inserted behind a use case's back. Events are carried by the embedded courier, which works on any database,
so reports wait for their last decision within seconds; a node that is then started finds an ordinary past.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from services.launcher.keys import init_keys
from services.launcher.parts import prepare
from shared.clock import SystemClock
from shared.messaging import StoredOutbox
from shared.sealing import Sealer
from shared.storage import Database
from shared.storage.database import make_engine
from tests.staging.people import APPROVER, CLERK, PASSWORD, Applied, Cast, Scene
from tests.staging.reports import Stage, Waiting

__all__ = ["APPROVER", "CLERK", "PASSWORD", "Applied", "Scene", "Stage", "Waiting", "staged"]


@contextmanager
def staged(urls: Mapping[str, str], keys: Path, scene: Scene | None = None) -> Iterator[Stage]:
    """Open migrated databases for staging, with the keys that the node will have."""
    scene = scene or Scene()
    clock = SystemClock()
    databases = {
        service: Database(make_engine(url), clock=clock, outbox=StoredOutbox(service, scene.node))
        for service, url in urls.items()
    }
    for service, database in databases.items():
        prepare(service, database, number_block=scene.block)
    sealer = Sealer.from_file(init_keys(keys).data_key)
    try:
        yield Stage(databases, Cast(databases["registration"], sealer, scene))
    finally:
        for database in databases.values():
            database.engine.dispose()
