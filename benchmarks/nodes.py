"""Nodes to measure: embedded and real, each with reports that wait for the province."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.launcher.parts import SERVICES
from shared.storage.migrations import upgrade
from tests.embedded import EmbeddedNode
from tests.journeys.site import Node, Site
from tests.programs import Program
from tests.real import RealNode, migrated
from tests.servers import Servers
from tests.servers.reaper import Reaper
from tests.staging import Waiting, staged

PEOPLE = 200
LINES = 10


@dataclass(frozen=True)
class Measured:
    """A running node, the URLs of its databases, and the reports that wait there."""

    node: Node
    programs: Sequence[Program]
    database_urls: Mapping[str, str]
    reports: list[Waiting]

    def cpu_seconds(self) -> dict[str, float]:
        """Answer the processor time that each program has used so far."""
        return {program.name: program.cpu_seconds() for program in self.programs}

    def site(self) -> Site:
        """Answer the site at which stories are told."""
        return Site(self.node, "measured", lambda: self.database_urls)


@contextmanager
def embedded(reports: int) -> Iterator[Measured]:
    """Run everything in one process over SQLite files."""
    with tempfile.TemporaryDirectory(prefix="anyuan-bench-") as name:
        folder, reaper = Path(name), Reaper()
        node = EmbeddedNode(folder, reaper=reaper)
        urls = node.database_urls()
        for service in SERVICES:
            upgrade(service, urls[service])
        with staged(urls, folder / "keys") as stage:
            stage.set_up(people=PEOPLE)
            waiting = stage.reports(reports, lines=LINES)
        try:
            node.start()
            yield Measured(node, [node.program], urls, waiting)
        finally:
            node.close()
            reaper.close()


@contextmanager
def real(reports: int) -> Iterator[Measured]:
    """Run gunicorn, a worker and a relay over PostgreSQL and RabbitMQ."""
    with tempfile.TemporaryDirectory(prefix="anyuan-bench-") as name, Servers() as servers:
        folder, reaper = Path(name), Reaper()
        postgres, rabbit = servers.postgres(), servers.rabbit()
        template = migrated(postgres)
        with staged(template.urls(), folder / "keys") as stage:
            stage.set_up(people=PEOPLE)
            waiting = stage.reports(reports, lines=LINES)
        node = RealNode(
            folder, reaper=reaper, postgres=postgres, rabbit=rabbit, template=template, keys=folder / "keys"
        )
        try:
            node.start()
            node.wait_until_it_listens()
            yield Measured(node, list(node.programs.values()), node.databases.urls(), waiting)
        finally:
            node.close()
            reaper.close()
