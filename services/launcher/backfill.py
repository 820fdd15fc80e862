"""`anyuan events backfill`: tell a listener that begins how everything stands that it hears of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shared.settings import Settings, SettingsError

if TYPE_CHECKING:
    from shared.storage import Database


@click.command()
@click.argument("listener")
@click.option("--from", "publisher", default="all", metavar="SERVICE|all", show_default=True, help="Who is to tell.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder of a node in one process; else the databases that the settings name.",
)
def backfill(listener: str, publisher: str, data: Path | None) -> None:
    """Tell LISTENER, and nobody else, how things stand now, so that a new listener has what it missed.

    Its queue need not be there yet, nobody need stop working, and a backfill that was cut off is run again.
    """
    from services.launcher.parts import SERVICES, named, reactions_of

    settings = Settings.read() if data is None else None
    if listener not in SERVICES:
        raise click.ClickException(
            f"没有名为 {listener} 的服务；有 {'、'.join(SERVICES)} / no service is called {listener}"
        )
    try:
        for service in named(publisher):
            _tell(service, reactions_of(listener).service, settings=settings, folder=data)
    except (KeyError, SettingsError) as error:
        raise click.ClickException(str(error.args[0])) from error


def _tell(service: str, listener: str, *, settings: Settings | None, folder: Path | None) -> None:
    from services.launcher.parts import reactions_of, snapshots_of
    from shared.messaging import StoredOutbox
    from shared.messaging.snapshots import backfill as tell

    snapshots, hears = snapshots_of(service), reactions_of(listener)
    if snapshots.told_to(hears):
        node = settings.node if settings else _embedded_node()
        told = tell(
            _database(service, settings=settings, folder=folder),
            snapshots=snapshots,
            outbox=StoredOutbox(service, node),
            listener=hears,
        )
        for cls, count in told:
            click.echo(f"{cls.event_name.routing_key(service):<44} {count:>8}")
    for cls in snapshots.untold_to(hears):
        click.echo(f"{cls.event_name.routing_key(service):<44}  只从现在起 / only from now on")


def _embedded_node() -> str:
    from services.launcher.embedded import NODE

    return NODE


def _database(service: str, *, settings: Settings | None, folder: Path | None) -> Database:
    from services.launcher.parts import database_of
    from shared.clock import SystemClock
    from shared.messaging import StoredOutbox
    from shared.storage import Database
    from shared.storage.database import make_engine

    if settings is not None:
        return database_of(service, settings)
    url = f"sqlite:///{folder}/{service}.db"
    return Database(make_engine(url), clock=SystemClock(), outbox=StoredOutbox(service, _embedded_node()))
