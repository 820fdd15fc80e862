"""Letters doubled, shuffled, lost and far ahead on a real link: each is applied once, in its order."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import func, select

from shared.clock import SystemClock
from shared.nodes.tables import parked_letter, stream_log
from tests.faults.links.putting import put
from tests.province import Province, RealNode, number, record, voided, volunteer
from tests.unit.nodes.making import Sender, registered


def letters_of(node: RealNode) -> list[bytes]:
    return [bytes(row["letter"]) for row in node.rows(stream_log)]


def written_without_a_link(province: Province, node: str, count: int) -> list[bytes]:
    """Let a node write letters that its shovel does not carry."""
    city = province[node]
    city.api.unlink("hebei")
    city.say("registration", *(volunteer(node, serial) for serial in range(count)))
    province.wait(lambda: city.state("hebei").written == count, "the letters")
    return letters_of(city)


def expected(node: str, count: int) -> list[str]:
    return [number(node, serial) for serial in range(count)]


@pytest.mark.fault(
    "F-20",
    inject="give every letter two to five times, and all of them again",
    holds="each has one effect",
)
def test_letters_that_come_many_times_have_one_effect(province: Province) -> None:
    rng = Random(20)
    letters = written_without_a_link(province, "tangshan", 60)
    copies = [letter for letter in letters for _ in range(rng.randint(2, 5))]

    put(province, "tangshan", *copies)
    put(province, "tangshan", *copies)

    province.wait(lambda: len(province["hebei"].heard()) == 60, "the volunteers")
    province.link("tangshan", "hebei")
    province.wait(lambda: province["tangshan"].state("hebei").waiting == 0, "the receipts")
    assert province["hebei"].heard() == expected("tangshan", 60)


@pytest.mark.fault(
    "F-21",
    inject="shuffle the letters of a stream in windows",
    holds="those that are early wait, and all are applied in their order",
)
@pytest.mark.parametrize("window", [10, pytest.param(100, marks=pytest.mark.full)])
def test_shuffled_letters_are_parked_and_applied_in_order(province: Province, window: int) -> None:
    rng = Random(window)
    letters = written_without_a_link(province, "tangshan", 200)
    shuffled = [letter for begin in range(0, 200, window) for letter in rng.sample(letters[begin:][:window], window)]

    put(province, "tangshan", *shuffled)

    above = province["hebei"]
    province.wait(lambda: len(above.heard()) == 200, "the volunteers")
    assert above.heard() == expected("tangshan", 200)
    assert above.state("tangshan").parked == 0
    assert above.state("tangshan").stopped is None


@pytest.mark.fault(
    "F-21",
    inject="shuffle records and their voids, so that many voids come before what they void",
    holds="each void waits for its record, and both are applied, in their order",
)
def test_a_void_that_comes_before_its_record_waits_for_it(province: Province) -> None:
    city, above, count = province["tangshan"], province["hebei"], 40
    city.api.unlink("hebei")
    of = number("hebei", 1)
    for serial in range(count):
        city.say("records", record("tangshan", of, serial))
        city.say("records", voided("tangshan", of, serial))
    province.wait(lambda: city.state("hebei").written == 2 * count, "the letters")
    letters = letters_of(city)

    put(province, "tangshan", *Random("voids").sample(letters, len(letters)))

    province.wait(lambda: len(above.heard_in_order()) == 2 * count, "records and voids")
    assert above.heard_in_order() == [
        (what, f"tangshan-{serial}") for serial in range(count) for what in ("record", "voided")
    ]
    assert (above.state("tangshan").parked, above.state("tangshan").stopped) == (0, None)


def test_a_lost_letter_is_asked_for(province: Province) -> None:
    letters = written_without_a_link(province, "tangshan", 20)
    put(province, "tangshan", *(letter for place, letter in enumerate(letters) if place not in (3, 4, 11)))
    province.wait(lambda: province["hebei"].state("tangshan").parked > 0, "the gap")

    province.link("tangshan", "hebei")
    # The dispatched letters still lie in the queue of 唐山, as they would after a long outage.

    province.wait(lambda: len(province["hebei"].heard()) == 20, "the volunteers")
    assert province["hebei"].heard() == expected("tangshan", 20)


def test_the_last_letter_lost_is_found_by_the_hourly_comparison(province: Province) -> None:
    letters = written_without_a_link(province, "tangshan", 5)
    city, above = province["tangshan"], province["hebei"]
    city.api._ask("DELETE", f"/queues/{city.api._vhost}/to.hebei/contents").raise_for_status()
    put(province, "tangshan", *letters[:3])
    province.wait(lambda: len(above.heard()) == 3, "the first three")
    province.link("tangshan", "hebei")

    city.compare("hebei")

    province.wait(lambda: above.heard() == expected("tangshan", 5), "the last two")
    province.wait(lambda: city.state("hebei").waiting == 0, "the receipts")


def test_parked_letters_beyond_the_window_are_not_kept(province: Province) -> None:
    now, signer = SystemClock().now(), province["tangshan"].signer()
    far = Sender("tangshan", "hebei", signer=signer, seq=5000)
    letters = [
        far.letter(registered(serial, node="tangshan", region="130200", block="12"), at=now) for serial in range(50)
    ]

    put(province, "tangshan", *map(bytes, letters))
    province["shijiazhuang"].say("registration", volunteer("shijiazhuang", 0))

    province.wait(province["hebei"].heard, "the other city")
    with province["hebei"].office.database.reading() as session:
        assert session.execute(select(func.count()).select_from(parked_letter)).scalar() == 0
