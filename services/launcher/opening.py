"""Opening the databases of services for a command: those of a node in one process, or those the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from services.launcher.here import has_links
from services.launcher.parts import LINKS, SERVICES, clock_of, database_of
from shared.errors import AnyuanError
from shared.messaging import StoredOutbox
from shared.settings import Settings, SettingsError
from shared.storage import Database
from shared.storage.database import make_engine
from shared.storage.unit_of_work import Alone


def settings() -> Settings:
    """Read the settings, or end the command with what is wrong with them."""
    try:
        return Settings.read()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def opened(service: str | None, folder: Path | None) -> Iterator[dict[str, Database]]:
    """Open the database of one service or of all, and say in both languages what goes wrong with them."""
    found = _databases(service, folder)
    try:
        yield found
    except AnyuanError as error:
        raise click.ClickException(f"{error.zh} / {error.en}") from error
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        raise click.ClickException(f"数据库无法使用 / the database cannot be used: {reason}") from error
    finally:
        for database in found.values():
            database.engine.dispose()


def _databases(service: str | None, folder: Path | None) -> dict[str, Database]:
    given = settings()
    # What speaks to other nodes has a database like a service.
    known = (*SERVICES, LINKS) if has_links(given) and folder is None else SERVICES
    if service is not None and service not in known:
        raise click.ClickException(f"没有名为 {service} 的服务；有 {'、'.join(known)} / no service is called {service}")
    names = known if service is None else (service,)
    if folder is not None:
        return {name: _in_folder(name, folder, given) for name in names}
    if service is None and given.database_url and "{service}" not in given.database_url:
        raise click.ClickException(
            "ANYUAN_DATABASE_URL 只指向一个服务的数据库：请用 --service 指明 / names the database of one service: "
            "say which with --service"
        )
    try:
        # These commands look and put back; they carry nothing out, and are needed most when a charter cannot be read.
        return {name: database_of(name, given, here=Alone()) for name in names}
    except SettingsError as error:
        raise click.ClickException(
            f"{error}；或用 --data 指明单进程节点的文件夹 / or name a folder with --data"
        ) from error


def _in_folder(service: str, folder: Path, given: Settings) -> Database:
    file = folder / f"{service}.db"
    if not file.exists():
        raise click.ClickException(f"{folder} 不是节点的文件夹：缺 {file.name} / is no node's folder: it is missing")
    outbox = StoredOutbox(service, given.node)
    return Database(make_engine(f"sqlite:///{file}"), clock=clock_of(given), outbox=outbox)
