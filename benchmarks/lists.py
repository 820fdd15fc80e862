"""Measures the lists of cases of a busy official beside a million finished cases, on a PostgreSQL of its own.

    .venv/bin/python -m benchmarks.lists                 a million cases, some minutes to fill
    .venv/bin/python -m benchmarks.lists --explain todo  the plan of one list too

The last line printed is one JSON object with the milliseconds of each question.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import click
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from benchmarks.machine import machine
from shared.approval.base import ApprovalBase
from shared.approval.core.words import CaseState
from shared.approval.filters import Filter
from shared.approval.lists import TaskList
from shared.approval.service import Approvals
from shared.clock import FixedClock
from shared.identity import Post, Principal, Role
from shared.storage import Database, kit_metadata
from tests.integration.listening import make_database
from tests.servers import Servers

NOW = datetime(2026, 10, 1, 4, 0, tzinfo=UTC)
BUSY = Principal(account_id="busy", name="何建民", posts=(Post(role=Role.APPROVER, region="130100"),))
#: One case in a hundred was decided by the busy official, at the city; they started some themselves too.
FILL = """
INSERT INTO approval_case
SELECT 'c' || lpad(i::text, 9, '0'), 'hebei', 'activity_report', 'r' || i, '第' || i || '次用气安全宣传活动',
  CASE WHEN i % 2 = 0 THEN '130123' ELSE '130102' END, '130100', 'org' || i % 500,
  CASE WHEN i % 1000 = 7 THEN 'busy' ELSE 'a' || i % 5000 END, '马立新', 'activity_report', 1, repeat('0', 64),
  CASE WHEN i > :done THEN 'running' ELSE 'approved' END, 1, 3, 'approve', 'x', 'x', at, 3, repeat('0', 64), at,
  CASE WHEN i > :done THEN NULL ELSE at + interval '3 days' END, NULL, NULL, NULL, NULL
FROM (SELECT i, timestamptz '2023-10-01' + i * interval '90 seconds' AS at FROM generate_series(1, :cases) i) made;
INSERT INTO approval_stage
SELECT id, n, 1, 1, (ARRAY['county','city'])[n], (ARRAY[home_region,'130100'])[n], 'any', NULL, NULL, NULL, NULL, '[]',
  CASE WHEN n = 2 AND state = 'running' THEN 'open' ELSE 'passed' END, opened_at,
  opened_at + interval '5 days', false, 0
FROM approval_case, generate_series(1, 2) n;
INSERT INTO approval_task
SELECT case_id, number, number, 'approve', NULL, 0, 'approver', region, NULL, '', NULL, NULL, state, clock_from,
  CASE WHEN state = 'open' THEN NULL ELSE clock_from + interval '1 day' END,
  CASE WHEN state = 'open' THEN NULL WHEN number = 2 AND right(case_id, 2) = '11' THEN 'busy' ELSE 'o' || number END,
  CASE WHEN state = 'open' THEN NULL ELSE '某' END, ''
FROM approval_stage;
UPDATE approval_task SET region = '130200' WHERE state = 'open' AND right(case_id, 2) > :seat;
INSERT INTO approval_task
SELECT id, 3, 2, 'cc', NULL, 0, NULL, '130100', 'busy', '何建民', NULL, NULL,
  CASE WHEN right(id, 4) = '0013' THEN 'open' ELSE 'read' END, opened_at,
  CASE WHEN right(id, 4) = '0013' THEN NULL ELSE opened_at END, NULL, NULL, ''
FROM approval_case WHERE right(id, 2) = '13';
INSERT INTO approval_decision
SELECT case_id, 'hebei', number, coalesce(ended_at, opened_at), 1, stage, number,
  CASE WHEN number = 3 THEN 'mark_read' ELSE 'approve' END, coalesce(ended_by_id, 'busy'), NULL,
  case_id || number, repeat('0', 64), repeat('0', 64), repeat('0', 64), '某', '同意', NULL, NULL
