"""Letters doubled, shuffled, lost and far ahead on a real link: each is applied once, in its order."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest
from sqlalchemy import func, select

from shared.clock import SystemClock
from shared.nodes.tables import parked_letter, stream_log
from tests.faults.links.putting import put
from tests.province import Province, number, record, voided, volunteer
from tests.unit.nodes.making import Sender, registered


@dataclass
class Outage:
    """What 唐山 writes while its shovel does not run, in a province in which much was said before."""

    province: Province

    def __post_init__(self) -> None:
        self.city, self.above = self.province["tangshan"], self.province["hebei"]
        self.city.api.unlink("hebei")
        self._written = self.city.state("hebei").written
        self._heard = len(self.above.heard_in_order())
        # Half a minute or more would pass before the same is asked for again.
        self.above.forget_asking()

    def volunteers(self, count: int) -> list[bytes]:
        """Let volunteers be registered; answers the letters about them."""
        self.said = [number("tangshan", self._written + serial) for serial in range(count)]
        serials = range(self._written, self._written + count)
        self.city.say("registration", *(volunteer("tangshan", serial) for serial in serials))
        return self.letters(count)

    def letters(self, count: int) -> list[bytes]:
        """Answer the letters that are written in this outage, once there are so many."""
        self.province.wait(lambda: self.city.state("hebei").written == self._written + count, "the letters")
        return [bytes(row["letter"]) for row in self.city.rows(stream_log)][self._written :]

    def heard(self) -> list[tuple[str, str]]:
        """What the province has heard since it began, of whatever kind, in order."""
        return self.above.heard_in_order()[self._heard :]

    def judge(self) -> None:
        """Wait until the province has heard of all these volunteers: once each, and in their order."""
        self.province.wait(lambda: len(self.heard()) >= len(self.said), "the volunteers")
        assert self.heard() == [("volunteer", each) for each in self.said]
        assert (self.above.state("tangshan").parked, self.above.state("tangshan").stopped) == (0, None)

    def end(self) -> None:
        """Let the shovel run again, and wait until everything is receipted."""
        self.province.link("tangshan", "hebei")
        self.province.wait(lambda: self.city.state("hebei").waiting == 0, "the receipts")


@pytest.fixture
def outage(lasting_province: Province) -> Outage:
    return Outage(lasting_province)


@pytest.mark.fault(
    "F-20",
    inject="give every letter two to five times, and all of them again",
    holds="each has one effect",
)
def test_letters_that_come_many_times_have_one_effect(outage: Outage) -> None:
    rng = Random(20)
    letters = outage.volunteers(60)
    copies = [letter for letter in letters for _ in range(rng.randint(2, 5))]

    put(outage.province, "tangshan", *copies)
    put(outage.province, "tangshan", *copies)

    outage.judge()
    outage.end()
    outage.judge()


@pytest.mark.fault(
    "F-21",
    inject="shuffle the letters of a stream in windows of 10 and of 100",
    holds="those that are early wait, and all are applied in their order",
)
@pytest.mark.parametrize("window", [10, 100])
def test_shuffled_letters_are_parked_and_applied_in_order(outage: Outage, window: int) -> None:
    rng = Random(window)
    letters = outage.volunteers(200)
    shuffled = [letter for begin in range(0, 200, window) for letter in rng.sample(letters[begin:][:window], window)]

    put(outage.province, "tangshan", *shuffled)

    outage.judge()


@pytest.mark.fault(
    "F-21",
    inject="shuffle records and their voids, so that many voids come before what they void",
    holds="each void waits for its record, and both are applied, in their order",
)
def test_a_void_that_comes_before_its_record_waits_for_it(outage: Outage) -> None:
    count, of = 40, number("hebei", 1)
    for serial in range(count):
        outage.city.say("records", record("tangshan", of, serial))
        outage.city.say("records", voided("tangshan", of, serial))
    letters = outage.letters(2 * count)

    put(outage.province, "tangshan", *Random("voids").sample(letters, len(letters)))

    outage.province.wait(lambda: len(outage.heard()) == 2 * count, "records and voids")
    assert outage.heard() == [(what, f"tangshan-{serial}") for serial in range(count) for what in ("record", "voided")]
    assert outage.above.state("tangshan").parked == 0


def test_a_lost_letter_is_asked_for(outage: Outage) -> None:
    letters = outage.volunteers(20)
    put(outage.province, "tangshan", *(letter for place, letter in enumerate(letters) if place not in (3, 4, 11)))
    outage.province.wait(lambda: outage.above.state("tangshan").parked > 0, "the gap")

    outage.end()
    # The dispatched letters still lie in the queue of 唐山, as they would after a long outage.

    outage.judge()


def test_the_last_letter_lost_is_found_by_the_hourly_comparison(outage: Outage) -> None:
    letters, city = outage.volunteers(5), outage.city
    city.api._ask("DELETE", f"/queues/{city.api._vhost}/to.hebei/contents").raise_for_status()
    put(outage.province, "tangshan", *letters[:3])
    outage.province.wait(lambda: len(outage.heard()) == 3, "the first three")
    outage.province.link("tangshan", "hebei")

    city.compare("hebei")

    outage.judge()
    outage.end()


def test_parked_letters_beyond_the_window_are_not_kept(outage: Outage) -> None:
    now, signer = SystemClock().now(), outage.city.signer()
    far = Sender("tangshan", "hebei", signer=signer, seq=5000)
    letters = [
        far.letter(registered(serial, node="tangshan", region="130200", block="12"), at=now) for serial in range(50)
    ]

    put(outage.province, "tangshan", *map(bytes, letters))
    outage.province["shijiazhuang"].say("registration", volunteer("shijiazhuang", 0))

    outage.province.wait(outage.heard, "the other city")
    with outage.above.office.database.reading() as session:
        assert session.execute(select(func.count()).select_from(parked_letter)).scalar() == 0
