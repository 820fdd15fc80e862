"""`anyuan events dead`: the events that nobody could apply, and what somebody decides about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from services.launcher.events import output
from services.launcher.opening import opened
from shared.messaging.browsing import raw_event
from shared.messaging.dead import (
    DeadLetter,
    Verb,
    dead_letters,
    decide,
    decisions_about,
    decisions_on,
    grouped,
    stored,
)
from shared.storage import Database


@click.group()
def dead() -> None:
    """Events that were given up and wait for a decision (死信).

    A letter is named `service:number`, as `ls` shows it, or by the id of its event.
    """


@dead.command("ls")
@click.option("--groups", is_flag=True, help="Put those of one type with the same complaint together.")
@click.option("--group", help="Only this group.")
@click.option("--type", "type_", help="Only this type.")
@output.SERVICE
@output.DATA
@output.AS_JSON
def ls(
    groups: bool, group: str | None, type_: str | None, service: str | None, data: Path | None, as_json: bool
) -> None:
    """List them, the oldest first (列出)."""
    with opened(service, data) as databases:
        found = {name: _chosen(database, group=group, type_=type_) for name, database in databases.items()}
    shown = {name: grouped(letters) if groups else letters for name, letters in found.items()}
    if as_json:
        output.print_json({"groups" if groups else "letters": _listed(shown)})
    elif not any(shown.values()):
        click.echo("没有死信 / nothing is dead")
    elif groups:
        _show_groups(shown)
    else:
        _show_letters(found)


def _chosen(database: Database, *, group: str | None, type_: str | None) -> list[DeadLetter]:
    with database.reading() as session:
        letters = dead_letters(session)
    return [letter for letter in letters if group in (None, letter.group) and type_ in (None, letter.type)]


def _listed(shown: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [
        {"service": name, **({"group": each.group} if isinstance(each, DeadLetter) else {}), **output.plain(each)}
        for name, found in shown.items()
        for each in found
    ]


def _show_groups(shown: Mapping[str, Sequence[Any]]) -> None:
    headings = (
        "组 / group",
        "服务 / service",
        "类型 / type",
        "数 / count",
        "阻 / behind",
        "最早 / oldest",
        "原因 / reason",
    )
    output.print_rich(
        output.table(
            headings,
            [
                (
                    group.group,
                    name,
                    group.type,
                    str(group.count),
                    str(group.behind),
                    output.when(group.oldest_at),
                    group.complaint,
                )
                for name, groups in shown.items()
                for group in groups
            ],
        )
    )


def _show_letters(found: Mapping[str, Sequence[DeadLetter]]) -> None:
    headings = ("死信 / letter", "组 / group", "类型 / type", "对象 / about", "次 / tries", "阻 / behind", "时间 / at")
    output.print_rich(
        output.table(
            (*headings, "原因 / reason"),
            [
                (
                    f"{name}:{letter.id}",
                    letter.group,
                    letter.type,
                    letter.about,
                    str(letter.attempts),
                    str(letter.behind),
                    output.when(letter.held_at),
                    output.short(letter.reason),
                )
                for name, letters in found.items()
                for letter in letters
            ],
        )
    )


@dead.command("show")
@click.argument("letter")
@output.SERVICE
@output.DATA
@output.AS_JSON
def show(letter: str, service: str | None, data: Path | None, as_json: bool) -> None:
    """Show one with its body, headers, reason and what was decided about it (查看)."""
    with opened(service, data) as databases:
        chosen = _named(databases, (letter,))[0]
        with databases[chosen.service].reading() as session:
            row = stored(session, chosen.held_id)
            decisions = decisions_on(session, chosen.held_id)
    told: dict[str, Any] = {"service": chosen.service, "held_id": chosen.held_id, "decisions": decisions}
    if row is not None:
        body = bytes(row.body)
        kept = ("event_id", "type", "source", "state", "attempts", "reason", "held_at", "headers")
        told |= {name: getattr(row, name) for name in kept}
        told["body"] = raw_event(body) or body.decode("utf-8", "backslashreplace")
    if as_json:
        output.print_json(told)
        return
    body = told.pop("body", None)
    output.print_rich(
        output.table(("", ""), [(name, Text(_shown(value))) for name, value in told.items() if name != "decisions"])
    )
    for decided in decisions:
        output.print_rich(
            Text(f"{decided.verb}  {output.when(decided.decided_at)}  {decided.decided_by}：{decided.reason}")
        )
    click.echo(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, indent=2))


def _shown(value: object) -> str:
    return output.when(value) if isinstance(value, datetime) else str(value)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A letter that a command names."""

    service: str
    held_id: int
    event_id: str


