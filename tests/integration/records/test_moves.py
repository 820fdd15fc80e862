"""A volunteer moves between two nodes: the ledger is handed over whole, and what comes late is passed on, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select

from services.records.commands.transfers import take_over
from services.records.model import KnownVolunteer, LedgerEntry, Transfer
from shared.contracts.handovers import CaseHandedOver
from shared.contracts.records import (
    HoursCredited,
    HoursVoided,
    LedgerHandedOver,
    LedgerLine,
    LedgerTakenOver,
    RecordPassedOn,
    RecordVoided,
    TakenBack,
    TransferVerified,
    VolunteerTransferred,
)
from tests.integration.databases import Databases
from tests.integration.hosting import at_node
from tests.integration.records.offices import (
    ARRIVED,
    NEW,
    OLD,
    OTHER_APPROVER,
    ask,
    decided,
    fill_offices,
    mine,
)
from tests.integration.records.world import (
    HEAD,
    LINE,
    OTHER_CLERK,
    OURS,
    VOLUNTEER,
    ZHANG,
    confirmed,
    made,
    new_activity,
)
from tests.integration.serving import Served, refusal_in, serving

Lines = list[tuple[str, str, int]]


@pytest.fixture
def county(databases: Databases) -> Iterator[Served]:
    """正定县, where 张伟 is at home with 2.5 hours; 行唐县 is the city's, another node."""
    with serving(databases, "records", fill_offices) as served, at_node(served.database, "zhengding"):
        served.listener.hear(confirmed("record-1", hours=250))
        yield served


def ledger(served: Served) -> Lines:
    with served.database.reading() as session:
        rows = session.scalars(select(LedgerEntry).order_by(LedgerEntry.record_id, LedgerEntry.kind))
        return [(row.record_id, row.kind, row.hours_hundredths) for row in rows]


def voided(record: str, *, was_confirmed: bool = True) -> RecordVoided:
    return RecordVoided(
        record_id=record,
        activity_name="安全生产咨询日",
        region=OLD,
        volunteer_number=ZHANG,
        served_on=date(2026, 9, 19),
        reason="已撤销",
        taken_back=TakenBack(report_id="report-1", hours_hundredths=250, quality=4) if was_confirmed else None,
    )


def given_away(county: Served) -> str:
    """Let the answer of the receiving place close the case; answers the transfer."""
    county.pass_time(timedelta(minutes=1))
    transfer: str = ask(county)["id"]
    with county.database.unit_of_work() as uow:
        take_over(uow, transfer)
    return transfer


def test_the_case_is_handed_to_the_receiving_place(county: Served) -> None:
    assert ask(county)["state"] == "open"
    [told] = county.published(CaseHandedOver)
    assert (told.home_region, told.region, told.case.business_type) == (OLD, NEW, "volunteer_transfer")


def test_the_old_home_closes_the_ledger_and_hands_it_over_without_a_name_for_third_nodes(county: Served) -> None:
    transfer = given_away(county)
    [told] = county.published(VolunteerTransferred)
    assert (told.transfer_id, told.volunteer_name, told.from_region, told.to_region) == (transfer, "", OLD, NEW)
    [handed] = county.published(LedgerHandedOver)
    assert (handed.transfer_id, handed.volunteer_name, handed.part, handed.parts) == (transfer, "张伟", 1, 1)
    [line] = handed.lines
    assert (line.record_id, line.kind, line.hours_hundredths) == ("record-1", "credit", 250)
    assert mine(county)[0]["state"] == "approved", "half a move is none"


