"""What was measured, as a table for people and as one line of JSON for programs, beside what was measured before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

Figures = dict[str, Any]

Row = tuple[str, tuple[str, ...]]
"""A line of a table: its title, and the path of its figure in the figures of each column."""


def remembered(kept: Path) -> Figures:
    """Answer the figures of an earlier run that were kept, if any were."""
    found: Figures = json.loads(kept.read_text()) if kept.exists() else {}
    return found


def conclude(found: Figures, *, kept: Path, record: bool) -> None:
    """Print all figures as the last line, and keep them if that is asked, beside those of parts that were left out."""
    if record:
        measured = {name: value for name, value in found.items() if value is not None}
        kept.write_text(json.dumps(remembered(kept) | measured, indent=2) + "\n")
    print(json.dumps(found))


def table(title: str, rows: Sequence[Row], columns: Mapping[str, Figures], before: Mapping[str, Figures]) -> Table:
    """Answer a table with a column for each set of figures; what was another figure before is shown beside it."""
    made = Table(title=title)
    for heading in ("", *columns):
        made.add_column(heading, justify="left" if not heading else "right")
    for name, path in rows:
        made.add_row(name, *(_cell(figures, before.get(column, {}), path) for column, figures in columns.items()))
    return made


def _cell(now: Figures, before: Figures, path: tuple[str, ...]) -> str:
    value, was = _at(now, path), _at(before, path)
    if isinstance(value, dict):
        return " + ".join(f"{name} {part:.0f}" for name, part in value.items())
    return f"{value}" if was is None or was == value else f"{value}  (was {was})"


def _at(figures: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        figures = figures.get(step) if isinstance(figures, dict) else None
    return figures
