"""`anyuan events map, ls, show, trace`: an operator finds every event, wherever it is."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from services.launcher.parts import SERVICES
from shared.contracts.awards import StarGranted
from shared.contracts.cases import CalendarMissing
from shared.messaging.tables import outbox
from shared.trace import Trace
from tests.integration.launcher.mailroom import TYPE, Mailroom

STAR = StarGranted.event_name.routing_key()


def test_the_map_names_publishers_and_listeners(on_sqlite: Mailroom) -> None:
    found = {each["type"]: each for each in on_sqlite.ask("map")}
    assert found[TYPE]["publishers"] == ["records"]
    assert found[TYPE]["listeners"]["awards"] == ["count_hours"]
    with_cases = ["registration", "records", "reporting", "awards"]
    assert found[CalendarMissing.event_name.routing_key()]["publishers"] == with_cases
    shown = on_sqlite.run("map").stdout
    assert TYPE in shown
    assert "发布 / published by" in shown


def ids(found: Any) -> list[str]:
    return [each["event_id"] for each in found["events"]]


def test_the_outbox_is_listed_page_by_page_and_filtered(mailroom: Mailroom) -> None:
    events = mailroom.credit(*((f"v{number}", f"e{number}") for number in range(5)))
    first = mailroom.ask("ls", "records", "--limit", "3")
    rest = mailroom.ask("ls", "records", "--limit", "3", "--before", first["next"])
    assert ids(first) + ids(rest) == events[::-1]
    assert rest["next"] is None
    assert f"--before {first['next']}" in mailroom.run("ls", "records", "--limit", "3").stdout

    assert ids(mailroom.ask("ls", "records", "--about", "hours/v2")) == [events[2]]
    assert len(ids(mailroom.ask("ls", "records", "--type", "records.hours.*"))) == 5
    assert ids(mailroom.ask("ls", "records", "--type", "records.hours")) == []
    with mailroom.databases["records"].unit_of_work() as uow:
        uow.session.execute(
            update(outbox).where(outbox.c.event_id == events[0]).values(attempts=12, parked_reason="no queue takes it")
        )
        uow.session.execute(update(outbox).where(outbox.c.event_id == events[1]).values(attempts=1))
        uow.session.execute(update(outbox).where(outbox.c.event_id == events[2]).values(sent_at=uow.now))
    for state, wanted in (("parked", [0]), ("refused", [1]), ("sent", [2]), ("unsent", [4, 3])):
        assert ids(mailroom.ask("ls", "records", "--state", state)) == [events[number] for number in wanted]
    parked = mailroom.ask("ls", "records", "--state", "parked")["events"][0]
    assert (parked["reason"], parked["attempts"]) == ("no queue takes it", 12)

    now = mailroom.clock.now()
    assert len(ids(mailroom.ask("ls", "records", "--since", f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%S+0000}"))) == 5
    assert ids(mailroom.ask("ls", "records", "--until", f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%S+0000}")) == []


def test_the_inbox_is_listed_page_by_page_and_filtered(mailroom: Mailroom) -> None:
    mailroom.failing.add("e1")
    events = mailroom.credit(("v1", "e1"), ("v1", "e2"), ("v2", "f1"), ("v3", "g1"))
    mailroom.carry()
    pages: list[str] = []
    before: tuple[str, ...] = ()
    while True:
        page = mailroom.ask("ls", "awards", "--box", "inbox", "--limit", "1", *before)
        pages += ids(page)
        if page["next"] is None or len(pages) > 10:
            break
        before = ("--before", page["next"])
    assert sorted(pages) == sorted(events)

    def listed(*words: str) -> list[str]:
        return ids(mailroom.ask("ls", "awards", "--box", "inbox", *words))

    assert listed("--state", "retry") == [events[0]]
    assert listed("--state", "behind") == [events[1]]
    assert sorted(listed("--state", "applied")) == sorted(events[2:])
    assert sorted(listed("--about", "hours/v1")) == sorted(events[:2])
    assert listed("--about", "hours/v2") == [events[2]]
    assert listed("--type", "registration.*") == []
    held_one = mailroom.ask("ls", "awards", "--box", "inbox", "--state", "retry")["events"][0]
    assert (held_one["attempts"], held_one["about"]) == (1, "hours/v1")
    assert "将重试 / retry" in mailroom.run("ls", "awards", "--box", "inbox").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ls", "nobody"), "没有名为 nobody 的服务"),
        (("ls", "records", "--before", "x"), "x is no cursor that was given here"),
        (("ls", "records", "--box", "inbox", "--before", "2026~"), "is no cursor that was given here"),
        (("ls", "records", "--about", "hours"), "hours is not kind/id"),
        (("ls", "records", "--state", "dead"), "dead is none of sent, unsent, refused, parked"),
        (("ls", "records", "--box", "inbox", "--state", "sent"), "sent is none of applied, retry"),
        (("show", "nothing"), "there is no event nothing"),
        (("trace", "nothing"), "there is no event nothing"),
        (("trace", "0" * 32), "no event belongs to the trace"),
    ],
)
def test_what_is_not_understood_is_explained_in_both_languages(
    mailroom: Mailroom, words: tuple[str, ...], said: str
) -> None:
    done = mailroom.run(*words)
    assert done.exit_code == 1
    assert said in done.stderr
    assert any("\u4e00" <= letter <= "\u9fff" for letter in done.stderr)


def test_one_database_is_named_and_one_that_is_away_is_said(on_sqlite: Mailroom, tmp_path: Path) -> None:
    only = {"ANYUAN_DATABASE_URL": f"sqlite:///{tmp_path}/records.db"}
    assert "say which with --service" in on_sqlite.run("lag", **only).stderr
    assert on_sqlite.ask("lag", "--service", "records", **only)[0]["underway"] is None
    away = {"ANYUAN_DATABASE_URL": "postgresql+psycopg://x@127.0.0.1:1/{service}"}
    done = on_sqlite.run("lag", **away)
    assert (done.exit_code, "数据库无法使用 / the database cannot be used" in done.stderr) == (1, True)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "registration.db" in on_sqlite.run("lag", "--data", str(empty)).stderr
    assert on_sqlite.run("lag", "--data", str(tmp_path), ANYUAN_DATABASE_URL="").exit_code == 0


def test_a_password_is_read_for_each_service(on_sqlite: Mailroom, tmp_path: Path) -> None:
    for service in SERVICES:
        (tmp_path / f"{service}.database").write_text(f"secret of {service}\n")
    settings = {
        "ANYUAN_DATABASE_URL": "postgresql+psycopg://{service}@127.0.0.1:1/{service}",
        "ANYUAN_DATABASE_PASSWORD_FILE": f"{tmp_path}/{{service}}.database",
    }
    assert "127.0.0.1" in on_sqlite.run("lag", **settings).stderr
    (tmp_path / "awards.database").unlink()
    assert "ANYUAN_DATABASE_PASSWORD_FILE cannot be read" in on_sqlite.run("lag", **settings).stderr


def test_an_event_is_shown_with_its_envelope_and_where_it_is(mailroom: Mailroom) -> None:
    mailroom.failing.add("e1")
    event_id = mailroom.credit(("v1", "e1"))[0]
    found = mailroom.ask("show", event_id)
    assert (found["published"]["service"], found["published"]["state"]) == ("records", "unsent")
    assert found["envelope"]["data"]["entry_id"] == "e1"
    assert found["listeners"] == {}

    mailroom.carry()
    found = mailroom.ask("show", event_id)
    assert found["published"]["state"] == "sent"
    assert found["listeners"]["awards"]["state"] == "retry"
    assert "no book for 'e1'" in found["listeners"]["awards"]["reason"]
    shown = mailroom.run("show", event_id).stdout
    assert "notifications 在途，未收到 / underway" in shown
    assert '"entry_id": "e1"' in shown

    with mailroom.databases["records"].unit_of_work() as uow:
        uow.session.execute(delete(outbox))
    found = mailroom.ask("show", event_id)
    assert found["published"] is None
    assert found["envelope"]["id"] == event_id


def test_a_request_is_followed_through_everything_it_led_to(mailroom: Mailroom) -> None:
    mailroom.failing.add("e2")
    trace = Trace.start()
    one, other = mailroom.credit(("v1", "e1"), ("v2", "e2"), trace=trace)
    mailroom.credit(("v3", "e3"))
    mailroom.carry()

    found = mailroom.ask("trace", one)
    assert found["trace_id"] == trace.trace_id
    assert [event["event_id"] for event in found["events"]] == [one, other]
    first, second = found["events"]
    assert [(each["listener"], each["state"]) for each in first["arrivals"]] == [
        ("registration", "underway"),
        ("records", "underway"),
        ("awards", "applied"),
        ("notifications", "underway"),
    ]
    star = first["led_to"][0]
    assert (star["type"], star["cause"], star["state"]) == (STAR, one, "unsent")
    assert [each["state"] for each in star["arrivals"]] == ["unsent"] * 3
    waiting = next(each for each in second["arrivals"] if each["listener"] == "awards")
    assert (waiting["state"], waiting["attempts"]) == ("retry", 1)
    assert second["led_to"] == []

    for name in (other, star["event_id"], trace.trace_id, str(trace)):
        assert mailroom.ask("trace", name) == found
    shown = mailroom.run("trace", one).stdout
    assert f"请求 / request {trace.trace_id}" in shown
    assert "→ awards" in shown
    assert shown.index(TYPE) < shown.index(STAR)


def test_a_chain_is_followed_from_what_listeners_hold_when_outboxes_have_forgotten_it(mailroom: Mailroom) -> None:
    mailroom.failing.add("e1")
    event_id = mailroom.credit(("v1", "e1"))[0]
    mailroom.carry()
    with mailroom.databases["records"].unit_of_work() as uow:
        uow.session.execute(delete(outbox))
    found = mailroom.ask("trace", event_id)["events"]
    assert [(event["event_id"], event["state"]) for event in found] == [(event_id, "kept")]


def test_an_old_event_without_a_cause_or_with_a_strange_body_breaks_no_command(mailroom: Mailroom) -> None:
    event_id = mailroom.credit(("v1", "e1"))[0]
    mailroom.deliver(b"\xff\xfe", b'{"traceparent": 7, "id": []}')
    with mailroom.databases["awards"].unit_of_work() as uow:
        uow.session.execute(text("UPDATE held_event SET headers = '{\"x\": 1}' WHERE id = 1"))
    dead = mailroom.ask("dead", "ls")["letters"]
    assert len(dead) == 2
    shown = mailroom.ask("show", dead[0]["event_id"])
    assert (shown["listeners"]["awards"]["state"], shown["envelope"]) == ("dead", None)
    assert shown["text"] == "\\xff\\xfe"
    assert json.loads(mailroom.ask("dead", "show", dead[0]["event_id"])["headers"]) == {"x": 1}
    assert mailroom.ask("trace", event_id)["events"][0]["event_id"] == event_id
