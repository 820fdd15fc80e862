"""Pipelined confirms, against a broker that answers as the test says."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, cast

import pytest
from amqp.exceptions import PreconditionFailed, RecoverableConnectionError

from shared.messaging import publisher as module
from shared.messaging.publisher import ConfirmingPublisher, Outgoing
from shared.messaging.rabbit import BrokerConnection


class FakeBroker:
    """A connection and its channel: what was published, and the answers that `drain` hands out one by one."""

    def __init__(self) -> None:
        self.events: dict[str, set[Callable[..., None]]] = defaultdict(set)
        self.published: list[str] = []
        self.answers: deque[Callable[[], None]] = deque()
        self.most_in_flight = 0
        self.in_flight = 0
        self.confirms_selected = False

    def channel(self) -> FakeBroker:
        return self

    def confirm_select(self) -> None:
        self.confirms_selected = True

    def basic_publish(self, message: Any, *, exchange: str, routing_key: str, mandatory: bool) -> None:
        assert self.confirms_selected
        assert (exchange, routing_key, mandatory) == ("x", "key", True)
        self.published.append(message.properties["message_id"])
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def drain(self, _seconds: float) -> bool:
        if not self.answers:
            return False
        self.answers.popleft()()
        return True

    def ack(self, tag: int, *, multiple: bool = False) -> None:
        self.answers.append(lambda: self._say("basic_ack", tag, multiple))

    def nack(self, tag: int) -> None:
        self.answers.append(lambda: self._say("basic_nack", tag, False))

    def give_back(self, event_id: str) -> None:
        message = type("Message", (), {"properties": {"message_id": event_id}})
        self.answers.append(lambda: self._say("basic_return", Exception("NO_ROUTE"), "x", "key", message))

    def fail(self, error: Exception) -> None:
        def broken() -> None:
            raise error

        self.answers.append(broken)

    def _say(self, name: str, *arguments: Any) -> None:
        self.in_flight = 0 if arguments[-1] is True else self.in_flight - 1
        for callback in self.events[name]:
            callback(*arguments)


def rows(*things: str) -> list[Outgoing]:
    return [Outgoing(n, f"e{n}", "key", ("thing", thing), b"{}", True) for n, thing in enumerate(things, start=1)]


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker()


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def sender(broker: FakeBroker, stop: threading.Event) -> ConfirmingPublisher:
    return ConfirmingPublisher(cast("BrokerConnection", broker), exchange="x", app_id="test", stop=stop)


def test_all_are_on_the_way_before_the_first_answer_is_waited_for(
    broker: FakeBroker, sender: ConfirmingPublisher
) -> None:
    broker.ack(3, multiple=True)
    assert sender.send(rows("a", "b", "c")).confirmed == [1, 2, 3]
    assert broker.most_in_flight == 3


def test_the_second_event_of_a_thing_waits_for_the_first_to_be_confirmed(
    broker: FakeBroker, sender: ConfirmingPublisher
) -> None:
    for tag in (1, 2, 3):
        broker.ack(tag)
    assert sender.send(rows("a", "a", "a")).confirmed == [1, 2, 3]
    assert broker.most_in_flight == 1


def test_after_a_refusal_nothing_more_is_sent_and_the_rest_is_waited_for(
    broker: FakeBroker, sender: ConfirmingPublisher
) -> None:
    broker.nack(1)
    broker.ack(2)
    answers = sender.send(rows("a", "b", "a", "c"))
    assert broker.published == ["e1", "e2"]
    assert (answers.confirmed, list(answers.refused)) == ([2], [1])


def test_what_came_back_is_refused_though_the_broker_confirms_it(
    broker: FakeBroker, sender: ConfirmingPublisher
) -> None:
    broker.give_back("e2")
    broker.ack(3, multiple=True)
    answers = sender.send(rows("a", "b", "c"))
    assert answers.confirmed == [1, 3]
    assert "no queue takes key" in answers.refused[2]


def test_a_break_leaves_only_the_confirmed_ones_confirmed(broker: FakeBroker, sender: ConfirmingPublisher) -> None:
    broker.ack(2)
    broker.fail(RecoverableConnectionError("gone"))
    answers = sender.send(rows("a", "b", "c"))
    assert (answers.confirmed, answers.refused) == ([2], {})
    assert isinstance(answers.broken, RecoverableConnectionError)


def test_a_closed_channel_is_blamed_on_the_oldest_unanswered_one(
    broker: FakeBroker, sender: ConfirmingPublisher
) -> None:
    broker.ack(1)
    broker.fail(PreconditionFailed("too large"))
    answers = sender.send(rows("a", "b", "c"))
    assert (answers.confirmed, list(answers.refused), answers.broken) == ([1], [2], None)


def test_a_broker_that_never_answers_is_given_up(sender: ConfirmingPublisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)
    answers = sender.send(rows("a"))
    assert isinstance(answers.broken, TimeoutError)
    assert answers.confirmed == []


def test_told_to_stop_it_sends_no_more(broker: FakeBroker, sender: ConfirmingPublisher, stop: threading.Event) -> None:
    stop.set()
    answers = sender.send(rows("a", "b"))
    assert (answers.confirmed, answers.refused, answers.broken) == ([], {}, None)
    assert broker.published == []
