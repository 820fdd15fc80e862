"""A charter that changes while all runs: neighbours come and go, keys follow one another, nothing is restarted."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from shared.clock import SystemClock
from shared.messaging.rabbit import BrokerConnection
from shared.nodes.book import Book
from shared.nodes.core.keys import CharterRefused
from shared.nodes.core.letters import Signer
from shared.nodes.core.nodemap import NodeMap
from shared.nodes.files import write_whole
from shared.nodes.office import CharterExpired
from shared.nodes.tables import charter as charters
from shared.regions import Regions
from tests.integration.nodes.by_hand import Pair, volunteers
from tests.province import Province, RealNode, number, volunteer
from tests.unit.nodes.making import MAP, NOW


def asked_of_broker(node: RealNode, queue: str) -> tuple[int, int] | None:
    """Answer how many messages and readers a queue has, or None where there is none."""
    from amqp.exceptions import NotFound

    connection = BrokerConnection(node.broker_url, name="test")
    try:
        _, messages, readers = connection.channel().queue_declare(queue, passive=True)
    except NotFound:
        return None
    finally:
        connection.drop()
    return int(messages), int(readers)


def test_a_neighbour_that_leaves_the_map_is_read_no_longer_and_one_that_comes_is(province: Province) -> None:
    city, above = province["tangshan"], province["hebei"]
    city.say("registration", volunteer("tangshan", 0))
    province.wait(lambda: above.heard() == [number("tangshan", 0)], "the first one")
    whole = province.map
    province.map = NodeMap([node for node in whole if node.id != "tangshan"], whole.regions)
    province.publish(nodes=["hebei"])
    province.wait(lambda: (asked_of_broker(above, "from.tangshan") or (0, 1))[1] == 0, "the end of the reader")
    above.api.unlink("tangshan")
    above.api._ask("DELETE", f"/queues/{above.api._vhost}/to.tangshan").raise_for_status()
    city.say("registration", volunteer("tangshan", 1))
    province.wait(lambda: (asked_of_broker(above, "from.tangshan") or (0, 0))[0] > 0, "a letter that nobody reads")
    assert len(above.heard()) == 1

    province.map = whole
    province.publish()
    province.wait(lambda: asked_of_broker(above, "to.tangshan") is not None, "a queue to the new neighbour")
    province.link("hebei", "tangshan")

    province.wait(lambda: above.heard() == [number("tangshan", 0), number("tangshan", 1)], "the letter")
    province.wait(lambda: city.state("hebei").waiting == 0, "its receipt, over the new queue")


def test_letters_go_on_under_a_new_key_without_a_restart(province: Province) -> None:
    city, above = province["tangshan"], province["hebei"]
    old = city.signer().kid
    city.say("registration", volunteer("tangshan", 0))
    province.wait(above.heard, "a letter by the old key")

    new = province.new_key("tangshan", replaces=old)
    province.publish()
    city.say("registration", volunteer("tangshan", 1))

    province.wait(lambda: len(above.heard()) == 2, "a letter by the new key")
    assert city.signer().kid == new
    assert above.state("tangshan").stopped is None


def taken(pair: Pair) -> list[int]:
    with pair.city.office.database.reading() as session:
        return list(session.scalars(select(charters.c.version).order_by(charters.c.version)))


def test_what_is_taken_up_is_written_down_with_its_hash(pair: Pair) -> None:
    pair.city.tick()
    pair.clock.set(NOW + timedelta(minutes=1))
    pair.publish()
    pair.city.tick()
    pair.city.tick()

    assert taken(pair) == [1, 2]
    assert [code for what, code in pair.city.trail() if what == "charter"] == ["1", "2"]


def test_what_is_undone_is_written_down_the_next_time(pair: Pair) -> None:
    office = pair.city.office
    with suppress(ZeroDivisionError), office.database.unit_of_work() as uow:
        office.take_up(uow)
        raise ZeroDivisionError
    assert taken(pair) == []

    pair.city.tick()

    assert taken(pair) == [1]


def test_a_charter_that_is_replaced_while_it_is_read_is_not_mixed_with_the_next(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = pair.city.office
    first = office.charter_file.read_bytes()
    load = Regions.load

    def replacing() -> Regions:
        monkeypatch.setattr(Regions, "load", load)
        pair.publish()
        return load()

    monkeypatch.setattr(Regions, "load", replacing)
    pair.city.tick()
    pair.city.tick()

    with office.database.reading() as session:
        found = {row.version: row.sha256 for row in session.execute(select(charters))}
    assert found == {
        1: hashlib.sha256(first).hexdigest(),
        2: hashlib.sha256(office.charter_file.read_bytes()).hexdigest(),
    }


def test_an_older_a_forged_or_another_charter_of_the_same_number_is_not_taken_up(pair: Pair) -> None:
    office = pair.city.office
    first = office.charter_file.read_bytes()
    pair.publish()
    pair.city.tick()
    second = office.charter_file.read_bytes()
    forger = Signer(Signer.new_key("root"))
    forged = Book(version=8).publish(MAP, root=forger, now=NOW)
    other = Book(keys=pair.book.keys, version=1).publish(MAP, root=pair.root, now=NOW + timedelta(seconds=9))
    body = json.loads(second.partition(b"\n")[2]) | {"version": 9}
    changed = second.partition(b"\n")[0] + b"\n" + json.dumps(body).encode()

    for wrong in (first, forged, other, changed, b"", b"{}"):
        write_whole(office.charter_file, wrong)
        with pytest.raises(CharterRefused), office.database.unit_of_work() as uow:
            office.take_up(uow)
    assert taken(pair) == [2]

    write_whole(office.charter_file, second)
    pair.city.say(*volunteers(1))
    pair.carry()
    assert pair.above.state("tangshan").taken_in == 1


def test_past_its_day_it_still_says_who_the_neighbours_are(pair: Pair) -> None:
    pair.clock.set(NOW + timedelta(days=401))
    office = pair.city.office

    assert office.neighbours() == ("hebei",)
    with pytest.raises(CharterExpired), office.database.unit_of_work() as uow:
        office.take_up(uow)


def test_a_key_that_ends_leaves_the_place_to_its_successor(province: Province) -> None:
    city = province["tangshan"]
    old = city.signer().kid
    new = province.new_key("tangshan", replaces=old)
    soon = SystemClock().now() + timedelta(seconds=1)
    province.book.keys[old] = replace(province.book.keys[old], not_after=soon)
    province.publish()
    province.wait(lambda: SystemClock().now() > soon, "the end of the old key")

    city.say("registration", volunteer("tangshan", 0))

    province.wait(lambda: len(province["hebei"].heard()) == 1, "a letter by the new key")
    assert city.signer().kid == new
