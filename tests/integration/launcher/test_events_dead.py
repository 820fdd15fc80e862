"""`anyuan events dead`: dead letters are listed, replayed once however often one asks, or discarded, and audited."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from shared.messaging import held
from shared.messaging.dead import dead_letters, decide
from shared.messaging.held import claim, release
from tests.integration.launcher.mailroom import TYPE, Mailroom

WHY = ("--by", "王芳", "--reason", "已修复")


def one_dead(mailroom: Mailroom) -> dict[str, Any]:
    """Have the first of three events of a volunteer die, with another volunteer's applied; answers the letter."""
    mailroom.failing.add("e1")
    mailroom.credit(("v1", "e1"), ("v1", "e2"), ("v2", "f1"))
    mailroom.credit(("v1", "e3"))
    mailroom.carry()
    mailroom.let_die()
    assert mailroom.states() == [held.DEAD, held.BEHIND, held.BEHIND]
    letter: dict[str, Any] = mailroom.ask("dead", "ls")["letters"][0]
    return letter


def test_a_dead_event_is_listed_with_what_waits_behind_it(mailroom: Mailroom) -> None:
    letter = one_dead(mailroom)
    assert (letter["service"], letter["type"], letter["about"]) == ("awards", TYPE, "hours/v1")
    assert (letter["attempts"], letter["behind"]) == (held.MOST_ATTEMPTS, 2)
    assert "no book for 'e1'" in letter["reason"]
    shown = mailroom.run("dead", "ls").stdout
    assert f"awards:{letter['id']}" in shown
    assert "阻 / behind" in shown
    found = mailroom.ask("dead", "show", f"awards:{letter['id']}")
    assert found["body"]["data"]["entry_id"] == "e1"
    assert found["event_id"] == letter["event_id"] == mailroom.ask("dead", "show", letter["event_id"])["event_id"]
    assert "no book for" in mailroom.run("dead", "show", letter["event_id"]).stdout


def test_replayed_twice_it_has_one_effect_and_the_later_ones_follow_in_order(mailroom: Mailroom) -> None:
    letter = one_dead(mailroom)
    mailroom.failing.clear()
    name = f"awards:{letter['id']}"

    first = mailroom.ask("dead", "replay", name, *WHY)
    again = mailroom.ask("dead", "replay", letter["event_id"], "--by", "李强", "--reason", "再试")
    assert [each["held_id"] for each in first["done"]] == [letter["id"]]
    assert again["done"] == []
    assert "王芳" in again["before"][0]["decided"]

    assert mailroom.try_again() == 3
    assert mailroom.granted() == ["f1", "e1", "e2", "e3"]
    after = mailroom.ask("dead", "replay", name, *WHY)
    assert (after["done"], len(after["before"])) == ([], 1)
    assert mailroom.try_again() == 0
    assert mailroom.granted() == ["f1", "e1", "e2", "e3"]
    assert mailroom.states() == []


def test_what_fails_again_is_dead_again_and_can_be_replayed_again(mailroom: Mailroom) -> None:
    letter = one_dead(mailroom)
    mailroom.ask("dead", "replay", letter["event_id"], *WHY)
    mailroom.let_die()
    assert mailroom.states() == [held.DEAD, held.BEHIND, held.BEHIND]
    mailroom.failing.clear()
    assert len(mailroom.ask("dead", "replay", letter["event_id"], *WHY)["done"]) == 1
    mailroom.try_again()
    assert mailroom.granted() == ["f1", "e1", "e2", "e3"]
    assert len(mailroom.ask("show", letter["event_id"])["decisions"]) == 2


def test_discarded_it_is_never_applied_and_the_later_ones_go_on(mailroom: Mailroom) -> None:
    letter = one_dead(mailroom)
    asked = mailroom.run("dead", "discard", letter["event_id"], *WHY)
    assert asked.exit_code == 1, "it asks first, and nobody said yes"
    assert mailroom.states()[0] == held.DEAD

    done = mailroom.ask("dead", "discard", letter["event_id"], "--yes", "--by", "王芳", "--reason", "测试数据")
    assert len(done["done"]) == 1
    assert mailroom.try_again() == 2
    assert mailroom.granted() == ["f1", "e2", "e3"]
    assert mailroom.ask("dead", "discard", letter["event_id"], "--yes", *WHY)["done"] == []
    assert mailroom.ask("dead", "replay", letter["event_id"], *WHY)["done"] == []
    assert mailroom.states() == [held.DISCARDED]
    decisions = mailroom.ask("show", letter["event_id"])["decisions"]
    assert [(each["verb"], each["decided_by"], each["reason"]) for each in decisions] == [
        ("discard", "王芳", "测试数据")
    ]
    assert "no book for" in decisions[0]["dead_because"]


