"""The embedded process is killed at points anywhere in the story and started again: the end is the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.faults.checker import check
from tests.faults.scale import times
from tests.programs import Program
from tests.servers.reaper import Reaper
from tests.telling import ToldStory, telling, urls_in
from tests.waiting import wait_until

KILLS = 6  # of each telling
_COMMITS = 100
_LAST = 5  # events that may come and go between two looks
_KILLED = -9


@dataclass(frozen=True)
class Disturbed:
    """What became of a telling that was killed again and again."""

    verdict: dict[str, Any]
    kills: int
    folder: Path


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [(pair * 2 + 1, pair * 2 + 2) for pair in range(times("killed_tellings"))])
def test_a_story_killed_anywhere_comes_to_the_same_end(
    told_story: ToldStory, tmp_path: Path, reaper: Reaper, seeds: tuple[int, int]
) -> None:
    def disturb(seed: int) -> Disturbed:
        rng = Random(seed)
        # Odd seeds die wherever they are when so much has happened, even ones right before or after a commit.
        kill = _kill_after_events if seed % 2 else _kill_at_commit
        return _tell_and_kill(tmp_path / str(seed), rng, kill, reaper=reaper, events=told_story.verdict["events"])

    with ThreadPoolExecutor(max_workers=2) as pool:
        found = list(pool.map(disturb, seeds))

    for one in found:
        assert one.kills >= KILLS - 1
        assert one.verdict | {"seconds": 0} == told_story.verdict | {"seconds": 0}
        assert check(urls_in(one.folder)).faults == []
    assert sum(one.kills for one in found) >= 2 * KILLS - 1


Kill = Callable[[Program, Path, Random, int], bool]


def _tell_and_kill(folder: Path, rng: Random, kill: Kill, *, reaper: Reaper, events: int) -> Disturbed:
    folder.mkdir()
    program = telling(folder, reaper=reaper)
    kills = 0
    for part in range(KILLS):
        # Each kill comes at a random point of the next part of the story, the first perhaps while tables are made.
        so_far = max(0, _published(folder))
        next_part = (events - so_far) // (KILLS - part)
        kills += kill(program, folder, rng, so_far + rng.randrange(max(1, next_part - _LAST)))
    program.start()
    assert program.wait_ended(limit=120) == 0, program.log_tail()
    return Disturbed(json.loads(program.log.read_text().splitlines()[-1]), kills, folder)


def _kill_after_events(program: Program, folder: Path, _rng: Random, target: int) -> bool:
    program.start()
    wait_until(
        lambda: not program.is_alive() or _published(folder) >= target,
        limit=120,
        what=f"event {target} of the story",
        every=0.02,
    )
    killed = program.is_alive()
    program.kill()
    return killed


def _kill_at_commit(program: Program, _folder: Path, rng: Random, _target: int) -> bool:
    place = rng.choice(("uow.before_commit", "uow.after_commit"))
    # A telling that goes on repeats its commands, each of which commits: it comes past this many commits again.
    program.start(failpoint=f"{place}:kill:{rng.randrange(_COMMITS) + 1}")
    return program.wait_ended(limit=120) == _KILLED


def _published(folder: Path) -> int:
    """Answer how many events all services have published; -1 while there are no tables yet."""
    found = [count for url in urls_in(folder).values() if (count := _published_in(url)) is not None]
    return sum(found) if found else -1


def _published_in(url: str) -> int | None:
    file = Path(url.removeprefix("sqlite:///"))
    if not file.exists():
        return None
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as connection:
            (count,) = connection.execute("SELECT coalesce(sum(version), 0) FROM stream_head").fetchone()
            return int(count)
    except sqlite3.OperationalError:
        return None
