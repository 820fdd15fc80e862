"""The commands about cases, as an operator types them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from services.launcher.cli import main
from shared.approval.core.words import Verb
from shared.approval.service import Approvals
from shared.approval.triggers import drop_triggers
from shared.approval.verifying import verify
from shared.storage import Database
from shared.storage.migrations import upgrade
from tests.integration.approval.office import BEN, Office, TickingClock
from tests.integration.listening import make_database


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, words, env=environment)


def office_in(database: Database) -> Office:
    office = Office(database, Approvals(service="reporting", definitions=("revocation", "activity_report")))
    with database.unit_of_work() as uow:
        office.approvals.publish_definitions(uow)
        office.follow(uow, BEN)
    return office


@pytest.fixture
def node(tmp_path: Path) -> tuple[Path, Office]:
    """A folder of an embedded node, with two cases of reporting."""
    for service in ("registration", "records", "reporting", "awards"):
        upgrade(service, f"sqlite:///{tmp_path / service}.db")
    url = f"sqlite:///{tmp_path}/reporting.db"
    office = office_in(make_database(url, service="reporting", metadata=(), clock=TickingClock()))
    for name in ("r1", "r2"):
        office.act(office.open(name), Verb.APPROVE, BEN, opinion="同意")
    return tmp_path, office


def tamper(office: Office, statement: str) -> None:
    with office.database.engine.begin() as connection:
        for dropped in drop_triggers(connection.dialect.name):
            connection.exec_driver_sql(dropped)
        connection.execute(text(statement))


def test_trails_that_hold_are_counted(node: tuple[Path, Office]) -> None:
    result = run("trail", "verify", "--data", str(node[0]))
    assert (result.exit_code, result.stdout) == (0, "2 cases, 0 that do not hold\n")
    assert "reporting: 2 of 2" in result.stderr


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE approval_decision SET opinion = '不同意' WHERE verb = 'approve'", "what was said was changed"),
        ("UPDATE approval_round SET content = '{}'", "round 1: its content was changed"),
        ("UPDATE approval_event SET kind = 'nonsense' WHERE seq = 1", "it cannot be read"),
        ("DELETE FROM approval_event WHERE seq = 3", "does not follow"),
    ],
)
def test_what_was_changed_is_told_and_ends_with_one(node: tuple[Path, Office], statement: str, problem: str) -> None:
    folder, office = node
    tamper(office, statement)
    result = run("trail", "verify", "--service", "reporting", "--data", str(folder))
    assert result.exit_code == 1
    assert problem in result.stdout
    assert "2 cases, 2 that do not hold" in result.stdout


def test_one_case_can_be_looked_at_alone(node: tuple[Path, Office]) -> None:
    folder, office = node
    case = office.open("r3")
    result = run("trail", "verify", "--case", case.id, "--data", str(folder))
    assert (result.exit_code, result.stdout) == (0, "1 cases, 0 that do not hold\n")
    assert run("trail", "verify", "--case", "none", "--data", str(folder)).exit_code == 1


def test_a_wrong_service_or_folder_is_explained(node: tuple[Path, Office], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "is none of registration" in run("trail", "verify", "--service", "portal", "--data", str(node[0])).stderr
    assert "registration.db is missing" in run("trail", "verify", "--data", str(empty)).stderr
    assert "--data" in run("trail", "verify", ANYUAN_DATABASE_URL="").stderr
    one = {"ANYUAN_DATABASE_URL": f"sqlite:///{node[0]}/reporting.db"}
    assert "--service" in run("trail", "verify", **one).stderr
    assert run("trail", "verify", "--service", "reporting", **one).exit_code == 0


def test_the_databases_of_the_settings_are_verified_in_batches_on_postgresql(
    new_database: Callable[[str], str],
) -> None:
    url = new_database("reporting")
    upgrade("reporting", url)
    office = office_in(make_database(url, service="reporting", metadata=(), clock=TickingClock()))
    for number in range(5):
        office.open(f"r{number}")
    assert [(batch.done, batch.of, batch.problems) for batch in verify(office.database, batch=2)] == [
        (2, 5, ()),
        (4, 5, ()),
        (5, 5, ()),
    ]
    tamper(office, "UPDATE approval_decision SET actor_id = 'mallory'")
    assert [len(batch.problems) for batch in verify(office.database, batch=4)] == [4, 1]
    office.database.engine.dispose()


def test_routes_are_listed_and_drawn(tmp_path: Path) -> None:
    listed = run("routes", "list")
    assert listed.exit_code == 0
    assert "activity_report" in listed.stdout
    drawn = run("routes", "draw", "activity_report")
    ET.fromstring(drawn.stdout)  # noqa: S314  # our own
    file = tmp_path / "route.svg"
    assert run("routes", "draw", "activity_report", "--language", "en", "--output", str(file)).exit_code == 0
    assert "Submitted" in file.read_text()
    assert "is none of" in run("routes", "draw", "nothing").stderr


def test_a_version_of_the_databases_is_drawn(node: tuple[Path, Office]) -> None:
    drawn = run("routes", "draw", "activity_report", "--version", "1", "--data", str(node[0]))
    assert drawn.stdout == run("routes", "draw", "activity_report").stdout
    missing = run("routes", "draw", "activity_report", "--version", "9", "--data", str(node[0]))
    assert "no version 9" in missing.stderr


def test_a_file_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "route.yaml"
    file.write_text("key: local\nversion: 1\ntitle: {zh: 本地, en: Local}\nroute: []\n")
    wrong = run("routes", "check", str(file))
    assert (wrong.exit_code, wrong.stdout) == (1, "route: 应为列表，至少1项 / is not a list of at least 1\n")
    file.write_text("- no mapping\n")
    assert "holds no mapping" in run("routes", "check", str(file)).stderr
