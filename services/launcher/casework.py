"""The commands about cases: their routes, and whether their trails hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shared.settings import Settings, SettingsError

if TYPE_CHECKING:
    from shared.approval.core.definition import Definition
    from shared.approval.service import Approvals
    from shared.storage import Database

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder of an embedded node; else the databases that the settings name.",
)
SERVICE = click.option("--service", help="One service with cases; else all of them.")


@click.group()
def routes() -> None:
    """The routes of approvals (definitions)."""


@routes.command("list")
def routes_list() -> None:
    """List the routes that come with the system, and which service starts cases on them."""
    from shared.approval.definitions import shipped

    starts = {key: service for service in case_services() for key in approvals_of(service).definitions}
    for key, definition in shipped().items():
        where = starts.get(key, "–")
        click.echo(f"{key:<26} {definition.version:>3}  {where:<14} {definition.title.zh} / {definition.title.en}")


@routes.command("draw")
@click.argument("key")
@click.option("--version", type=int, default=None, help="A version from the databases; else the one that is shipped.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Where the SVG goes; else to stdout.")
@DATA
def routes_draw(key: str, version: int | None, language: str, output: Path | None, data: Path | None) -> None:
    """Draw a route as SVG."""
    from shared.approval.drawing import Language, draw

    drawn = draw(_definition(key, version, data), language=Language(language))
    if output is None:
        click.echo(drawn, nl=False)
    else:
        output.write_text(drawn, encoding="utf-8")


@routes.command("check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def routes_check(file: Path) -> None:
    """Name every mistake of a definition in a YAML file."""
    import yaml

    from shared.approval.core.mistakes import DefinitionError
    from shared.approval.core.parsing import parse

    body: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(body, dict):
        raise click.ClickException(f"{file} holds no mapping")
    try:
        definition = parse(body)
    except DefinitionError as error:
        for problem in error.problems:
            click.echo(f"{problem.place}: {problem.message_zh} / {problem.message}")
        raise click.exceptions.Exit(1) from error
    click.echo(f"{definition.key} {definition.version} {definition.sha256}")


@click.group()
def trail() -> None:
    """The trails of cases."""


@trail.command("verify")
@SERVICE
@click.option("--case", "case_id", help="Only this case.")
@DATA
def trail_verify(service: str | None, case_id: str | None, data: Path | None) -> None:
    """Check the chain of hashes of every case; ends with 1 when one does not hold."""
    from shared.approval.verifying import verify

    looked_at = wrong = 0
    for name, database in databases(service, data):
        done = 0
        for batch in verify(database, case_id=case_id):
            for case, problem in batch.problems:
                click.echo(f"{name} {case}: {problem}")
            done, wrong = batch.done, wrong + len({case for case, _ in batch.problems})
            click.echo(f"{name}: {batch.done} of {batch.of}", err=True)
        looked_at += done
        database.engine.dispose()
    if case_id is not None and not looked_at:
        raise click.ClickException(f"there is no case {case_id}")
    click.echo(f"{looked_at} cases, {wrong} that do not hold")
    if wrong:
        raise click.exceptions.Exit(1)


@trail.command("heads")
@click.argument("case_id", metavar="CASE")
@click.option("--service", required=True, help="The service whose case it is.")
@DATA
def trail_heads(case_id: str, service: str, data: Path | None) -> None:
    """Print what this node holds of a case, to be held against another node: its state, and the end of each chain."""
    import json

    from shared.approval import reading
    from shared.errors import NotFound

    for _, database in databases(service, data):
        with database.reading() as session:
            try:
                case = reading.find_case(session, case_id)
            except NotFound:
                continue
            entries, _decisions = reading.load_trail(session, case)
        ends = {entry.place.origin: [entry.seq, entry.hash] for entry in entries}
        click.echo(json.dumps({"state": case.state.value, "chains": ends}, sort_keys=True))
        database.engine.dispose()


def case_services() -> Sequence[str]:
    """Answer the services that have cases."""
    from services.launcher.parts import SERVICES, metadata_of
    from shared.approval.base import ApprovalBase

    return [service for service in SERVICES if ApprovalBase.metadata in metadata_of(service)]


def databases(service: str | None, data: Path | None) -> Iterator[tuple[str, Database]]:
    """Open the databases of the services with cases, one after the other."""
    if service is not None and service not in case_services():
        raise click.ClickException(f"{service} is none of {', '.join(case_services())}")
    for name in [service] if service is not None else case_services():
        yield name, _in_folder(name, data) if data is not None else _by_settings(name, alone=service is not None)


def _in_folder(service: str, data: Path) -> Database:
    from services.launcher.parts import clock_of
    from shared.messaging import StoredOutbox
    from shared.storage import Database
    from shared.storage.database import make_engine

    file = data / f"{service}.db"
    if not file.exists():
        raise click.ClickException(f"{data} is no folder of an embedded node: {file.name} is missing")
    settings = _settings()
    return Database(
        make_engine(f"sqlite:///{file}"), clock=clock_of(settings), outbox=StoredOutbox(service, settings.node)
    )


def _by_settings(service: str, *, alone: bool) -> Database:
    from services.launcher.parts import database_of

    settings = _settings()
    try:
        url = str(settings.need("database_url"))
    except SettingsError as error:
        raise click.ClickException(f"{error}; or name a folder with --data") from error
    if "{service}" not in url and not alone:
        raise click.ClickException("ANYUAN_DATABASE_URL names one service's database: say which with --service")
    return database_of(service, settings)


def _definition(key: str, version: int | None, data: Path | None) -> Definition:
    from shared.approval import catalogue
    from shared.approval.definitions import shipped

    mine = shipped().get(key)
    if version is None or (mine is not None and mine.version == version and data is None):
        if mine is None:
            raise click.ClickException(f"{key} is none of {', '.join(shipped())}; other routes need --version")
        return mine
    for _, database in databases(None, data):
        with database.reading() as session:
            found = catalogue.version_of(session, key, version)
        database.engine.dispose()
        if found is not None:
            return found
    raise click.ClickException(f"no version {version} of {key} was published")


def approvals_of(service: str) -> Approvals:
    """Answer the one door to a service's cases."""
    from importlib import import_module

    found: Approvals = import_module(f"services.{service}.commands.cases").approvals
    return found


def _settings() -> Settings:
    try:
        return Settings.read()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
