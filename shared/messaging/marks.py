"""High-water marks: the newest version applied of each thing, so that an older one is never applied over it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from shared.messaging.envelope import Thing
from shared.messaging.many import put_newer, together
from shared.messaging.tables import inbox_mark
from shared.storage.trip import Errand


def raising_marks(session: Session, versions: Mapping[Thing, int]) -> list[Errand]:
    """Answer the errands that raise the marks of these things, in one order everywhere; a row for each that rises."""
    rows = [
        {"source": source, "aggregate_type": kind, "aggregate_id": key, "version": version}
        for (source, kind, key), version in sorted(versions.items())
    ]
    return put_newer(session, inbox_mark, rows, version="version") if rows else []


def raise_mark(session: Session, thing: Thing, version: int) -> bool:
    """Raise the mark of a thing; answers whether it really rose."""
    (raised,) = together(session, raising_marks(session, {thing: version}))
    return bool(raised)
