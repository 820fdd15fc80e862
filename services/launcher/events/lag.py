"""`anyuan events lag`: how far behind every service is, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from services.launcher.event_map import heard_from
from services.launcher.events import output
from services.launcher.opening import opened, settings
from services.launcher.parts import LINKS, broker_url_of
from shared.messaging.depths import Depth, depths_of
from shared.messaging.lag import Underway, after_cursor, read_to, sent_since_known
from shared.messaging.rabbit import BROKER_ERRORS
from shared.messaging.watch import Waiting, waiting
from shared.storage import Database


@dataclass(frozen=True, kw_only=True, slots=True)
class Lag:
    """How one service is doing: what it has to send, what is under way to it, and what it holds."""

    service: str
    state: Waiting
    underway: int | None
    oldest_underway_seconds: float
    queue: Depth | None
    dead_queue: Depth | None

    @property
    def worst_seconds(self) -> float:
        """Answer the longest that anything waits here."""
        waits = (self.state.oldest_unsent_seconds, self.oldest_underway_seconds, self.state.oldest_held_seconds)
        return max(waits)


@click.command()
@click.option("--most", type=float, help="End with 1 where something waits longer, in seconds, or is dead or parked.")
@output.SERVICE
@output.DATA
@output.AS_JSON
def lag(most: float | None, service: str | None, data: Path | None, as_json: bool) -> None:
    """Tell how far behind outboxes, queues and inboxes are (积压).

    What is under way to a service is read from the databases of those who publish; with one database it is not known.
    In a node of one process, what is not sent yet is under way too.
    """
    with opened(service, data) as databases:
        found = [_lag(name, databases, embedded=data is not None) for name in databases]
    if as_json:
        output.print_json([{**output.plain(each), "worst_seconds": each.worst_seconds} for each in found])
    else:
        output.print_rich(_table(found))
        for each in found:
            for type_, count in sorted(each.state.dead_by_type.items()):
                output.print_rich(Text(f"{each.service}  {type_}  {count} 死信 / dead", style="red"))
    if most is not None and any(each.worst_seconds > most or each.state.dead or each.state.parked for each in found):
        raise click.exceptions.Exit(1)


def _lag(service: str, databases: Mapping[str, Database], *, embedded: bool) -> Lag:
    database = databases[service]
    now = database.clock.now()
    with database.reading() as session:
        state = waiting(session, now)
    is_known = len(databases) > 1 and service != LINKS
    underway = _underway(service, databases) if is_known else None
    queue, dead_queue = (None, None) if embedded else _depths(service)
    return Lag(
        service=service,
        state=state,
        underway=underway.count if underway is not None else None,
        oldest_underway_seconds=_age(underway.oldest if underway is not None else None, now),
        queue=queue,
        dead_queue=dead_queue,
    )


def _age(oldest: datetime | None, now: datetime) -> float:
    return max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0


def _underway(listener: str, databases: Mapping[str, Database]) -> Underway:
    found = Underway()
    heard = heard_from(listener)
    if LINKS in databases:
        # What other nodes say to a service comes from there.
        heard[LINKS] = [type_ for types in heard.values() for type_ in types]
    for publisher, types in heard.items():
        with databases[publisher].reading() as published, databases[listener].reading() as taken_in:
            last_id = read_to(taken_in, publisher)
            if last_id is not None:
                found += after_cursor(published, types, listener=listener, last_id=last_id)
            else:
                found += sent_since_known(published, taken_in, types, listener=listener)
    return found


def _depths(service: str) -> tuple[Depth | None, Depth | None]:
    given = settings()
    if not given.broker_url:
        return None, None
    try:
        return depths_of(broker_url_of(service, given), service)
    except BROKER_ERRORS as error:
        click.echo(f"RabbitMQ 没有回答 / RabbitMQ does not tell ({service}): {error}", err=True)
        return None, None


def _table(found: list[Lag]) -> Any:
    headings = (
        "服务 / service",
        "待发 / unsent",
        "最早 / oldest",
        "拒收 / parked",
        "在途 / under way",
        "最早 / oldest",
        "队列 / queue",
        "重试 / retry",
        "等待 / behind",
        "最早 / oldest",
        "死信 / dead",
    )
    return output.table(headings, [_row(each) for each in found])


def _row(each: Lag) -> list[Any]:
    state = each.state
    return [
        each.service,
        str(state.unsent),
        output.lasting(state.oldest_unsent_seconds),
        _alarming(state.parked),
        "?" if each.underway is None else str(each.underway),
        output.lasting(each.oldest_underway_seconds),
        "–" if each.queue is None else f"{each.queue.messages} ({each.queue.consumers} 读 / readers)",
        str(state.retrying),
        str(state.behind),
        output.lasting(state.oldest_held_seconds),
        _alarming(state.dead),
    ]


def _alarming(count: int) -> Text:
    return Text(str(count), style="bold red" if count else "")
