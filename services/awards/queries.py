"""Read-only answers of awards; every list is scoped by region inside the query."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from services.awards.model import (
    UNDECIDED,
    Award,
    KnownVolunteer,
    Nomination,
    StandingRow,
    Star,
)
from services.awards.policy import check_seen
from shared.clock import SHANGHAI, business_date
from shared.errors import Invalid, NotFound
from shared.hours import show_hours
from shared.http.paging import read_cursor, write_cursor
from shared.identity import Principal
from shared.regions import Regions

View = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page of a list and where the next one begins."""

    items: list[View]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """How much of a list is wanted, by whom: `scope` is what an official sees, `within` a region they chose in it."""

    account_id: str
    scope: frozenset[str]
    within: frozenset[str] | None = None
    cursor: str | None = None
    limit: int = 20

    @property
    def regions(self) -> frozenset[str]:
        """Answer the regions that are both seen and wanted."""
        return self.scope if self.within is None else self.scope & self.within


def volunteer_of_account(session: Session, account_id: str) -> KnownVolunteer:
    """Answer the volunteer that an account belongs to.

    :raises NotFound: `not_a_volunteer`.
    """
    found = session.scalars(
        select(KnownVolunteer).where(KnownVolunteer.account_id == account_id).order_by(KnownVolunteer.number).limit(1)
    ).first()
    if found is None:
        raise NotFound("not_a_volunteer", zh="您还不是注册志愿者", en="You are not a registered volunteer")
    return found


def find_nomination(
    session: Session, nomination_id: str, *, principal: Principal, regions: Regions, on: date
) -> Nomination:
    """Answer a nomination that someone may see.

    :raises NotFound: `nomination_not_found`, also when it is not theirs to see.
    """
    found = session.get(Nomination, nomination_id)
    check_seen(principal, found.paper if found else None, regions=regions, on=on)
    assert found is not None
    return found


def my_stars(session: Session, account_id: str, *, now: datetime) -> View:
    """Answer a volunteer's own way to the stars: what was given, what is open, what is missing.

    :raises NotFound: `not_a_volunteer`.
    """
    volunteer = volunteer_of_account(session, account_id)
    row = session.get(StandingRow, volunteer.number) or StandingRow.nothing(volunteer.number)
    granted = session.scalars(select(Star).where(Star.volunteer_number == volunteer.number).order_by(Star.stars))
    running = session.scalars(
        select(Nomination)
        .where(Nomination.volunteer_number == volunteer.number, Nomination.state.in_(UNDECIDED))
        .order_by(Nomination.opened_at, Nomination.id)
    )
    return {
        **_standing_view(volunteer, row),
        "granted": list(granted),
        "next": _next_view(session, row, on=business_date(now)),
        "nominations": [nomination_view(row) for row in running],
    }


def list_stars(session: Session, wanted: Wanted) -> Page:
    """Answer a page of the volunteers who have hours, most stars and hours first."""
    place: list[ColumnElement[bool]] = []
    after = read_cursor(wanted.cursor, int, int, str)
    if after is not None:
        stars, total, number = after
        same = StandingRow.stars == stars
        place.append(
            or_(
                StandingRow.stars < stars,
                and_(same, StandingRow.total_hundredths < total),
                and_(same, StandingRow.total_hundredths == total, StandingRow.volunteer_number > number),
            )
        )
    rows = session.execute(
        select(KnownVolunteer, StandingRow)
        .join(StandingRow, StandingRow.volunteer_number == KnownVolunteer.number)
        .where(KnownVolunteer.region.in_(wanted.regions), *place)
        .order_by(StandingRow.stars.desc(), StandingRow.total_hundredths.desc(), StandingRow.volunteer_number)
        .limit(wanted.limit + 1)
    ).all()
    shown = rows[: wanted.limit]
    last = shown[-1][1] if len(rows) > wanted.limit else None
    return Page(
        items=[_standing_view(volunteer, row) for volunteer, row in shown],
        next_cursor=write_cursor(last.stars, last.total_hundredths, last.volunteer_number) if last else None,
    )


