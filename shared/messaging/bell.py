"""The bell between who writes into an outbox and its relay: the first event of a quiet moment leaves at once.

Nothing depends on it: the relay looks again by itself, soon after an event and seldom in a quiet hour. PostgreSQL lets
transactions that ring commit only one after the other, so a program rings once in a while and not for every event.
"""

from __future__ import annotations

import time
from contextlib import suppress
from select import POLLIN, poll
from typing import Any

import psycopg
from sqlalchemy import Connection, Executable, func, select, text
from sqlalchemy.orm import Session

from shared.storage.trip import Errand

_CHANNEL = "anyuan_outbox"
_SILENCE_SECONDS = 0.02
_RINGING: Executable = select(func.pg_notify(_CHANNEL, ""))


class Bell:
    """The bell of one database, as a program that writes events pulls it."""

    def __init__(self) -> None:
        self._silent_until = 0.0

    def ringing(self, session: Session) -> list[Errand]:
        """Answer the errand that rings when its transaction commits; none while the relay is still up from the last."""
        now = time.monotonic()
        if now < self._silent_until or session.get_bind().dialect.name != "postgresql":
            return []
        self._silent_until = now + _SILENCE_SECONDS
        return [(_RINGING, {})]


class Ear:
    """The bell of one database, as its relay hears it, over the session that makes it the leader."""

    def __init__(self, connection: Connection) -> None:
        connection.execute(text(f"LISTEN {_CHANNEL}"))
        driver: Any = connection.connection.driver_connection
        self._wire = driver.pgconn

    def wait(self, seconds: float) -> None:
        """Wait until the bell rings or the time is over; what rang since the last time ends it at once."""
        if self.has_rung():
            return
        poller = poll()
        poller.register(self._wire.socket, POLLIN)
        poller.poll(max(0.0, seconds) * 1000)
        self.has_rung()

    def has_rung(self) -> bool:
        """Tell whether the bell rang since the last time."""
        rang = False
        # Where the session is gone, the next question over it says so.
        with suppress(psycopg.Error):
            self._wire.consume_input()
            while self._wire.notifies() is not None:
                rang = True
        return rang
