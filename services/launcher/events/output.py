"""How the event commands speak: tables and trees for people in both languages, or JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from shared.clock import SHANGHAI

_WIDTH_OF_A_FILE = 200

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder of a node in one process; else the databases that the settings name.",
)
SERVICE = click.option("--service", help="Only this service; needed where the settings name one database.")

STATES = {
    "sent": "已发出",
    "unsent": "待发出",
    "refused": "被拒收，将重发",
    "parked": "多次被拒收，每小时重试",
    "kept": "仅存于收件方",
    "underway": "在途，未收到",
    "applied": "已处理",
    "retry": "失败，将重试",
    "behind": "等前一条",
    "dead": "已停，待处置",
    "discarded": "已放弃",
}
"""What each state is called in Chinese."""
_COLOURS = {"sent": "green", "applied": "green", "dead": "red", "parked": "red", "discarded": "dim"}


def plain(value: Any) -> Any:
    """Answer a value as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value


def print_json(value: Any) -> None:
    """Print a value as one JSON document."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def print_rich(*what: RenderableType) -> None:
    """Print what is meant for people, as wide as the terminal, or wide enough in a file."""
    out = sys.stdout
    console = Console(file=out, width=None if out.isatty() else _WIDTH_OF_A_FILE, highlight=False)
    for each in what:
        console.print(each)


def table(headings: Sequence[str], rows: Iterable[Sequence[RenderableType]]) -> Table:
    """Lay out rows under bilingual headings; long words are folded and never cut."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def state(word: str) -> Text:
    """Answer a state as it is shown."""
    return Text(f"{STATES.get(word, word)} / {word}", style=_COLOURS.get(word, "yellow"))


def when(instant: datetime | str | None, *, exact: bool = False) -> str:
    """Answer an instant in the time of the offices, to the second or exactly to the millisecond."""
    if instant is None:
        return "–"
    found = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    shown = f"{found.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    return f"{shown}.{found.microsecond // 1000:03}" if exact else shown


def lasting(seconds: float) -> str:
    """Answer a length of time in the largest unit that leaves a whole number."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def short(text: str | None, *, most: int = 160) -> str:
    """Answer the first line of a text, cut where it is long."""
    line = (text or "").partition("\n")[0]
    return line if len(line) <= most else line[: most - 1] + "…"