def test_what_comes_while_they_move_waits_and_what_comes_later_goes_on_at_once(county: Served) -> None:
    transfer = given_away(county)

    def look() -> tuple[Lines, list[tuple[str, str]], int]:
        passed = [(one.record_id, one.kind) for one in county.published(RecordPassedOn)]
        return ledger(county), passed, len(county.published(HoursCredited))

    first = ("record-1", "credit", 250)
    waiting = [first, ("record-2", "credit", 250)]
    assert county.listener.hear_twice(confirmed("record-2"), look) == (waiting, [], 1)
    waiting.insert(1, ("record-1", "void", -250))
    assert county.listener.hear_twice(voided("record-1"), look) == (waiting, [], 1)
    assert county.published(HoursVoided) == []
    late = [("record-2", "credit"), ("record-1", "void")]
    assert county.listener.hear_twice(ARRIVED, look) == (waiting, late, 1)
    assert mine(county)[0]["state"] == "moved"
    late.append(("record-3", "credit"))
    assert county.listener.hear_twice(confirmed("record-3"), look) == (waiting, late, 1)
    late.append(("record-3", "void"))
    assert county.listener.hear_twice(voided("record-3"), look) == (waiting, late, 1)
    assert county.listener.hear_twice(voided("record-4", was_confirmed=False), look) == (waiting, late, 1)
    assert {one.transfer_id for one in county.published(RecordPassedOn)} == {transfer}


def test_who_has_left_serves_as_a_guest_and_asks_for_no_transfer_here(county: Served) -> None:
    given_away(county)
    county.listener.hear(ARRIVED)
    activity = new_activity(county)
    line = {**LINE, "served_on": "2026-09-18"}
    path = f"/activities/{activity}/records"
    with county.unchanged():
        problem = refusal_in(
            county.by(HEAD).call("POST", path, {"lines": [line]}), 422, "volunteer_moved", "/lines/0/volunteer_number"
        )
        assert "已转出至石家庄市行唐县" in problem["errors"][0]["detail"]
        wish = {"to_region": OLD, "reason": "又搬回来", "consent": True}
        answer = county.by(VOLUNTEER).call("POST", "/transfers", wish)
        refusal_in(answer, 409, "volunteer_moved")
    made(county, HEAD, "/guests", {"organisation_id": OURS, "volunteer_number": ZHANG, "name": "张伟"})
    made(county, HEAD, path, {"lines": [line]})


@pytest.fixture
def city(databases: Databases) -> Iterator[Served]:
    """石家庄, whose 行唐县 has accepted 张伟 of another node."""
    with serving(databases, "records", fill_offices) as served:
        accepted = ask(served)
        decided(served, OTHER_CLERK, accepted["case_id"], "approve", opinion="已核验")
        decided(served, OTHER_APPROVER, accepted["case_id"], "approve", opinion="同意接收")
        with served.database.unit_of_work() as uow:
            # What the old home has is not here.
            uow.session.execute(delete(Transfer))
        served.known["transfer"] = accepted["id"]
        with at_node(served.database, "shijiazhuang"):
            yield served


def handed_over(city: Served, **changes: object) -> LedgerHandedOver:
    line = LedgerLine(
        entry_id="entry-1",
        record_id="record-1",
        report_id="report-1",
        activity_name="安全生产咨询日",
        served_on=date(2026, 9, 19),
        kind="credit",
        hours_hundredths=250,
        quality=4,
        entered_at=city.now,
    )
    whole = LedgerHandedOver(
        transfer_id=city.known["transfer"],
        volunteer_number=ZHANG,
        volunteer_name="张伟",
        from_region=OLD,
        to_region=NEW,
        reason="搬家到行唐县",
        asked_at=city.now,
        part=1,
        parts=1,
        lines=(line,),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]  # by their names


def passed_on(record: str, kind: str = "credit") -> RecordPassedOn:
    return RecordPassedOn(
        transfer_id="t-1",
        record_id=record,
        volunteer_number=ZHANG,
        to_region=NEW,
        region=OLD,
        report_id="report-1",
        activity_name="安全生产咨询日",
        served_on=date(2026, 9, 19),
        kind="void" if kind == "void" else "credit",
        hours_hundredths=250,
        quality=4,
    )


