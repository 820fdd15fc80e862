"""Links on the broker: a queue for each neighbour, the shovel that empties it, and the user a neighbour writes with.

The sender keeps the quorum queue `to.<node>` and runs a dynamic shovel from it into the exchange `from.<node>` of the
receiver, whose user for that node may write there and nowhere else. A shovel acknowledges only what the other broker
has confirmed, and what that one cannot route goes to an alternate exchange, because a shovel drops what comes back.
"""

from __future__ import annotations

import re
import ssl
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import httpx

from shared.messaging.rabbit import BrokerConnection, dead_queue_of, exchange_of, keep_queue, read_queue
from shared.nodes.core.nodemap import Node
from shared.nodes.office import ABSENT, LOST, SERVICE, queue_from, queue_to
from shared.tls import believing, for_a_broker

_TIMEOUT = 15.0
_MOMENTS = (0.1, 0.2, 0.4, 0.8, 1.6)  # seconds, within which a shovel that was asked for is there
_HEARTBEAT = "heartbeat=10&connection_timeout=5000"
_LIMITS = {"max-connections": 20, "max-channels": 100}
"""Of a neighbour's user: its shovel needs one of each, and some more while an old connection is not yet known dead."""
UNROUTABLE = "from.unroutable"
"""Exchange and queue of what a neighbour sent and no queue took; the operator looks there."""


def user_of(node: str) -> str:
    """Answer the user that a node has on its neighbours' brokers."""
    return f"node-{node}"


def declare_outgoing(connection: BrokerConnection, neighbours: tuple[str, ...]) -> None:
    """Make sure that letters to each neighbour have a queue to wait in."""
    channel = connection.channel()
    exchange = exchange_of(SERVICE)
    channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
    for node in neighbours:
        keep_queue(channel, queue_to(node))
        channel.queue_bind(queue_to(node), exchange, queue_to(node))
    channel.close()


def declare_incoming(connection: BrokerConnection, node: str) -> None:
    """Make sure that what a neighbour's shovel writes arrives in a queue of its own."""
    channel = connection.channel()
    dead, name = dead_queue_of(SERVICE), queue_from(node)
    channel.exchange_declare(dead, "direct", durable=True, auto_delete=False)
    keep_queue(channel, dead)
    channel.queue_bind(dead, dead, dead)
    channel.exchange_declare(UNROUTABLE, "fanout", durable=True, auto_delete=False)
    keep_queue(channel, UNROUTABLE)
    channel.queue_bind(UNROUTABLE, UNROUTABLE, "")
    arguments = {"alternate-exchange": UNROUTABLE}
    channel.exchange_declare(name, "topic", durable=True, auto_delete=False, arguments=arguments)
    read_queue(channel, name, dead=dead)
    channel.queue_bind(name, name, name)
    channel.close()


