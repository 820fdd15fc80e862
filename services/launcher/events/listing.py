"""`anyuan events ls` and `show`: what a service published or took in, and one event with all about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text
from sqlalchemy import select

from services.launcher.event_map import listeners_of
from services.launcher.events import output
from services.launcher.opening import opened
from shared.clock import SHANGHAI
from shared.messaging import browsing
from shared.messaging.chains import Arrival, arrivals_in
from shared.messaging.dead import decisions_about
from shared.messaging.tables import held_event, outbox
from shared.storage import Database

_INSTANT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])
_STATES = click.Choice(sorted({*browsing.OUTBOX_STATES, *browsing.INBOX_STATES}))


@click.command("ls")
@click.argument("service")
@click.option("--box", type=click.Choice(["outbox", "inbox"]), default="outbox", show_default=True)
@click.option("--type", "type_", help="Only this type; `reporting.report.*` for all that begin so.")
@click.option("--about", help="Only about this thing, as in `report/42`.")
@click.option("--state", type=_STATES, help="Only in this state.")
@click.option("--since", type=_INSTANT, help="From this time on (Asia/Shanghai where no offset is given).")
@click.option("--until", type=_INSTANT, help="Before this time.")
@click.option("--before", help="Go on behind this cursor, which the page before ended with.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@output.DATA
@output.AS_JSON
def ls(service: str, box: str, type_: str | None, data: Path | None, as_json: bool, **filters: Any) -> None:
    """List what SERVICE published (outbox) or took in (inbox), the newest first (列出事件)."""
    for bound in ("since", "until"):
        filters[bound] = _aware(filters[bound])
    wanted = browsing.Wanted(type=type_, **filters)
    with opened(service, data) as databases:
        database = databases[service]
        if box == "outbox":
            with database.reading() as session:
                found = browsing.in_outbox(session, wanted)
        else:
            found = _inbox(database, wanted, data)
    following = found[-1].cursor if len(found) == wanted.limit else None
    if as_json:
        output.print_json({"events": found, "next": following})
        return
    headings = ("时间 / at", "类型 / type", "对象 / about", "状态 / state", "次 / tries", "编号 / id", "原因 / reason")
    rows = [
        (
            output.when(each.at),
            each.type,
            each.about or "–",
            output.state(each.state),
            str(each.attempts),
            each.event_id,
            output.short(each.reason),
        )
        for each in found
    ]
    output.print_rich(output.table(headings, rows) if rows else "没有符合的事件 / no event is like that")
    if following:
        click.echo(f"下一页 / next page: --before {following}")


def _inbox(database: Database, wanted: browsing.Wanted, data: Path | None) -> list[browsing.Seen]:
    """List an inbox; what applied events were about is only in the outboxes of those who published them."""
    about_ids: list[str] = []
    if wanted.about is not None:
        try:
            with opened(None, data) as others:
                for other in others.values():
                    with other.reading() as session:
                        about_ids += browsing.ids_about(session, wanted.about)
        except click.ClickException:
            click.echo("只查找暂存的事件 / only held events are found: other databases cannot be read here", err=True)
    with database.reading() as session:
        return browsing.in_inbox(session, wanted, about_ids=about_ids)


def _aware(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=SHANGHAI) if instant is not None and instant.tzinfo is None else instant


@click.command()
@click.argument("event_id", metavar="ID")
@output.SERVICE
@output.DATA
@output.AS_JSON
def show(event_id: str, service: str | None, data: Path | None, as_json: bool) -> None:
    """Show one event: its stored form, where it is, how often it was tried and why it waits (查看事件)."""
    with opened(service, data) as databases:
        found = {name: _at(name, database, event_id) for name, database in databases.items()}
    published = next((each["outbox"] for each in found.values() if each["outbox"]), None)
    listening = {name: each["inbox"] for name, each in found.items() if each["inbox"]}
    bodies = [each["body"] for each in found.values() if each["body"]]
    if published is None and not listening and not bodies:
        raise click.ClickException(
            f"找不到事件 {event_id}（已发出的保留七天）/ there is no event {event_id}: sent ones are kept seven days"
        )
    told = {
        "event_id": event_id,
        "published": published,
        "listeners": listening,
        "decisions": [decision for each in found.values() for decision in each["decisions"]],
        "envelope": browsing.raw_event(bodies[0]) if bodies else None,
        "text": None if not bodies or browsing.raw_event(bodies[0]) else bodies[0].decode("utf-8", "backslashreplace"),
    }
    if as_json:
        output.print_json(told)
    else:
        _tell(told, expected=_expected(told, databases=found))


def _at(service: str, database: Database, event_id: str) -> dict[str, Any]:
    """Answer what one service knows of an event: as its publisher, as a listener, and what was decided there."""
    with database.reading() as session:
        row = session.execute(
            select(outbox, browsing.outbox_state().label("state")).where(outbox.c.event_id == event_id)
        ).first()
        holding = session.execute(
            select(held_event).where(held_event.c.event_id == event_id).order_by(held_event.c.id)
        ).first()
        arrival = arrivals_in(session, [event_id], listener=service).get(event_id)
        decisions = [{"service": service, **output.plain(decision)} for decision in decisions_about(session, event_id)]
    columns = ("created_at", "sent_at", "attempts", "next_attempt_at", "parked_reason", "listener", "state", "type")
    published = None if row is None else {"service": service, **{name: getattr(row, name) for name in columns}}
    return {
        "outbox": published,
        "inbox": None if arrival is None else _arrival(arrival, holding),
        "body": bytes(row.payload) if row is not None else bytes(holding.body) if holding is not None else None,
        "decisions": decisions,
    }


def _arrival(arrival: Arrival, holding: Any) -> dict[str, Any]:
    known = {"state": arrival.state, "at": arrival.at, "attempts": arrival.attempts, "reason": arrival.reason}
    if holding is None:
        return known
    headers = None if holding.headers is None else _headers(holding.headers)
    return known | {"held_id": holding.id, "next_attempt_at": holding.next_attempt_at, "headers": headers}


def _headers(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        # Very long ones were cut when they were stored.
        return text


def _expected(told: Mapping[str, Any], *, databases: Mapping[str, Any]) -> list[str]:
    """Answer the listeners that have not got it yet, of those whose databases are open."""
    published = told["published"]
    if published is None:
        return []
    listeners = listeners_of(published["type"], only=published["listener"])
    return [name for name in listeners if name in databases and name not in told["listeners"]]


def _tell(told: Mapping[str, Any], *, expected: list[str]) -> None:
    published = told["published"]
    if published is not None:
        output.print_rich(
            Text(f"{published['type']}  {told['event_id']}", style="bold"),
            Text.assemble(
                f"{published['service']} 发布 / published {output.when(published['created_at'])}  ",
                output.state(published["state"]),
                f"  {output.when(published['sent_at'])}  {published['parked_reason'] or ''}",
            ),
        )
    for name, arrival in told["listeners"].items():
        line = Text.assemble(f"{name} 收到 / has it {output.when(arrival['at'])}  ", output.state(arrival["state"]))
        if arrival["reason"]:
            line.append(f"  {arrival['attempts']} 次 / tries")
        output.print_rich(line)
        for what in (arrival["reason"], json.dumps(arrival["headers"]) if arrival.get("headers") else None):
            if what:
                output.print_rich(Text(f"    {what}"))
    for name in expected:
        output.print_rich(Text.assemble(f"{name} ", output.state("underway")))
    for decision in told["decisions"]:
        at, by = output.when(decision["decided_at"]), decision["decided_by"]
        output.print_rich(Text(f"{decision['service']} {decision['verb']}  {at}  {by}：{decision['reason']}"))
    click.echo(json.dumps(told["envelope"], ensure_ascii=False, indent=2) if told["envelope"] else told["text"] or "")
