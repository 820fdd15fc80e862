"""`anyuan events trace`: what came of a request, across all services of this node, as a tree with times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.text import Text
from rich.tree import Tree

from services.launcher.event_map import listeners_of
from services.launcher.events import output
from services.launcher.opening import opened
from shared.messaging.chains import (
    Arrival,
    Link,
    arrivals_in,
    chained,
    held_in,
    published_in,
    still_underway,
    trace_of,
)
from shared.storage import Database
from shared.trace import Trace

_TRACE_ID = re.compile(r"[0-9a-f]{32}")


@click.command()
@click.argument("id_", metavar="ID")
@output.SERVICE
@output.DATA
@output.AS_JSON
def trace(id_: str, service: str | None, data: Path | None, as_json: bool) -> None:
    """Follow a request: its events, who took them in, and what they led to (追踪).

    ID is an event's, or a trace id as logs and error pages show it. Sent events are kept seven days.
    """
    with opened(service, data) as databases:
        trace_id = _trace_id(id_, databases)
        begun = _chain(trace_id, databases)
    if not begun:
        raise click.ClickException(f"没有追踪号为 {trace_id} 的事件 / no event belongs to the trace {trace_id}")
    if as_json:
        output.print_json({"trace_id": trace_id, "events": begun})
    else:
        output.print_rich(_tree(trace_id, begun))


def _trace_id(given: str, databases: Mapping[str, Database]) -> str:
    known = Trace.parse(given)
    if known is not None:
        return known.trace_id
    if _TRACE_ID.fullmatch(given):
        return given
    for database in databases.values():
        with database.reading() as session:
            found = trace_of(session, given)
        if found is not None:
            return found
    raise click.ClickException(
        f"找不到事件 {given}（已发出的保留七天）/ there is no event {given}: sent ones are kept seven days"
    )


def _chain(trace_id: str, databases: Mapping[str, Database]) -> list[Link]:
    links: list[Link] = []
    for database in databases.values():
        with database.reading() as session:
            links += published_in(session, trace_id)
            links += held_in(session, trace_id)
    return chained(links, _arrivals(links, databases))


def _arrivals(links: Iterable[Link], databases: Mapping[str, Database]) -> dict[str, list[Arrival]]:
    by_id = {link.event_id: link for link in links}
    expected = {link.event_id: listeners_of(link.type, only=link.listener) for link in by_id.values()}
    found: dict[str, list[Arrival]] = {event_id: [] for event_id in by_id}
    for name, database in databases.items():
        with database.reading() as session:
            arrived = arrivals_in(session, by_id, listener=name)
        for event_id, link in by_id.items():
            if event_id in arrived:
                found[event_id].append(arrived[event_id])
            elif name in expected[event_id]:
                found[event_id].append(still_underway(link, name))
    return found


def _tree(trace_id: str, begun: list[Link]) -> Tree:
    tree = Tree(Text(f"请求 / request {trace_id}  {output.when(begun[0].at, exact=True)}", style="bold"))
    for link in begun:
        _hang(tree, link)
    return tree


def _hang(tree: Tree, link: Link) -> None:
    node = tree.add(
        Text.assemble(
            (link.type, "cyan"),
            f"  {link.about} v{link.version}  {output.when(link.at, exact=True)}  ",
            output.state(link.state),
            f"  {link.event_id}" + (f"  {output.short(link.reason)}" if link.reason else ""),
        )
    )
    for arrival in link.arrivals:
        node.add(Text.assemble(*_arrival(arrival)))
    for further in link.led_to:
        _hang(node, further)


def _arrival(arrival: Arrival) -> Iterator[Any]:
    yield f"→ {arrival.listener}  {output.when(arrival.at, exact=True)}  "
    yield output.state(arrival.state)
    if arrival.reason:
        yield f"  {arrival.attempts} 次 / tries  {output.short(arrival.reason)}"
