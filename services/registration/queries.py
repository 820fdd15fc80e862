"""What registration answers; lists are scoped by region inside the query."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from services.registration.model import (
    AbsenceRow,
    Account,
    FileEntry,
    Move,
    Organisation,
    PostRow,
    PostState,
    Volunteer,
)
from services.registration.policy import PROPOSABLE
from services.registration.rules import absence_state, place_of
from shared.errors import NotFound
from shared.http.paging import cursor_invalid, read_cursor, write_cursor
from shared.identifiers import mask_id, mask_mobile
from shared.identity import Principal, Role
from shared.identity.people import OFFICIALS
from shared.sealing import Sealer

Row = TypeVar("Row", Volunteer, Organisation)


@dataclass(frozen=True)
class Page:
    """A page of a list and where the next one begins."""

    items: list[Any]
    next_cursor: str | None


def volunteer_view(volunteer: Volunteer, sealer: Sealer) -> dict[str, Any]:
    """Answer a volunteer with the identifying numbers masked."""
    id_number = sealer.open(volunteer.id_number_sealed, place=place_of("id_number", volunteer.id))
    mobile = sealer.open(volunteer.mobile_sealed, place=place_of("mobile", volunteer.id))
    return {
        **{
            name: getattr(volunteer, name)
            for name in (
                "id",
                "number",
                "name",
                "sex",
                "region",
                "category",
                "specialties",
                "state",
                "case_id",
                "revision",
            )
        },
        "id_number_masked": mask_id(id_number),
        "mobile_masked": mask_mobile(mobile),
    }


def list_volunteers(
    session: Session, sealer: Sealer, *, scope: frozenset[str], state: str | None, cursor: str | None, limit: int
) -> Page:
    """Answer a page of the volunteers of these regions, in a steady order."""
    page = _page(session, Volunteer, scope=scope, state=state, cursor=cursor, limit=limit)
    return Page([volunteer_view(row, sealer) for row in page.items], page.next_cursor)


def list_organisations(
    session: Session, *, scope: frozenset[str], state: str | None, cursor: str | None, limit: int
) -> Page:
    """Answer a page of the organisations of these regions, in a steady order."""
    return _page(session, Organisation, scope=scope, state=state, cursor=cursor, limit=limit)


def _page(
    session: Session, model: type[Row], *, scope: frozenset[str], state: str | None, cursor: str | None, limit: int
) -> Page:
    wanted: Select[Row] = select(model).where(model.region.in_(scope))
    if state:
        wanted = wanted.where(model.state == state)
    after = read_cursor(cursor, str)
    if after:
        wanted = wanted.where(model.id > after[0])
    rows = list(session.scalars(wanted.order_by(model.id).limit(limit + 1)))
    return Page(rows[:limit], write_cursor(rows[limit - 1].id) if len(rows) > limit else None)


def my_volunteer(session: Session, account_id: str) -> Volunteer:
    """Answer the newest registration of this account.

    :raises NotFound: `not_a_volunteer`.
    """
    found = session.scalars(
        select(Volunteer).where(Volunteer.account_id == account_id).order_by(Volunteer.applied_at.desc()).limit(1)
    ).first()
    if found is None:
        raise NotFound("not_a_volunteer", zh="您还没有注册为志愿者", en="You have not registered as a volunteer")
    return found


def moved_to(session: Session, volunteer: Volunteer) -> str | None:
    """Answer the region at another node where somebody is at home by now, or None for who is of this node."""
    moves = select(Move).where(Move.volunteer_number == (volunteer.number or "")).order_by(Move.noted_at.desc())
    last = session.scalars(moves.limit(1)).first()
    has_left = last is not None and last.received_at is None and last.to_region == volunteer.region
    return volunteer.region if has_left else None


def find_organisation(
    session: Session, organisation_id: str, *, principal: Principal, scope: frozenset[str]
) -> Organisation:
    """Answer an organisation that this person may see.

    :raises NotFound: `organisation_not_found` also when it is not theirs to see.
    """
    found = session.get(Organisation, organisation_id)
    mine = found is not None and (
        found.id in principal.organisations or found.head_account_id == principal.account_id or found.region in scope
    )
    if found is None or not mine:
        raise NotFound("organisation_not_found", zh="没有找到该组织", en="There is no such organisation")
    return found


def my_organisations(session: Session, account_id: str) -> list[Organisation]:
    """Answer the organisations that this account heads."""
    return list(session.scalars(select(Organisation).where(Organisation.head_account_id == account_id)))


@dataclass(frozen=True, kw_only=True)
class VolunteerFile:
    """A volunteer's e-file: what was credited, the star level, the awards."""

    number: str | None
    name: str
    region: str
    state: str
    hours_total: int
    stars: int
    entries: list[FileEntry] = field(default_factory=list)


def file_of(session: Session, volunteer: Volunteer) -> VolunteerFile:
    """Answer a volunteer's e-file, newest entries first."""
    entries = list(
        session.scalars(
            select(FileEntry)
            .where(FileEntry.volunteer_number == (volunteer.number or ""))
            .order_by(FileEntry.happened_on.desc(), FileEntry.source)
        )
    )
    return VolunteerFile(
        number=volunteer.number,
        name=volunteer.name,
        region=volunteer.region,
        state=volunteer.state,
        hours_total=sum(entry.hours_hundredths or 0 for entry in entries),
        stars=max((entry.stars or 0 for entry in entries if entry.withdrawn_on is None), default=0),
        entries=entries,
    )


