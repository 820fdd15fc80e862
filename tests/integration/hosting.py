"""A service as one of four nodes: the province, two of its cities and a county."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.nodes.core.nodemap import Here
from shared.nodes.files import read_map
from shared.storage import Database

MAP = Path(__file__).parents[2] / "deploy/nodes/four.toml"


@contextmanager
def at_node(database: Database, node: str) -> Iterator[None]:
    """Let a service run at this node (`hebei`, `shijiazhuang`, `tangshan` or `zhengding`) for the length of a block."""
    alone = database.here
    database.here = Here(node, read_map(MAP))
    try:
        yield
    finally:
        database.here = alone
