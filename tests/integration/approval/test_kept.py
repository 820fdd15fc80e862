"""What was written stays: the database itself refuses to change or delete the trail."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import DBAPIError

from shared.approval import attempts
from shared.approval.attempts import Attempt
from shared.approval.commands import Details
from shared.approval.core.words import Verb
from shared.approval.tables import DecisionRow, RoundRow
from shared.approval.triggers import KEPT, create_triggers, drop_triggers
from tests.integration.approval.office import ANN, BEN, Office

CHANGES = [
    "UPDATE approval_event SET facts = '{}'",
    "UPDATE approval_event SET hash = hash",
    "UPDATE approval_decision SET verb = 'reject'",
    "UPDATE approval_decision SET opinion = '同意'",
    "UPDATE approval_decision SET signature = 'another'",
    "UPDATE approval_decision SET actor_id = NULL",
    "UPDATE approval_round SET content = '{}'",
    "UPDATE approval_round SET commitment = 'x'",
    "UPDATE approval_command SET response = '{}'",
    "UPDATE approval_definition SET body = '{}'",
    "UPDATE approval_definition SET version = 7",
    *(f"DELETE FROM {kept.table}" for kept in KEPT),  # noqa: S608  # our own names
]


def check_refused(connection: Connection, statement: str) -> None:
    with pytest.raises(DBAPIError, match="keeps what was written"), connection.begin_nested():
        connection.execute(text(statement))


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_to_rewrite_history(office: Office, statement: str) -> None:
    case = office.act(office.open("r1"), Verb.APPROVE, BEN)
    attempt = Attempt(case_id=case.id, actor_id="ben", verb=Verb.APPROVE, command_id="late", code="already_decided")
    with office.database.unit_of_work() as uow:
        attempts.keep(uow, attempt)
    with office.database.engine.connect() as connection:
        check_refused(connection, statement)


def test_what_a_person_said_can_be_erased_and_the_chain_still_holds(office: Office) -> None:
    case = office.open("r1")
    office.act(case, Verb.RETURN, BEN, opinion="请核对", details=Details(signature="e-file-7"))
    office.act(case, Verb.RESUBMIT, ANN)
    gone = {"actor_name": None, "opinion": None, "signature": None, "remarks": None, "salt": None}
    with office.database.unit_of_work() as uow:
        uow.session.execute(update(DecisionRow).values(**gone))
        uow.session.execute(update(RoundRow).values(content=None, salt=None))
    assert office.trail_problems(case) == ()
    detail = office.view(case)
    assert [one.content for one in detail.rounds] == [None, None]
    assert detail.differences == ()
    with office.database.reading() as session:
        trail = office.approvals.trail(session, case_id=case.id, principal=ANN, at=office.database.clock.now())
    assert trail.intact
    assert {(line.who, line.opinion, line.signature) for line in trail.entries} == {(None, "", "")}


def test_a_row_that_was_changed_under_the_triggers_shows(office: Office) -> None:
    case = office.open("r1")
    office.act(case, Verb.APPROVE, BEN, opinion="同意")
    dialect = office.database.engine.dialect.name
    with office.database.unit_of_work() as uow:
        for statement in drop_triggers(dialect):
            uow.session.execute(text(statement))
        uow.session.execute(update(DecisionRow).where(DecisionRow.verb == "approve").values(opinion="不同意"))
        uow.session.execute(update(RoundRow).values(content={"hours": 999}))
        for statement in create_triggers(dialect):
            uow.session.connection().exec_driver_sql(statement)
    assert [problem.split(": ")[1] for problem in office.trail_problems(case)] == [
        "what was said was changed",
        "its content was changed",
    ]
    with office.database.reading() as session:
        now = office.database.clock.now()
        assert not office.approvals.trail(session, case_id=case.id, principal=ANN, at=now).intact
    with office.database.engine.connect() as connection:
        check_refused(connection, "DELETE FROM approval_event")
