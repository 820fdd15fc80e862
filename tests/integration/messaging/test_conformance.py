"""What every transport must do. Each test runs embedded (SQLite) and over RabbitMQ and PostgreSQL."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from shared.contracts.base import event_class
from shared.messaging import envelope, held
from shared.messaging.envelope import MOST_BYTES
from shared.messaging.tables import held_event
from shared.trace import Trace
from tests.integration.messaging.transports import Transport
from tests.integration.messaging.village import Noted, Village


def test_every_event_arrives_once_and_those_of_one_thing_in_order(village: Village) -> None:
    things = [f"thing-{index}" for index in range(20)]
    for number in range(1, 16):
        village.note(*((thing, number) for thing in things))
    village.wait_written(300)
    village.wait_written(300, "mirror")
    assert len(village.written()) == len(village.written("mirror")) == 300
    for thing in things:
        assert village.numbers(thing) == list(range(1, 16))


def test_an_event_being_retried_holds_back_later_ones_of_its_thing_and_no_others(village: Village) -> None:
    village.failing.add(("a", 2))
    village.note(("a", 1), ("a", 2), ("a", 3), ("b", 1))
    village.note(("a", 4), ("b", 2))
    village.wait_written(3)
    village.wait(lambda: village.states() == [held.RETRY, held.BEHIND, held.BEHIND], "one retried, two behind")
    assert (village.numbers("a"), village.numbers("b")) == ([1], [1, 2])

    village.failing.clear()
    village.wait_through_retries(lambda: not village.states(), "the retry")
    assert village.numbers("a") == [1, 2, 3, 4]


@pytest.mark.fault(
    "MP10",
    inject="a reaction that raises, over both transports",
    holds="after eight tries the event is dead with its reason, and its replay applies it and those behind it",
)
def test_an_event_that_keeps_failing_is_dead_until_it_is_replayed(village: Village) -> None:
    village.failing.add(("a", 1))
    village.note(("a", 1), ("a", 2))
    village.wait_through_retries(lambda: village.states() == [held.DEAD, held.BEHIND], "a dead event")
    assert "RuntimeError: the ledger cannot write" in village.held()[0][2]
    with village.databases["ledger"].reading() as session:
        tried = session.scalars(select(held_event.c.attempts).where(held_event.c.state == held.DEAD)).all()
    assert tried == [held.MOST_ATTEMPTS] == [8]
    assert village.written() == []

    village.failing.clear()
    village.decide(held.replay)
    village.wait_through_retries(lambda: not village.states(), "the replay")
    assert village.numbers("a") == [1, 2]


@pytest.mark.fault(
    "MP10",
    inject="deliver events of a form that this code does not know yet, over both transports",
    holds="they are dead with their reason, and replayed by code that knows them all are applied in their order",
)
def test_what_an_older_release_did_not_know_is_applied_by_the_newer_one(
    village: Village, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport.stop()
    village.note(("a", 1), ("a", 2), ("b", 1))
    newer = Noted.event_name.routing_key()
    monkeypatch.setattr(envelope, "event_class", lambda key: None if key == newer else event_class(key))
    transport.start()
    village.wait(lambda: village.states() == [held.DEAD] * 3, "what nobody knows")
    assert all("unknown event" in reason for _, _, reason in village.held())
    assert village.written() == []

    monkeypatch.undo()
    village.decide(held.replay)
    village.wait_through_retries(lambda: not village.states(), "the replay")
    assert (village.numbers("a"), village.numbers("b")) == ([1, 2], [1])


def test_a_dead_event_that_is_discarded_lets_the_later_ones_go(village: Village) -> None:
    village.failing.add(("a", 1))
    village.note(("a", 1), ("a", 2), ("a", 3))
    village.wait_through_retries(lambda: held.DEAD in village.states(), "a dead event")
    village.decide(held.discard)
    village.wait_through_retries(lambda: village.states() == [held.DISCARDED], "those behind it")
    assert village.numbers("a") == [2, 3]


@pytest.mark.fault("MP11", inject="deliver every event again, over both transports", holds="nothing changes")
def test_delivering_everything_twice_changes_nothing(village: Village, transport: Transport) -> None:
    village.note(*((f"thing-{index}", 1) for index in range(50)))
    village.wait_written(50, "mirror")
    transport.deliver_again()
    village.note(("last", 1))
    village.wait_written(51, "mirror")
    assert len(village.written()) == 51
    assert village.held() == []


def test_a_duplicate_that_stands_twice_in_the_outbox_has_one_effect(village: Village) -> None:
    village.note(("a", 1))
    village.smuggle(village.bodies()[0], event_id="copy")
    village.note(("last", 1))
    village.wait_written(2)
    assert village.written() == [("a", 1), ("last", 1)]
    assert village.held() == []


def test_the_same_id_with_another_content_is_dead_and_raises_the_alarm(village: Village) -> None:
    village.note(("a", 1))
    forged = json.loads(village.bodies()[0])
    forged["data"]["number"] = 99
    village.smuggle(json.dumps(forged).encode(), event_id="forged")
    village.note(("a", 2))
    village.wait(lambda: village.states() == [held.DEAD], "the forged event")
    village.wait_written(2)
    assert village.written() == [("a", 1), ("a", 2)]
    assert "another content" in village.held()[0][2]


def said(**changed: object) -> bytes:
    """Write a note as it would be sent, with something in it changed."""
    written = {
        "specversion": "1.0",
        "id": "bad",
        "type": Noted.event_name.routing_key(),
        "source": "/hebei/shop",
        "subject": "thing/b",
        "time": "2026-01-01T00:00:00+00:00",
        "datacontenttype": "application/json",
        "aggregateversion": 1,
        "data": {"thing_id": "b", "number": 1},
    }
    return json.dumps({**written, **changed}).encode()


@pytest.mark.fault(
    "F-22",
    inject="put malformed, nested and oversized bytes, bad UTF-8, doubled keys, NaN, huge numbers, NUL, and unknown"
    " types and versions among events, over both transports",
    holds="each is dead with its reason, and the worker goes on",
)
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"{", "not JSON", id="malformed"),
        pytest.param(b"\xff\xfe\x00", "not JSON", id="not-text"),
        pytest.param(b"[" * 10_000 + b"]" * 10_000, "not JSON", id="nested"),
        pytest.param(b"[" * 100_000, "not JSON", id="nested-without-end"),
        pytest.param(b'{"id": NaN}', "not JSON", id="not-a-number"),
        pytest.param(said(data={"thing_id": "b", "number": 10**400}), "not fit", id="huge-number"),
        pytest.param(b'{"id": ' + b"9" * 5_000 + b"}", "not JSON", id="endless-number"),
        pytest.param(said(data={"thing_id": "b\0", "number": 1}), "does not fit", id="NUL"),
        pytest.param(said(type="shop.thing.unheard.v1"), "unknown event", id="unknown-type"),
        pytest.param(said(type="shop.thing.noted.v9"), "unknown event", id="unknown-version"),
        pytest.param(b'{"id": "1", "id": "2"}', "stands twice", id="duplicate-key"),
        pytest.param(b'{"id": "\\ud800"}', "not an event", id="lone-surrogate"),
        pytest.param(b" " * (MOST_BYTES + 1), "at most", id="oversized"),
    ],
)
def test_what_nobody_can_read_goes_to_the_dead_and_the_rest_goes_on(village: Village, body: bytes, reason: str) -> None:
    village.note(("a", 1))
    village.smuggle(body, event_id="bad")
    village.note(("a", 2))
    village.wait_written(2)
    village.wait(lambda: village.states() == [held.DEAD], "the unreadable event")
    assert reason in village.held()[0][2]


def test_an_event_of_another_schema_holds_back_the_later_ones_of_its_thing(
    village: Village, transport: Transport
) -> None:
    transport.stop()
    village.note(("a", 1))
    strange = json.loads(village.bodies()[0])
    strange |= {"id": "strange", "subject": "thing/b", "data": {"thing_id": "b", "number": "one"}}
    village.smuggle(json.dumps(strange).encode(), event_id="strange")
    later = strange | {"id": "later", "aggregateversion": 2, "data": {"thing_id": "b", "number": 2}}
    village.smuggle(json.dumps(later).encode(), event_id="later")
    transport.start()
    village.wait(lambda: village.states() == [held.DEAD, held.BEHIND], "one dead, one behind")
    assert village.held()[0][0] == "b"
    assert village.written() == [("a", 1)]
    village.decide(held.discard)
    village.wait_through_retries(lambda: village.numbers("b") == [2], "the later one")


def test_a_batch_with_one_bad_event_is_taken_one_by_one(village: Village, transport: Transport) -> None:
    transport.stop()
    village.failing.add(("thing-25", 1))
    village.note(*((f"thing-{index}", 1) for index in range(50)))
    transport.start()
    village.wait_written(49)
    village.wait(lambda: village.states() == [held.RETRY], "the bad one")
    assert ("thing-25", 1) not in village.written()
    village.failing.clear()
    village.wait_through_retries(lambda: len(village.written("mirror")) == 50, "all fifty")


def test_each_event_carries_its_own_trace_to_everything_it_causes(village: Village, transport: Transport) -> None:
    transport.stop()
    traces = {(f"thing-{index}", 1): Trace.start() for index in range(20)}
    for note, trace in traces.items():
        village.note(note, trace=trace)
    transport.start()
    village.wait_written(20, "mirror")
    wanted = {note: trace.trace_id for note, trace in traces.items()}
    assert village.traces("ledger") == wanted
    assert village.traces("mirror") == wanted


def test_what_a_reaction_publishes_names_the_event_that_led_to_it(village: Village) -> None:
    village.note(("a", 1), ("b", 1))
    village.wait_written(2, "mirror")
    notes = {note["subject"]: note for note in map(json.loads, village.bodies())}
    assert all("causationid" not in note for note in notes.values())
    led_to = [json.loads(body) for body in village.bodies("ledger")]
    assert len(led_to) == 2
    for written in led_to:
        note = notes[f"thing/{written['data']['thing_id']}"]
        assert written["causationid"] == note["id"]
        assert written["traceparent"][:35] == note["traceparent"][:35]


def test_a_new_listener_begins_with_how_things_stand_and_nobody_else_is_told(
    village: Village, transport: Transport
) -> None:
    things = [f"thing-{index}" for index in range(5)]
    for number in range(1, 4):
        village.note(*((thing, number) for thing in things))
    village.wait_written(15)
    village.wait_written(15, "mirror")
    village.wait(village.all_is_sent, "every row to be sent")
    transport.stop()
    village.forget_what_was_sent()

    village.welcome()
    assert village.backfill() == {Noted: 5}
    village.note(("thing-0", 4), ("thing-9", 1))
    transport.start()
    village.wait_written(17)
    village.wait_written(7, "newcomer")

    assert sorted(village.written("newcomer")) == [
        *[("thing-0", 3), ("thing-0", 4)],
        *[(thing, 3) for thing in things[1:]],
        ("thing-9", 1),
    ]
    assert [number for _, number in village.written("newcomer", thing="thing-0")] == [3, 4]
    assert len(village.written()) == 17


def test_a_backfill_that_is_run_again_tells_the_same_state(village: Village, transport: Transport) -> None:
    village.note(("a", 1), ("a", 2))
    village.wait_written(2)
    village.wait(village.all_is_sent, "every row to be sent")
    transport.stop()
    village.forget_what_was_sent()
    village.welcome()
    village.backfill()
    transport.start()
    village.wait_written(1, "newcomer")
    village.backfill()
    village.wait_written(2, "newcomer")
    assert village.written("newcomer") == [("a", 2), ("a", 2)]
    assert village.held("newcomer") == []


def test_a_dead_message_is_kept_with_its_headers(village: Village, transport: Transport) -> None:
    village.smuggle(b"{", event_id="bad")
    village.wait(lambda: village.states() == [held.DEAD], "the unreadable event")
    kept = village.headers()[0]
    if not transport.features.headers:
        assert kept is None
        return
    headers = json.loads(kept or "")
    assert headers["message_id"] == "bad"
    assert headers["app_id"] == "shop"
    assert headers["routing_key"] == headers["type"] == Noted.event_name.routing_key()
