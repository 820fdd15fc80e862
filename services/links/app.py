"""The wiring of links, and nothing else."""

from __future__ import annotations

from shared.nodes.tables import nodes_metadata
from shared.storage import kit_metadata

SERVICE = "links"
METADATA = (kit_metadata, nodes_metadata)

__all__ = ["METADATA", "SERVICE"]
