"""What the broker has delivered to one listener and what of it is acknowledged, over one connection."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any, NoReturn

from amqp.exceptions import RecoverableConnectionError

from shared.messaging.rabbit import BrokerConnection

PREFETCH = 200
BATCH = 100
LINGER_SECONDS = 0.02
_DEAD_PREFETCH = 10


@dataclass(frozen=True, slots=True)
class Arrived:
    """One delivered message: its bytes, the tag to acknowledge it with, and what the broker says about it."""

    body: bytes
    tag: int
    headers: dict[str, Any]

    @property
    def dead_because(self) -> str:
        """Answer why the broker gave it up."""
        deaths = (self.headers.get("application_headers") or {}).get("x-death") or [{}]
        reason, queue = deaths[0].get("reason", "no reason given"), deaths[0].get("queue", "?")
        return f"the broker gave up delivering it: {reason} in {queue}"


class Intake:
    """A queue and its dead-letter queue, each on a channel of its own."""

    def __init__(self, connection: BrokerConnection, *, queue: str, dead_queue: str) -> None:
        self._connection = connection
        self._arrived: deque[Arrived] = deque()
        self._dead: deque[Arrived] = deque()
        self._acknowledged = 0
        self._written = 0
        self._channel = self._open(queue, PREFETCH, self._on_message)
        self._dead_channel = self._open(dead_queue, _DEAD_PREFETCH, self._on_dead)

    def _open(self, queue: str, prefetch: int, callback: Any) -> Any:
        channel = self._connection.channel()
        # Never global: quorum queues refuse it.
        channel.basic_qos(0, prefetch, False)
        channel.basic_consume(queue, callback=callback, on_cancel=_cancelled)
        return channel

    def _on_message(self, message: Any) -> None:
        self._arrived.append(_arrived(message))

    def _on_dead(self, message: Any) -> None:
        self._dead.append(_arrived(message))

    def listen(self, seconds: float = LINGER_SECONDS) -> None:
        """Wait so long for what the broker sends, and take in what is there, until a batch is full."""
        until = time.monotonic() + seconds + LINGER_SECONDS
        while self._connection.drain(seconds):
            if self.is_full() or time.monotonic() > until:
                return
            # What comes while this is at work makes the next batch; waiting for it here would only keep this one.
            seconds = 0.0

    def is_full(self) -> bool:
        """Tell whether a whole batch has arrived."""
        return len(self._arrived) >= BATCH

    def is_empty(self) -> bool:
        """Tell whether everything that arrived was handed out."""
        return not self._arrived

    def next_batch(self) -> tuple[Arrived, ...]:
        """Hand out the oldest messages in their order, at most `BATCH`."""
        return tuple(self._arrived.popleft() for _ in range(min(BATCH, len(self._arrived))))

    def next_dead(self) -> Arrived | None:
        """Hand out the oldest message that the broker gave up, if there is one."""
        return self._dead.popleft() if self._dead else None

    def acknowledge(self, arrived: Arrived, *, at_once: bool) -> None:
        """Let the broker forget this message and all before it, now or with the next one that is written."""
        self._acknowledged = arrived.tag
        if at_once:
            self.write_acknowledgement()

    def write_acknowledgement(self) -> None:
        """Write the newest acknowledgement, which stands for all before it."""
        if self._acknowledged > self._written:
            self._channel.basic_ack(self._acknowledged, multiple=True)
            self._written = self._acknowledged

    def acknowledge_dead(self, arrived: Arrived) -> None:
        """Let the broker forget this dead letter."""
        self._dead_channel.basic_ack(arrived.tag)


def _cancelled(tag: str) -> NoReturn:
    raise RecoverableConnectionError(f"the broker cancelled the consumer {tag}: its queue is gone or moved")


def _arrived(message: Any) -> Arrived:
    body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
    info = message.delivery_info
    said = {"exchange": info["exchange"], "routing_key": info["routing_key"], "redelivered": info["redelivered"]}
    return Arrived(body, info["delivery_tag"], {**message.properties, **said})
