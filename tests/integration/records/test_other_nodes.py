"""Records at one of several nodes: what is only heard of here, and what is done elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial

import pytest
from sqlalchemy import select

from services.records.model import LedgerEntry
from shared.contracts.records import (
    HoursCredited,
    HoursVoided,
    RecordConfirmed,
    RecordCredited,
    RecordVoided,
    VolunteerSought,
)
from shared.contracts.registration import VolunteerIntroduced
from shared.identity import Role
from tests.integration.databases import Databases
from tests.integration.hosting import at_node
from tests.integration.records.offices import ask, fill_offices
from tests.integration.records.world import (
    HEAD,
    LINE,
    OTHER_HEAD,
    OURS,
    ZHANG,
    approved,
    confirmed,
    lines_of,
    made,
    new_activity,
)
from tests.integration.serving import Served, holder, refusal_in, serving

GUEST = "A1200000017"
WELCOME = VolunteerIntroduced(
    volunteer_number=GUEST, account_id="tang", name="唐静", region="130281", to_region="130123"
)


@pytest.fixture
def county(databases: Databases) -> Iterator[Served]:
    """正定县, where 张伟 is at home."""
    with serving(databases, "records", fill_offices) as served, at_node(served.database, "zhengding"):
        yield served


def test_a_transfer_within_a_node_goes_as_ever(county: Served) -> None:
    with at_node(county.database, "shijiazhuang"):
        assert ask(county, to_region="130126")["state"] == "open"


def ledger(served: Served) -> list[tuple[str, str, int]]:
    with served.database.reading() as session:
        rows = session.scalars(select(LedgerEntry).order_by(LedgerEntry.record_id, LedgerEntry.kind))
        return [(row.record_id, row.kind, row.hours_hundredths) for row in rows]


def credited(record: str, *, number: str = ZHANG, hours: int = 250, total: int = 250) -> HoursCredited:
    return HoursCredited(
        volunteer_number=number,
        entry_id=f"entry-{record}",
        record_id=record,
        report_id="report-1",
        activity_name="安全生产咨询日",
        served_on=date(2026, 9, 19),
        hours_hundredths=hours,
        quality=4,
        total_hundredths=total,
    )


def voided(record: str) -> RecordVoided:
    return RecordVoided(
        record_id=record,
        activity_name="安全生产咨询日",
        region="130123",
        volunteer_number=ZHANG,
        served_on=date(2026, 9, 19),
        reason="已撤销",
    )


def test_a_node_that_only_knows_a_volunteer_credits_no_hours_and_takes_none_back(county: Served) -> None:
    look = partial(ledger, county)
    for node in ("shijiazhuang", "hebei", "tangshan"):
        with at_node(county.database, node):
            assert county.listener.hear_twice(confirmed("record-1"), look) == []
    assert county.published(HoursCredited) == []
    county.listener.hear(confirmed("record-1"))
    for node in ("shijiazhuang", "hebei"):
        with at_node(county.database, node):
            assert county.listener.hear_twice(voided("record-1"), look) == [("record-1", "credit", 250)]
    assert county.published(HoursVoided) == []
    assert county.listener.hear_twice(voided("record-1"), look) == [
        ("record-1", "credit", 250),
        ("record-1", "void", -250),
    ]


def test_a_node_above_copies_the_ledger_of_its_county_once(county: Served) -> None:
    look = partial(ledger, county)
    province = holder("clerk-of-all", Role.CLERK, "130000")
    back = HoursVoided(**{**vars(credited("record-1", total=0)), "entry_id": "entry-of-void"})
    with at_node(county.database, "hebei"):
        assert county.listener.hear_twice(credited("record-1"), look) == [("record-1", "credit", 250)]
        assert county.by(province).get(f"/ledger?volunteer_number={ZHANG}")["total"] == 2.5
        assert len(county.listener.hear_twice(back, look)) == 2
        assert county.by(province).get(f"/ledger?volunteer_number={ZHANG}")["total"] == 0
    assert county.published(HoursCredited) == []


def test_the_home_of_a_ledger_hears_itself_and_copies_nothing(county: Served) -> None:
    county.listener.hear(confirmed("record-1"))
    county.hear_itself()
    assert county.listener.hear_twice(credited("record-2"), partial(ledger, county)) == [("record-1", "credit", 250)]


def test_a_guest_is_asked_for_introduced_recorded_and_seen_to_be_credited(county: Served) -> None:
    wish = {"organisation_id": OURS, "volunteer_number": GUEST, "name": "唐静"}
    line = {**LINE, "volunteer_number": GUEST}
    open_one = county.known["open"]
    refused = county.by(HEAD).call("POST", f"/activities/{open_one}/records", {"lines": [line]})
    problem = refusal_in(refused, 422, "volunteer_not_found", "/lines/0/volunteer_number")
    assert "外来志愿者" in problem["errors"][0]["detail"]

    assert made(county, HEAD, "/guests", wish)["known"] is False
    assert made(county, HEAD, "/guests", wish)["known"] is False, "asked again, it is one guest"
    assert (
        county.published(VolunteerSought) == [VolunteerSought(volunteer_number=GUEST, name="唐静", region="130123")] * 2
    )
    seen = county.listener.hear_twice(WELCOME, lambda: county.by(HEAD).get("/guests"))
    assert [(one["volunteer_number"], one["name"], one["known"]) for one in seen] == [(GUEST, "唐静", True)]
    assert county.by(OTHER_HEAD).get("/guests") == [], "another organisation's guests are its own"

    activity = new_activity(county)
    made(county, HEAD, f"/activities/{activity}/records", {"lines": [line]})
    made(county, HEAD, f"/activities/{activity}/close")
    county.listener.hear(approved(activity, lines_of(county, activity)))
    county.hear_itself()
    [record] = lines_of(county, activity)
    assert (record["state"], record["credited"], ledger(county)) == ("confirmed", False, [])

    told = RecordCredited(
        record_id=record["id"], region="130123", volunteer_number=GUEST, credited_on=date(2026, 9, 20)
    )
    [record] = county.listener.hear_twice(told, lambda: lines_of(county, activity), node="tangshan")
    assert record["credited"]


def test_ones_own_volunteer_is_seen_to_be_credited_by_the_ledger(county: Served) -> None:
    activity = new_activity(county)
    made(county, HEAD, f"/activities/{activity}/records", {"lines": [{**LINE, "served_on": "2026-09-18"}]})
    made(county, HEAD, f"/activities/{activity}/close")
    county.listener.hear(approved(activity, lines_of(county, activity)))
    assert [line["credited"] for line in lines_of(county, activity)] == [False]
    county.hear_itself()
    assert [line["credited"] for line in lines_of(county, activity)] == [True]
    assert county.published(RecordCredited) == [], "nobody else need be told"


def test_the_home_of_a_guest_tells_who_recorded_them_that_their_hours_have_arrived(county: Served) -> None:
    elsewhere = RecordConfirmed(**{**vars(confirmed("record-far")), "region": "130281"})
    seen = county.listener.hear_twice(elsewhere, partial(ledger, county))
    assert seen == [("record-far", "credit", 250)]
    assert county.published(RecordCredited) == [
        RecordCredited(record_id="record-far", region="130281", volunteer_number=ZHANG, credited_on=date(2026, 9, 20))
    ]


def test_a_guest_by_another_name_or_of_another_organisation_is_refused(county: Served) -> None:
    wish = {"organisation_id": OURS, "volunteer_number": ZHANG, "name": "李四"}
    with county.unchanged():
        refusal_in(county.by(HEAD).call("POST", "/guests", wish), 422, "name_of_another", "/name")
        refusal_in(county.by(OTHER_HEAD).call("POST", "/guests", wish), 404, "organisation_not_found")
        wrong = {**wish, "volunteer_number": "130123199005170017"}
        refusal_in(county.by(HEAD).call("POST", "/guests", wrong), 422, "wrong_form", "/volunteer_number")
