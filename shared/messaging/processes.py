"""What a relay process and a worker process do from start to end: loops on threads, signals, a sign of life."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Protocol

import structlog

from shared.messaging.periodic import JobRunner
from shared.messaging.relay import Relay

log = structlog.get_logger(__name__)

STOP_SECONDS = 9.0
LONGEST_SILENCE_SECONDS = 120.0
_LOOK_SECONDS = 1.0


class Loop(Protocol):
    """Something that runs until it is told to stop and shows that it is alive."""

    name: str

    @property
    def last_beat(self) -> float:
        """Answer the monotonic clock's seconds of its last sign of life."""

    def run(self, stop: threading.Event) -> None:
        """Go on until told to stop."""


def run_relay(relays: Sequence[Relay], *, heartbeat_file: Path | None = None) -> int:
    """Run the relays of one or more services until SIGTERM or SIGINT; answers the exit code of the process."""
    return run_loops(relays, heartbeat_file=heartbeat_file)


def run_worker(consumers: Sequence[Loop], jobs: Sequence[JobRunner] = (), *, heartbeat_file: Path | None = None) -> int:
    """Run consumers and periodic jobs until SIGTERM or SIGINT; answers the exit code of the process."""
    return run_loops([*consumers, *jobs], heartbeat_file=heartbeat_file)


def run_loops(loops: Sequence[Loop], *, heartbeat_file: Path | None = None, stop: threading.Event | None = None) -> int:
    """Run each loop on its own thread; answers 0 after a stop in good order, 1 when a loop ended by itself.

    The heartbeat file is touched as long as every loop shows signs of life, so that a container's health check
    needs nothing but the age of the file. A broker or a database that is away is no reason to be restarted.
    """
    stop = _stop_on_signals() if stop is None else stop
    # What is loaded by now stays: to look through it for garbage over and over would stop every loop for 40 ms.
    gc.freeze()
    threads = [threading.Thread(target=loop.run, args=(stop,), name=loop.name, daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    log.info("process_started", loops=[loop.name for loop in loops])
    while not stop.wait(_LOOK_SECONDS):
        ended = [thread.name for thread in threads if not thread.is_alive()]
        if ended:
            log.error("loop_ended_by_itself", loops=ended)
            stop.set()
            return _join(threads) or 1
        silent = [loop.name for loop in loops if time.monotonic() - loop.last_beat > LONGEST_SILENCE_SECONDS]
        if silent:
            log.error("loop_is_silent", loops=silent)
        elif heartbeat_file is not None:
            _touch(heartbeat_file)
    log.info("process_stops")
    return _join(threads)


def _touch(heartbeat_file: Path) -> None:
    """Show the sign of life; a volume that is full is no reason to end what works."""
    try:
        heartbeat_file.touch()
    except OSError as error:
        log.warning("sign_of_life_not_written", file=str(heartbeat_file), error=str(error))


def is_alive(heartbeat_file: Path, *, now: float, within: float = 30.0) -> bool:
    """Tell whether the file was touched within so many seconds before `now` (seconds since the epoch)."""
    try:
        return now - heartbeat_file.stat().st_mtime <= within
    except FileNotFoundError:
        return False


def end_process(code: int) -> None:
    """End the process at once with this code.

    A thread that is stuck in the database would keep an ordinary exit waiting. Nothing is lost: what it has not
    committed rolls back, and what the broker has no acknowledgement for it keeps.
    """
    log.info("process_ends", code=code)
    os._exit(code)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    return stop


def _join(threads: Sequence[threading.Thread]) -> int:
    """Wait for the loops; answers 0 when all ended within the time that a stop may take."""
    until = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(timeout=max(0.0, until - time.monotonic()))
    late = [thread.name for thread in threads if thread.is_alive()]
    if late:
        log.warning("loops_did_not_end", loops=late)
    return 1 if late else 0
