"""A service with cases on a SQLite file, and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from shared.approval.blueprint import approval_blueprint
from shared.approval.service import Approvals
from shared.http import HttpService, create_service_app
from shared.storage import Database
from tests.integration.approval.office import BAO, BEN, CAI, DAI, METADATA, Office, TickingClock
from tests.integration.approval.racing import Track
from tests.integration.listening import make_database
from tests.integration.signing import VERIFIER


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/reporting.sqlite"
    else:
        url = request.getfixturevalue("new_database")("reporting")
    made = make_database(url, service="reporting", metadata=METADATA, clock=TickingClock())
    yield made
    made.engine.dispose()


@pytest.fixture
def office(database: Database) -> Office:
    """Two approvers in the county, one in the city, one in the province; Ann submits."""
    made = Office(
        database, Approvals(service="reporting", definitions=("revocation", "activity_report", "star_rating_low"))
    )
    with database.unit_of_work() as uow:
        made.approvals.prepare(uow)
        for who in (BEN, BAO, CAI, DAI):
            made.follow(uow, who)
    return made


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
