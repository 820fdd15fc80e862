"""When the streams of two nodes are compared: hourly, at once when a link or a charter is new, and never in a storm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.nodes.core.asking import ASK_AGAIN_AFTER, COMPARE_EVERY, SILENCE, Contact, has_come_back, is_due
from tests.unit.nodes.making import NOW

SECOND = timedelta(seconds=1)


def due(contact: Contact, *, after: timedelta, charter: int = 1) -> bool:
    return is_due(contact, charter=charter, now=NOW + after)


def test_who_was_never_asked_is_asked_at_once() -> None:
    assert due(Contact(), after=timedelta(0))


def test_answered_questions_come_hourly() -> None:
    answered = Contact(asked_at=NOW, charter_told=1)
    assert not due(answered, after=COMPARE_EVERY - SECOND)
    assert due(answered, after=COMPARE_EVERY)


@pytest.mark.parametrize(("times", "pause"), [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (500, 3600)])
def test_a_question_without_an_answer_is_repeated_with_longer_and_longer_pauses(times: int, pause: int) -> None:
    unanswered = Contact(asked_at=NOW, unanswered=times, charter_told=1)
    assert not due(unanswered, after=timedelta(seconds=pause) - SECOND)
    assert due(unanswered, after=timedelta(seconds=pause))


def test_a_link_that_comes_back_is_asked_about_soon_and_once() -> None:
    at = NOW + timedelta(minutes=10)
    back = Contact(asked_at=NOW, unanswered=20, back_at=at, charter_told=1)
    assert due(back, after=timedelta(minutes=10))
    asked = Contact(asked_at=at, unanswered=21, back_at=at, charter_told=1)
    assert not due(asked, after=timedelta(minutes=11))


def test_a_link_that_comes_back_right_after_a_question_is_given_time_to_answer() -> None:
    back = Contact(asked_at=NOW, unanswered=1, back_at=NOW + SECOND, charter_told=1)
    assert not due(back, after=2 * SECOND)
    assert due(back, after=ASK_AGAIN_AFTER)


def test_a_charter_that_the_node_was_not_told_of_is_a_reason_to_ask() -> None:
    assert due(Contact(asked_at=NOW), after=2 * SECOND, charter=2)
    assert due(Contact(asked_at=NOW + 2 * SECOND, charter_told=1), after=2 * SECOND, charter=2), "however lately it was"
    assert not due(Contact(asked_at=NOW, charter_told=2), after=2 * SECOND, charter=2)


def test_who_holds_a_stream_up_is_asked_again_soon() -> None:
    held = Contact(asked_at=NOW, is_held=True, charter_told=1)
    assert not due(held, after=SILENCE)
    assert due(held, after=SILENCE + SECOND)
    silent = Contact(asked_at=NOW, is_held=True, charter_told=1, unanswered=8)
    assert not due(silent, after=SILENCE + SECOND), "who does not answer is asked with longer and longer pauses"


def test_letters_that_are_not_receipted_are_asked_about_where_the_node_answers() -> None:
    waits = Contact(asked_at=NOW, waits_since=NOW + SILENCE, charter_told=1)
    assert not due(waits, after=2 * SILENCE)
    assert due(waits, after=2 * SILENCE + SECOND)
    asked = Contact(asked_at=NOW + 3 * SILENCE, unanswered=5, waits_since=NOW + SILENCE, charter_told=1)
    assert not due(asked, after=4 * SILENCE + SECOND), "who does not answer is asked with longer and longer pauses"


def test_only_a_silence_is_ended_by_a_word() -> None:
    assert has_come_back(None, now=NOW)
    assert has_come_back(NOW, now=NOW + SILENCE + SECOND)
    assert not has_come_back(NOW, now=NOW + SILENCE)


@settings(deadline=None)
@given(hours=st.integers(1, 24 * 40), tick=st.sampled_from([5, 60, 300]))
def test_an_outage_brings_hardly_more_questions_than_hours(hours: int, tick: int) -> None:
    contact, asked, at = Contact(), 0, timedelta(0)
    while at < timedelta(hours=hours):
        if due(contact, after=at):
            contact = Contact(asked_at=NOW + at, unanswered=contact.unanswered + 1, charter_told=1)
            asked += 1
            # Nothing is asked in the hour that follows the eighth time; the test need not look.
            at += timedelta(0) if contact.unanswered < 8 else COMPARE_EVERY - timedelta(seconds=tick)
        at += timedelta(seconds=tick)
    assert hours * 0.9 <= asked <= hours + 8