def test_the_new_home_holds_the_ledger_until_they_are_received_and_then_tells_nodes_above(city: Served) -> None:
    def look() -> tuple[Lines, int, int]:
        return ledger(city), len(city.published(TransferVerified)), len(city.published(LedgerTakenOver))

    lines = [("record-1", "credit", 250)]
    assert city.listener.hear_twice(handed_over(city), look) == (lines, 1, 0)
    assert mine(city)[0]["state"] == "approved"
    assert city.listener.hear_twice(ARRIVED, look) == (lines, 1, 1)
    [told] = city.published(LedgerTakenOver)
    assert (told.total_hundredths, told.quality_sum, told.quality_count, len(told.lines)) == (250, 4, 1, 1)
    assert mine(city)[0]["state"] == "moved"
    assert city.published(HoursCredited) == [], "what was told at the old home is not told again"
    assert city.by(VOLUNTEER).get("/ledger/mine")["total"] == 2.5


def test_who_was_not_accepted_here_is_not_taken(city: Served) -> None:
    for changes in ({"transfer_id": "another"}, {"to_region": "130126"}):
        event = handed_over(city, **changes)
        assert city.listener.hear_twice(event, lambda: (ledger(city), city.published(TransferVerified))) == ([], [])


def test_a_ledger_that_comes_in_parts_is_verified_with_its_last(city: Served) -> None:
    first = handed_over(city, parts=2)
    assert city.listener.hear_twice(first, lambda: city.published(TransferVerified)) == []
    second = handed_over(city, part=2, parts=2, lines=())
    assert len(city.listener.hear_twice(second, lambda: city.published(TransferVerified))) == 1


def test_a_record_that_was_passed_on_is_credited_once_however_it_comes(city: Served) -> None:
    city.listener.hear(handed_over(city))
    city.listener.hear(ARRIVED)

    def look() -> tuple[Lines, int, int]:
        return ledger(city), len(city.published(HoursCredited)), len(city.published(HoursVoided))

    lines = [("record-1", "credit", 250), ("record-2", "credit", 250)]
    assert city.listener.hear_twice(passed_on("record-2"), look) == (lines, 1, 0)
    assert city.listener.hear_twice(confirmed("record-2"), look) == (lines, 1, 0)
    assert city.listener.hear_twice(passed_on("record-1"), look) == (lines, 1, 0)
    lines.insert(1, ("record-1", "void", -250))
    assert city.listener.hear_twice(passed_on("record-1", "void"), look) == (lines, 1, 1)
    assert city.listener.hear_twice(voided("record-1"), look) == (lines, 1, 1)


@pytest.mark.parametrize("way", ["by the links", "passed on"])
def test_an_end_that_overtakes_its_confirmation_leaves_nothing_to_count(city: Served, way: str) -> None:
    city.listener.hear(handed_over(city))
    city.listener.hear(ARRIVED)
    end = voided("record-2") if way == "by the links" else passed_on("record-2", "void")

    def look() -> tuple[Lines, int]:
        return ledger(city)[1:], len(city.published(HoursCredited))

    both = [("record-2", "credit", 250), ("record-2", "void", -250)]
    assert city.listener.hear_twice(end, look) == (both, 0)
    assert city.listener.hear_twice(passed_on("record-2"), look) == (both, 0)
    assert city.by(VOLUNTEER).get("/ledger/mine")["total"] == 2.5


def test_a_node_above_copies_the_lines_that_it_has_not(city: Served) -> None:
    city.listener.hear(handed_over(city))
    city.listener.hear(ARRIVED)
    [told] = city.published(LedgerTakenOver)
    with at_node(city.database, "hebei"):
        assert city.listener.hear_twice(told, lambda: ledger(city)) == [("record-1", "credit", 250)]
        more = replace(told, lines=(*told.lines, replace(told.lines[0], entry_id="e-2", record_id="record-2")))
        assert len(city.listener.hear_twice(more, lambda: ledger(city))) == 2
    with city.database.reading() as session:
        assert session.get_one(KnownVolunteer, ZHANG).region == NEW
