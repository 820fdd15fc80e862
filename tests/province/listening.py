"""The service of each node that writes down what it hears."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, String, Table, insert

from shared.contracts.records import RecordConfirmed, RecordVoided
from shared.contracts.registration import OrganisationApproved, VolunteerRegistered
from shared.messaging import Reactions
from shared.storage import UnitOfWork

metadata = MetaData()
heard = Table(
    "heard",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("what", String(40)),
    Column("key", String(100)),
)


def listening() -> Reactions:
    """The listener that writes down what it hears."""
    reactions = Reactions("awards")

    def write(uow: UnitOfWork, what: str, key: str) -> None:
        uow.session.execute(insert(heard).values(what=what, key=key))

    @reactions.on(VolunteerRegistered)
    def _volunteer(uow: UnitOfWork, event: VolunteerRegistered) -> None:
        write(uow, "volunteer", event.volunteer_number)

    @reactions.on(OrganisationApproved)
    def _organisation(uow: UnitOfWork, event: OrganisationApproved) -> None:
        write(uow, "organisation", event.organisation_id)

    @reactions.on(RecordConfirmed)
    def _record(uow: UnitOfWork, event: RecordConfirmed) -> None:
        write(uow, "record", event.record_id)

    @reactions.on(RecordVoided)
    def _voided(uow: UnitOfWork, event: RecordVoided) -> None:
        write(uow, "voided", event.record_id)

    return reactions
