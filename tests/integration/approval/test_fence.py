"""A service has no right to touch what was written, and its cases need none: migrations give what is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from shared.approval import drafting
from shared.approval.core.words import Verb
from shared.approval.definitions import shipped
from shared.approval.service import Approvals
from shared.storage import Database
from shared.storage.migrations import upgrade
from tests.integration.approval.office import ANN, BAO, BEN, CAI, DAI, Office, TickingClock
from tests.integration.listening import make_database


@pytest.fixture
def fenced(new_database: Callable[[str], str]) -> Iterator[Database]:
    """A database of reporting, opened as the application and not as its owner."""
    url = new_database("reporting")
    owner = create_engine(url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("CREATE ROLE reporting LOGIN PASSWORD 'of-a-test'"))
        upgrade("reporting", url)
        application = make_url(url).set(username="reporting", password="of-a-test")
        database = make_database(
            application.render_as_string(hide_password=False),
            service="reporting",
            metadata=(),
            clock=TickingClock(),
        )
        yield database
        database.engine.dispose()
        connection.execute(text("DROP OWNED BY reporting"))
        connection.execute(text("DROP ROLE reporting"))
    owner.dispose()


def test_cases_and_definitions_need_no_more_rights_than_the_application_has(fenced: Database) -> None:
    office = Office(fenced, Approvals(service="reporting", definitions=("revocation", "activity_report")))
    with fenced.unit_of_work() as uow:
        office.approvals.publish_definitions(uow)
        for who in (BEN, BAO, CAI, DAI):
            office.follow(uow, who)
    case = office.act(office.open("r1"), Verb.RETURN, BEN)
    office.content = {"hours": 100}
    case = office.act(case, Verb.RESUBMIT, ANN)
    for who in (BEN, CAI, DAI):
        case = office.act(case, Verb.APPROVE, who)
    assert case.state == "approved"
    body = {**shipped()["activity_report"].body, "version": 2}
    with fenced.unit_of_work() as uow:
        drafting.save(uow, "activity_report", body, by="ada", expected_rev=None)
        drafting.save(uow, "activity_report", {**body, "version": 3}, by="ada", expected_rev=1)
        drafting.publish(uow, "activity_report", by="ada", expected_rev=2)
        drafting.retire(uow, "activity_report", by="ada", expected_version=3)
    for statement in (
        "UPDATE approval_decision SET hash = ''",
        "DELETE FROM approval_event",
        "DROP TABLE approval_event",
    ):
        with fenced.engine.connect() as connection, pytest.raises(ProgrammingError, match=r"permission|must be owner"):
            connection.execute(text(statement))