def posts_of(session: Session, account_id: str) -> list[PostRow]:
    """Answer the posts an account holds."""
    held = select(PostRow).where(PostRow.account_id == account_id, PostRow.state == PostState.ACTIVE.value)
    return list(session.scalars(held.order_by(PostRow.id)))


def list_posts(
    session: Session, *, account_id: str | None, state: str | None, by_hand: bool, cursor: str | None, limit: int
) -> Page:
    """Answer a page of posts, with who holds them, the newest change first; with `by_hand` only those given by hand.

    :raises Invalid: `cursor_invalid`.
    """
    wanted = (
        select(PostRow, Account.name, Account.username)
        .join(Account, Account.id == PostRow.account_id)
        .where(PostRow.role != Role.VOLUNTEER.value)
    )
    if state:
        wanted = wanted.where(PostRow.state == state)
    if account_id:
        wanted = wanted.where(PostRow.account_id == account_id)
    if by_hand:
        wanted = wanted.where(PostRow.role.in_(PROPOSABLE))
    after = read_cursor(cursor, str, str)
    if after is not None:
        changed_at = _instant_of(after[0])
        earlier, same = PostRow.changed_at < changed_at, PostRow.changed_at == changed_at
        wanted = wanted.where(earlier | (same & (PostRow.id > after[1])))
    rows = session.execute(wanted.order_by(PostRow.changed_at.desc(), PostRow.id).limit(limit + 1)).all()
    names = ("id", "account_id", "role", "region", "organisation_id", "state")
    items = [
        {**{name: getattr(post, name) for name in names}, "account_name": holder, "username": username}
        for post, holder, username in rows[:limit]
    ]
    last = rows[:limit][-1][0] if len(rows) > limit else None
    return Page(items, write_cursor(last.changed_at.isoformat(), last.id) if last else None)


def _instant_of(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise cursor_invalid() from error
    if found.tzinfo is None:
        raise cursor_invalid()
    return found


_DELEGATOR, _DELEGATE = aliased(Account), aliased(Account)
_ABSENCES = (
    select(AbsenceRow, _DELEGATOR.name, _DELEGATE.name)
    .join(_DELEGATOR, _DELEGATOR.id == AbsenceRow.delegator_id)
    .join(_DELEGATE, _DELEGATE.id == AbsenceRow.delegate_id)
)


def show_absence(session: Session, absence_id: str, *, at: datetime) -> dict[str, Any]:
    """Answer an absence rule with the names of both persons and how it stands at an instant."""
    row, delegator, delegate = session.execute(_ABSENCES.where(AbsenceRow.id == absence_id)).one()
    return _absence_view(row, delegator, delegate, at)


def list_absences(
    session: Session, account_id: str, *, which: str | None, at: datetime, cursor: str | None, limit: int
) -> Page:
    """Answer a page of somebody's absence rules, the latest to begin first: `mine`, `for_others`, or all.

    :raises Invalid: `cursor_invalid`.
    """
    mine, for_others = AbsenceRow.delegator_id == account_id, AbsenceRow.delegate_id == account_id
    wanted = _ABSENCES.where({"mine": mine, "for_others": for_others}.get(which or "", mine | for_others))
    after = read_cursor(cursor, str)
    if after is not None:
        last = session.get(AbsenceRow, after[0])
        if last is None:
            raise cursor_invalid()
        earlier, same = AbsenceRow.starts_at < last.starts_at, AbsenceRow.starts_at == last.starts_at
        wanted = wanted.where(earlier | (same & (AbsenceRow.id < last.id)))
    rows = session.execute(wanted.order_by(AbsenceRow.starts_at.desc(), AbsenceRow.id.desc()).limit(limit + 1)).all()
    items = [_absence_view(row, delegator, delegate, at) for row, delegator, delegate in rows[:limit]]
    return Page(items, write_cursor(items[-1]["id"]) if len(rows) > limit else None)


def _absence_view(row: AbsenceRow, delegator: str, delegate: str, at: datetime) -> dict[str, Any]:
    names = ("id", "starts_at", "ends_at", "business_types", "ended_at", "revision")
    return {
        **{name: getattr(row, name) for name in names},
        "delegator_account_id": row.delegator_id,
        "delegator_name": delegator,
        "delegate_account_id": row.delegate_id,
        "delegate_name": delegate,
        "state": absence_state(row.starts_at, row.ends_at, row.ended_at, now=at),
    }


def list_delegates(session: Session, account_id: str) -> list[dict[str, Any]]:
    """Answer the other officials of somebody's regions, with their posts there."""
    in_office = (PostRow.state == PostState.ACTIVE, PostRow.role.in_(OFFICIALS))
    regions = select(PostRow.region).where(PostRow.account_id == account_id, *in_office)
    rows = session.execute(
        select(Account.id, Account.name, PostRow.role, PostRow.region)
        .join(PostRow, PostRow.account_id == Account.id)
        .where(Account.active, Account.id != account_id, PostRow.region.in_(regions), *in_office)
        .order_by(Account.name, Account.id, PostRow.region, PostRow.role)
    )
    return [
        {"account_id": one, "name": name, "posts": [{"role": role, "region": region} for _, _, role, region in posts]}
        for (one, name), posts in groupby(rows, key=lambda row: (row[0], row[1]))
    ]
