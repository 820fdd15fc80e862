"""One connection's work: what is acknowledged, what is kept while the database is away, and how it ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest
from sqlalchemy.exc import OperationalError

from shared.messaging import consumer as module
from shared.messaging.consumer import HeldTooLong, _Shift
from shared.messaging.inbox import Delivery, Inbox
from shared.messaging.intake import BATCH, Arrived, Intake
from tests.waiting import wait_until


class FakeIntake:
    """Messages that have arrived, and what was acknowledged."""

    def __init__(self) -> None:
        self.arrived: deque[Arrived] = deque()
        self.dead: deque[Arrived] = deque()
        self.acknowledged: list[int] = []
        self.written: list[int] = []
        self.buried: list[int] = []

    def arrive(self, count: int) -> None:
        first = len(self.arrived) + 1
        self.arrived.extend(Arrived(f"m{tag}".encode(), tag, {}) for tag in range(first, first + count))

    def listen(self, _seconds: float = 0.0) -> None:
        pass

    def is_full(self) -> bool:
        return len(self.arrived) >= BATCH

    def is_empty(self) -> bool:
        return not self.arrived

    def next_batch(self) -> tuple[Arrived, ...]:
        return tuple(self.arrived.popleft() for _ in range(min(BATCH, len(self.arrived))))

    def next_dead(self) -> Arrived | None:
        return self.dead.popleft() if self.dead else None

    def acknowledge(self, arrived: Arrived, *, at_once: bool) -> None:
        self.acknowledged.append(arrived.tag)
        if at_once:
            self.write_acknowledgement()

    def write_acknowledgement(self) -> None:
        self.written.extend(self.acknowledged[-1:])

    def acknowledge_dead(self, arrived: Arrived) -> None:
        self.buried.append(arrived.tag)


class FakeInbox:
    """An inbox whose database can be away."""

    service = "archive"

    def __init__(self) -> None:
        self.is_away = False
        self.tries = 0
        self.received: list[int] = []
        self.dead: list[str] = []

    def receive(self, deliveries: Sequence[Delivery]) -> None:
        self.tries += 1
        if self.is_away:
            raise OperationalError("x", {}, Exception("away"))
        self.received.append(len(deliveries))

    def receive_dead(self, _delivery: Delivery, *, reason: str) -> None:
        self.dead.append(reason)

    def retry_due(self) -> int:
        return 0


@pytest.fixture
def intake() -> FakeIntake:
    return FakeIntake()


@pytest.fixture
def inbox() -> FakeInbox:
    return FakeInbox()


@pytest.fixture
def shift(intake: FakeIntake, inbox: FakeInbox) -> Iterator[_Shift]:
    with ThreadPoolExecutor(1) as hands:
        yield _Shift(cast("Intake", intake), cast("Inbox", inbox), hands)


def go_on_until(shift: _Shift, condition: object, what: str) -> None:
    def step() -> bool:
        shift.go_on()
        return bool(condition()) if callable(condition) else False

    wait_until(step, limit=10, what=what, every=0.001)


def test_a_batch_is_acknowledged_once_it_is_committed(shift: _Shift, intake: FakeIntake, inbox: FakeInbox) -> None:
    intake.arrive(150)
    go_on_until(shift, lambda: len(intake.written) == 2, "two acknowledgements")
    assert inbox.received == [100, 50]
    assert intake.written == [100, 150]


def test_while_the_database_is_away_nothing_is_acknowledged_and_the_same_batch_is_tried_again(
    shift: _Shift, intake: FakeIntake, inbox: FakeInbox
) -> None:
    inbox.is_away = True
    intake.arrive(3)
    go_on_until(shift, lambda: inbox.tries >= 3, "three tries")
    assert (intake.written, inbox.received) == ([], [])
    inbox.is_away = False
    go_on_until(shift, lambda: intake.written, "the acknowledgement")
    assert inbox.received == [3]


def test_after_a_long_outage_the_broker_has_its_messages_back(
    shift: _Shift, intake: FakeIntake, inbox: FakeInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HOLD_SECONDS", 0.05)
    inbox.is_away = True
    intake.arrive(1)
    with pytest.raises(HeldTooLong):
        go_on_until(shift, lambda: False, "letting go")
    assert intake.written == []


def test_a_stop_does_what_has_arrived_and_acknowledges_once_at_the_end(
    shift: _Shift, intake: FakeIntake, inbox: FakeInbox
) -> None:
    intake.arrive(250)
    shift.finish()
    assert inbox.received == [100, 100, 50]
    assert intake.written == [250]


def test_a_stop_while_the_database_is_away_does_not_wait_for_it(
    shift: _Shift, intake: FakeIntake, inbox: FakeInbox
) -> None:
    inbox.is_away = True
    intake.arrive(1)
    go_on_until(shift, lambda: inbox.tries, "the first try")
    go_on_until(shift, lambda: shift._away_since, "the outage to be noticed")
    shift.finish()
    assert intake.written == []


def test_a_dead_letter_is_buried_with_its_reason(shift: _Shift, intake: FakeIntake, inbox: FakeInbox) -> None:
    deaths = [{"reason": "delivery_limit", "queue": "anyuan.ledger.inbox"}]
    intake.dead.append(Arrived(b"{", 1, {"application_headers": {"x-death": deaths}}))
    go_on_until(shift, lambda: intake.buried, "the burial")
    assert inbox.dead == ["the broker gave up delivering it: delivery_limit in anyuan.ledger.inbox"]
