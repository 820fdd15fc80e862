"""What carries events between the services of the village: the courier over SQLite files, or relays and RabbitMQ."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlsplit

from sqlalchemy import delete, update

from shared.messaging.consumer import Consumer
from shared.messaging.embedded import Courier
from shared.messaging.processes import Loop
from shared.messaging.relay import Relay
from shared.messaging.tables import inbox_cursor, outbox
from tests.integration.messaging.village import Village
from tests.servers import RabbitServer


@dataclass(frozen=True, kw_only=True)
class Features:
    """What a transport has that not every one has; the suite leaves out what would need more."""

    connections: bool
    """There are connections that break, and what was delivered over one and not acknowledged comes again."""
    broker: bool
    """There is a server in between that goes away and comes back."""
    headers: bool
    """A message comes with headers, which are kept with one that is dead."""


class Transport(Protocol):
    """What carries events between the services."""

    features: Features

    def start(self) -> None:
        """Begin to carry."""

    def stop(self) -> None:
        """Stop carrying; nothing is lost by it."""

    def cut(self) -> None:
        """Break every connection that carries, in the middle of whatever it does."""

    def restart_broker(self) -> None:
        """Kill the server in between and start it again."""

    def deliver_again(self) -> None:
        """Have every event of every publisher delivered once more."""


class Embedded:
    """SQLite files and the courier: nothing lies between the services."""

    features = Features(connections=False, broker=False, headers=False)

    def __init__(self, village: Village) -> None:
        self._village = village
        self._courier: Courier | None = None

    def start(self) -> None:
        """Begin to carry."""
        self._courier = Courier(self._village.databases, self._village.reactions)
        self._courier.start()

    def stop(self) -> None:
        """Stop carrying."""
        courier = self._courier
        if courier is not None:
            courier.stop()
            self._courier = None

    def cut(self) -> None:
        """Do nothing that could be done."""
        raise NotImplementedError

    restart_broker = cut

    def deliver_again(self) -> None:
        """Forget how far every listener has read."""
        self.stop()
        for database in self._village.databases.values():
            with database.unit_of_work() as uow:
                uow.session.execute(delete(inbox_cursor))
        self.start()


class Running:
    """Loops on threads that can be stopped one by one."""

    def __init__(self, loop: Loop) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=loop.run, args=(self._stop,), name=loop.name)
        self._thread.start()

    def stop(self) -> None:
        """Stop in good order and wait for it."""
        self._stop.set()
        self._thread.join(timeout=20)
        assert not self._thread.is_alive(), f"{self._thread.name} did not stop"


class OverRabbit:
    """PostgreSQL and RabbitMQ, a relay for each publisher and a consumer for each listener."""

    features = Features(connections=True, broker=True, headers=True)

    def __init__(self, village: Village, rabbit: RabbitServer, vhost_url: str) -> None:
        self._village = village
        self._rabbit = rabbit
        self._vhost = urlsplit(vhost_url).path.removeprefix("/")
        self.broker_url = vhost_url
        self._running: list[Running] = []

    def relay(self, service: str = "shop") -> Relay:
        """Make a relay of a service."""
        database = self._village.databases[service]
        return Relay(database=database, broker_url=self.broker_url, service=service, topology=self._village.topology)

    def consumer(self, service: str = "ledger") -> Consumer:
        """Make a consumer of a service."""
        return Consumer(
            database=self._village.databases[service],
            reactions=self._village.reactions[service],
            broker_url=self.broker_url,
            topology=self._village.topology,
        )

    def run(self, *loops: Loop) -> Sequence[Running]:
        """Start loops that end with the test."""
        started = [Running(loop) for loop in loops]
        self._running.extend(started)
        return started

    def start(self) -> None:
        """Begin to carry."""
        consumers = [self.consumer(listener) for listener in self._village.reactions]
        self.run(self.relay("shop"), self.relay("ledger"), *consumers)

    def stop(self) -> None:
        """Stop carrying."""
        running, self._running = self._running, []
        for one in running:
            one._stop.set()
        for one in running:
            one.stop()

    def cut(self) -> None:
        """Have the broker close every connection of the village."""
        names = self.connections()
        assert names
        for name in names:
            self._rabbit.api("DELETE", f"/connections/{quote(name, safe='')}")

    def connections(self) -> list[str]:
        """Answer the connections that the broker knows of, a moment late."""
        return [one["name"] for one in self._rabbit.api("GET", f"/vhosts/{self._vhost}/connections")]

    def restart_broker(self) -> None:
        """Kill the server and start it again."""
        self._rabbit.kill()
        self._rabbit.start()

    def deliver_again(self) -> None:
        """Make every row unsent again."""
        for database in self._village.databases.values():
            with database.unit_of_work() as uow:
                uow.session.execute(update(outbox).values(sent_at=None))
