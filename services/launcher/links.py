"""The links of a node that has neighbours: their parts made from settings, beside those of the services."""

from __future__ import annotations

import secrets
from pathlib import Path

from flask import Flask

from services.launcher.here import map_of
from services.launcher.parts import LINKS, Keys, broker_url_of, database_of, wiring_of
from shared.messaging.periodic import Job
from shared.messaging.rabbit import BrokerConnection
from shared.nodes.broker import BrokerApi, declare_incoming, declare_outgoing
from shared.nodes.files import write_whole
from shared.nodes.office import Office
from shared.nodes.upkeep import Seen, jobs
from shared.settings import Settings
from shared.tls import is_secure


def office_of(settings: Settings) -> Office:
    """Make what every part of the links goes by."""
    return Office(
        me=settings.node,
        database=database_of(LINKS, settings),
        charter_file=settings.need("charter_file"),
        root_key_file=settings.need("root_key_file"),
        keys_file=settings.need("node_keys_file"),
    )


def links_app(settings: Settings, keys: Keys) -> Flask:
    """Make the web application of the links."""
    app: Flask = wiring_of(LINKS).create_app(office=office_of(settings), verifier=keys.verifier)
    return app


def neighbours_of(settings: Settings) -> tuple[str, ...]:
    """Answer the nodes that this one has links with."""
    return map_of(settings).neighbours(settings.node)


def admit(settings: Settings, node: str) -> None:
    """Let a neighbour's shovel write to this node's broker: its queue here, and its user."""
    map_of(settings).get(node)
    password = _password(settings, sender=node, receiver=settings.node)
    connection = BrokerConnection(broker_url_of(LINKS, settings), name="node admit")
    try:
        declare_incoming(connection, node)
    finally:
        connection.close()
    _api(settings).admit(node, password)


def link(settings: Settings, node: str) -> None:
    """Run the shovel that carries this node's letters to a neighbour."""
    to = map_of(settings).get(node)
    password = _password(settings, sender=settings.node, receiver=node)
    source = broker_url_of(LINKS, settings)
    connection = BrokerConnection(source, name="node link")
    try:
        declare_outgoing(connection, (node,))
    finally:
        connection.close()
    authority = _authority(settings, source, to.broker)
    _api(settings).link(settings.node, to, source=source, password=password, authority=authority)


def dismiss(settings: Settings, node: str) -> None:
    """Let a neighbour's shovel write here no longer, and carry nothing to it; the queues stay with what is in them."""
    api = _api(settings)
    api.dismiss(node)
    api.unlink(node)
    _password_file(settings, sender=node, receiver=settings.node).unlink(missing_ok=True)


class OwnLines:
    """The links of this node, as its broker has them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def look(self, node: str) -> Seen:
        """Answer what the broker says of the link to a neighbour."""
        api = _api(self._settings)
        return Seen(shovel=api.shovel_state(node), queued=api.count_of(node))

    def repair(self, node: str) -> None:
        """Make the shovel to a neighbour anew: one that seems to run may carry nothing for ever."""
        _api(self._settings).unlink(node)
        link(self._settings, node)


def jobs_of_links(settings: Settings, office: Office) -> list[Job]:
    """Answer what the links do every so often."""
    return jobs(office, OwnLines(settings))


def _api(settings: Settings) -> BrokerApi:
    authority = str(settings.broker_ca_file or "")
    return BrokerApi.beside(settings.need("broker_api_url"), broker_url_of(LINKS, settings), authority=authority)


def _authority(settings: Settings, *ends: str) -> str:
    """Answer the file, where the broker runs, by which it checks either end of a link; none where neither has TLS."""
    return str(settings.need("link_ca_file")) if any(map(is_secure, ends)) else ""


def _password(settings: Settings, *, sender: str, receiver: str) -> str:
    """Answer the password that one node's shovel has at another's broker; the receiver makes it."""
    file = _password_file(settings, sender=sender, receiver=receiver)
    if receiver == settings.node and not file.exists():
        write_whole(file, secrets.token_hex(24).encode(), mode=0o600)
    return file.read_text().strip()


def _password_file(settings: Settings, *, sender: str, receiver: str) -> Path:
    folder: Path = settings.need("link_passwords")
    return folder / f"{sender}-to-{receiver}"
