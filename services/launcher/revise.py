"""Writes revisions from the difference between a service's tables in code and those its revisions make.

python -m services.launcher.revise again               the first revision of every service anew, until a release
python -m services.launcher.revise next records "…"    one more revision of a service, for a person to read through
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Executable, MetaData, create_mock_engine
from sqlalchemy.engine import make_url

from services.launcher.parts import LINKS, SERVICES, metadata_of
from shared.storage import InstantUTC
from shared.storage.database import make_engine
from shared.storage.migrations import configuration, folder_of, transaction, upgrade

_FIRST = "0001"
_DIALECTS = {"postgresql": "postgresql+psycopg://", "sqlite": "sqlite://"}
_TRIGGER = re.compile(r"CREATE (OR REPLACE )?(TRIGGER|FUNCTION) ")
_ALEMBIC_SAYS = re.compile(r"^ *# ### .* ###\n", re.MULTILINE)
_FUNCTION = re.compile(r"FUNCTION (\w+)\(")


@click.group()
def main() -> None:
    """Write revisions."""


@main.command()
@click.argument("services", nargs=-1)
def again(services: tuple[str, ...]) -> None:
    """Write the first revision anew; only for a service that has no other one."""
    for service in services or (*SERVICES, LINKS):
        versions = folder_of(service) / "versions"
        older = sorted(versions.glob("[0-9]*.py"))
        if [path for path in older if not path.name.startswith(_FIRST)]:
            raise click.ClickException(f"{service} has more than its first revision: use `next`")
        for path in older:
            path.unlink()
        _begin(versions)
        _write(service, "first", number=_FIRST)
        path = versions / f"{_FIRST}_first.py"
        path.write_text(path.read_text().replace('"""first."""', f'"""The tables that {service} began with."""'))
        _add_triggers(path, metadata_of(service))


@main.command()
@click.argument("service")
@click.argument("message")
def next(service: str, message: str) -> None:  # noqa: A001  # the word of the command line
    """Write one more revision; triggers of new tables are for its author to add."""
    newest = max(int(path.name[:4]) for path in (folder_of(service) / "versions").glob("[0-9]*.py"))
    _write(service, message, number=f"{newest + 1:04}")


def _begin(versions: Path) -> None:
    versions.mkdir(parents=True, exist_ok=True)
    for package in (versions.parent, versions):
        (package / "__init__.py").write_text(f'"""Revisions of the tables of {versions.parent.parent.name}."""\n')


def _write(service: str, message: str, *, number: str) -> None:
    from alembic import command

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tables.db"
        if number != _FIRST:
            upgrade(service, url)
        engine = make_engine(url)
        with transaction(engine) as connection:
            config = configuration(service, connection)
            config.attributes |= {
                "metadata": list(metadata_of(service)),
                "rebuild": number != _FIRST,
                "render": _plain_types,
            }
            command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()
    for path in (folder_of(service) / "versions").glob(f"{number}_*.py"):
        path.write_text(_ALEMBIC_SAYS.sub("", path.read_text()))
    (folder_of(service) / "HEAD").write_text(f"{number}\n")


def _plain_types(kind: str, item: Any, _context: Any) -> str | bool:
    """Write our own type as what the database sees, so that a revision stays what it is when our code changes."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, InstantUTC) else False


def _add_triggers(path: Path, metadata: Sequence[MetaData]) -> None:
    """Add the triggers that the code's own `create_all` makes, word by word, for both kinds of database."""
    triggers = {dialect: _triggers(dialect, metadata) for dialect in _DIALECTS}
    if not any(triggers.values()):
        return
    functions = list(dict.fromkeys(_FUNCTION.findall("\n".join(triggers["postgresql"]))))
    lists = "\n".join(
        f"{dialect.upper()}_TRIGGERS = (\n" + "".join(f'    """\n{_broken(each)}\n    """,\n' for each in made) + ")"
        for dialect, made in triggers.items()
    )
    text = path.read_text().replace("\n\n\ndef upgrade", f"\n\n{lists}\n\n\ndef upgrade", 1)
    text = text.replace("\n\n\ndef downgrade", f"\n{_MAKE}\n\ndef downgrade", 1)
    text = text.rstrip() + _UNMAKE.format(functions=", ".join(f'"{name}"' for name in functions))
    path.write_text(text)


_MAKE = """    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL_TRIGGERS if is_postgresql else SQLITE_TRIGGERS:
        op.execute(statement)
"""
_UNMAKE = """
    if op.get_bind().dialect.name == "postgresql":
        # The triggers went with their tables, the functions they call did not.
        for function in ({functions},):
            op.execute(f"DROP FUNCTION {{function}}()")
"""


def _broken(statement: str) -> str:
    """Break a statement into lines that can be read."""
    return re.sub(r" (?=BEFORE |FOR EACH |BEGIN |LANGUAGE |EXECUTE |WHEN )", "\n        ", f"    {statement}")


def _triggers(dialect: str, metadata: Sequence[MetaData]) -> list[str]:
    made: list[str] = []

    def note(statement: Executable | str, *_: Any, **__: Any) -> None:
        compiled = statement if isinstance(statement, str) else str(statement.compile(dialect=engine.dialect))  # type: ignore[attr-defined]  # DDL compiles
        if _TRIGGER.match(compiled):
            made.append(compiled)

    engine: Any = create_mock_engine(
        make_url("postgresql+psycopg://" if dialect == "postgresql" else "sqlite://"), note
    )
    engine.exec_driver_sql = note
    for each in metadata:
        each.create_all(engine, checkfirst=False)
    return made


if __name__ == "__main__":
    main()
