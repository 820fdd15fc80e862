"""Where subjects live, kept in the database of the links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.messaging.upsert import upsert
from shared.nodes.tables import place

Subject = tuple[str, str]
"""A kind and a key."""


class StoredPlaces:
    """The directory that the authority table asks, over one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[Subject, str | None] = {}
        self._learnt: dict[Subject, str] = {}

    def look_up(self, subjects: Iterable[Subject]) -> None:
        """Read these subjects now, in one question for each kind."""
        asked = sorted(set(subjects) - self._known.keys())
        for kind, found in groupby(asked, key=lambda subject: subject[0]):
            keys = [key for _, key in found]
            wanted = select(place.c.key, place.c.region).where(place.c.kind == kind, place.c.key.in_(keys))
            regions = {row.key: row.region for row in self._session.execute(wanted)}
            self._known |= {(kind, key): regions.get(key) for key in keys}

    def region_of(self, kind: str, key: str) -> str | None:
        """Answer the region of a subject, or None where nobody told of it."""
        if (kind, key) not in self._known:
            self.look_up([(kind, key)])
        return self._known[(kind, key)]

    def learn(self, told: Mapping[Subject, str]) -> None:
        """Remember where subjects live; `write_places` writes it down."""
        for (kind, key), region in told.items():
            if self.region_of(kind, key) != region:
                self._known[(kind, key)] = self._learnt[(kind, key)] = region

    def write_places(self) -> None:
        """Write down what was learnt, in one order everywhere."""
        if not self._learnt:
            return
        entered = upsert(self._session, place)
        changed = entered.on_conflict_do_update(
            index_elements=["kind", "key"], set_={"region": entered.excluded.region}
        )
        rows = [{"kind": kind, "key": key, "region": region} for (kind, key), region in sorted(self._learnt.items())]
        self._session.execute(changed, rows)
        self._learnt.clear()