def _deciding(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.argument("letters", metavar="[LETTER]...", nargs=-1),
            click.option("--group", help="All of this group, as `ls --groups` names it."),
            click.option("--type", "type_", help="All of this type."),
            click.option("--by", required=True, help="Who decides it; written down."),
            click.option("--reason", required=True, help="Why; written down."),
            output.SERVICE,
            output.DATA,
            output.AS_JSON,
        )
    ):
        command = option(command)
    return command


@dead.command("replay")
@_deciding
def replay(**given: Any) -> None:
    """Have them tried again; those behind them follow in order (重放). Twice is once."""
    _decide("replay", **given)


@dead.command("discard")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_deciding
def discard(yes: bool, **given: Any) -> None:
    """Give them up for good; those behind them go on without them (放弃)."""
    if not yes:
        click.confirm("放弃后不再处理 / what is given up is never applied. 继续 / go on?", abort=True, err=True)
    _decide("discard", **given)


def _decide(
    verb: Verb,
    *,
    letters: tuple[str, ...],
    group: str | None,
    type_: str | None,
    by: str,
    reason: str,
    service: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    done: list[_Chosen] = []
    before: list[_Chosen] = []
    with opened(service, data) as databases:
        for chosen in _named(databases, letters) if letters else _all(databases, group=group, type_=type_):
            with databases[chosen.service].unit_of_work() as uow:
                was_dead = decide(uow, chosen.held_id, verb, by=by, reason=reason)
            (done if was_dead else before).append(chosen)
        earlier = [_earlier(databases, chosen) for chosen in before]
    if as_json:
        output.print_json({"verb": verb, "done": done, "before": earlier})
        return
    word = "重放 / replayed" if verb == "replay" else "放弃 / given up"
    click.echo(f"{word}：{len(done)}")
    for chosen, said in zip(before, earlier, strict=True):
        output.print_rich(Text(f"{chosen.service}:{chosen.held_id} 已处置 / was decided before：{said['decided']}"))


def _all(databases: Mapping[str, Database], *, group: str | None, type_: str | None) -> list[_Chosen]:
    if group is None and type_ is None:
        raise click.UsageError("请指明死信、--group 或 --type / name letters, a --group or a --type")
    return [
        _Chosen(name, letter.id, letter.event_id)
        for name, database in databases.items()
        for letter in _chosen(database, group=group, type_=type_)
    ]


def _named(databases: Mapping[str, Database], letters: Sequence[str]) -> list[_Chosen]:
    """Answer the letters of these names, dead ones and those about which something was decided."""
    found: list[_Chosen] = []
    for letter in letters:
        service, _, number = letter.rpartition(":")
        if service in databases and number.isdigit():
            found += _by_number(service, databases[service], int(number))
        else:
            found += _by_event(databases, letter)
        if not found or (found[-1].event_id != letter and f"{found[-1].service}:{found[-1].held_id}" != letter):
            raise click.ClickException(f"没有死信 {letter} / there is no dead letter {letter}")
    return found


def _by_number(service: str, database: Database, number: int) -> list[_Chosen]:
    with database.reading() as session:
        row, decided = stored(session, number), decisions_on(session, number)
    if row is not None and (decided or row.state == "dead"):
        return [_Chosen(service, number, row.event_id)]
    return [_Chosen(service, number, decided[-1].event_id)] if decided else []


def _by_event(databases: Mapping[str, Database], event_id: str) -> list[_Chosen]:
    found: dict[tuple[str, int], _Chosen] = {}
    for name, database in databases.items():
        with database.reading() as session:
            numbers = [letter.id for letter in dead_letters(session) if letter.event_id == event_id]
            numbers += [decision.held_id for decision in decisions_about(session, event_id)]
        found |= {(name, number): _Chosen(name, number, event_id) for number in numbers}
    return list(found.values())


def _earlier(databases: Mapping[str, Database], chosen: _Chosen) -> dict[str, Any]:
    with databases[chosen.service].reading() as session:
        decided = decisions_on(session, chosen.held_id)
    said = f"{decided[-1].verb} {decided[-1].decided_by} {output.when(decided[-1].decided_at)}" if decided else "–"
    return {"service": chosen.service, "held_id": chosen.held_id, "event_id": chosen.event_id, "decided": said}
