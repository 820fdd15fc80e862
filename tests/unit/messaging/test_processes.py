"""Loops on threads, the sign of life, jobs, back-off and failpoints."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from shared import failpoints
from shared.failpoints import FailpointReached, armed, failpoint
from shared.messaging import processes
from shared.messaging.pauses import Pauses
from shared.messaging.periodic import Job, JobRunner
from shared.messaging.processes import is_alive, run_loops
from shared.storage import Database, UnitOfWork
from tests.waiting import wait_until


class Looping:
    """A loop that waits until it is told to stop, or ends by itself."""

    def __init__(self, *, ends: bool = False, beats: bool = True) -> None:
        self.name = "looping"
        self.last_beat = time.monotonic() if beats else -1e9
        self._ends = ends

    def run(self, stop: threading.Event) -> None:
        if not self._ends:
            stop.wait()


def run_in_background(*loops: Looping, heartbeat_file: Path | None = None) -> tuple[threading.Event, list[int]]:
    stop, codes = threading.Event(), list[int]()
    threading.Thread(
        target=lambda: codes.append(run_loops(loops, heartbeat_file=heartbeat_file, stop=stop)), daemon=True
    ).start()
    return stop, codes


def test_a_process_that_lives_touches_its_file_and_ends_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_LOOK_SECONDS", 0.01)
    file = tmp_path / "heartbeat"
    assert not is_alive(file, now=time.time())
    stop, codes = run_in_background(Looping(), Looping(), heartbeat_file=file)
    wait_until(file.exists, limit=5, what="the sign of life")
    assert is_alive(file, now=time.time())
    assert not is_alive(file, now=time.time() + 31)
    stop.set()
    assert wait_until(lambda: codes, limit=5, what="the end") == [0]


def test_a_sign_of_life_that_cannot_be_written_ends_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_LOOK_SECONDS", 0.01)
    said: list[str] = []
    monkeypatch.setattr(processes.log, "warning", lambda event, **_: said.append(event))
    # Like a full volume, a folder that is not there lets nobody make a file.
    stop, codes = run_in_background(Looping(), heartbeat_file=tmp_path / "nowhere" / "heartbeat")
    wait_until(lambda: said.count("sign_of_life_not_written") >= 3, limit=5, what="several looks")
    assert codes == []
    stop.set()
    assert wait_until(lambda: codes, limit=5, what="the end") == [0]


def test_a_loop_that_is_silent_stops_the_sign_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_LOOK_SECONDS", 0.01)
    said: list[str] = []
    monkeypatch.setattr(processes.log, "error", lambda event, **_: said.append(event))
    stop, codes = run_in_background(Looping(beats=False), heartbeat_file=tmp_path / "heartbeat")
    wait_until(lambda: "loop_is_silent" in said, limit=5, what="the alarm")
    stop.set()
    wait_until(lambda: codes, limit=5, what="the end")
    assert not (tmp_path / "heartbeat").exists()


def test_a_loop_that_ends_by_itself_ends_the_process_with_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_LOOK_SECONDS", 0.01)
    _, codes = run_in_background(Looping(ends=True), Looping())
    assert wait_until(lambda: codes, limit=5, what="the end") == [1]


def test_jobs_run_in_their_time_and_one_that_fails_stops_no_other(database: Database) -> None:
    done: list[str] = []

    def fail(_uow: UnitOfWork) -> bool:
        done.append("fail")
        raise RuntimeError("no")

    def count(uow: UnitOfWork) -> bool:
        assert uow.session.is_active
        done.append("count")
        return done.count("count") < 3

    jobs = [Job(name="fail", every_seconds=3600, work=fail), Job(name="count", every_seconds=3600, work=count)]
    runner, stop = JobRunner(database=database, service="workshop", jobs=jobs), threading.Event()
    thread = threading.Thread(target=runner.run, args=(stop,))
    thread.start()
    wait_until(lambda: done.count("count") == 3, limit=10, what="the batches of the second job")
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert done.count("fail") == 1


def test_pauses_double_up_to_the_longest_and_begin_anew() -> None:
    pauses = Pauses(first=1, longest=10)
    found = [pauses.next() for _ in range(6)]
    for pause, middle in zip(found, (1, 2, 4, 8, 10, 10), strict=True):
        assert 0.8 * middle <= pause <= 1.2 * middle
    pauses.reset()
    assert pauses.next() <= 1.2


def test_a_failpoint_raises_once_at_the_pass_it_was_armed_for() -> None:
    failpoint("uow.before_commit")
    with armed("uow.before_commit", passes=2):
        failpoint("uow.before_commit")
        failpoint("uow.after_commit")
        with pytest.raises(FailpointReached):
            failpoint("uow.before_commit")
        failpoint("uow.before_commit")
    with pytest.raises(ValueError, match="no failpoint"), armed("nowhere"):
        pass


def test_a_failpoint_before_the_commit_leaves_nothing_and_one_after_it_everything(database: Database) -> None:
    from shared.messaging.watch import messaging_state
    from tests.unit.messaging.test_sending import publish

    for place, published in (("uow.before_commit", 0), ("uow.after_commit", 1)):
        with armed(place), pytest.raises(FailpointReached):
            publish(database, "a")
        with database.reading() as session:
            assert messaging_state(session, database.clock.now()).published == published


@pytest.mark.parametrize("profile", [{}, {"ANYUAN_PROFILE": "production"}])
def test_failpoints_are_refused_in_production(profile: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="production"):
        failpoints.read({"ANYUAN_FAILPOINT": "uow.before_commit:kill", **profile})


@pytest.mark.parametrize(
    "wanted", ["nowhere:kill", "uow.before_commit:burn", "uow.before_commit", "uow.after_commit:kill:x"]
)
def test_a_failpoint_that_is_none_is_refused(wanted: str) -> None:
    with pytest.raises(ValueError, match="a place is one of"):
        failpoints.read({"ANYUAN_FAILPOINT": wanted, "ANYUAN_PROFILE": "demo"})


def test_no_failpoint_is_armed_without_the_setting() -> None:
    assert failpoints.read({}) is None
    assert failpoints.read({"ANYUAN_FAILPOINT": "relay.after_confirm:kill:3", "ANYUAN_PROFILE": "demo"}) is not None
