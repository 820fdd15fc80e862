"""The `anyuan` command."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import BinaryIO

import click

from services.launcher.casework import routes, trail
from shared.settings import Settings, SettingsError

SERVICE = click.argument("service", metavar="SERVICE|all")


class _Nodes(click.Group):
    """The commands about nodes, loaded when they are asked for: they bring cryptography and tables with them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Answer their names."""
        from services.launcher.linkwork import node

        return node.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Answer one of them."""
        from services.launcher.linkwork import node

        return node.get_command(ctx, cmd_name)


@click.group()
def main() -> None:
    """Anyuan 安愿: work-safety volunteer service of a province."""


main.add_command(routes)
main.add_command(trail)
main.add_command(_Nodes("node", help="The nodes of a province: map, keys, links (节点)."))


@main.command()
@click.option("--once", is_flag=True, help="Only tell the story on a fresh database, then end.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on the last line.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the data is kept; a folder begun earlier is resumed.",
)
@click.option("--port", type=int, default=None, help="The port of the site (8000; with --once any free one).")
def demo(once: bool, as_json: bool, data: Path | None, port: int | None) -> None:
    """Run everything in this process: the story told, then the site with demo data."""
    from services.launcher.demo.command import run_demo, run_once

    sys.exit(run_once(data=data, port=port or 0, as_json=as_json) if once else run_demo(data=data, port=port or 8000))


@main.command()
@click.option("--base-url", help="The site, such as http://127.0.0.1:8080.")
@click.option(
    "--nodes", is_flag=True, help="Over the nodes of deploy/nodes/compose.yml, each at its own site, instead."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on the last line.")
@click.option(
    "--administrators",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("var/administrators.json"),
    show_default=True,
    help="What `anyuan bootstrap --json` printed; the chosen passwords are kept there.",
)
@click.option(
    "--bootstrap",
    "bootstrap_command",
    default="docker compose exec -T registration-api anyuan bootstrap --json",
    show_default=True,
    help="Run once where there is no such file yet.",
)
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Resume a telling that was begun with this folder."
)
def story(
    base_url: str | None, nodes: bool, as_json: bool, administrators: Path, bootstrap_command: str, data: Path | None
) -> None:
    """Tell the main job against a running site, or over the nodes of a province, through HTTP only."""
    from services.launcher.story.command import run_story, run_story_over_nodes

    if nodes:
        sys.exit(run_story_over_nodes(as_json=as_json, folder=data or Path("var/story-over-nodes")))
    if base_url is None:
        raise click.UsageError("give --base-url, or --nodes")
    sys.exit(
        run_story(
            base_url,
            as_json=as_json,
            administrators_file=administrators,
            bootstrap_command=bootstrap_command,
            folder=data,
        )
    )


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bootstrap(as_json: bool) -> None:
    """Make the first three administrators and print their one-use secrets."""
    from services.launcher.parts import database_of
    from services.registration.commands.posts import bootstrap as make_first
    from shared.errors import AnyuanError

    try:
        with database_of("registration", _settings()).unit_of_work() as uow:
            made = make_first(uow)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    except AnyuanError as error:
        raise click.ClickException(f"{error.zh} / {error.en}") from error
    if as_json:
        click.echo(json.dumps(made))
        return
    for role, given in made.items():
        click.echo(f"{role:<15} {given['username']:<16} {given['secret']}")
    click.echo("每人凭一次性口令设置密码，七天内有效 / each chooses a password with the secret, within seven days")


@main.command()
@SERVICE
def migrate(service: str) -> None:
    """Bring a service's database to the newest tables."""
    from services.launcher.parts import LINKS, bring_up_to_date, named

    settings = _settings()
    links = (LINKS,) if service == "all" and settings.charter_file else ()
    try:
        for one in (*named(service), *links):
            bring_up_to_date(one, settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@SERVICE
def worker(service: str) -> None:
    """Take in the events that a service listens to."""
    from services.launcher.processes import run_service_worker

    run_service_worker(service, _settings())


@main.command()
@SERVICE
def relay(service: str) -> None:
    """Send the events that a service has published."""
    from services.launcher.processes import run_service_relay

    run_service_relay(service, _settings())


@main.command()
def healthcheck() -> None:
    """Answer 0 while this container's relay or worker shows signs of life."""
    import time

    from shared.messaging.processes import is_alive

    if not is_alive(_settings().heartbeat_file, now=time.time()):
        raise click.ClickException("no sign of life")


@main.group()
def keys() -> None:
    """The key files of a node."""


@keys.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def keys_init(folder: Path) -> None:
    """Make the keys that are not there yet."""
    from services.launcher.keys import init_keys

    init_keys(folder)


class _Events(click.Group):
    """Commands that are imported when one of them is asked for, so that all others answer at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Answer their names."""
        return self._late().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Answer one of them."""
        return self._late().get_command(ctx, cmd_name)

    @staticmethod
    def _late() -> click.Group:
        from services.launcher.events.command import events

        return events


@main.group(cls=_Events)
def events() -> None:
    """What the services tell each other (事件)."""


@main.group()
def calendar() -> None:
    """The days on which offices work: holidays and make-up days (调休)."""


_OF_SERVICE = click.option("--service", default="all", metavar="SERVICE|all", show_default=True)
_IN_FOLDER = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="The folder of a node in one process."
)


@calendar.command("load")
@click.argument("file", type=click.File("rb"))
@click.option("--year", type=click.IntRange(2000, 2100), required=True)
@click.option("--source", help="Where it is from, such as the number of the notice; else the file's name.")
@_OF_SERVICE
@_IN_FOLDER
def calendar_load(file: BinaryIO, year: int, source: str | None, service: str, data: Path | None) -> None:
    """Load a year from a CSV file (date,is_workday and perhaps name), in the place of what was known of it."""
    from services.launcher.calendar import CalendarRefused, load, offices

    try:
        where = offices(service, settings=_settings(), folder=data)
        for line in load(where, file.read(), year=year, source=source or Path(getattr(file, "name", "-")).name):
            click.echo(line)
    except CalendarRefused as error:
        raise click.ClickException(str(error)) from error


@calendar.command("show")
@click.argument("year", type=int)
@_OF_SERVICE
@_IN_FOLDER
def calendar_show(year: int, service: str, data: Path | None) -> None:
    """Print what is known of a year."""
    from services.launcher.calendar import CalendarRefused, offices, show

    try:
        for line in show(offices(service, settings=_settings(), folder=data), year):
            click.echo(line)
    except CalendarRefused as error:
        raise click.ClickException(str(error)) from error


@main.command()
@SERVICE
def openapi(service: str) -> None:
    """Print a service's OpenAPI document."""
    from services.launcher.documents import openapi_of

    click.echo(openapi_of(service), nl=False)


def _settings() -> Settings:
    try:
        return Settings.read()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
