"""A key changed during an outage, a key stolen, a charter expired, and a node restored from its backup."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.clock import SystemClock
from shared.messaging import StoredOutbox
from shared.nodes.marks import RESTORED
from shared.nodes.reconcile import hold_until_compared, resume
from shared.nodes.tables import link_trail, quarantine, stream_log
from shared.storage import Database
from shared.storage.database import make_engine
from tests.province import Province, number, volunteer
from tests.servers import PostgresServer


def expected(node: str, count: int) -> list[str]:
    return [number(node, serial) for serial in range(count)]


def tell(province: Province, node: str, numbers: range) -> None:
    province[node].say("registration", *(volunteer(node, serial) for serial in numbers))


@pytest.mark.fault(
    "F-24",
    inject="cut a link while both nodes work, and let the old key of one end meanwhile",
    holds="both converge, and what the old key signed in its time counts",
)
@pytest.mark.full
def test_both_sides_work_through_a_long_outage_and_a_change_of_keys_and_converge(province: Province) -> None:
    city, above = province["tangshan"], province["hebei"]
    city.api.unlink("hebei")
    above.api.unlink("tangshan")
    old = city.signer().kid
    tell(province, "tangshan", range(30))
    province.wait(lambda: city.state("hebei").written == 30, "letters by the old key")
    new = province.new_key("tangshan", replaces=old)
    # The thirty days of overlap are over before the link is back.
    overlapping = province.book.keys[old]
    signed_last = SystemClock().now()
    province.book.keys[old] = replace(overlapping, not_after=signed_last + timedelta(seconds=1))
    province.publish()
    province.wait(lambda: SystemClock().now() > signed_last + timedelta(seconds=2), "the end of the old key")
    tell(province, "tangshan", range(30, 60))
    province.wait(lambda: city.state("hebei").written == 60, "letters by the new key")

    province.link("tangshan", "hebei")
    province.link("hebei", "tangshan")

    province.wait(lambda: above.heard() == expected("tangshan", 60), "everything")
    province.wait(lambda: city.state("hebei").waiting == 0, "the receipts")
    assert city.signer().kid == new


@pytest.mark.full
def test_what_a_stolen_key_signed_waits_for_a_person(province: Province) -> None:
    city, above = province["tangshan"], province["hebei"]
    tell(province, "tangshan", range(3))
    province.wait(lambda: len(above.heard()) == 3, "what was taken in before")
    city.api.unlink("hebei")
    tell(province, "tangshan", range(3, 6))
    province.wait(lambda: city.state("hebei").written == 6, "letters on their way")
    stolen = city.signer().kid
    province.new_key("tangshan")
    now = SystemClock().now()
    province.book.revoke(stolen, by="张三", approved_by="李四", compromised_at=now)
    province.publish()

    province.link("tangshan", "hebei")

    province.wait(lambda: above.state("tangshan").stopped == "key_revoked", "the stop")
    assert len(above.heard()) == 3
    with above.office.database.unit_of_work() as uow:
        resume(uow, above.office, "tangshan", by="赵六", release_to=5)
    province.wait(lambda: len(above.heard()) == 5, "what was released")
    province.wait(lambda: above.state("tangshan").stopped == "key_revoked", "the stop at what was not")
    assert above.heard() == expected("tangshan", 5)


@pytest.mark.full
def test_past_its_day_a_charter_lets_nothing_in_and_nothing_is_lost(province: Province) -> None:
    city, above = province["tangshan"], province["hebei"]
    province.publish(lasting=timedelta(seconds=1), nodes=["hebei"])
    province.wait(above.office.charter_file.exists, "the charter")
    now = SystemClock().now()
    province.wait(lambda: SystemClock().now() > now + timedelta(seconds=1.5), "its end")

    tell(province, "tangshan", range(5))
    province.wait(lambda: city.state("hebei").written == 5, "the letters")
    province.wait(lambda: _unacknowledged(province, "from.tangshan") == 5, "the letters at the province's door")
    assert above.heard() == []
    province.publish()

    province.wait(lambda: above.heard() == expected("tangshan", 5), "the volunteers")


@pytest.mark.full
def test_an_older_charter_is_not_taken_up(province: Province) -> None:
    above = province["hebei"]
    older = above.office.charter_file.read_bytes()
    province.publish()
    tell(province, "tangshan", range(1))
    province.wait(lambda: len(above.heard()) == 1, "a letter under the newer one")

    above.office.charter_file.write_bytes(older)
    tell(province, "tangshan", range(1, 2))
    province.wait(lambda: _unacknowledged(province, "from.tangshan") == 1, "the letter at the door")
    assert len(above.heard()) == 1

    province.publish()
    province.wait(lambda: len(above.heard()) == 2, "the letter")


def restore(province: Province, postgres: PostgresServer, backup: str) -> None:
    """Put the links of 唐山 back to what they were at the backup; its node is stopped."""
    city = province["tangshan"]
    city.office.database.engine.dispose()
    url = postgres.url_of(backup)
    city.office.database = Database(make_engine(url), clock=SystemClock(), outbox=StoredOutbox("links", "tangshan"))
    city.office._published = None


@pytest.fixture
def lost_hour(province: Province, postgres: PostgresServer) -> str:
    """Letters before the backup, the backup, and letters after it that the province has; the node is stopped."""
    city, above = province["tangshan"], province["hebei"]
    tell(province, "tangshan", range(10))
    province.wait(lambda: city.state("hebei").receipted == 10, "the first receipts")
    city.stop()
    city.office.database.engine.dispose()
    original = str(city.office.database.engine.url.database)
    postgres.create_database("backup_of_tangshan", template=original)
    city.start()
    tell(province, "tangshan", range(10, 15))
    province.wait(lambda: city.state("hebei").receipted == 15, "the receipts of what will be lost")
    province.wait(lambda: len(above.heard()) == 15, "what was receipted to reach the services")
    assert above.heard() == expected("tangshan", 15)
    city.stop()
    return "backup_of_tangshan"


@pytest.mark.fault(
    "F-25",
    inject="start a node from a backup as if nothing were",
    holds="places used again are a fork: its stream stops, nothing false is applied, others go on",
)
def test_a_node_that_starts_from_a_backup_as_if_nothing_were_is_noticed(
    province: Province, postgres: PostgresServer, lost_hour: str
) -> None:
    city, above = province["tangshan"], province["hebei"]
    restore(province, postgres, lost_hour)
    city.start()
    tell(province, "tangshan", range(20, 23))

    province.wait(lambda: above.state("tangshan").stopped == "fork", "the fork")
    tell(province, "shijiazhuang", range(2))
    province.wait(lambda: len(above.heard()) == 17, "the other city")
    assert above.heard()[:15] == expected("tangshan", 15), "nothing is taken back and nothing false came"
    assert [row["code"] for row in above.rows(quarantine)] == ["fork"] * len(above.rows(quarantine))


@pytest.mark.fault(
    "F-25",
    inject="restore a node from a backup by the procedure",
    holds="it gets its own letters back, goes on in a new epoch, and nothing is lost or doubled",
)
def test_a_restored_node_gets_its_own_letters_back_and_goes_on_in_a_new_epoch(
    province: Province, postgres: PostgresServer, lost_hour: str
) -> None:
    city, above = province["tangshan"], province["hebei"]
    restore(province, postgres, lost_hour)
    with city.office.database.unit_of_work() as uow:
        hold_until_compared(uow, city.office)
    province.book.begin_anew("tangshan", by="张三", approved_by="李四")
    province.publish()
    city.start()
    tell(province, "tangshan", range(20, 25))

    province.wait(lambda: len(above.heard()) == 20, "what was said since")

    assert above.heard() == expected("tangshan", 15) + [number("tangshan", serial) for serial in range(20, 25)]
    written = [(row["epoch"], row["seq"]) for row in city.rows(stream_log) if row["audience"] == "hebei"]
    assert written == [(1, place) for place in range(1, 16)] + [(2, place) for place in range(1, 6)]
    province.wait(lambda: city.state("hebei").waiting == 0, "the receipts")
    assert city.state("hebei").held_because is None
    assert above.state("tangshan").stopped is None
    assert [row["code"] for row in city.rows(link_trail) if row["what"] == "alarm"] == ["we_are_behind_ourselves"]


@pytest.mark.full
def test_a_restored_node_holds_its_streams_until_the_root_gives_it_a_new_epoch(
    province: Province, postgres: PostgresServer, lost_hour: str
) -> None:
    city, above = province["tangshan"], province["hebei"]
    restore(province, postgres, lost_hour)
    with city.office.database.unit_of_work() as uow:
        hold_until_compared(uow, city.office)
    city.start()
    tell(province, "tangshan", range(20, 22))
    province.wait(lambda: city.state("hebei").written == 15, "its own letters back")
    assert city.state("hebei").held_because == RESTORED
    assert len(above.heard()) == 15

    province.book.begin_anew("tangshan", by="张三", approved_by="李四")
    province.publish()
    city.compare("hebei")

    province.wait(lambda: len(above.heard()) == 17, "what it had to say")


@pytest.mark.full
def test_a_restored_receiver_is_sent_again_what_it_lost(province: Province, postgres: PostgresServer) -> None:
    city, above = province["tangshan"], province["hebei"]
    tell(province, "hebei", range(1))
    tell(province, "tangshan", range(5))
    province.wait(lambda: city.state("hebei").receipted == 5, "the receipts")
    above.stop()
    above.office.database.engine.dispose()
    postgres.create_database("backup_of_hebei", template=str(above.office.database.engine.url.database))
    above.start()
    tell(province, "tangshan", range(5, 9))
    province.wait(lambda: city.state("hebei").receipted == 9, "the receipts of what will be lost")
    above.stop()
    above.office.database.engine.dispose()
    url = postgres.url_of("backup_of_hebei")
    above.office.database = Database(make_engine(url), clock=SystemClock(), outbox=StoredOutbox("links", "hebei"))
    above.office._published = None
    above.start()

    city.compare("hebei")

    province.wait(lambda: above.state("tangshan").taken_in == 9, "the letters again")
    # The services themselves had not lost anything, and know what they hear twice.
    assert above.heard()[1:] == expected("tangshan", 9)


def _unacknowledged(province: Province, queue: str) -> int:
    answer = province["hebei"].api._ask("GET", f"/queues/{province['hebei'].api._vhost}/{queue}")
    return int(answer.json().get("messages", 0)) if answer.is_success else 0
