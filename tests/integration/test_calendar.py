"""A node in one process keeps time by itself, and is told a year's workdays by a command beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from services.launcher.calendar import WITH_CASES
from services.launcher.cli import main
from services.launcher.embedded import Embedded
from services.notifications.model import Message
from services.reporting.app import approvals
from shared.approval.core.state import Party
from shared.approval.tables import StageRow
from shared.clock import AdjustableClock
from shared.contracts.cases import TaskOverdue
from shared.contracts.registration import PostChanged
from tests.integration.approval.office import COUNTY
from tests.integration.listening import published
from tests.waiting import wait_until

OCTOBER = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)
YEAR_END = datetime(2026, 12, 30, 1, 0, tzinfo=UTC)
NEW_YEAR = "date,is_workday,name\n2027-01-01,false,元旦\n2027-01-04,false,元旦\n"


@pytest.fixture
def clock() -> AdjustableClock:
    return AdjustableClock()


@pytest.fixture
def node(tmp_path: Path, clock: AdjustableClock) -> Iterator[Embedded]:
    made = Embedded(tmp_path / "node", clock=clock)
    with made.databases["registration"].unit_of_work() as uow:
        uow.publish(
            PostChanged(
                post_id="p1",
                account_id="ben",
                name="Ben",
                role="approver",
                region=COUNTY,
                organisation_id=None,
                active=True,
            )
        )
    while made.courier.carry_once():
        pass
    yield made
    made.stop()


def open_case(node: Embedded, business_id: str) -> str:
    with node.databases["reporting"].unit_of_work() as uow:
        case = approvals.open(
            uow,
            definition="activity_report",
            business_type="activity_report",
            business_id=business_id,
            title="安全生产月咨询日",
            home_region=COUNTY,
            initiator=Party("ann", "Ann"),
            barred=frozenset(),
            content={"hours": 125},
            command_id=f"open-{business_id}",
        )
        return case.id


def kinds_told(node: Embedded) -> list[str]:
    with node.databases["notifications"].reading() as session:
        return list(session.scalars(select(Message.kind).where(Message.account_id == "ben").order_by(Message.seq)))


def anyuan(node: Embedded, *words: str, given: str = "") -> Result:
    return CliRunner().invoke(main, ["calendar", *words, "--data", str(node.folder)], input=given)


def test_a_node_in_one_process_fires_its_timers_once_and_stops_cleanly(node: Embedded, clock: AdjustableClock) -> None:
    clock.set(OCTOBER)
    open_case(node, "r1")
    clock.set(OCTOBER + timedelta(days=30))
    node.start()
    wait_until(lambda: "task.overdue" in kinds_told(node), limit=30, what="the overdue case to be told")
    node.stop()
    assert [type(event) for event in published(node.databases["reporting"])].count(TaskOverdue) == 1
    assert sorted(set(kinds_told(node))) == ["task.assigned", "task.overdue", "task.reminded"]


def test_a_year_is_loaded_beside_the_running_node_and_its_deadlines_follow(
    node: Embedded, clock: AdjustableClock
) -> None:
    clock.set(YEAR_END)
    case_id = open_case(node, "r1")
    node.start()
    wait_until(lambda: "calendar.missing" in kinds_told(node), limit=30, what="the alarm")
    assert "not loaded" in anyuan(node, "show", "2027").output

    loaded = anyuan(node, "load", "-", "--year", "2027", "--source", "国办发明电〔2026〕1号", given=NEW_YEAR)
    assert loaded.exit_code == 0, loaded.output
    assert [line.split()[0] for line in loaded.output.splitlines()] == list(WITH_CASES)
    assert "deadlines of 1 cases counted again" in loaded.output
    shown = anyuan(node, "show", "2027", "--service", "reporting").output
    assert "国办发明电〔2026〕1号" in shown
    assert "2027-01-04 周一  放假 / holiday" in shown
    with node.databases["reporting"].reading() as session:
        stage = session.get_one(StageRow, (case_id, 1))
        assert (stage.due_at, stage.due_is_provisional) == (datetime(2027, 1, 15, 16, 0, tzinfo=UTC), False)


def test_a_file_with_mistakes_changes_nothing(node: Embedded) -> None:
    refused = anyuan(node, "load", "-", "--year", "2027", given=NEW_YEAR + "2026-12-31,false,\n2027-01-05,perhaps,\n")
    assert refused.exit_code == 1
    assert "line 4: 2026-12-31 is not a day of 2027" in refused.output
    assert 'line 5: "perhaps"' in refused.output
    assert "not loaded" in anyuan(node, "show", "2027").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--service", "notifications"], "notifications has no cases"),
        (["--service", "nobody"], "nobody is none of"),
        ([], "say whose it is with --service"),
        (["--data", "."], "is not the folder of a node"),
    ],
)
def test_whose_calendar_is_meant_must_be_clear(words: list[str], said: str) -> None:
    environment = {"ANYUAN_DATABASE_URL": "sqlite:///one.db"}
    refused = CliRunner().invoke(main, ["calendar", "show", "2026", *words], env=environment)
    assert refused.exit_code == 1
    assert said in refused.output
