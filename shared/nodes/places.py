"""Where subjects live, kept in the database of the links."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.messaging.upsert import upsert
from shared.nodes.tables import place


class StoredPlaces:
    """The directory that the authority table asks, over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[str, str], str | None] = {}

    def region_of(self, kind: str, key: str) -> str | None:
        """Answer the region of a subject, or None where nobody told of it."""
        if (kind, key) not in self._known:
            wanted = select(place.c.region).where(place.c.kind == kind, place.c.key == key)
            self._known[(kind, key)] = self._session.execute(wanted).scalar()
        return self._known[(kind, key)]

    def learn(self, told: Mapping[tuple[str, str], str]) -> None:
        """Remember where subjects live."""
        for (kind, key), region in told.items():
            if self.region_of(kind, key) == region:
                continue
            entered = upsert(self._session, place).values(kind=kind, key=key, region=region)
            self._session.execute(
                entered.on_conflict_do_update(index_elements=["kind", "key"], set_={"region": entered.excluded.region})
            )
            self._known[(kind, key)] = region
