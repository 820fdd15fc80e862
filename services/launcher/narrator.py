"""What the terminal shows while the story is told."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table


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
        for name, value in found.items():
            table.add_row(name, str(value))
        self.console.print(table)
