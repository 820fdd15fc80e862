"""Letters doubled, shuffled, forged and malformed on a real link: nothing false is applied, and other streams go on."""

from __future__ import annotations

import json
from random import Random

import pytest
from sqlalchemy import func, select

from shared.clock import SystemClock
from shared.nodes.core.letters import Letter, Signer
from shared.nodes.reconcile import resume
from shared.nodes.tables import link_trail, parked_letter, quarantine, stream_log
from tests.province import Province, RealNode, number, record, voided, volunteer
from tests.unit.nodes.making import Sender, registered

THIEF = Signer(Signer.new_key("tangshan-thief"))


def letters_of(node: RealNode) -> list[bytes]:
    return [bytes(row["letter"]) for row in node.rows(stream_log)]


def written_without_a_link(province: Province, node: str, count: int) -> list[bytes]:
    """Let a node write letters that its shovel does not carry."""
    city = province[node]
    city.api.unlink("hebei")
    city.say("registration", *(volunteer(node, serial) for serial in range(count)))
    province.wait(lambda: city.state("hebei").written == count, "the letters")
    return letters_of(city)


def put(province: Province, node: str, *letters: bytes) -> None:
    """Put bytes straight into the queue that a node's user may write to, as its shovel would."""
    from amqp import Message

    from shared.messaging.rabbit import BrokerConnection

    connection = BrokerConnection(province["hebei"].broker_url, name="shovel of its own")
    channel = connection.channel()
    for letter in letters:
        channel.basic_publish(Message(letter, delivery_mode=2), exchange=f"from.{node}", routing_key=f"from.{node}")
    channel.close()
    connection.close()


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


def junk(province: Province) -> dict[str, bytes]:
    """What may come in the place of a letter."""
    signer = province["tangshan"].signer()
    now = SystemClock().now()
    honest = Sender("tangshan", "hebei", signer=signer).letter(
        registered(1, node="tangshan", region="130200", block="12"), at=now
    )
    again = json.dumps(json.loads(honest.body), ensure_ascii=False).encode()
    return {
        "nothing": b"",
        "noise": bytes(range(256)) * 10,
        "unsigned": honest.body,
        "5 MB": b"x" * 5_000_000,
        "10 MB of text": bytes(signer.sign(honest.body.replace("王五".encode(), b"x" * 10_000_000), now=now)),
        "written anew": bytes(Letter(honest.signature, again)),
        "signed by a thief": bytes(THIEF.sign(honest.body, now=now)),
        "nested": bytes(signer.sign(b'{"data":' + b"[" * 10_000 + b"]" * 10_000 + b"}", now=now)),
        "not UTF-8": bytes(Letter(honest.signature, b"\xff\xfe")),
        "NUL": bytes(signer.sign(honest.body.replace(b"volunteer.registered", b"volunteer.\\u0000"), now=now)),
        "unknown event": bytes(
            Sender("tangshan", "hebei", signer=signer).letter(
                registered(1)
                .replace(b"volunteer.registered.v1", b"volunteer.registered.v99")
                .replace(b"shijiazhuang", b"tangshan"),
                at=now,
            )
        ),
    }


@pytest.mark.fault(
    "F-22",
    "S-X01",
    "S-X04",
    inject="put noise, 5 MB, a rightful 10 MB of text, unsigned, re-written, forged and nested letters in the place of"
    " a neighbour's",
    holds="its stream stops and no other does, and nothing is lost once somebody lets it go on",
)
@pytest.mark.parametrize(
    "what",
    [
        pytest.param("nothing", marks=pytest.mark.full),
        pytest.param("noise", marks=pytest.mark.full),
        "unsigned",
        pytest.param("5 MB", marks=pytest.mark.full),
        pytest.param("10 MB of text", marks=pytest.mark.full),
        pytest.param("written anew", marks=pytest.mark.full),
        "signed by a thief",
        pytest.param("nested", marks=pytest.mark.full),
        pytest.param("not UTF-8", marks=pytest.mark.full),
        pytest.param("NUL", marks=pytest.mark.full),
        "unknown event",
    ],
)
def test_junk_stops_its_own_stream_and_no_other_until_somebody_lets_it_go_on(province: Province, what: str) -> None:
    above = province["hebei"]
    put(province, "tangshan", junk(province)[what])
    province.wait(lambda: above.state("tangshan").stopped is not None, "the stop")

    for city in ("tangshan", "shijiazhuang"):
        province[city].say("registration", *(volunteer(city, serial) for serial in range(3)))
    province.wait(lambda: above.heard() == expected("shijiazhuang", 3), "the other city")
    assert len(above.rows(quarantine)) == 1
    assert [row["what"] for row in above.rows(link_trail) if row["node"] == "tangshan"] == ["stopped"]
    province.wait(
        lambda: [row for row in province["tangshan"].rows(link_trail) if row["code"] == "stopped_there"],
        "the city's knowledge of it",
    )

    with above.office.database.unit_of_work() as uow:
        resume(uow, above.office, "tangshan", by="赵六")

    # What came meanwhile is asked for again: nothing of it is lost.
    province.wait(lambda: len(above.heard()) == 6, "what the city had said")
    assert above.heard()[3:] == expected("tangshan", 3)


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
