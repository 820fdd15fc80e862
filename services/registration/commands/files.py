"""The e-file of a volunteer: one line per fact, entered by the event of the service that owns the fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from sqlalchemy import select, update

from services.registration.model import FileEntry, Volunteer
from shared.messaging.upsert import upsert
from shared.storage import UnitOfWork


def enter_in_file(
    uow: UnitOfWork,
    *,
    source: str,
    volunteer_number: str,
    kind: Literal["hours", "star", "award", "transfer"],
    title: str,
    happened_on: date,
    hours_hundredths: int | None = None,
    stars: int | None = None,
) -> None:
    """Enter a fact into the e-file of a volunteer who is at home here; the same source is entered once."""
    region = uow.session.scalar(select(Volunteer.region).where(Volunteer.number == volunteer_number))
    if region is None or not uow.hosts(region):
        # Nodes above hear of it too, and the node that somebody has left may; the file is kept at their home.
        return
    entry = {
        "source": source,
        "volunteer_number": volunteer_number,
        "kind": kind,
        "title": title,
        "hours_hundredths": hours_hundredths,
        "stars": stars,
        "happened_on": happened_on,
    }
    entering = upsert(uow.session, FileEntry).on_conflict_do_nothing(index_elements=["source"])
    uow.session.execute(entering, entry)


def withdraw_in_file(uow: UnitOfWork, sources: Sequence[str], *, on: date) -> None:
    """Mark facts of an e-file as taken away on a day; their lines stay."""
    uow.session.execute(update(FileEntry).where(FileEntry.source.in_(sources)).values(withdrawn_on=on))
