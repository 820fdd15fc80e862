"""Publishing with pipelined confirms: hundreds of messages on the way, each answered for by name."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from amqp import Message
from amqp.exceptions import ChannelError

from shared.messaging import metrics
from shared.messaging.envelope import CONTENT_TYPE
from shared.messaging.rabbit import BROKER_ERRORS, BrokerConnection, only_for

WINDOW = 300
PATIENCE_SECONDS = 15.0
_PATIENCE_WHEN_STOPPING = 4.0
_PERSISTENT = 2


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One outbox row on its way; `mandatory` has it returned where no queue takes it, with `listener` one hears it."""

    row_id: int
    event_id: str
    type: str
    aggregate: tuple[str, str]
    body: bytes
    mandatory: bool
    listener: str | None = None


@dataclass(slots=True)
class Answers:
    """What the broker said: rows it has, rows it refused and why, and what broke, if anything did."""

    confirmed: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    broken: Exception | None = None


class ConfirmingPublisher:
    """Sends to one exchange over one connection. After a refusal or a break the connection must be dropped."""

    def __init__(self, connection: BrokerConnection, *, exchange: str, app_id: str, stop: threading.Event) -> None:
        self._connection = connection
        self._stop = stop
        self._exchange = exchange
        self._app_id = app_id
        self._published = metrics.published.labels(app_id)
        self._confirmed = metrics.confirmed.labels(app_id)
        self._answers = Answers()
        self._last_tag = 0
        self._in_flight: dict[int, Outgoing] = {}
        self._busy: set[tuple[str, str]] = set()
        self._returned: dict[str, str] = {}
        self._channel = connection.channel()
        self._channel.events["basic_ack"].add(self._acknowledged)
        self._channel.events["basic_nack"].add(self._not_acknowledged)
        self._channel.events["basic_return"].add(self._came_back)
        self._channel.confirm_select()

    def send(self, rows: Sequence[Outgoing]) -> Answers:
        """Send rows in their order and wait for every answer; stops sending at the first refusal or when told to stop.

        The second event of a thing leaves only when the first one is confirmed: were they on the way together
        and only the first refused, the listeners would see them in the wrong order.
        """
        self._answers = Answers()
        try:
            for row in rows:
                while not self._is_over() and (len(self._in_flight) >= WINDOW or row.aggregate in self._busy):
                    self._wait()
                if self._is_over():
                    break
                self._publish(row)
            while self._in_flight:
                self._wait()
        except BROKER_ERRORS as error:
            if isinstance(error, ChannelError) and self._in_flight:
                # The broker closed the channel over one message; the oldest unanswered one bears the blame, so
                # that a message which does this every time ends up parked and not in front of all others.
                blamed = next(iter(self._in_flight.values()))
                self._answers.refused[blamed.row_id] = str(error)
            else:
                self._answers.broken = error
        return self._answers

    def _is_over(self) -> bool:
        return bool(self._answers.refused) or self._stop.is_set()

    def _publish(self, row: Outgoing) -> None:
        message = Message(
            row.body,
            content_type=CONTENT_TYPE,
            delivery_mode=_PERSISTENT,
            message_id=row.event_id,
            type=row.type,
            app_id=self._app_id,
        )
        self._last_tag += 1
        self._in_flight[self._last_tag] = row
        self._busy.add(row.aggregate)
        key = row.type if row.listener is None else only_for(row.listener, publisher=self._app_id)
        self._channel.basic_publish(message, exchange=self._exchange, routing_key=key, mandatory=row.mandatory)
        self._published.inc()

    def _wait(self) -> None:
        """Wait for the next answer.

        :raises TimeoutError: when the broker says nothing for too long (frozen, or out of memory or disk).
        """
        begun = time.monotonic()
        while not self._connection.drain(0.5):
            waited = time.monotonic() - begun
            if waited > (_PATIENCE_WHEN_STOPPING if self._stop.is_set() else PATIENCE_SECONDS):
                raise TimeoutError(f"no confirm within {waited:.0f} s")

    def _acknowledged(self, tag: int, multiple: bool) -> None:
        for row in self._answered(tag, multiple):
            reason = self._returned.pop(row.event_id, None)
            if reason is None:
                self._answers.confirmed.append(row.row_id)
                self._confirmed.inc()
            else:
                metrics.returned.labels(self._app_id).inc()
                self._answers.refused[row.row_id] = reason

    def _not_acknowledged(self, tag: int, multiple: bool) -> None:
        for row in self._answered(tag, multiple):
            metrics.nacked.labels(self._app_id).inc()
            self._answers.refused[row.row_id] = "the broker did not take it (nack)"

    def _answered(self, tag: int, multiple: bool) -> list[Outgoing]:
        tags = [known for known in self._in_flight if known <= tag] if multiple else [tag]
        rows = [self._in_flight.pop(known) for known in tags if known in self._in_flight]
        self._busy.difference_update(row.aggregate for row in rows)
        return rows

    def _came_back(self, error: Exception, _exchange: str, routing_key: str, message: Any) -> None:
        # The broker confirms a returned message too, right after this.
        self._returned[str(message.properties.get("message_id"))] = f"no queue takes {routing_key}: {error}"
