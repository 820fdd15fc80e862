"""A service with cases on a SQLite file, and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from shared.approval.blueprint import approval_blueprint
from shared.approval.service import Approvals
from shared.http import HttpService, create_service_app
from shared.storage import Database
from tests.integration.approval.office import BAO, BEN, CAI, DAI, METADATA, Office, TickingClock
from tests.integration.approval.racing import Track
from tests.integration.copies import ENGINES, Copies
from tests.integration.listening import make_database, open_database
from tests.integration.signing import VERIFIER


def _office_in(database: Database) -> Office:
    return Office(
        database, Approvals(service="reporting", definitions=("revocation", "activity_report", "star_rating_low"))
    )


def _prepare(url: str) -> None:
    """Make the tables and the people: two approvers in the county, one in the city, one in the province."""
    made = make_database(url, service="reporting", metadata=METADATA, clock=TickingClock())
    office = _office_in(made)
    with made.unit_of_work() as uow:
        office.approvals.prepare(uow)
        for who in (BEN, BAO, CAI, DAI):
            office.follow(uow, who)
    made.engine.dispose()


@pytest.fixture(scope="session")
def offices(request: pytest.FixtureRequest) -> Copies:
    return Copies("office", _prepare, request)


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, offices: Copies) -> Iterator[Database]:
    made = open_database(offices.make(request), service="reporting", clock=TickingClock())
    yield made
    made.engine.dispose()


@pytest.fixture
def office(database: Database) -> Office:
    """Two approvers in the county, one in the city, one in the province; Ann submits."""
    return _office_in(database)


@pytest.fixture
def track(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Track]:
    """Let two threads start from one line."""
    made = Track(office, monkeypatch)
    yield made
    made.barrier.abort()


@pytest.fixture
def app(office: Office) -> Flask:
    """The routes of the office's service."""
    return create_service_app(
        HttpService(
            name="reporting",
            title="Reporting",
            database=office.database,
            verifier=VERIFIER,
            blueprints=[approval_blueprint(office.approvals)],
        )
    )
