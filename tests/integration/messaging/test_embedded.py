"""What is special about the embedded mode: one process, one courier, files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.clock import AdjustableClock
from shared.messaging.embedded import Courier
from shared.messaging.watch import waiting
from tests.integration.messaging.transports import Embedded
from tests.integration.messaging.village import Village, make_databases, sqlite_urls


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    clock = AdjustableClock()
    made = Village(make_databases(sqlite_urls(tmp_path), clock), clock)
    yield made
    for database in made.databases.values():
        database.engine.dispose()


@pytest.fixture
def courier(village: Village) -> Courier:
    return Courier(village.databases, village.reactions)


def carry_all(courier: Courier) -> None:
    while courier.carry_once():
        pass


def unsent(village: Village) -> int:
    with village.databases["shop"].reading() as session:
        return waiting(session, village.clock.now()).unsent


def test_a_new_process_goes_on_where_the_last_one_stopped(village: Village, courier: Courier) -> None:
    village.note(("a", 1), ("a", 2))
    carry_all(courier)
    village.note(("a", 3))
    carry_all(Courier(village.databases, village.reactions))
    assert village.written() == village.written("mirror") == [("a", 1), ("a", 2), ("a", 3)]


def test_the_outbox_is_unsent_until_every_listener_has_read_it(village: Village, courier: Courier) -> None:
    village.note(("a", 1))
    courier.mark_sent()
    assert unsent(village) == 1
    assert not courier.is_quiet()
    carry_all(courier)
    courier.mark_sent()
    assert unsent(village) == 0
    assert courier.is_quiet()


def test_a_listener_that_takes_nothing_in_holds_up_no_other(village: Village, courier: Courier) -> None:
    village.note(("a", 1))
    carry_all(courier)
    with village.databases["ledger"].unit_of_work() as uow:
        uow.session.execute(text("DROP TABLE inbox_cursor"))
    with village.databases["ledger"].unit_of_work() as uow:
        uow.session.execute(text("UPDATE outbox SET id = id + 1000, event_id = 'again'"))
    with pytest.raises(ExceptionGroup):
        courier.carry_once()
    with village.databases["mirror"].reading() as session:
        assert session.execute(text("SELECT last_id FROM inbox_cursor")).scalar_one() == 1001


def test_publishing_wakes_the_courier_at_once(village: Village) -> None:
    transport = Embedded(village)
    transport.start()
    village.note(("a", 1))
    village.wait(lambda: village.written("mirror"), "the mirror", limit=5)
    transport.stop()
