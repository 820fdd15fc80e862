"""Two organisers at the same instant, on PostgreSQL: nobody is in two places, and nothing happens twice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import select

from services.records.model import ServiceRecord
from shared.contracts.records import ActivityHeld, HoursCredited
from shared.messaging.inbox import Delivery, Inbox
from tests.integration.databases import Databases
from tests.integration.meeting import at_once
from tests.integration.records.offices import WISH, decided, fill_offices
from tests.integration.records.world import (
    HEAD,
    LI,
    LINE,
    OTHER_HEAD,
    OURS,
    PROJECT,
    VOLUNTEER,
    ZHANG,
    ZHAO,
    confirmed,
    fill,
    new_activity,
)
from tests.integration.serving import Served, refusal_in, serving

ROUNDS = 5


@pytest.fixture(scope="module")
def records(on_postgresql: Databases) -> Iterator[Served]:
    with serving(on_postgresql, "records", fill) as served:
        yield served


def shifts_of(records: Served, number: str, day: str) -> int:
    with records.database.reading() as session:
        rows = session.scalars(select(ServiceRecord).where(ServiceRecord.volunteer_number == number))
        return len([row for row in rows if row.served_on.isoformat() == day])


@pytest.mark.parametrize("day", range(1, ROUNDS + 1))
def test_of_two_overlapping_shifts_one_is_written(records: Served, day: int) -> None:
    served_on = f"2026-07-{day:02}"
    shift = {**LINE, "volunteer_number": ZHAO, "served_on": served_on}
    others = {**shift, "starts": "10:30", "ends": "12:00"}
    paths = (f"/activities/{new_activity(records)}/records", f"/activities/{records.known['theirs']}/records")
    answers = at_once(
        partial(records.by(HEAD).call, "POST", paths[0], {"lines": [shift]}),
        partial(records.by(OTHER_HEAD).call, "POST", paths[1], {"lines": [others]}),
    )
    [refused] = [answer for answer in answers if answer.status_code != 201]
    refusal_in(refused, 422, "shifts_overlap", "/lines/0/starts")
    assert shifts_of(records, ZHAO, served_on) == 1


@pytest.mark.parametrize("day", range(1, ROUNDS + 1))
def test_two_organisers_of_the_same_people_do_not_block_each_other(records: Served, day: int) -> None:
    """The people are locked in one order, whatever order the lines have."""
    served_on = f"2026-06-{day:02}"
    morning = [{**LINE, "volunteer_number": number, "served_on": served_on} for number in (ZHANG, LI, ZHAO)]
    afternoon = [{**line, "starts": "13:00", "ends": "15:00"} for line in reversed(morning)]
    paths = (f"/activities/{new_activity(records)}/records", f"/activities/{records.known['theirs']}/records")
    answers = at_once(
        partial(records.by(HEAD).call, "POST", paths[0], {"lines": morning}),
        partial(records.by(OTHER_HEAD).call, "POST", paths[1], {"lines": afternoon}),
    )
    assert [answer.status_code for answer in answers] == [201, 201]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_command_sent_twice_at_once_is_done_once(records: Served, number: int) -> None:
    body = {**PROJECT, "organisation_id": OURS, "name": f"同时提交的项目{number}"}
    send = partial(records.by(HEAD).call, "POST", "/projects", body, Idempotency_Key=f"key-{number}")
    answers = at_once(send, send)
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers) == ["", "true"]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_of_two_projects_of_one_name_one_is_opened(records: Served, number: int) -> None:
    body = {**PROJECT, "organisation_id": OURS, "name": f"同名的项目{number}"}
    send = partial(records.by(HEAD).call, "POST", "/projects", body)
    answers = at_once(send, send)
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_an_activity_is_closed_once(records: Served, _round: int) -> None:
    activity = new_activity(records)
    line = {**LINE, "volunteer_number": LI, "served_on": f"2026-05-{_round + 1:02}"}
    assert records.by(HEAD).call("POST", f"/activities/{activity}/records", {"lines": [line]}).status_code == 201
    close = partial(records.by(HEAD).call, "POST", f"/activities/{activity}/close")
    assert sorted(answer.status_code for answer in at_once(close, close)) == [200, 409]
    assert [event.activity_id for event in records.published(ActivityHeld)].count(activity) == 1


@pytest.mark.parametrize("number", range(ROUNDS))
def test_hours_that_two_workers_take_in_at_once_are_credited_once(records: Served, number: int) -> None:
    body = records.listener.encode(confirmed(f"raced-{number}", number=LI, hours=100))
    inbox = Inbox(records.database, records.listener.reactions)
    at_once(*[partial(inbox.receive, [Delivery(body)])] * 2)
    assert records.listener.held() == []
    credited = [event for event in records.published(HoursCredited) if event.record_id == f"raced-{number}"]
    assert [event.total_hundredths for event in credited] == [100 * (number + 1)]


@pytest.fixture(scope="module")
def offices(on_postgresql: Databases) -> Iterator[Served]:
    with serving(on_postgresql, "records", fill_offices) as served:
        yield served


@pytest.mark.parametrize("place", ["130125", "130126", "130127"])
def test_of_two_transfers_asked_for_at_once_one_is_under_way(offices: Served, place: str) -> None:
    answers = at_once(
        *(partial(offices.by(VOLUNTEER).call, "POST", "/transfers", {**WISH, "to_region": place}) for _ in range(2))
    )
    [made] = [answer for answer in answers if answer.status_code == 201]
    [refused] = [answer for answer in answers if answer.status_code != 201]
    refusal_in(refused, 409, "transfer_under_way")
    decided(offices, VOLUNTEER, made.get_json()["case_id"], "withdraw")
