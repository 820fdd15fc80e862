"""Organisations open, record and close; people and offices read what is theirs to read."""

from __future__ import annotations

from sqlalchemy import text

from shared.contracts.records import ActivityHeld
from shared.identity import Principal
from shared.messaging.envelope import MOST_BYTES
from shared.messaging.tables import outbox
from tests.integration.records.world import (
    ACTIVITY,
    CLERK,
    HEAD,
    LI,
    LINE,
    OTHER_HEAD,
    OURS,
    VOLUNTEER,
    ZHANG,
    ZHAO,
    lines_of,
    made,
    new_activity,
)
from tests.integration.serving import Served, refusal_in


def test_an_activity_says_who_organises_leads_and_records_it(records: Served) -> None:
    activity = records.by(HEAD).get(f"/activities/{new_activity(records)}")
    assert {name: activity[name] for name in ACTIVITY} == ACTIVITY
    assert (activity["organisation_name"], activity["recorder"], activity["region"], activity["state"]) == (
        "正定县志愿服务队",
        "head-1",
        "130123",
        "open",
    )


def test_shifts_that_touch_do_not_overlap(records: Served) -> None:
    path = f"/activities/{new_activity(records)}/records"
    lines = [{**LINE, "starts": "11:00", "ends": "12:00"}, {**LINE, "starts": "06:00", "ends": "08:30"}]
    found = made(records, HEAD, path, {"lines": lines})
    assert [(line["starts"], line["ends"], line["hours"]) for line in found] == [
        ("06:00", "08:30", 2.5),
        ("11:00", "12:00", 1),
    ]


def test_hours_are_kept_to_the_hundredth(records: Served) -> None:
    path = f"/activities/{new_activity(records)}/records"
    line = {**LINE, "volunteer_number": ZHAO, "starts": "08:00", "ends": "08:10"}
    assert made(records, HEAD, path, {"lines": [line]})[0]["hours"] == 0.16
    line = {**line, "starts": "09:00", "ends": "00:00", "hours": "14.99"}
    assert [one["hours"] for one in made(records, HEAD, path, {"lines": [line]})] == [0.16, 14.99]


def test_all_lines_are_written_or_none(records: Served) -> None:
    path = f"/activities/{records.known['open']}/records"
    lines = [{**LINE, "volunteer_number": ZHAO}, {**LINE, "volunteer_number": "A0000000000"}, LINE]
    with records.unchanged():
        body = refusal_in(records.by(HEAD).call("POST", path, {"lines": lines}), 422, "volunteer_not_found")
    assert [(fault["code"], fault["pointer"]) for fault in body["errors"]] == [
        ("volunteer_not_found", "/lines/1/volunteer_number"),
        ("shifts_overlap", "/lines/2/starts"),
    ]


def test_closing_tells_everything_that_a_report_needs(records: Served) -> None:
    activity = records.known["open"]
    made(
        records,
        HEAD,
        f"/activities/{activity}/records",
        {"lines": [{**LINE, "volunteer_number": LI, "served_on": "2026-09-17"}]},
    )
    assert made(records, HEAD, f"/activities/{activity}/close")["state"] == "held"
    held = records.published(ActivityHeld)[-1]
    assert (held.activity_id, held.organisation_id, held.region, held.recorder_account_id) == (
        activity,
        OURS,
        "130123",
        "head-1",
    )
    assert (held.first_day.isoformat(), held.last_day.isoformat()) == ("2026-09-17", "2026-09-19")
    assert [
        (shift.volunteer_number, shift.volunteer_name, shift.starts, shift.hours_hundredths) for shift in held.shifts
    ] == [
        (ZHANG, "张伟", "08:30", 250),
        (LI, "李芳", "08:30", 250),
    ]


def test_a_full_activity_still_fits_into_one_message(records: Served) -> None:
    """The longest texts and as many records as there may be; one record more is refused."""
    with records.database.engine.begin() as connection:
        connection.execute(text("UPDATE known_volunteer SET name = :name"), {"name": "龘" * 60})
    longest = {
        "name": "长" * 100,
        "place": "长" * 200,
        "beneficiaries": "长" * 100,
        "content": "\n" * 4000,
        "leader": "长" * 60,
    }
    body = {**ACTIVITY, **longest, "project_id": records.known["project"]}
    activity = made(records, HEAD, "/activities", body)["id"]
    lines = [
        {
            **LINE,
            "volunteer_number": number,
            "served_on": f"2026-08-{day:02}",
            "starts": f"{hour:02}:00",
            "ends": f"{hour:02}:59",
        }
        for number in (ZHANG, LI)
        for day in range(1, 13)
        for hour in range(24)
    ][:500]
    made(records, HEAD, f"/activities/{activity}/records", {"lines": lines})
    with records.unchanged():
        one_more = {"lines": [{**LINE, "volunteer_number": ZHAO}]}
        answer = records.by(HEAD).call("POST", f"/activities/{activity}/records", one_more)
        refusal_in(answer, 409, "activity_full", "/lines")
    made(records, HEAD, f"/activities/{activity}/close")
    with records.database.reading() as session:
        longest_message = max(
            len(body) for body in session.scalars(outbox.select().with_only_columns(outbox.c.payload))
        )
    assert MOST_BYTES * 0.5 < longest_message <= MOST_BYTES


def test_everybody_reads_what_is_theirs(records: Served) -> None:
    def seen(who: Principal, path: str) -> set[str]:
        found = records.by(who).get(path)
        return {row["id"] for row in (found["items"] if isinstance(found, dict) else found)}

    known = records.known
    assert seen(HEAD, "/activities") == seen(CLERK, "/activities") == {known["open"], known["held"]}
    assert seen(OTHER_HEAD, "/activities") == {known["theirs"]}
    assert seen(VOLUNTEER, "/activities") == set()
    assert seen(HEAD, "/projects") == {known["project"]}
    assert seen(CLERK, "/activities?region=130100") == {known["open"], known["held"]}
    assert seen(CLERK, "/activities?region=130125") == set(), "a question about others answers nothing of theirs"
    assert seen(VOLUNTEER, "/records/mine") == {line["id"] for line in lines_of(records, known["open"])}
    assert seen(VOLUNTEER, "/records/mine?state=confirmed") == set()


def test_pages_follow_each_other_without_gaps(records: Served) -> None:
    path = f"/activities/{new_activity(records)}/records"
    lines = [{**LINE, "starts": f"{hour:02}:00", "ends": f"{hour:02}:30"} for hour in (0, 1, 2, 3)]
    lines += [{**LINE, "served_on": "2026-09-01"}]
    made(records, HEAD, path, {"lines": lines})
    mine, cursor = [], ""
    while True:
        page = records.by(VOLUNTEER).get(f"/records/mine?limit=2{cursor}")
        mine += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len({row["id"] for row in mine}) == len(mine) == 6
    assert [row["served_on"] for row in mine] == sorted((row["served_on"] for row in mine), reverse=True)
    activities, cursor = set(), ""
    for _ in range(3):
        page = records.by(HEAD).get(f"/activities?limit=1{cursor}")
        activities |= {row["id"] for row in page["items"]}
        cursor = f"&cursor={page['next_cursor']}"
    assert len(activities) == 3
