"""Chooses how servers run on this machine, makes them and ends them."""

import os
import secrets
import shutil
from collections.abc import Mapping
from typing import Literal, Self, TypeVar

from tests.servers import postgres, rabbit
from tests.servers.certificates import Authority, Secured
from tests.servers.postgres import PostgresServer
from tests.servers.process import free_port, images_present
from tests.servers.rabbit import RabbitServer
from tests.servers.reaper import Reaper
from tests.servers.server import Server

Way = Literal["containers", "debian"]
S = TypeVar("S", bound=Server)


def wanted_way() -> str:
    """Return what ANYUAN_TEST_SERVERS asks for: auto, containers or debian.

    :raises RuntimeError: when it says something else.
    """
    wanted = os.environ.get("ANYUAN_TEST_SERVERS") or "auto"
    if wanted not in {"auto", "containers", "debian"}:
        raise RuntimeError(f"ANYUAN_TEST_SERVERS={wanted} is none of auto, containers, debian")
    return wanted


def containers_present() -> bool:
    """Tell whether a container engine answers here and holds the images of both servers."""
    return images_present(postgres.IMAGE, rabbit.IMAGE)


def debian_present() -> bool:
    """Tell whether both servers are installed from Debian's packages."""
    return postgres.programs() is not None and rabbit.SCRIPT.exists() and shutil.which("setpriv") is not None


def choose_way() -> Way:
    """Return how servers are run here.

    :raises RuntimeError: when they cannot be; the message names the next command.
    """
    wanted = wanted_way()
    if wanted != "debian" and containers_present():
        return "containers"
    if wanted != "containers" and debian_present():
        return "debian"
    raise RuntimeError(
        f"these tests need PostgreSQL and RabbitMQ, and there are none here (ANYUAN_TEST_SERVERS={wanted}). "
        f"Next:  make machine   (as root, or with a container engine that can pull {postgres.IMAGE} and {rabbit.IMAGE})"
    )


class Servers:
    """Makes servers, as many as a test needs, and ends all of them when it is closed."""

    def __init__(self) -> None:
        self.way: Way = choose_way()
        self._reaper = Reaper()
        self._made: list[Server] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every server and remove its data."""
        self._reaper.close()

    def heal(self) -> None:
        """Bring every server back to running, whatever a test did to it."""
        for server in self._made:
            server.heal()

    def postgres(self) -> PostgresServer:
        """Start one more PostgreSQL cluster."""
        port, password = free_port(), secrets.token_hex(8)
        make = postgres.in_container if self.way == "containers" else postgres.from_debian
        process = make(self._reaper, port=port, password=password)
        return self._started(PostgresServer(process, port=port, password=password))

    def rabbit(self, *, authority: Authority | None = None, beside: Mapping[str, bytes] | None = None) -> RabbitServer:
        """Start one more RabbitMQ node, which answers over TLS too where an authority vouches for it.

        `beside` are more files that lie beside those of its certificate.
        """
        port, management_port, password = free_port(), free_port(), secrets.token_hex(8)
        secured = Secured(authority, free_port(), free_port(), beside or {}) if authority else None
        make = rabbit.in_container if self.way == "containers" else rabbit.from_debian
        process = make(self._reaper, port=port, management_port=management_port, password=password, secured=secured)
        return self._started(
            RabbitServer(process, port=port, management_port=management_port, password=password, secured=secured)
        )

    def _started(self, server: S) -> S:
        server.start()
        self._made.append(server)
        return server
