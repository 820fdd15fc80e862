"""What records answers; lists are scoped by region or organisation inside the query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, and_, or_, select, tuple_
from sqlalchemy.orm import Session

from services.records.model import (
    Activity,
    Guest,
    KnownOrganisation,
    KnownVolunteer,
    LedgerEntry,
    Project,
    RecordState,
    ServiceRecord,
    Transfer,
)
from services.records.policy import may_see_activity
from services.records.rules import GuestState
from shared.errors import NotFound
from shared.http.paging import cursor_invalid, read_cursor, write_cursor
from shared.identity import Principal


@dataclass(frozen=True)
class Page:
    """A page of a list and where the next one begins."""

    items: list[Any]
    next_cursor: str | None


@dataclass(frozen=True)
class Ledger:
    """A volunteer's ledger."""

    volunteer_number: str
    total_hundredths: int
    entries: list[LedgerEntry]


def list_projects(session: Session, *, principal: Principal, scope: frozenset[str]) -> list[Project]:
    """Answer the projects of one's organisations and of the regions one sees."""
    mine = or_(Project.organisation_id.in_(principal.organisations), Project.region.in_(scope))
    return list(session.scalars(select(Project).where(mine).order_by(Project.opened_at.desc()).limit(200)))


def activity_view(activity: Activity, organisation_name: str) -> dict[str, Any]:
    """Answer an activity with the name of its organising unit."""
    columns = [attribute.key for attribute in Activity.__mapper__.column_attrs]
    return {name: getattr(activity, name) for name in columns} | {"organisation_name": organisation_name}


def _activities() -> Select[Activity, str]:
    return select(Activity, KnownOrganisation.name).join(
        KnownOrganisation, KnownOrganisation.id == Activity.organisation_id
    )


def list_activities(
    session: Session,
    *,
    principal: Principal,
    scope: frozenset[str],
    organisation_id: str | None,
    cursor: str | None,
    limit: int,
) -> Page:
    """Answer a page of the activities of one's organisations and of the regions one sees."""
    wanted = _activities().where(or_(Activity.organisation_id.in_(principal.organisations), Activity.region.in_(scope)))
    if organisation_id:
        wanted = wanted.where(Activity.organisation_id == organisation_id)
    after = read_cursor(cursor, str)
    if after:
        wanted = wanted.where(Activity.id > after[0])
    rows = session.execute(wanted.order_by(Activity.id).limit(limit + 1)).all()
    items = [activity_view(*row) for row in rows[:limit]]
    return Page(items, write_cursor(items[-1]["id"]) if len(rows) > limit else None)


def find_activity(session: Session, activity_id: str, *, principal: Principal, scope: frozenset[str]) -> dict[str, Any]:
    """Answer one activity that this person may see.

    :raises NotFound: `activity_not_found` also when it is not theirs to see.
    """
    row = session.execute(_activities().where(Activity.id == activity_id)).first()
    if row is None or not may_see_activity(
        principal, organisation_id=row[0].organisation_id, region=row[0].region, scope=scope
    ):
        raise NotFound("activity_not_found", zh="没有找到该活动", en="There is no such activity")
    return activity_view(*row)


def _guests() -> Select[Guest, bool]:
    same = and_(KnownVolunteer.number == Guest.volunteer_number, KnownVolunteer.name == Guest.name)
    return select(Guest, KnownVolunteer.number.is_not(None)).outerjoin(KnownVolunteer, same)


def _guest_view(guest: Guest, is_known: bool, now: datetime) -> dict[str, Any]:
    columns = [attribute.key for attribute in Guest.__mapper__.column_attrs]
    state = GuestState.of(is_known=is_known, asked_at=guest.asked_at, now=now)
    return {name: getattr(guest, name) for name in columns} | {"known": is_known, "state": state}


def guest_of(session: Session, organisation_id: str, number: str, *, now: datetime) -> dict[str, Any]:
    """Answer one guest of an organisation, and how it stands with them now."""
    wanted = _guests().where(Guest.organisation_id == organisation_id, Guest.volunteer_number == number)
    return _guest_view(*session.execute(wanted).one(), now)


def guests_of(session: Session, organisations: frozenset[str], *, now: datetime) -> list[dict[str, Any]]:
    """Answer the guests of one's organisations, the last asked for first, and how it stands with each now."""
    wanted = _guests().where(Guest.organisation_id.in_(organisations))
    rows = session.execute(wanted.order_by(Guest.asked_at.desc(), Guest.volunteer_number).limit(200))
    return [_guest_view(*row, now) for row in rows]


def _records() -> Select[ServiceRecord, str, str, str, str, bool]:
    # The ledger of a guest is at their home, which has told us.
    is_credited = or_(ServiceRecord.credited_on.is_not(None), LedgerEntry.id.is_not(None))
    credit = and_(LedgerEntry.record_id == ServiceRecord.id, LedgerEntry.kind == "credit")
    return (
        select(ServiceRecord, Activity.name, Activity.place, KnownOrganisation.name, KnownVolunteer.name, is_credited)
        .join(Activity, Activity.id == ServiceRecord.activity_id)
        .join(KnownOrganisation, KnownOrganisation.id == Activity.organisation_id)
        .join(KnownVolunteer, KnownVolunteer.number == ServiceRecord.volunteer_number)
        .outerjoin(LedgerEntry, credit)
    )


