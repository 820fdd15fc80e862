"""The commands about the links of this node: setting up, state, comparing, going on after a stop or a restore."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from services.launcher import links
from services.launcher.here import has_links
from services.launcher.nodes import node, told_plainly
from services.links.schemas import StatusOut
from shared.nodes import reconcile
from shared.nodes.office import Office
from shared.nodes.overview import overview
from shared.nodes.status import LinkState
from shared.nodes.status import status as status_of
from shared.nodes.tables import quarantine
from shared.settings import Settings, SettingsError

__all__ = ["node"]

_NODES = click.argument("nodes", nargs=-1, metavar="[NODE]…")


def _settings() -> Settings:
    try:
        return Settings.read()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _office() -> Iterator[Office]:
    settings = _settings()
    if not has_links(settings):
        raise click.ClickException("本节点没有其他节点 / this node is alone: ANYUAN_CHARTER_FILE is not set")
    try:
        office = links.office_of(settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    try:
        with told_plainly():
            yield office
    finally:
        office.database.engine.dispose()


@node.command("admit")
@_NODES
def admit(nodes: tuple[str, ...]) -> None:
    """Let neighbours (or only these) write to this node's broker: a queue and a user for each."""
    settings = _settings()
    with told_plainly():
        for each in nodes or links.neighbours_of(settings):
            links.admit(settings, each)
            click.echo(f"{each} → {settings.node}: 已准入 / admitted")


@node.command("link")
@_NODES
def link(nodes: tuple[str, ...]) -> None:
    """Run the shovels that carry letters from this node to its neighbours (or only to these)."""
    settings = _settings()
    with told_plainly():
        for each in nodes or links.neighbours_of(settings):
            links.link(settings, each)
            click.echo(f"{settings.node} → {each}: 已连接 / linked")


@node.command("dismiss")
@click.argument("nodes", nargs=-1, required=True, metavar="NODE…")
def dismiss(nodes: tuple[str, ...]) -> None:
    """Take a neighbour's user and the shovel to it away, as when its password was stolen; `admit` makes them anew."""
    settings = _settings()
    with told_plainly():
        for each in nodes:
            links.dismiss(settings, each)
            click.echo(f"{each} ⇹ {settings.node}: 已断开 / dismissed")


@node.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> None:
    """Say how the charter, keys and streams to other nodes do; ends with 1 when somebody must look."""
    with _office() as office, office.database.reading() as session:
        now = office.database.clock.now()
        told = StatusOut().dump(overview(session, office, now))
        states = status_of(session, now)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(_charter_line(told))
        for each in states:
            click.echo(_line(each))
        for link_ in told["links"]:
            for step in link_["next_steps"]:
                click.echo(f"  {link_['node']}: {step['zh']} / {step['en']}\n    {step['command']}".rstrip())
    if not told["is_well"]:
        raise SystemExit(1)


def _charter_line(told: dict[str, Any]) -> str:
    charter, keys = told["charter"], [key for key in told["keys"] if key["signs"]]
    if charter["state"] == "refused":
        return f"! 公告 / charter: {charter['refused']['zh']} / {charter['refused']['en']}"
    until, left = charter["expires_at"][:10], charter["days_left"]
    words = {"in_force": "有效 / in force", "ending": "即将到期 / ends soon", "expired": "已过期 / past its day"}
    key = f"{keys[0]['kid']} → {keys[0]['not_after'][:10]}" if keys else "无有效密钥 / no key in force"
    mark = "✓" if charter["state"] == "in_force" and keys else "!"
    epoch = f"纪元 / epoch {charter['epoch']}"
    version = f"公告 / charter {charter['version']}"
    return f"{mark} {told['node']}  {version}, {words[charter['state']]} → {until} ({left} d)  {epoch}  {key}"


def _line(state: LinkState) -> str:
    silent = "–" if state.silent_seconds is None else f"{state.silent_seconds:.0f} s"
    troubles = [
        f"对方未收讫 {state.waiting}（最早 {state.oldest_waiting_seconds:.0f} s）/ waiting" if state.waiting else "",
        f"被拒 {state.refused} / refused there" if state.refused else "",
        f"暂停发送 / held: {state.held_because}" if state.held_because else "",
        f"停止接收 / stopped: {state.stopped}" if state.stopped else "",
        f"对方停止接收 / stopped there: {state.stopped_there}" if state.stopped_there else "",
        f"对账不一致 / differs: {state.differs}" if state.differs else "",
        f"出队已等 {state.oldest_queued_seconds:.0f} s / in the queue" if state.oldest_queued_seconds else "",
        f"待补 {state.parked} / parked" if state.parked else "",
        f"隔离 {state.quarantined} / in quarantine" if state.quarantined else "",
    ]
    counted = f"发出 {state.written:>6}  收讫 {state.receipted:>6}  收到 {state.taken_in:>6}  {silent:>8}"
    return f"{'✓' if state.is_well else '!'} {state.node:<16} {counted}  {'; '.join(filter(None, troubles))}".rstrip()


@node.command("compare")
@_NODES
def compare(nodes: tuple[str, ...]) -> None:
    """Hold the streams against those of other nodes now, as is done every hour."""
    with _office() as office, office.database.unit_of_work() as uow:
        reconcile.compare(uow, office, *nodes)


@node.command("resume")
@click.argument("origin", metavar="NODE")
@click.option("--by", required=True, help="The person who has looked and lets it go on.")
@click.option("--reason", required=True, help="What was found; it is written down and kept.")
@click.option("--release-to", type=int, default=0, help="Let letters of a revoked key in up to this place.")
def resume(origin: str, by: str, reason: str, release_to: int) -> None:
    """Let the stopped stream of a node go on; what it missed is asked for."""
    with _office() as office, office.database.unit_of_work() as uow:
        reconcile.resume(uow, office, origin, by=by, reason=reason, release_to=release_to)
    click.echo(f"{origin}: 恢复接收 / goes on")


@node.command("restored")
def restored() -> None:
    """Say that this node's databases come from a backup: before anything else is started (docs/howto/link-nodes.md)."""
    with _office() as office, office.database.unit_of_work() as uow:
        reconcile.hold_until_compared(uow, office)


@node.command("quarantine")
@click.option("--take", type=int, help="Write the letter with this number to a file instead.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False))
def show_quarantine(take: int | None, output: Path | None) -> None:
    """List the letters that were not believed, with the check that failed."""
    from sqlalchemy import select

    with _office() as office, office.database.reading() as session:
        rows = session.execute(select(quarantine).order_by(quarantine.c.id)).all()
    for row in rows:
        if take is None:
            where = f"{row.id:>5} {row.put_at:%Y-%m-%d %H:%M} {row.origin:<16}"
            click.echo(f"{where} {row.check_no:>2} {row.code}: {row.detail}")
        elif row.id == take and output is not None:
            output.write_bytes(bytes(row.letter))
