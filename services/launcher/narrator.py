"""What the terminal shows while the story is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table

HASH_LENGTH = 64  # of a sha256 in hex: its beginning is enough to compare by eye


class Narrator:
    """Writes the steps of a story, each with its outcome and time."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._status = console.status("")

    def __call__(self, number: int, of: int, title: str, outcome: str | None, seconds: float) -> None:
        """Show a step before it happens (no outcome yet) and after."""
        if outcome is None:
            self._status.update(f"[{number}/{of}] {title}")
            self._status.start()
            return
        self._status.stop()
        chinese, _, english = title.partition(" / ")
        self.console.print(f"[green]✓[/] [bold]{number:>2}/{of}[/] {chinese} [dim]{english} · {seconds:.1f} s[/]")
        self.console.print(f"        [cyan]{outcome}[/]")

    def fail(self, reason: str) -> None:
        """Show why the story ended early."""
        self._status.stop()
        self.console.print(f"[red]✗[/] {reason}")

    def verdict(self, found: dict[str, object]) -> None:
        """Show what the story came to."""
        table = Table(title="结果 / What it came to", show_header=False)
        for name, value in _lines(found):
            table.add_row(name, value)
        self.console.print(table)


def _lines(found: Mapping[str, object], *above: str) -> Iterator[tuple[str, str]]:
    """Answer a line for each fact, named by its path."""
    for name, value in found.items():
        if isinstance(value, Mapping):
            yield from _lines(value, *above, name)
        else:
            yield " · ".join((*above, name)), _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, Mapping):
        return " ".join(map(_shown, value.values()))
    text = str(value)
    return f"{text[:12]}…" if len(text) == HASH_LENGTH else text
