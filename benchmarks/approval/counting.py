"""How many statements a command sends and how often it waits for the database, as the driver's own log tells.

Counted on the wire, because what a toolkit reports of its statements says nothing of those that travel together.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from benchmarks.approval.office import BEN, Office
from shared.approval.core.words import Verb

_WARM_UP = 12  # after so many runs the driver has prepared every statement, which takes a trip of its own


def measure(office: Office) -> dict[str, dict[str, int]]:
    """Answer the statements and the trips of opening a case and of approving it once; BEGIN and COMMIT count."""
    for _ in range(_WARM_UP):
        office.approve_one()
    opened: list[str] = []
    sent = {"open": _sent(office, lambda: opened.append(office.open().id))}
    sent["approve"] = _sent(office, lambda: office.act(opened[0], Verb.APPROVE, BEN))
    return sent


def _sent(office: Office, command: Callable[[], object]) -> dict[str, int]:
    with tempfile.TemporaryFile() as log:

        def begin(driver: Any, *_: object) -> None:
            driver.pgconn.trace(log.fileno())

        def end(driver: Any, *_: object) -> None:
            driver.pgconn.untrace()

        # A connection is watched from the moment the command gets it until it gives it back.
        watched = (("checkout", begin), ("checkin", end))
        for moment, act in watched:
            event.listen(office.database.engine, moment, act)
        try:
            command()
        finally:
            for moment, act in watched:
                event.remove(office.database.engine, moment, act)
        log.seek(0)
        said = [line.split("\t") for line in log.read().decode(errors="replace").splitlines()]
    sides = [(words[1], words[3]) for words in said if len(words) > 3]
    return {
        # However they were sent, alone or many as one text, the server says of each that it is complete.
        "statements": sum(side == "B" and kind == "CommandComplete" for side, kind in sides),
        # Each Sync asks for an answer, and so does a Query that is sent as a text.
        "trips": sum(side == "F" and kind in ("Sync", "Query") for side, kind in sides),
    }
