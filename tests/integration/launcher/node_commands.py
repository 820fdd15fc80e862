"""`anyuan node …` as an operator types it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from services.launcher.cli import main

MAP = Path(__file__).parents[3] / "deploy/nodes/four.toml"


def run(*words: str | Path, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["node", *map(str, words)], env=env)


def done(*words: str | Path, env: dict[str, str] | None = None) -> str:
    result = run(*words, env=env)
    assert result.exit_code == 0, result.output
    return result.output
