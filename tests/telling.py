"""The main story as `anyuan demo --once` tells it in a folder of its own: from the command line to the verdict."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.programs import ANYUAN, Program
from tests.servers.reaper import Reaper

SERVICES = ("registration", "records", "reporting", "awards", "notifications")


@dataclass(frozen=True)
class ToldStory:
    """A telling that nothing disturbed: what it came to, and the folder with its databases."""

    verdict: dict[str, Any]
    folder: Path


def telling(folder: Path, *, reaper: Reaper) -> Program:
    """Make the program that tells the story in this folder; started again, it goes on there."""
    command = [*ANYUAN, "demo", "--once", "--json", "--data", str(folder)]
    # Failpoints are refused in production, which is the default profile.
    return Program("story", command, {"ANYUAN_PROFILE": "demo"}, folder / "story.log", reaper)


def tell(folder: Path, *, reaper: Reaper) -> ToldStory:
    """Tell the story once to its end."""
    program = telling(folder, reaper=reaper)
    program.start()
    assert program.wait_ended(limit=200) == 0, program.log_tail()
    return ToldStory(json.loads(program.log.read_text().splitlines()[-1]), folder)


def urls_in(folder: Path) -> dict[str, str]:
    """Answer the URL of each service's database in an embedded node's folder."""
    return {service: f"sqlite:///{folder / service}.db" for service in SERVICES}