def _record_view(row: Row[ServiceRecord, str, str, str, str, bool]) -> dict[str, Any]:
    record, activity_name, place, organisation_name, volunteer_name, is_credited = row
    columns = [attribute.key for attribute in ServiceRecord.__mapper__.column_attrs]
    return {name: getattr(record, name) for name in columns} | {
        "activity_name": activity_name,
        "place": place,
        "organisation_name": organisation_name,
        "volunteer_name": volunteer_name,
        "credited": is_credited and record.state == RecordState.CONFIRMED,
    }


def records_of_activity(session: Session, activity_id: str) -> list[dict[str, Any]]:
    """Answer all records of one activity."""
    wanted = _records().where(ServiceRecord.activity_id == activity_id)
    ordered = wanted.order_by(ServiceRecord.volunteer_number, ServiceRecord.served_on, ServiceRecord.starts)
    return [_record_view(row) for row in session.execute(ordered)]


def records_of_volunteer(session: Session, number: str, *, state: str | None, cursor: str | None, limit: int) -> Page:
    """Answer a page of a volunteer's records, newest first."""
    wanted = _records().where(ServiceRecord.volunteer_number == number)
    if state:
        wanted = wanted.where(ServiceRecord.state == state)
    after = read_cursor(cursor, str, str)
    if after:
        key = tuple_(ServiceRecord.served_on, ServiceRecord.id)
        wanted = wanted.where(key < (_day_of(after[0]), after[1]))
    ordered = wanted.order_by(ServiceRecord.served_on.desc(), ServiceRecord.id.desc()).limit(limit + 1)
    items = [_record_view(row) for row in session.execute(ordered)]
    more = len(items) > limit
    items = items[:limit]
    return Page(items, write_cursor(items[-1]["served_on"].isoformat(), items[-1]["id"]) if more else None)


def _day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise cursor_invalid() from error


def ledger_of(session: Session, number: str) -> Ledger:
    """Answer a volunteer's ledger, newest entries first, and its sum."""
    entries = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.volunteer_number == number)
        .order_by(LedgerEntry.entered_at.desc(), LedgerEntry.served_on.desc(), LedgerEntry.id)
    )
    return Ledger(number, LedgerEntry.total_of(session, number), list(entries))


def ledger_in_scope(session: Session, number: str, *, scope: frozenset[str]) -> Ledger:
    """Answer the ledger of a volunteer of the regions one sees.

    :raises NotFound: `volunteer_not_found` also when it is not theirs to see.
    """
    found = session.scalar(
        select(KnownVolunteer.number).where(KnownVolunteer.number == number, KnownVolunteer.region.in_(scope))
    )
    if found is None:
        raise NotFound("volunteer_not_found", zh="没有找到该志愿者", en="There is no such volunteer")
    return ledger_of(session, number)


def _transfers() -> Select[Transfer, str]:
    return select(Transfer, KnownVolunteer.name).join(
        KnownVolunteer, KnownVolunteer.number == Transfer.volunteer_number
    )


def transfer_view(transfer: Transfer, volunteer_name: str) -> dict[str, Any]:
    """Answer a transfer with the name of its volunteer."""
    columns = [attribute.key for attribute in Transfer.__mapper__.column_attrs]
    return {name: getattr(transfer, name) for name in columns} | {"volunteer_name": volunteer_name}


def find_transfer(session: Session, transfer_id: str) -> dict[str, Any]:
    """Answer one transfer, to who has just written it."""
    return transfer_view(*session.execute(_transfers().where(Transfer.id == transfer_id)).one())


def transfers_of_volunteer(session: Session, number: str) -> list[dict[str, Any]]:
    """Answer a volunteer's transfers, the newest first."""
    wanted = _transfers().where(Transfer.volunteer_number == number)
    ordered = wanted.order_by(Transfer.asked_at.desc(), Transfer.id).limit(200)
    return [transfer_view(*row) for row in session.execute(ordered)]


def transfers_in_scope(
    session: Session, *, scope: frozenset[str], state: str | None, cursor: str | None, limit: int
) -> Page:
    """Answer a page of the transfers from or to the regions one sees."""
    wanted = _transfers().where(or_(Transfer.from_region.in_(scope), Transfer.to_region.in_(scope)))
    if state:
        wanted = wanted.where(Transfer.state == state)
    after = read_cursor(cursor, str)
    if after:
        wanted = wanted.where(Transfer.id > after[0])
    rows = session.execute(wanted.order_by(Transfer.id).limit(limit + 1)).all()
    items = [transfer_view(*row) for row in rows[:limit]]
    return Page(items, write_cursor(items[-1]["id"]) if len(rows) > limit else None)
