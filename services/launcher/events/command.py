"""The group `anyuan events`, and its map."""

from __future__ import annotations

import click

from services.launcher.backfill import backfill
from services.launcher.events import output
from services.launcher.events.dead import dead
from services.launcher.events.lag import lag
from services.launcher.events.listing import ls, show
from services.launcher.events.parked import parked
from services.launcher.events.tracing import trace


@click.group()
def events() -> None:
    """What the services tell each other (事件)."""


for command in (ls, show, trace, dead, parked, lag, backfill):
    events.add_command(command)


@events.command("map")
@output.AS_JSON
def map_(as_json: bool) -> None:
    """Print who publishes what and who listens (事件地图)."""
    from services.launcher.event_map import told

    found = told()
    if as_json:
        output.print_json(
            [{"type": each.type, "publishers": each.publishers, "listeners": dict(each.reactions)} for each in found]
        )
        return
    rows = [(each.type, ", ".join(each.publishers), ", ".join(each.listeners)) for each in found]
    output.print_rich(output.table(("事件 / event", "发布 / published by", "接收 / heard by"), rows))
