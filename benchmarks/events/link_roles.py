"""The programs of the two nodes whose link is measured: the product's own loops over the tables of the product."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.clock import SystemClock
from shared.logs import set_up_logs
from shared.messaging import StoredOutbox
from shared.messaging.consumer import Consumer
from shared.messaging.processes import end_process, run_relay, run_worker
from shared.messaging.rabbit import Topology
from shared.messaging.relay import Relay
from shared.nodes.gateway import LinksRelay, Neighbour, OwnServices, with_links
from shared.nodes.office import Office
from shared.storage import Database
from shared.storage.database import make_engine
from tests.province.listening import listening

SPEAKER = "registration"


@dataclass(frozen=True, kw_only=True)
class Place:
    """One node: its name, its one neighbour, the folder with its keys, its broker, and the URLs of its databases."""

    name: str
    neighbour: str
    folder: str
    broker: str
    links: str
    speaker: str
    listener: str

    def database(self, service: str, url: str) -> Database:
        """Open one of its databases."""
        return Database(make_engine(url), clock=SystemClock(), outbox=StoredOutbox(service, self.name))

    def office(self) -> Office:
        """Open what its links go by."""
        folder = Path(self.folder)
        return Office(
            me=self.name,
            database=self.database("links", self.links),
            charter_file=folder / "charter",
            root_key_file=folder / "root.json",
            keys_file=folder / "node-keys.json",
        )

    def topology(self) -> Topology:
        """Answer who says what to whom on it."""
        return with_links(Topology.of([listening()], [SPEAKER]))


def relay(place: Place) -> None:
    """Send what the node's service and its links have to say, until told to stop."""
    topology = place.topology()
    links = LinksRelay(office=place.office(), broker_url=place.broker, topology=topology)
    speaker = Relay(
        database=place.database(SPEAKER, place.speaker), broker_url=place.broker, service=SPEAKER, topology=topology
    )
    end_process(run_relay([speaker, links]))


def gateway(place: Place) -> None:
    """Write letters and take letters in, until told to stop."""
    office = place.office()
    own = OwnServices(office=office, broker_url=place.broker, topology=place.topology())
    neighbour = Neighbour(office=office, broker_url=place.broker, node=place.neighbour)
    end_process(run_worker([own, neighbour]))


def listener(place: Place) -> None:
    """Hear what the node's services are told, until told to stop."""
    database = place.database("awards", place.listener)
    consumer = Consumer(database=database, reactions=listening(), broker_url=place.broker, topology=place.topology())
    end_process(run_worker([consumer]))


ROLES: Mapping[str, Callable[[Place], None]] = {"relay": relay, "gateway": gateway, "listener": listener}

if __name__ == "__main__":
    set_up_logs(service=f"bench-{sys.argv[1]}", level="ERROR")
    ROLES[sys.argv[1]](Place(**json.loads(sys.argv[2])))
