"""Awards on a database of its own (a SQLite file, and PostgreSQL), with officials who can decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from services.awards.app import METADATA, SERVICE, approvals, create_app, reactions
from services.awards.model import Nomination, StandingRow, Star
from shared.approval.core.state import Party
from shared.approval.core.words import Verb
from shared.approval.views import CaseView
from shared.clock import AdjustableClock, FixedClock
from shared.contracts.records import HoursCredited
from shared.contracts.registration import PostChanged, VolunteerRegistered
from shared.identity import Role
from shared.storage import Database
from tests.integration.copies import ENGINES, Copies
from tests.integration.listening import Listener, make_database, open_database
from tests.integration.signing import VERIFIER, Caller, person

NOW = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)
WANG = VolunteerRegistered(volunteer_number="130000000001", account_id="wang", name="王明", region="130123")
LI = VolunteerRegistered(volunteer_number="130000000002", account_id="li", name="李芳", region="130125")
OFFICIALS = [
    (Role.APPROVER, "130123"),
    (Role.APPROVER, "130125"),
    (Role.APPROVER, "130100"),
    (Role.APPROVER, "130000"),
    (Role.CLERK, "130123"),
    (Role.CLERK, "130100"),
    (Role.SYSTEM_ADMIN, "130000"),
]
STORY = "三年来参加安全宣传活动六十余次，走遍全县二十个乡镇。"


@dataclass
class World:
    """Awards with its officials: what others tell it, and what its officials decide."""

    database: Database
    listener: Listener
    entries: Iterator[int] = field(default_factory=lambda: count(1))

    def credit(self, number: str, total: str, *, quality: int = 4) -> HoursCredited:
        """Answer that hours were credited, so that the volunteer's total is now this."""
        entry = next(self.entries)
        return HoursCredited(
            volunteer_number=number,
            entry_id=f"entry-{entry}",
            record_id=f"record-{entry}",
            report_id="report-1",
            activity_name="安全生产月咨询日",
            served_on=date(2026, 9, 20),
            hours_hundredths=100,
            quality=quality,
            total_hundredths=round(float(total) * 100),
        )

    def hear_hours(self, number: str, total: str, *, quality: int = 4) -> None:
        """Let hours be credited."""
        self.listener.hear(self.credit(number, total, quality=quality))

    def nominations(self) -> list[tuple[str, int | None, str]]:
        """Answer every nomination as title, stars and state, oldest first."""
        with self.database.reading() as session:
            rows = session.scalars(select(Nomination).order_by(Nomination.opened_at, Nomination.title))
            return [(row.title, row.stars, row.state) for row in rows]

    def nomination(self, *, state: str = "open") -> Nomination:
        """Answer the one nomination in a state."""
        with self.database.reading() as session:
            return session.scalars(select(Nomination).where(Nomination.state == state)).one()

    def decide(self, verb: Verb, *, by: str, nomination: Nomination | None = None, opinion: str = "意见") -> CaseView:
        """Let an approver decide the case of a nomination."""
        found = nomination or self.nomination()
        assert found.case_id is not None
        with self.database.unit_of_work() as uow:
            return approvals.act(
                uow,
                case_id=found.case_id,
                verb=verb,
                actor=Party(by, by),
                command_id=f"command-{next(self.entries)}",
                opinion=opinion,
            )

    def stars(self, number: str) -> tuple[list[tuple[int, str]], int]:
        """Answer the stars given to a volunteer, each with its region, and the level that they stand at."""
        with self.database.reading() as session:
            given = session.scalars(select(Star).where(Star.volunteer_number == number).order_by(Star.stars))
            row = session.get(StandingRow, number)
            return [(star.stars, star.decided_by_region) for star in given], row.stars if row else 0


def _prepare(url: str) -> None:
    """Make the tables and publish the definitions."""
    made = make_database(url, service=SERVICE, metadata=METADATA, clock=FixedClock(NOW))
    with made.unit_of_work() as uow:
        approvals.publish_definitions(uow)
    made.engine.dispose()


@pytest.fixture(scope="session")
def copies(request: pytest.FixtureRequest) -> Copies:
    return Copies("awards", _prepare, request)


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, copies: Copies) -> Iterator[Database]:
    made = open_database(copies.make(request), service=SERVICE, clock=FixedClock(NOW))
    yield made
    made.engine.dispose()


@pytest.fixture
def world(database: Database) -> World:
    """Two volunteers of sibling counties, and officials named role-region: `approver-130123`."""
    listener = Listener(database, reactions)
    posts = [
        PostChanged(
            post_id=f"{role}-{region}",
            account_id=f"{role}-{region}",
            name=f"{role}-{region}",
            role=role.value,
            region=region,
            organisation_id=None,
            active=True,
        )
        for role, region in OFFICIALS
    ]
    listener.receive(*(listener.encode(event) for event in (*posts, WANG, LI)))
    assert listener.held() == []
    return World(database, listener)


@pytest.fixture
def later(world: World) -> AdjustableClock:
    """A clock that can be moved, in place of the one that stands still."""
    clock = AdjustableClock()
    clock.set(NOW)
    world.database.clock = clock
    return clock


@pytest.fixture
def app(world: World) -> Flask:
    """Awards where 王明 has one star."""
    world.hear_hours(WANG.volunteer_number, "104")
    world.decide(Verb.APPROVE, by="approver-130123")
    return create_app(database=world.database, verifier=VERIFIER)


def official(app: Flask, role: Role, region: str) -> Caller:
    """Answer the one official who holds a role in a region."""
    return Caller(app, person(f"{role.value}-{region}", (role, region)), NOW)


@pytest.fixture
def clerk(app: Flask) -> Caller:
    """The clerk of 王明's county."""
    return official(app, Role.CLERK, "130123")


def proposal(**changes: Any) -> dict[str, Any]:
    """Answer a nomination of 王明 as a clerk sends it, with some fields changed."""
    return {
        "award": "outstanding_volunteer",
        "round": "2026",
        "volunteer_number": WANG.volunteer_number,
        "story": STORY,
    } | changes