FROM approval_task WHERE state IN ('passed', 'read');
"""


@click.command()
@click.option("--cases", default=1_000_000, show_default=True)
@click.option("--times", default=60, show_default=True, help="How often each question is asked.")
@click.option("--explain", type=click.Choice([*(which.value for which in TaskList), "counts"]), default=None)
def main(cases: int, times: int, explain: str | None) -> None:
    """Fill, measure and print."""
    with Servers() as servers:
        url = servers.postgres().create_database("reporting")
        tables = (kit_metadata, ApprovalBase.metadata)
        database = make_database(url, service="reporting", metadata=tables, clock=FixedClock(NOW))
        approvals = Approvals(service="reporting", definitions=("activity_report",))
        started = time.monotonic()
        _fill(database, approvals, cases)
        print(f"{machine()} · {cases} cases in {time.monotonic() - started:.0f} s")
        if explain:
            _explain(database, _questions(approvals)[explain])
        found = {name: _measure(database, ask, times) for name, ask in _questions(approvals).items()}
        for name, figures in found.items():
            print(f"{name:<22} {figures}")
        print(json.dumps(found))
        database.engine.dispose()


def _fill(database: Database, approvals: Approvals, cases: int) -> None:
    with database.unit_of_work() as uow:
        approvals.publish_definitions(uow)
        uow.session.execute(text("SET LOCAL statement_timeout = 0"))
        for post, account, role, region in (
            ("p1", "busy", "approver", "130100"),
            ("p2", "other", "approver", "130100"),
        ):
            uow.session.execute(
                text("INSERT INTO approval_post VALUES (:post, :account, '某', :role, :region, NULL, true)"),
                {"post": post, "account": account, "role": role, "region": region},
            )
        # The rest of the open cases wait in another city.
        given = {"cases": cases + cases // 50, "done": cases, "seat": "04"}
        for statement in FILL.strip().split(";\n"):
            uow.session.execute(text(statement.rstrip(";")), given)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))


def _questions(approvals: Approvals) -> dict[str, Callable[[Session], Any]]:
    def of(which: TaskList, cursor: str | None = None, **wanted: Any) -> Callable[[Session], Any]:
        return lambda session: approvals.tasks(
            session, which=which, principal=BUSY, at=NOW, wanted=Filter(**wanted), cursor=cursor
        )

    return {
        **{which.value: of(which) for which in TaskList},
        "counts": lambda session: approvals.counts(session, principal=BUSY, at=NOW),
        "todo, overdue": of(TaskList.TODO, overdue=True),
        "todo, a region": of(TaskList.TODO, region="130123"),
        "todo, a title": of(TaskList.TODO, title="用气"),
        "done, a region": of(TaskList.DONE, region="130123"),
        "done, a rare title": of(TaskList.DONE, title="第100211次"),
        "done, no such title": of(TaskList.DONE, title="没有这样的"),
        "done, days": of(TaskList.DONE, decided_from=date(2024, 3, 1), decided_to=date(2024, 3, 31)),
        "done, no such state": of(TaskList.DONE, state=CaseState.REJECTED),
        "started, a title": of(TaskList.STARTED, title="没有这样的"),
        "cc, a title": of(TaskList.CC, title="没有这样的"),
    }


def _measure(database: Database, ask: Callable[[Session], Any], times: int) -> dict[str, float]:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        with database.reading() as session:
            ask(session)
        taken.append(1000 * (time.perf_counter() - started))
    taken.sort()
    return {"median": round(taken[times // 2], 1), "p95": round(taken[int(times * 0.95)], 1)}


def _explain(database: Database, ask: Callable[[Session], Any]) -> None:
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.reading() as session:
        ask(session)
    event.remove(database.engine, "before_cursor_execute", note)
    with database.engine.connect() as connection:
        for statement, parameters in said:
            for row in connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters):
                print(row[0])


if __name__ == "__main__":
    main()
