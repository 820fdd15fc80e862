"""The mailroom, on both engines."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.launcher.parts import SERVICES
from shared.storage.migrations import upgrade
from tests.integration.launcher.mailroom import Mailroom
from tests.integration.launcher.node_commands import MAP, done, run
from tests.real import Databases, migrated
from tests.servers import PostgresServer


@pytest.fixture(scope="session")
def empty_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with an empty database of each service."""
    folder = tmp_path_factory.mktemp("empty")
    for service in SERVICES:
        upgrade(service, f"sqlite:///{folder / service}.db")
    return folder


@pytest.fixture(scope="session")
def empty_databases(postgres: PostgresServer) -> Iterator[Databases]:
    """Give empty databases on PostgreSQL, to make copies of."""
    made = migrated(postgres)
    yield made
    made.drop()


_numbers = iter(range(1, 10_000))


@pytest.fixture
def charter(tmp_path: Path) -> Path:
    """A folder with two nodes' keys and the charter, made by the commands alone."""
    book = tmp_path / "book.json"
    for node in ("hebei", "tangshan"):
        made = done("init", tmp_path / node, "--node", node, *(["--root"] if node == "hebei" else [])).split()[-1]
        assert Path(made).exists()
        done("key", "register", made, "--map", MAP, "--book", book, "--by", "张三")
        refused = run("key", "approve", Path(made).stem, "--book", book, "--by", "张三")
        assert "须由另一人复核" in refused.output
        done("key", "approve", Path(made).stem, "--book", book, "--by", "李四")
    root = tmp_path / "hebei/root-private.json"
    told = done("publish", tmp_path / "charter", "--root-key", root, "--map", MAP, "--book", book)
    assert "version 1" in told
    assert done("key", "show", "--book", book).count("active") == 2
    return tmp_path


@pytest.fixture
def on_sqlite(empty_files: Path, tmp_path: Path) -> Iterator[Mailroom]:
    """Give the mailroom in SQLite files."""
    for file in empty_files.glob("*.db"):
        shutil.copy(file, tmp_path / file.name)
    mailroom = Mailroom(f"sqlite:///{tmp_path}/{{service}}.db")
    yield mailroom
    mailroom.close()


@pytest.fixture
def on_postgresql_mailroom(postgres: PostgresServer, empty_databases: Databases) -> Iterator[Mailroom]:
    """Give the mailroom on PostgreSQL."""
    databases = Databases(postgres, f"mailroom{next(_numbers)}")
    databases.create(copy_of=empty_databases)
    mailroom = Mailroom(databases.url)
    yield mailroom
    mailroom.close()
    databases.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def mailroom(request: pytest.FixtureRequest) -> Mailroom:
    """Give the mailroom, on one engine and the other."""
    name = "on_sqlite" if request.param == "sqlite" else "on_postgresql_mailroom"
    found: Mailroom = request.getfixturevalue(name)
    return found
