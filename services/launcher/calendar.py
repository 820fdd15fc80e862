"""`anyuan calendar`: the days on which offices work, in the database of every service that has cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from services.launcher.parts import SERVICES, approvals_of, database_of, named
from shared.approval import workdays
from shared.approval.jobs import Recounting
from shared.approval.service import Approvals
from shared.approval.workday_file import CalendarFileError, read_days
from shared.clock import SystemClock
from shared.errors import Invalid
from shared.messaging import StoredOutbox
from shared.settings import Settings, SettingsError
from shared.storage import Database
from shared.storage.database import make_engine

WITH_CASES = tuple(service for service in SERVICES if approvals_of(service) is not None)
_WEEKDAYS = "一二三四五六日"


class CalendarRefused(Exception):
    """The calendar cannot be loaded or shown; the text says why, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class Office:
    """A service with cases, and its database."""

    service: str
    approvals: Approvals
    database: Database


def offices(service: str, *, settings: Settings, folder: Path | None) -> list[Office]:
    """Answer the services that a command names, opened in the folder of an embedded node or by the settings.

    :raises CalendarRefused: when they cannot be opened.
    """
    wanted = [one for one in _named(service) if one in WITH_CASES]
    if not wanted:
        raise CalendarRefused(f"{service} has no cases; those that have are {', '.join(WITH_CASES)}")
    found = []
    for one in wanted:
        approvals = approvals_of(one)
        assert approvals is not None
        opened = _by_settings(one, settings, alone=len(wanted) == 1) if folder is None else _in_folder(one, folder)
        found.append(Office(one, approvals, opened))
    return found


def load(where: Iterable[Office], raw: bytes, *, year: int, source: str) -> Iterator[str]:
    """Store a year's workdays in each service, count the deadlines that waited for them again, and tell of it.

    :raises CalendarRefused: naming every problem with its line; no service has changed anything.
    """
    try:
        days = read_days(raw, year=year)
    except CalendarFileError as error:
        raise CalendarRefused(f"{source} 未录入 / is not loaded:\n" + "\n".join(error.problems)) from error
    for office in where:
        try:
            with office.database.unit_of_work() as uow:
                count = office.approvals.load_workdays(uow, year=year, days=days, source=source)
        except Invalid as error:
            raise CalendarRefused(f"{error.zh} / {error.en}") from error
        recounting = Recounting(office.approvals, office.database)
        while recounting():
            pass
        yield (
            f"{office.service:<13} {year}：{count} 天与周一至周五不同，重新计算期限 {recounting.counted} 件 / "
            f"{count} days differ from Monday to Friday, deadlines of {recounting.counted} cases counted again"
        )


def show(where: Iterable[Office], year: int) -> Iterator[str]:
    """Tell what each service knows of a year, and the days that differ from Monday to Friday."""
    told: dict[tuple[tuple[date, bool], ...], str] = {}
    for office in where:
        with office.database.reading() as session:
            source = workdays.source_of(session, year)
            known = workdays.known(session)
        if source is None:
            yield f"{office.service:<13} {year}：未录入，期限为暂定 / not loaded, deadlines are provisional"
            continue
        days = tuple(sorted((day, works) for day, works in known.exceptions.items() if day.year == year))
        same = told.setdefault(days, office.service)
        yield f"{office.service:<13} {year}：{source}" + (f" = {same}" if same != office.service else "")
        if same == office.service:
            yield from (_line(day, works=works) for day, works in days)


def _line(day: date, *, works: bool) -> str:
    words = "上班 / workday" if works else "放假 / holiday"
    return f"  {day} 周{_WEEKDAYS[day.weekday()]}  {words}"


def _named(service: str) -> tuple[str, ...]:
    try:
        return named(service)
    except KeyError as error:
        raise CalendarRefused(str(error.args[0])) from error


def _by_settings(service: str, settings: Settings, *, alone: bool) -> Database:
    if not alone and settings.database_url and "{service}" not in settings.database_url:
        raise CalendarRefused(
            "ANYUAN_DATABASE_URL names one database: say whose it is with --service, once for each of "
            + ", ".join(WITH_CASES)
        )
    try:
        return database_of(service, settings)
    except SettingsError as error:
        raise CalendarRefused(str(error)) from error


def _in_folder(service: str, folder: Path) -> Database:
    file = folder / f"{service}.db"
    if not file.exists():
        raise CalendarRefused(f"{folder} is not the folder of a node: there is no {file.name} in it")
    outbox = StoredOutbox(service, Settings.read({}).node)
    return Database(make_engine(f"sqlite:///{file}"), clock=SystemClock(), outbox=outbox)
