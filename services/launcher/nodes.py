"""The commands about nodes: their map, their keys and what the province's root publishes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from shared.clock import SystemClock, business_date
from shared.errors import AnyuanError
from shared.nodes.book import Book, new_request
from shared.nodes.core.keys import NodeKey
from shared.nodes.core.letters import Signer
from shared.nodes.core.nodemap import NodeMap
from shared.nodes.files import OwnKeys, read_map, write_whole

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_MAP = click.option("--map", "map_file", type=_FILE, help="The node map; else one node that hosts the province.")
_BOOK = click.option(
    "--book", type=_FILE, default=Path("var/node-book.json"), show_default=True, help="The province's book of keys."
)
_BY = click.option("--by", required=True, help="The person who does it.")
_APPROVED_BY = click.option("--approved-by", required=True, help="A second person.")


@contextmanager
def told_plainly() -> Iterator[None]:
    """Say what was refused in Chinese and English, with every place."""
    try:
        yield
    except AnyuanError as error:
        lines = [f"{fault.pointer}: {fault.zh} / {fault.en}" for fault in error.faults]
        raise click.ClickException("\n".join(lines) or f"{error.zh} / {error.en}") from error


@click.group()
def node() -> None:
    """The nodes of a province: map, keys, links (节点)."""


@node.group("map")
def map_() -> None:
    """Which node hosts which regions."""


@map_.command("check")
@click.argument("file", type=_FILE, required=False)
def map_check(file: Path | None) -> None:
    """Check a node map (TOML) and say what each node hosts."""
    with told_plainly():
        found, today = _map(file), business_date(SystemClock().now())
        found.check(on=today)
        hosted = [found.host_of(row.code, on=today) for row in found.regions.all(on=today)]
        for each in found:
            above = f"上级 {each.upper}" if each.upper else "最上级"
            click.echo(f"{each.id:<16} {each.name}  {hosted.count(each.id)} 个区划 / regions  {above}")


@node.command("init")
@click.argument("folder", type=_FOLDER)
@click.option("--node", "name", required=True, help="The node's name in the map.")
@click.option("--root", is_flag=True, help="Make the province's root key too. Keep its private file offline.")
def init(folder: Path, name: str, root: bool) -> None:
    """Make a node's first key and the request to register it; what is there already stays."""
    if root and not (folder / "root-private.json").exists():
        private = Signer.new_key("root")
        write_whole(folder / "root.json", _json(Signer(private).public_key))
        write_whole(folder / "root-private.json", _json(private), mode=0o600)
        click.echo(f"{folder / 'root-private.json'}  请离线保管 / keep it offline")
    if not (folder / "node-keys.json").exists():
        _make_key(folder, name, replaces=None)


@node.group()
def key() -> None:
    """The keys that nodes sign with."""


@key.command("new")
@click.argument("folder", type=_FOLDER)
@click.option("--node", "name", required=True)
def key_new(folder: Path, name: str) -> None:
    """Make a key of this node and the request to register it."""
    _make_key(folder, name, replaces=None)


@key.command("rotate")
@click.argument("folder", type=_FOLDER)
@click.option("--node", "name", required=True)
@click.option("--replaces", required=True, help="The key that it follows; that one stays good for thirty days more.")
def key_rotate(folder: Path, name: str, replaces: str) -> None:
    """Make the successor of a key and the request to register it."""
    _make_key(folder, name, replaces=replaces)


@key.command("register")
@click.argument("request", type=_FILE)
@_MAP
@_BOOK
@_BY
def key_register(request: Path, map_file: Path | None, book: Path, by: str) -> None:
    """Enter a node's key into the book (first person)."""
    now = SystemClock().now()
    with told_plainly():
        _change(book, lambda open_: open_.register(request.read_bytes(), by=by, map_=_map(map_file), now=now))


@key.command("approve")
@click.argument("kid")
@_BOOK
@_BY
def key_approve(kid: str, book: Path, by: str) -> None:
    """Let a registered key count (second person)."""
    with told_plainly():
        _change(book, lambda open_: open_.approve(kid, by=by))


@key.command("revoke")
@click.argument("kid")
@click.option("--compromised-at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="Else now.")
@_BOOK
@_BY
@_APPROVED_BY
def key_revoke(kid: str, compromised_at: datetime | None, book: Path, by: str, approved_by: str) -> None:
    """Take a key out for good."""
    at = compromised_at or SystemClock().now()
    with told_plainly():
        _change(book, lambda open_: open_.revoke(kid, by=by, approved_by=approved_by, compromised_at=at))


@key.command("show")
@_BOOK
def key_show(book: Path) -> None:
    """List the keys in the book."""
    for each in Book.read(book).keys.values():
        click.echo(_line(each))


@node.command("epoch")
@click.argument("name")
@_BOOK
@_BY
@_APPROVED_BY
def epoch(name: str, book: Path, by: str, approved_by: str) -> None:
    """Let a node begin anew after it was restored from a backup."""
    with told_plainly():
        open_ = Book.read(book)
        number = open_.begin_anew(name, by=by, approved_by=approved_by)
        open_.write(book)
        click.echo(f"{name}: {number}")


@node.command("publish")
@click.argument("output", type=_FILE)
@click.option("--root-key", type=_FILE, required=True, help="The private file of the root.")
@click.option("--days", type=click.IntRange(1, 3650), default=400, show_default=True, help="How long it is good for.")
@_MAP
@_BOOK
def publish(output: Path, root_key: Path, days: int, map_file: Path | None, book: Path) -> None:
    """Sign the next version of map, keys and epochs, for all nodes (公告)."""
    import json

    with told_plainly():
        open_ = Book.read(book)
        root = Signer(json.loads(root_key.read_text(encoding="utf-8")))
        lasting = timedelta(days=days)
        published = open_.publish(_map(map_file), root=root, now=SystemClock().now(), valid_for=lasting)
        # The number first: one that was given out is never given out again.
        open_.write(book)
        write_whole(output, published)
        click.echo(f"{output}: version {open_.version}")


def _map(file: Path | None) -> NodeMap:
    from shared.regions import Regions

    return NodeMap.single(Regions.load()) if file is None else read_map(file)


def _make_key(folder: Path, name: str, *, replaces: str | None) -> None:
    private, request = new_request(name, now=SystemClock().now(), replaces=replaces)
    OwnKeys.read(folder / "node-keys.json").add(private, folder / "node-keys.json")
    asked = folder / f"{private['kid']}.request"
    write_whole(asked, request)
    click.echo(str(asked))


def _change(book: Path, change: Callable[[Book], NodeKey]) -> None:
    open_ = Book.read(book)
    changed = change(open_)
    open_.write(book)
    click.echo(_line(changed))


def _line(key: NodeKey) -> str:
    lasts = f"{key.not_before.date()} – {key.not_after.date()}"
    persons = f"{key.registered_by} / {key.approved_by or '–'}"
    return f"{key.kid:<36} {key.node_id:<16} {key.status:<10} {lasts}  {persons}"


def _json(value: Any) -> bytes:
    import json

    return json.dumps(value).encode()
