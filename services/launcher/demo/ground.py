"""What a seeding stands on: the node as it needs it, and the random choices that are the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Protocol

from services.launcher.demo.agenda import Agenda
from services.launcher.demo.model import DemoWorld
from services.launcher.parts import Keys
from shared.clock import Clock
from shared.messaging.embedded import Courier
from shared.regions import Region, Regions
from shared.sealing import Sealer
from shared.storage import Database, UnitOfWork

Say = Callable[[str], object]


class Node(Protocol):
    """The part of an embedded node that is seeded."""

    @property
    def folder(self) -> Path:
        """Where the node lies."""

    @property
    def clock(self) -> Clock:
        """The node's clock, which must be adjustable."""

    @property
    def databases(self) -> Mapping[str, Database]:
        """The database of every service, by its name."""

    @property
    def courier(self) -> Courier:
        """The courier, not started yet."""

    @property
    def keys(self) -> Keys:
        """The keys, with the sealer."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One seeding: the node, the world that is sent into it, and when what happens."""

    node: Node
    world: DemoWorld
    regions: Regions
    agenda: Agenda
    seed: int

    def work(self, service: str) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work of a service."""
        return self.node.databases[service].unit_of_work()

    def rng(self, part: str) -> Random:
        """Answer a stream of choices of its own, so that a change in one part does not move the others."""
        return Random(f"{self.seed}:seeding:{part}")  # noqa: S311 - made-up data must be the same again, not secret

    def region(self, code: str, *, on: date | None = None) -> Region:
        """Answer a region as it is on a day, usually the last of the world."""
        return self.regions.get(code, on=on or self.world.today)

    @property
    def sealer(self) -> Sealer:
        """Answer registration's sealer."""
        sealer = self.node.keys.sealer
        assert sealer is not None, "an embedded node holds registration's keys"
        return sealer
