"""What the broker lets a neighbour's user do: write into its own exchange under its own key, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from amqp import Connection, Message
from amqp.exceptions import AMQPError

from shared.nodes.tables import stream_log
from tests.province import PASSWORD, Province, number, volunteer


@contextmanager
def opened(province: Province) -> Iterator[Any]:
    """Open a channel on the province's broker, as the user of 唐山."""
    place = province.map.get("hebei").broker
    host, _, vhost = place.partition("/")
    connection = Connection(
        f"127.0.0.1:{host.rpartition(':')[2]}", userid="node-tangshan", password=PASSWORD, virtual_host=vhost
    )
    connection.connect()
    try:
        yield connection.channel()
    finally:
        connection.collect()


FORBIDDEN: dict[str, Callable[[Any], object]] = {
    "write to another node's exchange": lambda ch: publish(ch, "from.shijiazhuang", "from.shijiazhuang"),
    "write under another key": lambda ch: publish(ch, "from.tangshan", "from.shijiazhuang"),
    "write to a service of the province": lambda ch: publish(ch, "anyuan.registration", "registration.x.v1"),
    "write to the services as if from another node": lambda ch: publish(ch, "anyuan.links", "records.x.v1"),
    "write straight into a queue": lambda ch: publish(ch, "", "anyuan.awards.inbox"),
    "say that it is another user": lambda ch: publish(
        ch, "from.tangshan", "from.tangshan", user_id="node-shijiazhuang"
    ),
    "declare a queue": lambda ch: ch.queue_declare("from.tangshan.mine", durable=True),
    "declare an exchange": lambda ch: ch.exchange_declare("mine", "fanout"),
    "bind a queue": lambda ch: ch.queue_bind("from.tangshan", "from.shijiazhuang", "#"),
    "unbind a queue": lambda ch: ch.queue_unbind("from.shijiazhuang", "from.shijiazhuang", "from.shijiazhuang"),
    "declare another's queue": lambda ch: ch.queue_declare("from.shijiazhuang", durable=True),
    "bind another's queue": lambda ch: ch.queue_bind("from.shijiazhuang", "from.tangshan", "#"),
    "purge another's queue": lambda ch: ch.queue_purge("from.shijiazhuang"),
    "delete another's queue": lambda ch: ch.queue_delete("from.shijiazhuang"),
    "purge a service's queue": lambda ch: ch.queue_purge("anyuan.awards.inbox"),
    "delete another's exchange": lambda ch: ch.exchange_delete("from.shijiazhuang"),
    "purge a queue": lambda ch: ch.queue_purge("from.tangshan"),
    "delete a queue": lambda ch: ch.queue_delete("from.tangshan"),
    "read its own queue": lambda ch: ch.basic_get("from.tangshan"),
    "read another's queue": lambda ch: ch.basic_get("from.shijiazhuang"),
    "read a service's queue": lambda ch: ch.basic_consume("anyuan.awards.inbox"),
}


def publish(channel: Any, exchange: str, key: str, **properties: Any) -> None:
    channel.confirm_select()
    channel.basic_publish_confirm(Message(b"x", **properties), exchange=exchange, routing_key=key)


@pytest.mark.fault(
    "S-X03",
    inject="use a neighbour's broker user for what is not its own: other exchanges, keys, queues and names",
    holds="the broker refuses each",
)
def test_what_a_neighbours_user_may_not_do(lasting_province: Province) -> None:
    for what, attempt in FORBIDDEN.items():
        with opened(lasting_province) as channel, pytest.raises(AMQPError) as refused:
            attempt(channel)
        # Access refused, or the user id is not its own.
        assert refused.value.reply_code in {403, 406}, what


def test_a_neighbours_user_has_no_management(lasting_province: Province) -> None:
    api = lasting_province["hebei"].api
    stranger = api.url.replace(api.url.split("://")[1].split("@")[0], f"node-tangshan:{quote(PASSWORD)}")

    answer = type(api)(stranger, api.vhost)._ask("GET", "/overview")

    assert answer.status_code == 401


def test_a_neighbours_user_may_not_take_all_connections(lasting_province: Province) -> None:
    limits = lasting_province["hebei"].api._ask("GET", "/user-limits/node-tangshan").json()

    assert limits[0]["value"] == {"max-connections": 20, "max-channels": 100}


TRICKS = {
    "copies to others": {"CC": ["from.shijiazhuang", "anyuan.awards.inbox"], "BCC": ["from.shijiazhuang"]},
    "a death it did not die": {"x-death": [{"queue": "from.tangshan", "reason": "expired", "count": 10**9}]},
    "a count of deliveries": {"x-delivery-count": 10**9},
    "a great many headers": {f"h{number}": "v" * 100 for number in range(500)},
    "a route": {"x-first-death-queue": "anyuan.awards.inbox", "anyuan-node": "hebei"},
}


@pytest.mark.fault(
    "S-X03",
    inject="send a letter with CC, BCC, x-death, huge and misleading headers",
    holds="it has one effect, where its signature says",
)
def test_headers_decide_nothing(lasting_province: Province) -> None:
    province = lasting_province
    city, above = province["tangshan"], province["hebei"]
    for serial, trick in enumerate(TRICKS):
        city.api.unlink("hebei")
        city.say("registration", volunteer("tangshan", serial))
        province.wait(lambda serial=serial: city.state("hebei").written == serial + 1, "the letter")  # type: ignore[misc]  # the loop's own value
        letter = bytes(city.rows(stream_log)[serial]["letter"])
        message = Message(letter, application_headers=TRICKS[trick], delivery_mode=2)
        try:
            with opened(province) as channel:
                channel.confirm_select()
                channel.basic_publish_confirm(message, exchange="from.tangshan", routing_key="from.tangshan")
        except AMQPError:
            # A copy under a key that is not its own is refused, and the message with it.
            assert trick == "copies to others"
            province.link("tangshan", "hebei")

        expected = [number("tangshan", each) for each in range(serial + 1)]
        province.wait(lambda expected=expected: above.heard() == expected, f"the volunteer, once, for {trick}")  # type: ignore[misc]  # the loop's own value
        assert above.state("shijiazhuang").stopped is None
        assert above.state("shijiazhuang").taken_in == 0
    # The shovel brings all of them once more.
    province.link("tangshan", "hebei")
    province.wait(lambda: city.state("hebei").waiting == 0, "the receipts")
    assert above.heard() == [number("tangshan", serial) for serial in range(len(TRICKS))]
