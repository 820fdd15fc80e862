"""Makes each service's user on RabbitMQ, with the rights that its place among the others needs, and all queues.

A service writes to its own exchange, reads its own queues, and binds them to the exchanges it listens to. The queues
of all services are there before the first event is published: a listener that has never run misses nothing. Rights and
passwords are set anew at each run, so that a changed one takes effect.
"""

import re
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from services.launcher.parts import SERVICES
from services.launcher.processes import topology
from shared.messaging.rabbit import BrokerConnection, Topology, dead_queue_of, exchange_of, inbox_queue_of

ADMINISTRATOR = "administrator"


def rights(service: str, whole: Topology) -> dict[str, str]:
    """Answer the three patterns of names that RabbitMQ allows a service."""
    own = {exchange_of(service), inbox_queue_of(service), dead_queue_of(service)}
    # A worker declares what it binds its queue to, in case it starts before the publisher; so it may configure it.
    heard = {exchange_of(publisher) for publisher in whole.heard_by(service).publishers}
    return {"configure": pattern(own | heard), "write": pattern(own), "read": pattern(own | heard)}


def pattern(names: set[str]) -> str:
    """Answer a regular expression for just these names."""
    return f"^({'|'.join(re.escape(name) for name in sorted(names))})$"


def main(api: str, broker: str, folder: Path) -> None:
    """Make everything, with the passwords that lie in the folder."""
    password = (folder / f"{ADMINISTRATOR}.broker").read_text()
    whole = topology()
    transport = httpx.HTTPTransport(retries=5)
    with httpx.Client(base_url=api, auth=(ADMINISTRATOR, password), timeout=30, transport=transport) as client:
        for service in SERVICES:
            user = {"password": (folder / f"{service}.broker").read_text(), "tags": ""}
            client.put(f"/api/users/{service}", json=user).raise_for_status()
            path = f"/api/permissions/{quote('/', safe='')}/{service}"
            client.put(path, json=rights(service, whole)).raise_for_status()
    parts = urlsplit(broker)
    connection = BrokerConnection(
        parts._replace(netloc=f"{ADMINISTRATOR}:{password}@{parts.netloc}").geturl(), name="make_users"
    )
    connection.declare(whole)
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
