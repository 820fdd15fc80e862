"""High-water marks: the newest version applied of each thing, so that an older one is never applied over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Table, and_, select
from sqlalchemy.orm import Session

from shared.messaging.envelope import Address, Thing
from shared.messaging.many import is_any_of, put_newer
from shared.messaging.tables import inbox_mark

_thing = (inbox_mark.c.source, inbox_mark.c.aggregate_type, inbox_mark.c.aggregate_id)


def about_any(session: Session, table: Table, addresses: Iterable[Address]) -> ColumnElement[bool]:
    """Answer the condition that a row is about one of these things, or about what two of them are together.

    One list for each column lets the index be used; a list of triples would be planned as that many conditions.
    """
    sources, kinds, keys = zip(*{address.thing for address in addresses}, strict=True)
    return and_(
        is_any_of(session, table.c.source, sorted(set(sources))),
        is_any_of(session, table.c.aggregate_type, sorted(set(kinds))),
        is_any_of(session, table.c.aggregate_id, sorted(set(keys))),
    )


def marks_of(session: Session, addresses: Iterable[Address]) -> dict[Thing, int]:
    """Answer the newest version applied of each of these things, for those that have one, and of some others."""
    rows = session.execute(select(*_thing, inbox_mark.c.version).where(about_any(session, inbox_mark, addresses)))
    return {(row.source, row.aggregate_type, row.aggregate_id): row.version for row in rows}


def raise_marks(session: Session, versions: Mapping[Thing, int]) -> int:
    """Raise the marks of these things, in one order everywhere; answers how many really rose."""
    rows = [
        {"source": source, "aggregate_type": kind, "aggregate_id": key, "version": version}
        for (source, kind, key), version in sorted(versions.items())
    ]
    return put_newer(session, inbox_mark, rows, version="version")
