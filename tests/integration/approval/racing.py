"""Letting two commands start from one line."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from typing import TypeVar

import pytest

from shared.approval import directory
from shared.approval.views import CaseView
from shared.errors import AnyuanError
from shared.storage.trip import Errand
from tests.integration.approval.office import Office

T = TypeVar("T")
LIMIT = 20.0  # seconds


class Track:
    """Lets two threads start from one line."""

    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        self.barrier = Barrier(2)
        self.inside = office.database.engine.dialect.name == "postgresql"
        if self.inside:
            locking = directory.locking

            def wait_and_lock(account_id: str) -> Errand:
                self.wait()
                return locking(account_id)

            monkeypatch.setattr(directory, "locking", wait_and_lock)

    def wait(self) -> None:
        try:
            self.barrier.wait(LIMIT)
        except BrokenBarrierError:
            # The other has nothing more to wait for; this one goes on alone.
            return

    def run(self, *commands: Callable[[], CaseView | None]) -> tuple[list[CaseView], list[AnyuanError]]:
        """Run the commands at once; answers who was accepted and who was refused."""

        def start(command: Callable[[], CaseView | None]) -> CaseView | AnyuanError | None:
            if not self.inside:
                self.wait()
            try:
                return command()
            except AnyuanError as error:
                return error

        self.barrier.reset()
        with ThreadPoolExecutor(len(commands)) as threads:
            answers = list(threads.map(start, commands))
        return (
            [answer for answer in answers if isinstance(answer, CaseView)],
            [answer for answer in answers if isinstance(answer, AnyuanError)],
        )


def quietly(track: Track, command: Callable[[], T]) -> T:
    """Run one command that nobody races."""
    track.barrier.abort()
    try:
        return command()
    finally:
        track.barrier.reset()
