"""Fixtures that every kind of test shares."""

import socket
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from shared.storage.migrations import upgrade
from tests.machine import browser_program
from tests.servers import PostgresServer, RabbitServer, Servers
from tests.servers.reaper import Reaper
from tests.servers.volume import SmallVolume
from tests.telling import ToldStory, tell

UNIT = Path(__file__).parent / "unit"
_numbers = count(1)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Make servers, as many as a test needs: `servers.postgres()`, `servers.rabbit()`. All end with the session."""
    with Servers() as made:
        yield made


@pytest.fixture(scope="session")
def reaper() -> Iterator[Reaper]:
    """Give what ends programs with the session, whatever happens to it."""
    made = Reaper()
    yield made
    made.close()


@pytest.fixture(scope="session")
def told_story(tmp_path_factory: pytest.TempPathFactory, reaper: Reaper) -> ToldStory:
    """Give the main story, told in the embedded mode with nothing in its way; do not write into its folder."""
    return tell(tmp_path_factory.mktemp("told"), reaper=reaper)


@pytest.fixture(scope="session")
def postgres(servers: Servers) -> PostgresServer:
    """Give the session's PostgreSQL cluster."""
    return servers.postgres()


@pytest.fixture(scope="session")
def rabbit(servers: Servers) -> RabbitServer:
    """Give the session's RabbitMQ node."""
    return servers.rabbit()


@pytest.fixture(scope="session")
def links_template(postgres: PostgresServer) -> str:
    """Name a database with the tables of links, to be copied: to migrate each one takes most of a second."""
    upgrade("links", postgres.create_database("links_template"))
    return "links_template"


@pytest.fixture
def new_database(postgres: PostgresServer) -> Iterator[Callable[..., str]]:
    """Make databases that live as long as the test: `new_database("reporting")` or `(…, template=…)` gives the URL."""
    made: list[str] = []

    def make(name: str, *, template: str | None = None) -> str:
        made.append(f"{name}_{next(_numbers)}")
        return postgres.create_database(made[-1], template=template)

    yield make
    postgres.heal()
    for name in made:
        postgres.drop_database(name)


@pytest.fixture
def small_volume(postgres: PostgresServer) -> Iterator[SmallVolume]:
    """Give a small volume of the session's cluster, which takes databases in and can be filled."""
    if postgres.small_volume is None:
        pytest.skip("a volume to fill needs a container: a process of this machine would have to mount one")
    with SmallVolume(postgres) as volume:
        yield volume


@pytest.fixture
def new_vhost(rabbit: RabbitServer) -> Iterator[Callable[[str], str]]:
    """Make virtual hosts that live as long as the test: `new_vhost("reporting")` gives the AMQP URL."""
    made: list[str] = []

    def make(name: str) -> str:
        made.append(f"{name}-{next(_numbers)}")
        return rabbit.create_vhost(made[-1])

    yield make
    rabbit.heal()
    for name in made:
        rabbit.drop_vhost(name)


@pytest.fixture(autouse=True)
def _heal_servers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Bring the session's servers back after a test that disturbed them, so that its neighbours do not fail for it."""
    yield
    if "servers" in request.fixturenames:
        request.getfixturevalue("servers").heal()


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make any connection in a unit test fail: what a unit test covers takes everything from its arguments."""
    if not request.path.is_relative_to(UNIT):
        return

    def refuse(_: socket.socket, address: object) -> None:
        raise AssertionError(f"a unit test opened a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser of this machine, without a window."""
    program = browser_program()
    if program is None:
        raise RuntimeError("journeys in a browser need Chromium. Next:  make machine   (as root)")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not run as root, as in a container.
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield started
        started.close()
