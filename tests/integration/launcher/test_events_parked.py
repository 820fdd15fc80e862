"""`anyuan events parked`: what the broker refused too often is listed and tried again at once, with who and why."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from shared.messaging import sending
from shared.messaging.parked import releases_of
from shared.messaging.tables import outbox
from tests.integration.launcher.mailroom import TYPE, Mailroom

WHY = ("--by", "王芳", "--reason", "队列已恢复")


def refuse(mailroom: Mailroom, event_id: str, *, times: int = sending.MOST_ATTEMPTS) -> None:
    """Let the broker refuse an event so many times."""
    for _ in range(times):
        with mailroom.databases["records"].unit_of_work() as uow:
            row = uow.session.execute(select(outbox.c.id).where(outbox.c.event_id == event_id)).scalar_one()
            sending.count_refusals(uow.session, {row: "no queue takes it"}, now=uow.now)


def due(mailroom: Mailroom) -> list[str]:
    """Answer the events that the relay would send now, in their order."""
    with mailroom.databases["records"].reading() as session:
        return [row.event_id for row in sending.next_rows(session, mailroom.clock.now(), limit=10)]


def test_what_is_parked_is_listed_with_what_waits_behind_it(mailroom: Mailroom) -> None:
    first, second, other = mailroom.credit(("v1", "e1"), ("v1", "e2"), ("v2", "f1"))
    refuse(mailroom, first, times=sending.MOST_ATTEMPTS - 1)
    assert mailroom.ask("parked", "ls")["events"] == []
    assert "nothing is parked" in mailroom.run("parked", "ls").stdout
    refuse(mailroom, first, times=1)
    [told] = mailroom.ask("parked", "ls")["events"]
    assert (told["service"], told["event_id"], told["about"], told["behind"]) == ("records", first, "hours/v1", 1)
    assert (told["attempts"], told["reason"]) == (sending.MOST_ATTEMPTS, "no queue takes it")
    assert first in mailroom.run("parked", "ls", COLUMNS="300").stdout
    assert mailroom.ask("parked", "ls", "--type", "records.activity.held.v1")["events"] == []
    assert due(mailroom) == [other], f"{second} does not overtake {first}"


def test_what_is_released_goes_at_once_and_once_and_is_written_down(mailroom: Mailroom) -> None:
    first, second = mailroom.credit(("v1", "e1"), ("v1", "e2"))
    refuse(mailroom, first)

    done = mailroom.ask("parked", "release", first, *WHY)
    assert [(one["service"], one["event_id"]) for one in done["done"]] == [("records", first)]
    assert due(mailroom) == [first, second]
    again = mailroom.ask("parked", "release", first, "--by", "李强", "--reason", "再试")
    assert (again["done"], [one["released_by"] for one in again["before"][0]["releases"]]) == ([], ["王芳"])
    with mailroom.databases["records"].reading() as session:
        [release] = releases_of(session, first)
    assert (release.type, release.reason, release.parked_because) == (TYPE, "队列已恢复", "no queue takes it")
    for change in ("UPDATE parked_release SET released_by = 'x'", "DELETE FROM parked_release"):
        with pytest.raises(DatabaseError), mailroom.databases["records"].unit_of_work() as uow:
            uow.session.execute(text(change))


def test_what_is_refused_once_more_is_parked_again_and_all_of_a_type_are_released(mailroom: Mailroom) -> None:
    events = mailroom.credit(("v1", "e1"), ("v2", "f1"))
    for event in events:
        refuse(mailroom, event)
    assert len(mailroom.ask("parked", "release", "--type", TYPE, *WHY)["done"]) == 2
    refuse(mailroom, events[0], times=1)
    assert [one["event_id"] for one in mailroom.ask("parked", "ls")["events"]] == [events[0]]
    assert len(mailroom.ask("parked", "release", events[0], *WHY)["done"][0]["releases"]) == 2


def test_what_is_not_named_or_not_parked_or_has_no_reason_is_refused(mailroom: Mailroom) -> None:
    [event] = mailroom.credit(("v1", "e1"))
    assert mailroom.run("parked", "release", *WHY).exit_code == 2
    unknown = mailroom.run("parked", "release", event, *WHY)
    assert (unknown.exit_code, "is parked" in unknown.output) == (1, True)
    refuse(mailroom, event)
    silent = mailroom.run("parked", "release", event, "--by", "王芳", "--reason", " ")
    assert silent.exit_code == 1
    assert [one["event_id"] for one in mailroom.ask("parked", "ls")["events"]] == [event]
