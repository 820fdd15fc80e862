"""`anyuan events parked`: the events that the broker refuses, and having them tried again before their hour is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from services.launcher.events import output
from services.launcher.opening import opened
from shared.messaging.parked import Parked, parked_events, release, releases_of
from shared.storage import Database


@click.group()
def parked() -> None:
    """Events that RabbitMQ has refused too often (拒收); they are tried once an hour by themselves."""


@parked.command("ls")
@click.option("--type", "type_", help="Only this type.")
@output.SERVICE
@output.DATA
@output.AS_JSON
def ls(type_: str | None, service: str | None, data: Path | None, as_json: bool) -> None:
    """List them with what was refused, the oldest first (列出)."""
    with opened(service, data) as databases:
        found = {name: _chosen(database, type_) for name, database in databases.items()}
    if as_json:
        output.print_json(
            {"events": [{"service": name, **output.plain(each)} for name, events in found.items() for each in events]}
        )
    elif not any(found.values()):
        click.echo("没有被拒收的事件 / nothing is parked")
    else:
        _show(found)


def _chosen(database: Database, type_: str | None) -> list[Parked]:
    with database.reading() as session:
        return [each for each in parked_events(session) if type_ in (None, each.type)]


def _show(found: Mapping[str, Sequence[Parked]]) -> None:
    headings = (
        "事件 / event",
        "服务 / service",
        "类型 / type",
        "对象 / about",
        "次 / tries",
        "阻 / behind",
        "再试 / next",
        "原因 / reason",
    )
    rows = [
        (
            each.event_id,
            name,
            each.type,
            each.about,
            str(each.attempts),
            str(each.behind),
            output.when(each.next_attempt_at) if each.next_attempt_at else "–",
            output.short(each.reason),
        )
        for name, events in found.items()
        for each in events
    ]
    output.print_rich(output.table(headings, rows))


@parked.command("release")
@click.argument("events", metavar="[EVENT]...", nargs=-1)
@click.option("--type", "type_", help="All of this type.")
@click.option("--by", required=True, help="Who does it; written down.")
@click.option("--reason", required=True, help="Why; written down.")
@output.SERVICE
@output.DATA
@output.AS_JSON
def release_(
    events: tuple[str, ...],
    type_: str | None,
    by: str,
    reason: str,
    service: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Have them tried again at once; those behind them follow in order (立即重试). Twice is once."""
    if not events and type_ is None:
        raise click.UsageError("请指明事件或 --type / name events or a --type")
    done: list[dict[str, Any]] = []
    before: list[dict[str, Any]] = []
    with opened(service, data) as databases:
        for name, event_id in _named(databases, events) if events else _all(databases, type_):
            with databases[name].unit_of_work() as uow:
                was_parked = release(uow, event_id, by=by, reason=reason)
            with databases[name].reading() as session:
                told = [output.plain(one) for one in releases_of(session, event_id)]
            (done if was_parked else before).append({"service": name, "event_id": event_id, "releases": told})
    if as_json:
        output.print_json({"done": done, "before": before})
        return
    click.echo(f"立即重试 / released：{len(done)}")
    for each in before:
        output.print_rich(Text(f"{each['service']} {each['event_id']} 已不在拒收之列 / is parked no more"))


def _all(databases: Mapping[str, Database], type_: str | None) -> list[tuple[str, str]]:
    return [(name, each.event_id) for name, database in databases.items() for each in _chosen(database, type_)]


def _named(databases: Mapping[str, Database], events: Sequence[str]) -> list[tuple[str, str]]:
    """Answer where each of these events is parked, or was released from before."""
    found: list[tuple[str, str]] = []
    for event_id in events:
        where = [name for name, database in databases.items() if _knows(database, event_id)]
        if not where:
            raise click.ClickException(f"没有被拒收的事件 {event_id} / no event {event_id} is parked")
        found += [(name, event_id) for name in where]
    return found


def _knows(database: Database, event_id: str) -> bool:
    with database.reading() as session:
        return any(each.event_id == event_id for each in parked_events(session)) or bool(releases_of(session, event_id))
