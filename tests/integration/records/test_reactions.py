"""What others say becomes true once, whatever comes twice and whichever comes first."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.records.model import Activity, KnownOrganisation, KnownVolunteer, LedgerEntry, ServiceRecord
from shared.contracts.records import (
    HoursCredited,
    HoursVoided,
    LedgerHandedOver,
    LedgerTakenOver,
    RecordConfirmed,
    RecordCredited,
    RecordPassedOn,
    RecordVoided,
)
from shared.contracts.registration import (
    AbsenceChanged,
    OrganisationApproved,
    PostChanged,
    VolunteerIntroduced,
    VolunteerRegistered,
    VolunteerUpdated,
)
from shared.contracts.reporting import ReportApproved, ReportRejected, ReportRevoked, ReportSubmitted
from tests.integration.listening import CASES_OVER_NODES
from tests.integration.records.world import (
    CLERK,
    HEAD,
    LI,
    LINE,
    OURS,
    VOLUNTEER,
    ZHANG,
    ZHAO,
    approved,
    confirmed,
    lines_of,
    made,
    new_activity,
)
from tests.integration.serving import Served

NEWCOMER = VolunteerRegistered(volunteer_number="A0100000049", account_id="sun", name="孙丽", region="130125")
States = dict[str, tuple[str, int, int]]


def states(served: Served, activity: str) -> States:
    """Answer state, hours and quality of the records of an activity, by volunteer."""
    with served.database.reading() as session:
        rows = session.scalars(select(ServiceRecord).where(ServiceRecord.activity_id == activity))
        return {row.volunteer_number: (row.state, row.hours_hundredths, row.quality) for row in rows}


def ledger(served: Served) -> list[tuple[str, str, int]]:
    with served.database.reading() as session:
        rows = session.scalars(select(LedgerEntry).order_by(LedgerEntry.record_id))
        return [(row.volunteer_number, row.record_id, row.hours_hundredths) for row in rows]


def report_of(served: Served, activity: str) -> str | None:
    with served.database.reading() as session:
        return session.get_one(Activity, activity).report_id


@pytest.fixture
def held(records: Served) -> str:
    """An activity of two volunteers that was held and is being reported on."""
    activity = new_activity(records)
    lines = [{**LINE, "volunteer_number": number, "served_on": "2026-09-18"} for number in (ZHANG, LI)]
    made(records, HEAD, f"/activities/{activity}/records", {"lines": lines})
    made(records, HEAD, f"/activities/{activity}/close")
    return activity


def submitted(activity: str) -> ReportSubmitted:
    return ReportSubmitted(
        report_id="report-1", activity_id=activity, organisation_id=OURS, region="130123", title="报告", round=1
    )


def rejected(activity: str) -> ReportRejected:
    return ReportRejected(report_id="report-1", activity_id=activity, organisation_id=OURS, title="报告", reason="不实")


def revoked(activity: str) -> ReportRevoked:
    return ReportRevoked(
        report_id="report-1", activity_id=activity, organisation_id=OURS, title="报告", reason="已撤销"
    )


def test_a_volunteer_and_an_organisation_are_known_once_and_by_their_newest_name(records: Served) -> None:
    def look() -> list[tuple[str, str, str]]:
        with records.database.reading() as session:
            people = [(row.number, row.name, row.region) for row in session.scalars(select(KnownVolunteer))]
            return sorted(
                people + [(row.id, row.name, row.region) for row in session.scalars(select(KnownOrganisation))]
            )

    assert (NEWCOMER.volunteer_number, "孙丽", "130125") in records.listener.hear_twice(NEWCOMER, look)
    renamed = VolunteerRegistered(**{**vars(NEWCOMER), "name": "孙莉"})
    assert (NEWCOMER.volunteer_number, "孙莉", "130125") in records.listener.hear_twice(renamed, look)
    team = OrganisationApproved(
        organisation_id=OURS, name="正定县志愿服务总队", region="130123", kind="county", head_account_id="head-1"
    )
    assert (OURS, "正定县志愿服务总队", "130123") in records.listener.hear_twice(team, look)


def test_a_submitted_report_is_noted_once(records: Served, held: str) -> None:
    assert records.listener.hear_twice(submitted(held), lambda: report_of(records, held)) == "report-1"
    assert {state for state, _, _ in states(records, held).values()} == {"pending"}


def test_an_approved_report_confirms_what_it_claims_and_voids_the_rest(records: Served, held: str) -> None:
    zhang = next(line for line in lines_of(records, held) if line["volunteer_number"] == ZHANG)
    lowered = approved(held, [{**zhang, "hours_hundredths": 120, "quality": 3}])
    seen = records.listener.hear_twice(lowered, lambda: states(records, held))
    assert seen == {ZHANG: ("confirmed", 120, 3), LI: ("void", 250, 4)}
    [confirmation] = records.published(RecordConfirmed)
    assert (confirmation.record_id, confirmation.hours_hundredths, confirmation.quality) == (zhang["id"], 120, 3)
    [voided] = records.published(RecordVoided)
    assert (voided.volunteer_number, voided.reason) == (LI, "报告审核时未予计入")


def test_a_rejected_report_voids_everything(records: Served, held: str) -> None:
    seen = records.listener.hear_twice(rejected(held), lambda: states(records, held))
    assert {state for state, _, _ in seen.values()} == {"void"}
    assert [event.reason for event in records.published(RecordVoided)] == ["不实", "不实"]
    assert records.published(RecordConfirmed) == []


def test_a_revoked_report_voids_what_it_confirmed_and_takes_the_hours_back(records: Served, held: str) -> None:
    records.listener.hear(approved(held, lines_of(records, held)))
    records.hear_itself()
    before = ledger(records)
    assert len(before) == 2
    seen = records.listener.hear_twice(revoked(held), lambda: states(records, held))
    assert {state for state, _, _ in seen.values()} == {"void"}
    assert [event.reason for event in records.published(RecordVoided)] == ["已撤销", "已撤销"]
    for _ in range(2):
        records.hear_itself()
    # Nothing is removed: each credit has its counter entry.
    assert sorted(ledger(records)) == sorted(
        entry for number, record, hours in before for entry in ((number, record, hours), (number, record, -hours))
    )
    voided = records.published(HoursVoided)
    assert [(event.hours_hundredths, event.quality, event.total_hundredths) for event in voided] == [(250, 4, 0)] * 2
    mine = records.by(VOLUNTEER).get("/ledger/mine")
    assert (mine["total"], sorted(entry["kind"] for entry in mine["entries"])) == (0, ["credit", "void"])


def test_a_record_that_was_never_credited_takes_no_hours_back(records: Served, held: str) -> None:
    records.listener.hear(rejected(held))
    records.hear_itself()
    assert (ledger(records), records.published(HoursVoided)) == ([], [])


@pytest.mark.parametrize("first", ["submitted", "approved"])
def test_the_report_is_known_whichever_comes_first(records: Served, held: str, first: str) -> None:
    bodies = [records.listener.encode(event) for event in (submitted(held), approved(held, lines_of(records, held)))]
    for body in bodies if first == "submitted" else reversed(bodies):
        records.listener.receive(body)
    assert records.listener.held() == []
    assert report_of(records, held) == "report-1"
    assert {state for state, _, _ in states(records, held).values()} == {"confirmed"}


def test_what_was_decided_is_not_decided_again(records: Served, held: str) -> None:
    records.listener.hear(approved(held, lines_of(records, held)))
    seen = states(records, held)
    records.listener.hear(rejected(held))
    assert states(records, held) == seen
    assert records.published(RecordVoided) == []


@pytest.mark.parametrize("hours", [251, 0, -100, 10**6])
def test_a_report_that_claims_impossible_hours_is_held_and_changes_nothing(
    records: Served, held: str, hours: int
) -> None:
    lines = [{**line, "hours_hundredths": hours} for line in lines_of(records, held)]
    records.listener.receive(records.listener.encode(approved(held, lines)))
    assert len(records.listener.held()) == 1
    assert {state for state, _, _ in states(records, held).values()} == {"pending"}
    assert records.published(RecordConfirmed) == []


def test_a_report_on_an_activity_that_is_not_here_is_held(records: Served) -> None:
    records.listener.receive(records.listener.encode(approved("elsewhere", [])))
    assert len(records.listener.held()) == 1


def test_confirmed_hours_are_credited_once(records: Served) -> None:
    seen = records.listener.hear_twice(confirmed("record-1"), lambda: ledger(records))
    assert seen == [(ZHANG, "record-1", 250)]
    assert [event.total_hundredths for event in records.published(HoursCredited)] == [250]


def test_hours_wait_for_the_registration_that_is_still_on_its_way(records: Served) -> None:
    records.listener.receive(records.listener.encode(confirmed("record-1", number=NEWCOMER.volunteer_number)))
    assert len(records.listener.held()) == 1
    assert ledger(records) == []
    records.listener.receive(records.listener.encode(NEWCOMER))
    records.retry_later()
    assert records.listener.held() == []
    assert ledger(records) == [(NEWCOMER.volunteer_number, "record-1", 250)]


def test_the_total_is_the_sum_in_whatever_order_hours_come(records: Served) -> None:
    hours = {"record-3": 175, "record-1": 250, "record-2": 1}
    for record, hundredths in hours.items():
        records.listener.hear(confirmed(record, hours=hundredths))
    records.listener.hear(confirmed("record-4", number=LI))
    mine = records.by(VOLUNTEER).get("/ledger/mine")
    assert mine["total"] == 4.26 == sum(round(entry["hours"] * 100) for entry in mine["entries"]) / 100
    assert [event.total_hundredths for event in records.published(HoursCredited)] == [175, 425, 426, 250]
    assert records.by(CLERK).get(f"/ledger?volunteer_number={ZHANG}") == mine


def test_approval_reaches_the_ledger_through_what_records_tells_itself(records: Served, held: str) -> None:
    records.listener.hear(approved(held, lines_of(records, held)))
    records.hear_itself()
    records.hear_itself()
    assert [(number, hours) for number, _, hours in sorted(ledger(records))] == [(ZHANG, 250), (LI, 250)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET hours_hundredths = 99999",
        "UPDATE ledger_entry SET kind = kind",
        "DELETE FROM ledger_entry",
        "DELETE FROM ledger_entry WHERE record_id = 'record-1'",
    ],
)
def test_the_ledger_is_never_changed_even_under_the_door(records: Served, statement: str) -> None:
    records.listener.hear(confirmed("record-1"))
    before = ledger(records)
    with pytest.raises(DBAPIError, match="append-only"), records.database.engine.begin() as connection:
        connection.execute(text(statement))
    assert ledger(records) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours_hundredths": 0},
        {"hours_hundredths": -100},
        {"kind": "gift"},
        {"kind": "void"},
        {"record_id": "record-1"},
        {"volunteer_number": "nobody"},
    ],
)
def test_the_ledger_takes_no_line_that_breaks_a_rule(records: Served, wrong: dict[str, Any]) -> None:
    records.listener.hear(confirmed("record-1"))
    line: dict[str, Any] = {
        "id": "x",
        "volunteer_number": ZHAO,
        "record_id": "record-2",
        "report_id": "r",
        "activity_name": "a",
    }
    line |= {"served_on": confirmed("r").served_on, "kind": "credit", "hours_hundredths": 100, "quality": 4}
    with records.database.reading() as session:
        session.add(LedgerEntry(**{**line, "entered_at": records.now, **wrong}))
        with pytest.raises(IntegrityError):
            session.flush()


def test_nothing_else_is_heard(records: Served) -> None:
    """A reaction for every event it lists, and no event without one."""
    assert set(records.listener.reactions.listens_to()) == {
        VolunteerRegistered,
        OrganisationApproved,
        ReportSubmitted,
        ReportApproved,
        ReportRejected,
        ReportRevoked,
        RecordConfirmed,
        RecordVoided,
        RecordCredited,
        RecordPassedOn,
        HoursCredited,
        HoursVoided,
        LedgerHandedOver,
        LedgerTakenOver,
        VolunteerIntroduced,
        VolunteerUpdated,
        PostChanged,
        AbsenceChanged,
        *CASES_OVER_NODES,
    }
