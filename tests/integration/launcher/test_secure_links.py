"""A link between two nodes over TLS, set up by commands: the shovel checks whom it talks to, at both ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from amqp import Message

from shared.messaging.rabbit import BrokerConnection
from shared.nodes.broker import BrokerApi
from shared.nodes.office import queue_from, queue_to
from shared.settings import Settings, SettingsError
from tests.integration.launcher.node_commands import MAP, done, run
from tests.secure import SecureBroker
from tests.waiting import wait_until

NODES = ("hebei", "tangshan")


@dataclass
class Pair:
    """Two nodes on one broker that answers over TLS, and the environment of each."""

    environments: Mapping[str, dict[str, str]]

    def settings(self, node: str) -> Settings:
        return Settings.read(self.environments[node])

    def link(self, **changed: str) -> None:
        """Admit 唐山 at the province, and set its shovel up, with some of its settings changed."""
        done("admit", "tangshan", env=self.environments["hebei"])
        done("link", "hebei", env=self.environments["tangshan"] | changed)

    def send(self, body: bytes) -> None:
        with self._connected("tangshan") as connection:
            channel, key = connection.channel(), queue_to("hebei")
            channel.confirm_select()
            channel.basic_publish_confirm(Message(body, delivery_mode=2), exchange="anyuan.links", routing_key=key)

    def received(self) -> list[bytes]:
        """Take what has come to the province."""
        found: list[bytes] = []
        with self._connected("hebei") as connection:
            queue = queue_from("tangshan")
            connection.channel().basic_consume(queue, callback=lambda each: found.append(bytes(each.body)), no_ack=True)
            connection.drain(1.0)
            connection.drain(1.0)
        return found

    def shovel(self) -> str:
        """Answer what the broker says of the shovel, asked over TLS."""
        given = self.settings("tangshan")
        url, authority = given.broker_url_of("links"), str(given.broker_ca_file)
        return BrokerApi.beside(given.broker_api_url, url, authority=authority).shovel_state("hebei")

    @contextmanager
    def _connected(self, node: str) -> Iterator[BrokerConnection]:
        connection = BrokerConnection(self.settings(node).broker_url_of("links"), name="test")
        try:
            yield connection
        finally:
            connection.close()


@pytest.fixture
def pair(charter: Path, secure_broker: SecureBroker, request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Give two nodes, 唐山 and the province, whose map leads to the host that the test's parameter names."""
    host = getattr(request, "param", "localhost")
    text, environments = MAP.read_text(), {}
    for node in NODES:
        secure_broker.rabbit.create_vhost(node)
        scheme, _, place = secure_broker.url_of(node, host=host).partition("://")
        text = text.replace(f'"rabbitmq-{node}:5672', f'"{scheme}://{place.rpartition("@")[2]}')
        environments[node] = {
            "ANYUAN_NODE": node,
            "ANYUAN_BROKER_URL": secure_broker.url_of(node),
            "ANYUAN_BROKER_CA_FILE": str(secure_broker.authority),
            "ANYUAN_BROKER_API_URL": secure_broker.api_url,
            "ANYUAN_CHARTER_FILE": str(charter / "charter"),
            "ANYUAN_ROOT_KEY_FILE": str(charter / "hebei/root.json"),
            "ANYUAN_LINK_PASSWORDS": str(charter / "links"),
            "ANYUAN_LINK_CA_FILE": secure_broker.own_file("authority.pem"),
        }
    (charter / "nodes.toml").write_text(text)
    root, book = charter / "hebei/root-private.json", charter / "book.json"
    done("publish", charter / "charter", "--root-key", root, "--map", charter / "nodes.toml", "--book", book)
    yield Pair(environments)
    for node in NODES:
        secure_broker.rabbit.drop_vhost(node)


def test_letters_cross_a_link_over_tls(pair: Pair) -> None:
    pair.link()
    pair.send(b"a letter")

    assert wait_until(pair.received, limit=30, what="the letter") == [b"a letter"]
    assert pair.shovel() == "running"


def stays_where_it_is(pair: Pair) -> None:
    wait_until(lambda: pair.shovel() not in ("running", "absent"), limit=30, what="the shovel to fail")
    assert pair.received() == []


def test_a_shovel_does_not_talk_to_a_broker_that_a_stranger_vouches_for(
    pair: Pair, secure_broker: SecureBroker
) -> None:
    pair.link(ANYUAN_LINK_CA_FILE=secure_broker.own_file("stranger.pem"))
    pair.send(b"a letter")

    stays_where_it_is(pair)


@pytest.mark.parametrize("pair", ["127.0.0.1"], indirect=True)
def test_a_shovel_does_not_talk_to_a_broker_of_another_name(pair: Pair) -> None:
    pair.link()
    pair.send(b"a letter")

    stays_where_it_is(pair)


def test_without_an_authority_no_link_is_set_up(pair: Pair) -> None:
    done("admit", "tangshan", env=pair.environments["hebei"])
    told = run("link", "hebei", env=pair.environments["tangshan"] | {"ANYUAN_LINK_CA_FILE": ""})

    assert isinstance(told.exception, SettingsError)
    assert "ANYUAN_LINK_CA_FILE" in str(told.exception)
