"""`anyuan story`: the story told against a running site."""

from __future__ import annotations

import json
import shlex
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console

from services.launcher.narrator import Narrator
from services.launcher.story.over_nodes import SITES, Nodes, read_heads, tell_over_nodes
from services.launcher.story.people import StoryFailed
from services.launcher.story.run import Secrets, tell_once
from shared.clock import SystemClock, business_date

_OPERATOR = "docker compose -f docker-compose.yml -f deploy/nodes/compose.yml exec -T"


def run_story(
    base_url: str, *, as_json: bool, administrators_file: Path, bootstrap_command: str, folder: Path | None
) -> int:
    """Tell the story against a site; answers the exit code."""
    narrator = Narrator(Console(stderr=as_json))

    def bootstrap() -> Secrets:
        return _operator_bootstraps(bootstrap_command)

    try:
        with tempfile.TemporaryDirectory() as scratch:
            found = tell_once(
                base_url,
                folder=folder or Path(scratch),
                administrators_file=administrators_file,
                bootstrap=bootstrap,
                today=business_date(SystemClock().now()),
                say=narrator,
            )
    except StoryFailed as failure:
        narrator.fail(str(failure))
        return 1
    narrator.verdict(found)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    return 0


def run_story_over_nodes(*, as_json: bool, folder: Path) -> int:
    """Tell the story over the nodes of `deploy/nodes/compose.yml`, each at its own site; answers the exit code."""
    narrator = Narrator(Console(stderr=as_json))
    nodes = Nodes(
        sites=SITES,
        bootstrap=lambda node: _operator_bootstraps(f"{_OPERATOR} {node}-api anyuan bootstrap --json"),
        heads=lambda node, service, case: read_heads(
            _operator_says(f"{_OPERATOR} {node}-worker anyuan trail heads {case} --service {service}")
        ),
    )
    try:
        found = tell_over_nodes(nodes, folder=folder, today=business_date(SystemClock().now()), say=narrator)
    except StoryFailed as failure:
        narrator.fail(str(failure))
        return 1
    narrator.verdict(found)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    return 0


def _operator_bootstraps(command: str) -> Secrets:
    """Run the operator's command that makes the first administrators.

    :raises StoryFailed: with what the command said.
    """
    found: Secrets = json.loads(_operator_says(command).strip().splitlines()[-1])
    return found


def _operator_says(command: str) -> str:
    """Run a command of the operator's, as a person would type it, and answer what it printed.

    :raises StoryFailed: with what the command said.
    """
    try:
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False, timeout=60)  # noqa: S603  # the operator's own command
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoryFailed(f"`{command}` could not run: {error}; or give --administrators") from error
    if done.returncode != 0:
        raise StoryFailed(f"`{command}` failed: {done.stderr.strip()}; or give --administrators")
    return done.stdout