@dataclass(frozen=True)
class BrokerApi:
    """The HTTP API of this node's broker; `url` names user and password."""

    url: str
    vhost: str = "/"
    authority: str = ""
    """The file of the authorities whose certificates an https:// API must have; without it, those of the system."""

    @classmethod
    def beside(cls, api_url: str, broker_url: str, *, authority: str = "") -> BrokerApi:
        """Answer the API that goes with an AMQP URL: the same virtual host, and the same user where it names none."""
        amqp, api = urlsplit(broker_url), urlsplit(api_url)
        if api.username is None and amqp.username is not None:
            api = api._replace(netloc=f"{amqp.username}:{amqp.password}@{api.netloc}")
        return cls(api.geturl().rstrip("/"), unquote(amqp.path[1:]) or "/", authority)

    def admit(self, node: str, password: str) -> None:
        """Make the user with which a neighbour's shovel writes: into its own exchange, under its own key, no more.

        It may not take all connections of the broker either, should its password be stolen.
        """
        name, user = re.escape(queue_from(node)), quote(user_of(node), safe="")
        self._put(f"/users/{user}", {"password": password, "tags": ""})
        self._put(f"/permissions/{self._vhost}/{user}", {"configure": "^$", "write": f"^{name}$", "read": "^$"})
        topic = {"exchange": queue_from(node), "write": f"^{name}$", "read": "^$"}
        self._put(f"/topic-permissions/{self._vhost}/{user}", topic)
        for limit, value in _LIMITS.items():
            self._put(f"/user-limits/{user}/{limit}", {"value": value})

    def dismiss(self, node: str) -> None:
        """Take a neighbour's user away, which ends its connections; what it has written stays."""
        self._delete(f"/users/{quote(user_of(node), safe='')}")

    def link(self, me: str, to: Node, *, source: str, password: str, authority: str = "") -> None:
        """Run the shovel that carries letters to a neighbour; one that is there with the same settings stays.

        `authority` is the file, where the broker runs, of the authorities that an amqps:// end must have a certificate
        from.

        :raises shared.tls.NobodyBelieved: for an amqps:// end and no such file.
        """
        value = {
            "src-protocol": "amqp091",
            "src-uri": _with_limits(for_a_broker(believing(source, authority))),
            "src-queue": queue_to(to.id),
            "src-prefetch-count": 200,
            "dest-protocol": "amqp091",
            "dest-uri": address_of(to, user=user_of(me), password=password, authority=authority),
            "dest-exchange": queue_from(me),
            "dest-exchange-key": queue_from(me),
            "ack-mode": "on-confirm",
            "reconnect-delay": 2,
        }
        self._put(self._shovel(to.id), {"value": value})
        if not self._comes_up(to.id):
            # The broker may forget to start what is put while it still ends what was there before.
            self.unlink(to.id)
            self._put(self._shovel(to.id), {"value": value})

    def _comes_up(self, node: str) -> bool:
        """Wait for a moment until the broker has a shovel; answers whether it has."""
        for pause in _MOMENTS:
            if self.shovel_state(node) not in (ABSENT, LOST):
                return True
            threading.Event().wait(pause)
        return False

    def unlink(self, node: str) -> None:
        """Take the shovel to a neighbour away; its queue stays with what is in it."""
        self._delete(self._shovel(node))

    def shovel_state(self, node: str) -> str:
        """Answer what the broker says of a shovel; that is no evidence that it carries anything.

        One that was asked for and that the broker does not have is `LOST`, one that nobody asked for `ABSENT`.
        """
        answer = self._ask("GET", f"/shovels/{self._vhost}")
        answer.raise_for_status()
        states = {each.get("name"): each.get("state") for each in answer.json()}
        if queue_to(node) in states:
            return str(states[queue_to(node)])
        asked_for = self._ask("GET", self._shovel(node))
        if asked_for.status_code == httpx.codes.NOT_FOUND:
            return ABSENT
        asked_for.raise_for_status()
        return LOST

    def count_of(self, node: str) -> int | None:
        """Answer how many letters its queue and its shovel held some seconds ago, or None where nobody counts them."""
        answer = self._ask("GET", f"/queues/{self._vhost}/{quote(queue_to(node), safe='')}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        counted = answer.json().get("messages")
        return counted if isinstance(counted, int) else None

    def _shovel(self, node: str) -> str:
        return f"/parameters/shovel/{self._vhost}/{quote(queue_to(node), safe='')}"

    @property
    def _vhost(self) -> str:
        return quote(self.vhost, safe="")

    def _put(self, path: str, body: dict[str, Any]) -> None:
        self._ask("PUT", path, body).raise_for_status()

    def _delete(self, path: str) -> None:
        answer = self._ask("DELETE", path)
        if answer.status_code != httpx.codes.NOT_FOUND:
            answer.raise_for_status()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        # Apart from the address, which httpx writes into the log.
        place = urlsplit(self.url)
        auth = (unquote(place.username), unquote(place.password or "")) if place.username is not None else None
        url = urlunsplit(place._replace(netloc=place.netloc.rpartition("@")[2], path=f"{place.path}/api{path}"))
        checks = _checks_by(self.authority)
        return httpx.request(method, url, json=body, auth=auth, timeout=_TIMEOUT, trust_env=False, verify=checks)


@cache
def _checks_by(authority: str) -> ssl.SSLContext:
    """Answer how a certificate is checked: to read those of the system takes longer than most requests."""
    return ssl.create_default_context(cafile=authority or None)


def address_of(node: Node, *, user: str, password: str, authority: str = "") -> str:
    """Answer where a shovel reaches a node's broker, with limits so that a silent peer is noticed.

    :raises shared.tls.NobodyBelieved: for an amqps:// broker and no file of authorities.
    """
    scheme, _, place = node.broker.rpartition("://")
    host, _, vhost = place.partition("/")
    path = quote(unquote(vhost) or "/", safe="")
    url = f"{scheme or 'amqp'}://{user}:{quote(password, safe='')}@{host}/{path}"
    return _with_limits(for_a_broker(believing(url, authority)))


def _with_limits(url: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{_HEARTBEAT}"