def test_those_with_the_same_complaint_are_replayed_together(mailroom: Mailroom) -> None:
    entries = [(f"v{number}", f"e{number}") for number in range(12)]
    mailroom.failing |= {entry for _, entry in entries}
    mailroom.credit(*entries)
    mailroom.carry()
    mailroom.let_die()
    mailroom.deliver(b"{")
    groups = mailroom.ask("dead", "ls", "--groups")["groups"]
    assert [(each["count"], each["complaint"]) for each in groups] == [
        (12, "RuntimeError: no book for … of volunteer v…"),
        (1, groups[1]["complaint"]),
    ]
    assert "组 / group" in mailroom.run("dead", "ls", "--groups").stdout
    assert len(mailroom.ask("dead", "ls", "--group", groups[0]["group"])["letters"]) == 12

    mailroom.failing.clear()
    done = mailroom.run("dead", "replay", "--group", groups[0]["group"], *WHY)
    assert "重放 / replayed：12" in done.stdout
    assert mailroom.try_again() == 12
    assert mailroom.granted() == [entry for _, entry in entries]
    assert [each["type"] for each in mailroom.ask("dead", "ls")["letters"]] == ["?"]


def test_what_nobody_can_read_is_dead_again_at_once_when_it_is_replayed(mailroom: Mailroom) -> None:
    mailroom.deliver(b"{")
    letter = mailroom.ask("dead", "ls")["letters"][0]
    assert mailroom.ask("dead", "show", letter["event_id"])["body"] == "{"
    mailroom.ask("dead", "replay", letter["event_id"], *WHY)
    mailroom.try_again()
    assert mailroom.states() == [held.DEAD]


def test_two_dead_ones_of_one_thing_are_applied_in_order_whatever_the_order_of_the_replays(mailroom: Mailroom) -> None:
    mailroom.failing |= {"e1", "e2"}
    mailroom.credit(("v1", "e1"), ("v1", "e2"), ("v1", "e3"))
    mailroom.carry()
    mailroom.let_die()
    with mailroom.databases["awards"].unit_of_work() as uow:
        uow.session.execute(text("UPDATE held_event SET state = 'dead' WHERE state = 'behind' AND id = 2"))
    mailroom.failing.clear()
    mailroom.ask("dead", "replay", "awards:2", *WHY)
    assert mailroom.try_again() == 0
    mailroom.ask("dead", "replay", "awards:1", *WHY)
    assert mailroom.try_again() == 3
    assert mailroom.granted() == ["e1", "e2", "e3"]


def test_a_replay_while_a_worker_applies_the_one_before_it_is_not_forgotten(on_postgresql_mailroom: Mailroom) -> None:
    mailroom = on_postgresql_mailroom
    mailroom.failing |= {"e1"}
    mailroom.credit(("v1", "e1"), ("v1", "e2"))
    mailroom.carry()
    database = mailroom.databases["awards"]
    with database.unit_of_work() as uow:
        uow.session.execute(text("UPDATE held_event SET state = 'dead' WHERE id = 2"))
    mailroom.failing.clear()
    replayed: list[bool] = []

    def replay() -> None:
        with database.unit_of_work() as uow:
            replayed.append(decide(uow, 2, "replay", by="王芳", reason="已修复"))

    with database.unit_of_work() as uow:
        row = claim(uow.session, 1)
        assert row is not None
        operator = threading.Thread(target=replay)
        operator.start()
        operator.join(0.5)
        assert operator.is_alive(), "it waits for the worker that has the one before it"
        release(uow, row)
    operator.join(20)
    assert replayed == [True]
    assert mailroom.try_again() == 1
    assert mailroom.granted() == ["e2"]


def test_a_decision_needs_a_name_and_a_reason_and_is_never_changed(mailroom: Mailroom) -> None:
    letter = one_dead(mailroom)
    assert "--reason" in mailroom.run("dead", "replay", letter["event_id"], "--by", "王芳").stderr
    assert "--by" in mailroom.run("dead", "replay", letter["event_id"], "--reason", "已修复").stderr
    blank = mailroom.run("dead", "replay", letter["event_id"], "--by", "王芳", "--reason", "  ")
    assert "reason 须为 1 至 500 个字" in blank.stderr
    assert "reason must be 1 to 500 characters" in blank.stderr
    assert "name letters" in mailroom.run("dead", "replay", *WHY).stderr
    assert mailroom.states()[0] == held.DEAD

    mailroom.ask("dead", "replay", letter["event_id"], *WHY)
    for change in ("UPDATE dead_letter_decision SET decided_by = 'x'", "DELETE FROM dead_letter_decision"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            mailroom.databases["awards"].unit_of_work() as uow,
        ):
            uow.session.execute(text(change))


def test_a_letter_that_is_not_there_is_explained(mailroom: Mailroom) -> None:
    for name in ("awards:99", "nothing", "nobody:1"):
        done = mailroom.run("dead", "replay", name, *WHY)
        assert done.exit_code == 1
        assert f"没有死信 {name} / there is no dead letter {name}" in done.stderr
    assert "没有死信 / nothing is dead" in mailroom.run("dead", "ls").stdout


def test_letters_are_read_without_their_numbers_and_names(mailroom: Mailroom) -> None:
    one_dead(mailroom)
    with mailroom.databases["awards"].reading() as session:
        assert [letter.complaint for letter in dead_letters(session)] == ["RuntimeError: no book for … of volunteer v…"]
