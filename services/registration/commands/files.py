"""The e-file of a volunteer: one line per fact, entered by the event of the service that owns the fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from sqlalchemy import select, update

from services.registration.commands.introductions import person_of
from services.registration.model import FileEntry, Move
from shared.contracts.registration import FileHandedOver, FileLine
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
    line = FileLine(source=source, kind=kind, title=title, happened_on=happened_on, hours=hours_hundredths, stars=stars)
    move = departure_of(uow, volunteer_number)
    if move is not None:
        # Their new home has the file, or is getting it: what comes here later follows.
        uow.publish(
            FileHandedOver(
                transfer_id=move.transfer_id,
                volunteer_number=volunteer_number,
                from_region=move.from_region,
                to_region=move.to_region,
                lines=(line,),
            )
        )
    person = person_of(uow.session, volunteer_number)
    if person is not None and uow.hosts(person.region):
        # Nodes above hear of it too, and the node that somebody has left may; the file is kept at their home.
        enter_lines(uow, volunteer_number, [line])


def departure_of(uow: UnitOfWork, volunteer_number: str) -> Move | None:
    """Answer the move by which a volunteer leaves this node or has left it, last of all, or None."""
    last = select(Move).where(Move.volunteer_number == volunteer_number).order_by(Move.noted_at.desc()).limit(1)
    move = uow.session.scalars(last).first()
    return move if move is not None and uow.hosts(move.from_region) else None


def enter_lines(uow: UnitOfWork, volunteer_number: str, lines: Sequence[FileLine]) -> None:
    """Enter facts into a volunteer's e-file, each once by its source."""
    rows = [
        {
            "source": line.source,
            "volunteer_number": volunteer_number,
            "kind": line.kind,
            "title": line.title,
            "hours_hundredths": line.hours,
            "stars": line.stars,
            "withdrawn_on": line.withdrawn_on,
            "happened_on": line.happened_on,
        }
        for line in lines
    ]
    if rows:
        entering = upsert(uow.session, FileEntry).on_conflict_do_nothing(index_elements=["source"])
        uow.session.execute(entering, rows)


def line_of(entry: FileEntry) -> FileLine:
    """Answer a line of an e-file as another node is told it."""
    return FileLine(
        source=entry.source,
        kind=entry.kind,  # type: ignore[arg-type]  # the table's CHECK has the same list
        title=entry.title,
        happened_on=entry.happened_on,
        hours=entry.hours_hundredths,
        stars=entry.stars,
        withdrawn_on=entry.withdrawn_on,
    )


def withdraw_in_file(uow: UnitOfWork, sources: Sequence[str], *, on: date) -> None:
    """Mark facts of an e-file as taken away on a day; their lines stay."""
    uow.session.execute(update(FileEntry).where(FileEntry.source.in_(sources)).values(withdrawn_on=on))
