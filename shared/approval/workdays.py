"""The workdays that a service knows of: kept by year, seeded from a package, loaded from what the State Council says.

Only the days that differ from Monday to Friday are stored. Every command counts with them, so they are kept in
memory; one small question to the database per transaction tells whether they are still the newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib import metadata
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, delete, func, insert, select
from sqlalchemy.orm import Session

from shared.approval.base import table_of
from shared.approval.workday_tables import WorkdayRow, WorkdayYearRow
from shared.errors import Invalid
from shared.messaging.upsert import upsert
from shared.storage.trip import Errand, one_trip
from shared.workdays import Workdays

_YEARS, _DAYS = table_of(WorkdayYearRow), table_of(WorkdayRow)
_PACKAGE = "chinesecalendar"
_THIS_TRANSACTION = "approval.workdays"
_LOADS = select(func.coalesce(func.sum(_YEARS.c.loads), 0).label("loads"))
_KNOWN_YEARS = select(_YEARS.c.year)
_EXCEPTIONS = select(_DAYS.c.day, _DAYS.c.is_workday)
#: Per engine, the newest that was read and the number of loads that it stands for.
_read: WeakKeyDictionary[Engine, tuple[int, Workdays]] = WeakKeyDictionary()


def asking() -> Errand:
    """Answer the errand that asks whether there is anything newer than what is known; `known` reads its rows."""
    return _LOADS, {}


def known(session: Session, asked: Sequence[Any] | None = None) -> Workdays:
    """Answer the workdays of the loaded years; within one session they are asked for once.

    `asked` are the rows of `asking`, where another trip to the database has brought them along.
    """
    found: Workdays | None = session.info.get(_THIS_TRANSACTION)
    if found is None:
        rows = one_trip(session, [asking()])[0] if asked is None else asked
        found = session.info[_THIS_TRANSACTION] = _newest(session, int(rows[0].loads))
    return found


def source_of(session: Session, year: int) -> str | None:
    """Answer where a year's workdays are from, or None when they are not known."""
    return session.scalar(select(_YEARS.c.source).where(_YEARS.c.year == year))


def _newest(session: Session, loads: int) -> Workdays:
    engine = session.get_bind().engine
    kept = _read.get(engine)
    if kept is not None and kept[0] == loads:
        return kept[1]
    # Read after the number: what is newer than it is found to be so by the next transaction.
    years = frozenset(session.scalars(_KNOWN_YEARS))
    exceptions = {row.day: row.is_workday for row in session.execute(_EXCEPTIONS)}
    found = Workdays(years=years, exceptions=exceptions)
    _read[engine] = (loads, found)
    return found


def seed(session: Session, *, at: datetime) -> tuple[int, ...]:
    """Store the years that the package knows and that are not there yet; answers them. Again it changes nothing."""
    source = f"{_PACKAGE} {metadata.version(_PACKAGE)}"
    rows = {row.year: row.source for row in session.execute(select(_YEARS.c.year, _YEARS.c.source))}
    if source in rows.values():
        return ()
    by_year = _packaged()
    new = tuple(sorted(by_year.keys() - rows.keys()))
    for year in new:
        load(session, year=year, days=by_year[year], source=source, at=at)
    return new


def load(session: Session, *, year: int, days: Mapping[date, bool], source: str, at: datetime) -> int:
    """Store a year's workdays in the place of what was known of it; answers how many differ from Monday to Friday.

    :raises Invalid: `calendar_of_other_year` when a day is not of the year, `calendar_empty` when no day differs.
    """
    strangers = sorted(day for day in days if day.year != year)
    if strangers:
        raise Invalid(
            "calendar_of_other_year",
            zh=f"{strangers[0]} 不属于 {year} 年",
            en=f"{strangers[0]} is not a day of {year}",
        )
    differing = {day: works for day, works in days.items() if works != Workdays().is_workday(day)}
    if not differing:
        raise Invalid(
            "calendar_empty",
            zh=f"{year} 年没有任何一天与周一至周五不同：没有这样的年份",
            en=f"No day of {year} differs from Monday to Friday: there is no such year",
        )
    # First the year's row: two loads of one year at once follow one another.
    adding = upsert(session, _YEARS).values(year=year, source=source, loaded_at=at, loads=1)
    again = {"source": source, "loaded_at": at, "loads": _YEARS.c.loads + 1}
    session.execute(adding.on_conflict_do_update(index_elements=["year"], set_=again))
    session.execute(delete(_DAYS).where(_DAYS.c.year == year))
    rows = [{"day": day, "is_workday": works, "year": year} for day, works in sorted(differing.items())]
    session.execute(insert(_DAYS), rows)
    session.info.pop(_THIS_TRANSACTION, None)
    return len(differing)


def _packaged() -> dict[int, dict[date, bool]]:
    """Answer the years that the package has in full; it takes a while to import, and is needed once in a lifetime."""
    from chinese_calendar import constants

    found: dict[int, dict[date, bool]] = {}
    for works, days in ((False, constants.holidays), (True, constants.workdays)):
        for day in days:
            found.setdefault(day.year, {})[day] = works
    # A holiday that goes over New Year's Eve does not make the next year known; every known year has a National Day.
    return {year: days for year, days in found.items() if days.get(date(year, 10, 1)) is False}