def list_nominations(
    session: Session,
    wanted: Wanted,
    *,
    kind: str | None = None,
    state: str | None = None,
    mine: bool = False,
) -> Page:
    """Answer a page of nominations, newest first: those of one's regions, and those one proposed."""
    proposed = Nomination.proposer_account_id == wanted.account_id
    seen = [proposed] if mine else [or_(Nomination.region.in_(wanted.scope), proposed)]
    if wanted.within is not None:
        seen.append(Nomination.region.in_(wanted.within))
    if kind is not None:
        seen.append(Nomination.kind == kind)
    if state is not None:
        seen.append(Nomination.state == state)
    seen.extend(_before(wanted.cursor, Nomination.opened_at, Nomination.id))
    rows = session.scalars(
        select(Nomination)
        .options(joinedload(Nomination.volunteer))
        .where(*seen)
        .order_by(Nomination.opened_at.desc(), Nomination.id.desc())
        .limit(wanted.limit + 1)
    ).all()
    shown = rows[: wanted.limit]
    last = shown[-1] if len(rows) > wanted.limit else None
    return Page(
        items=[nomination_view(row) for row in shown],
        next_cursor=write_cursor(last.opened_at.isoformat(), last.id) if last else None,
    )


def list_awards(session: Session, wanted: Wanted) -> Page:
    """Answer a page of the commendations given to volunteers of one's regions, newest first."""
    rows = session.scalars(
        select(Award)
        .options(joinedload(Award.volunteer))
        .where(Award.region.in_(wanted.regions), *_before(wanted.cursor, Award.granted_at, Award.id))
        .order_by(Award.granted_at.desc(), Award.id.desc())
        .limit(wanted.limit + 1)
    ).all()
    shown = rows[: wanted.limit]
    last = shown[-1] if len(rows) > wanted.limit else None
    return Page(
        items=[_award_view(row) for row in shown],
        next_cursor=write_cursor(last.granted_at.isoformat(), last.id) if last else None,
    )


def my_awards(session: Session, account_id: str) -> list[View]:
    """Answer all commendations of the account's volunteer, newest first.

    :raises NotFound: `not_a_volunteer`.
    """
    volunteer = volunteer_of_account(session, account_id)
    rows = session.scalars(
        select(Award).where(Award.volunteer_number == volunteer.number).order_by(Award.granted_at.desc(), Award.id)
    )
    return [_award_view(row) for row in rows]


def nomination_view(nomination: Nomination) -> View:
    """Answer a nomination as it is shown, with the name of its volunteer."""
    names = (
        "id kind title volunteer_number region stars award round story proposer_name case_id state reason revision"
        " opened_at decided_at"
    )
    return {**{name: getattr(nomination, name) for name in names.split()}, "volunteer_name": nomination.volunteer.name}


def _before(cursor: str | None, instant: Any, key: Any) -> list[ColumnElement[bool]]:
    """Answer the condition that continues a list, newest first, after its cursor.

    :raises Invalid: `cursor_invalid`.
    """
    after = read_cursor(cursor, str, str)
    if after is None:
        return []
    try:
        at = datetime.fromisoformat(after[0]).astimezone(SHANGHAI)
    except ValueError as error:
        raise Invalid("cursor_invalid", zh="翻页参数无效，请从第一页开始", en="The cursor is not valid") from error
    return [or_(instant < at, and_(instant == at, key < after[1]))]


def _standing_view(volunteer: KnownVolunteer, row: StandingRow) -> View:
    average = row.standing.average_quality
    return {
        "volunteer_number": volunteer.number,
        "name": volunteer.name,
        "region": volunteer.region,
        "total_hours": show_hours(row.total_hundredths),
        "average_quality": None if average is None else str(average),
        "stars": row.stars,
    }


def _next_view(session: Session, row: StandingRow, *, on: date) -> View | None:
    missing = row.next_star(session, on=on)
    if missing is None:
        return None
    return {
        **asdict(missing),
        "hours_needed": show_hours(missing.needed_hundredths),
        "hours_missing": show_hours(missing.missing_hundredths),
        "decided_by": missing.decided_by.value,
        "quality_floor": str(missing.quality_floor),
    }


def _award_view(award: Award) -> View:
    names = "id number volunteer_number award award_name round citation region granting_region granted_on"
    return {**{name: getattr(award, name) for name in names.split()}, "volunteer_name": award.volunteer.name}
