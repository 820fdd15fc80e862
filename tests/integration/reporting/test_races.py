"""Two people of one organisation at the same instant, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import func, select

from services.reporting.model import Report
from shared.contracts.reporting import ReportSubmitted
from shared.messaging.inbox import Delivery, Inbox
from tests.integration.databases import Databases
from tests.integration.meeting import at_once
from tests.integration.reporting.world import DEPUTY, HEAD, SUMMARY, draft, edit, fill, held
from tests.integration.serving import Served, refusal_in, serving

ROUNDS = 5


@pytest.fixture(scope="module")
def reporting(on_postgresql: Databases) -> Iterator[Served]:
    with serving(on_postgresql, "reporting", fill) as served:
        yield served


@pytest.mark.parametrize("number", range(ROUNDS))
def test_of_two_corrections_of_one_revision_one_is_kept(reporting: Served, number: int) -> None:
    path = f"/reports/{draft(reporting, f'edited-{number}')}"
    answers = at_once(
        *[
            partial(reporting.by(who).call, "PATCH", path, {"summary": who.account_id}, If_Match='"1"')
            for who in (HEAD, DEPUTY)
        ]
    )
    [refused] = [answer for answer in answers if answer.status_code != 200]
    [kept] = [answer for answer in answers if answer.status_code == 200]
    refusal_in(refused, 412, "stale_revision")
    assert reporting.by(HEAD).get(path)["summary"] == kept.get_json()["summary"]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_report_that_two_people_send_is_sent_once(reporting: Served, number: int) -> None:
    report = draft(reporting, f"sent-{number}")
    edit(reporting, report, {"summary": SUMMARY})
    path = f"/reports/{report}/submit"
    sent = [partial(reporting.by(who).call, "POST", path, Idempotency_Key=f"k-{number}") for who in (HEAD, DEPUTY)]
    answers = at_once(*sent)
    [refused] = [answer for answer in answers if answer.status_code != 200]
    refusal_in(refused, 409, "report_frozen")
    assert [event.report_id for event in reporting.published(ReportSubmitted)].count(report) == 1


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_person_who_sends_twice_at_once_is_answered_twice_the_same(reporting: Served, number: int) -> None:
    report = draft(reporting, f"pressed-twice-{number}")
    edit(reporting, report, {"summary": SUMMARY})
    send = partial(reporting.by(HEAD).call, "POST", f"/reports/{report}/submit", Idempotency_Key=f"twice-{number}")
    first, second = at_once(send, send)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.get_json() == second.get_json()
    assert first.headers["ETag"] == second.headers["ETag"]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_an_activity_that_two_workers_hear_of_at_once_has_one_report(reporting: Served, number: int) -> None:
    body = reporting.listener.encode(held(f"heard-{number}"))
    inbox = Inbox(reporting.database, reporting.listener.reactions)
    at_once(*[partial(inbox.receive, [Delivery(body)])] * 2)
    assert reporting.listener.held() == []
    with reporting.database.reading() as session:
        found = select(func.count()).select_from(Report).where(Report.activity_id == f"heard-{number}")
        assert session.execute(found).scalar_one() == 1
