"""A real node for each fault, with reports that wait for the province; made once and copied for each test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.faults.driver import Driver
from tests.faults.scale import is_full, times
from tests.faults.settling import settled
from tests.real import Databases, Part, RealNode, migrated
from tests.servers import PostgresServer, RabbitServer
from tests.servers.reaper import Reaper
from tests.staging import Waiting, staged

REPORTS = 45
LINES = 4
_PEOPLE = 12


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what is only for the full run to the full run."""
    left = [] if is_full() else [item for item in items if item.get_closest_marker("full")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


@dataclass(frozen=True)
class Prepared:
    """Databases to copy, the keys that belong to them, and the reports that wait there."""

    databases: Databases
    keys: Path
    reports: list[Waiting]


@pytest.fixture(scope="package")
def prepared(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """Give databases in which reports wait for the province."""
    databases, keys = migrated(postgres), tmp_path_factory.mktemp("keys")
    with staged(databases.urls(), keys) as stage:
        stage.set_up(people=_PEOPLE)
        reports = stage.reports(REPORTS, lines=LINES)
    yield Prepared(databases, keys, reports)
    databases.drop()


@dataclass
class Trial:
    """One node, the reports that wait at it, and the client that approves them while something breaks."""

    node: RealNode
    reports: list[Waiting]
    driver: Driver
    rng: Random

    def start(self, failpoints: dict[Part, str] | None = None) -> None:
        """Start the node, with failpoints armed in some programs, and sign in."""
        self.node.start(failpoints)
        self.driver.sign_in()

    def judge(self) -> None:
        """Wait until events have come to rest; then everything approved counts, once, and nothing else does."""
        verdict = settled(self.node.databases.urls(), calls=self.driver.calls())
        assert verdict.faults == []
        assert self.driver.outcomes("fail") == []
        assert len(self.driver.outcomes("ok")) == len(self.reports)
        assert verdict.counts["reports_approved"] == len(self.reports)
        assert verdict.counts["hundredths_credited"] == len(self.reports) * LINES * 100


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat every fault on a node; the number is part of the test's name, and so of its seed."""
    if "trial" in metafunc.fixturenames:
        metafunc.parametrize("repeat", range(1, times("repeats") + 1))


@pytest.fixture
def trial(
    request: pytest.FixtureRequest,
    repeat: int,
    prepared: Prepared,
    tmp_path: Path,
    reaper: Reaper,
    postgres: PostgresServer,
    rabbit: RabbitServer,
) -> Iterator[Trial]:
    """Give a node that is not started yet; what its programs wrote is shown when the test fails."""
    node = RealNode(
        tmp_path / "node",
        reaper=reaper,
        postgres=postgres,
        rabbit=rabbit,
        template=prepared.databases,
        keys=prepared.keys,
    )
    # The seed is the test's own name: the same faults at the same points in every run.
    rng = Random(request.node.name)
    yield Trial(node, prepared.reports, Driver(node.base_url), rng)
    sys.stdout.write(node.log_tails())
    node.close()
