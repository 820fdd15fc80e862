"""The checker itself: a sound story passes, and each way of spoiling it by one row is found and named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.checker import Call, check
from tests.telling import ToldStory, urls_in

SPOILED = {
    "a ledger entry is lost": ("records", "DELETE FROM ledger_entry WHERE rowid = 1", "credited 0 times"),
    "an entry is doubled": (
        "records",
        (
            "INSERT INTO ledger_entry SELECT hex(randomblob(16)), volunteer_number, record_id || 'x', report_id, "
            "activity_name, region, served_on, kind, hours_hundredths, quality, entered_at FROM ledger_entry LIMIT 1"
        ),
        "the report says None",
    ),
    "an entry has other hours": (
        "records",
        "UPDATE ledger_entry SET hours_hundredths = hours_hundredths + 100 WHERE rowid = 1",
        "the report says",
    ),
    "a record is confirmed by nobody": (
        "records",
        "UPDATE service_record SET state = 'confirmed', void_reason = NULL WHERE state = 'void'",
        "no approved report claims it",
    ),
    "a record was never confirmed": (
        "records",
        (
            "UPDATE service_record SET state = 'pending', decided_at = NULL WHERE id IN "
            "(SELECT record_id FROM ledger_entry LIMIT 1)"
        ),
        "pending, and its report is decided",
    ),
    "an event did not arrive": ("awards", "DELETE FROM inbox WHERE type LIKE '%hours.credited%'", "did not arrive"),
    "an event came from nowhere": (
        "awards",
        "INSERT INTO inbox SELECT 'x', content_sha256, type, received_at FROM inbox LIMIT 1",
        "nobody published it",
    ),
    "an event arrived altered": (
        "awards",
        "UPDATE inbox SET content_sha256 = zeroblob(32) WHERE rowid = 1",
        "arrived with other content",
    ),
    "an event is not sent": ("reporting", "UPDATE outbox SET sent_at = NULL WHERE id = 3", "1 events are not sent"),
    "an event was lost before it left": ("reporting", "DELETE FROM outbox WHERE id = 3", "its head is"),
    "an older event was not applied": (
        "awards",
        "UPDATE inbox_mark SET version = version - 1 WHERE aggregate_type = 'hours'",
        "is applied, not",
    ),
    "an event is dead": (
        "awards",
        (
            "INSERT INTO held_event (event_id, source, aggregate_type, aggregate_id, type, body, state, reason, "
            "held_at) VALUES ('x', 's', 'a', 'i', 't', x'00', 'dead', 'why', '2026-01-01')"
        ),
        "is dead: why",
    ),
    "awards counted other hours": (
        "awards",
        "UPDATE standing SET total_hundredths = total_hundredths + 1 WHERE rowid = 1",
        "standing at awards",
    ),
    "a star is not in the file": ("registration", "DELETE FROM file_entry WHERE kind = 'star'", "is missing"),
    "a copy of a home is another": ("awards", "UPDATE known_volunteer SET region = '130125'", "at awards in 130125"),
    "a transfer moved nobody": (
        "records",
        (
            "INSERT INTO transfer SELECT 'x', number, region, '130125', 'r', 'moved', NULL, '', '2026-01-01', "
            "'2026-01-01', '2026-01-01', '2026-01-01', 1 FROM known_volunteer LIMIT 1"
        ),
        "was transferred to 130125",
    ),
    "a star without a decision": (
        "awards",
        "UPDATE nomination SET state = 'refused' WHERE rowid = 1",
        "case None",
    ),
    "nobody was told of hours": (
        "notifications",
        "DELETE FROM message WHERE dedupe LIKE 'hours:%'",
        "was told 0 times",
    ),
    "one tier did not decide": (
        "reporting",
        (
            "UPDATE approval_decision SET verb = 'reject' WHERE verb = 'approve' AND rowid = "
            "(SELECT max(rowid) FROM approval_decision WHERE verb = 'approve')"
        ),
        "its line is",
    ),
    "one person decided twice": (
        "reporting",
        (
            "UPDATE approval_decision SET actor_id = (SELECT actor_id FROM approval_decision WHERE verb = 'approve' "
            "ORDER BY rowid LIMIT 1) WHERE verb = 'approve'"
        ),
        "decided twice",
    ),
    "the organisation's head decided": (
        "reporting",
        (
            "UPDATE approval_barred SET account_id = "
            "(SELECT actor_id FROM approval_decision WHERE verb = 'approve' LIMIT 1)"
        ),
        "decided and must not",
    ),
    "the trail was cut": (
        "reporting",
        "DELETE FROM approval_event WHERE seq = 2",
        "is not whole",
    ),
    "the trail was rewritten": (
        "reporting",
        "UPDATE approval_event SET hash = 'f' || substr(hash, 2) || 'f' WHERE seq = 2",
        "breaks at entry 3",
    ),
}


def test_an_undisturbed_story_is_sound(told_story: ToldStory) -> None:
    found = check(urls_in(told_story.folder))
    assert found.faults == []
    assert found.counts["reports_approved"] == 1
    assert found.counts["lines_approved"] == 46


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_spoiled_is_found(told_story: ToldStory, tmp_path: Path, what: str) -> None:
    service, statement, said = SPOILED[what]
    folder = tmp_path / "spoiled"
    shutil.copytree(told_story.folder, folder)
    _spoil(folder / f"{service}.db", statement)

    faults = check(urls_in(folder)).faults

    assert any(said in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("outcomes", "is_sound"), [(["ok"], False), (["info"], True), (["fail"], True), (["info", "ok"], False)]
)
def test_a_decision_that_is_not_there_belies_only_who_was_told_so(
    told_story: ToldStory, outcomes: Sequence[str], is_sound: bool
) -> None:
    calls = [Call("no such case", "somebody", "approve", outcome) for outcome in outcomes]  # type: ignore[arg-type]  # the words above
    assert (check(urls_in(told_story.folder), calls=calls).faults == []) is is_sound


def _spoil(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        # What the database itself refuses is not what is tried here.
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        assert connection.execute(statement).rowcount > 0
