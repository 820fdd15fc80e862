"""The twelve checks of a letter, one by one: which stop its stream, which refuse the one event."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.nodes.core.letters import MOST_BYTES, Letter, Signer
from shared.nodes.core.receiving import Fate, StreamState
from tests.unit.nodes.making import (
    NOW,
    SIGNERS,
    Memory,
    Sender,
    charter,
    key_of,
    received,
    registered,
    sender,
    world,
)

THIEF = Signer(Signer.new_key("shijiazhuang-1"))


def tampered(change: Callable[[Letter], Letter]) -> Letter:
    return change(sender().letter(registered(1)))


def with_head(letter: Letter, **changed: object) -> Letter:
    head, _, signature = letter.signature.split(".")
    found = json.loads(base64.urlsafe_b64decode(head + "=="))
    written = base64.urlsafe_b64encode(json.dumps({**found, **changed}).encode()).decode().rstrip("=")
    return Letter(f"{written}..{signature}", letter.body)


def test_the_next_letter_of_a_stream_is_applied() -> None:
    verdict = received(sender().letter(registered(1)))

    assert (verdict.fate, verdict.origin) == (Fate.APPLY, "shijiazhuang")
    assert verdict.statement is not None
    assert verdict.statement.name == "volunteer.registered"


FORGED = {
    "not a letter": (lambda _: Letter("", b""), 1, "not_a_letter"),
    "too long": (lambda one: Letter(one.signature, one.body + b" " * MOST_BYTES * 2), 1, "not_a_letter"),
    "no signature": (lambda one: Letter("..", one.body), 5, "not_a_statement"),
    "written anew": (lambda one: Letter(one.signature, json.dumps(json.loads(one.body)).encode()), 4, "bad_signature"),
    "changed": (lambda one: Letter(one.signature, one.body.replace("王".encode(), "李".encode())), 4, "bad_signature"),
    "another's signature": (
        lambda one: Letter(sender().letter(registered(2)).signature, one.body),
        4,
        "bad_signature",
    ),
    "signed by a thief of the name": (lambda one: THIEF.sign(one.body, now=NOW), 4, "bad_signature"),
    "another time in the head": (lambda one: with_head(one, iat=int(NOW.timestamp()) - 60), 4, "bad_signature"),
    "no algorithm": (lambda one: with_head(one, alg="none"), 3, "wrong_algorithm"),
    "a symmetric algorithm": (lambda one: with_head(one, alg="HS256"), 3, "wrong_algorithm"),
    "an unknown key": (lambda one: with_head(one, kid="../../etc/passwd"), 3, "unknown_key"),
    "its own key in the head": (lambda one: with_head(one, jwk=THIEF.public_key), 4, "bad_signature"),
    "an unknown extension": (lambda one: with_head(one, crit=["b64", "exp"]), 4, "bad_signature"),
    "an encoded payload": (lambda one: with_head(one, b64=True), 4, "bad_signature"),
    "not UTF-8": (lambda one: Letter(one.signature, b'{"a":"\xff"}'), 5, "not_a_statement"),
    "another kind of token": (lambda one: with_head(one, typ="JWT"), 5, "not_a_statement"),
}


@pytest.mark.fault(
    "S-X01",
    inject="change head, signature, key, time or body of a letter in every way",
    holds="the stream stops at the check that failed",
)
@pytest.mark.parametrize("how", FORGED)
def test_a_forged_letter_stops_the_stream(how: str) -> None:
    change, check, code = FORGED[how]

    verdict = received(tampered(change))

    assert (verdict.fate, verdict.check, verdict.code) == (Fate.STOP, check, code)
    assert verdict.origin == "shijiazhuang"


BAD_BODIES = {
    "not JSON": b"{",
    "not an object": b"[]",
    "NaN": b'{"a":NaN}',
    "a key twice": b'{"a":1,"a":2}',
    "deep": b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "nothing in it": b"{}",
    "no place": registered(1),
    "a huge number": registered(1).replace(b'"aggregateversion":1', b'"aggregateversion":' + b"9" * 5000),
}


@pytest.mark.parametrize("what", BAD_BODIES)
def test_signed_nonsense_is_survived_and_stops_the_stream(what: str) -> None:
    verdict = received(SIGNERS["shijiazhuang"].sign(BAD_BODIES[what], now=NOW))

    assert (verdict.fate, verdict.code) == (Fate.STOP, "not_a_statement")


def test_a_letter_must_come_by_the_queue_of_its_sender() -> None:
    verdict = received(sender().letter(registered(1)), by="tangshan")

    assert (verdict.fate, verdict.check, verdict.code) == (Fate.STOP, 2, "wrong_way")
    assert verdict.origin == "tangshan", "who brought it answers for it; the stream it names is not stopped"


@pytest.mark.fault(
    "S-X02",
    inject="sign with a good key of one node what another is to have said",
    holds="the stream stops: it is the key of another",
)
def test_a_node_cannot_say_it_is_another_with_its_own_key() -> None:
    liar = Sender("hebei", "tangshan", signer=SIGNERS["shijiazhuang"])

    verdict = received(liar.letter(registered(1, node="hebei")), by="hebei", me="tangshan")

    assert (verdict.check, verdict.code) == (3, "key_of_another")


def test_a_key_counts_only_in_its_time() -> None:
    assert received(sender().letter(registered(1), at=NOW - timedelta(days=11))).code == "key_not_valid"
    assert received(sender().letter(registered(1), at=NOW + timedelta(days=301))).code == "key_not_valid"


def test_what_an_old_key_signed_in_its_time_counts_after_the_rotation() -> None:
    week = timedelta(days=7)
    old = key_of("shijiazhuang", not_after=NOW - timedelta(days=3))

    verdict = received(sender().letter(registered(1), at=NOW - week), world=world("hebei", charter(old)))

    assert verdict.fate is Fate.APPLY


def test_a_key_that_only_one_person_registered_counts_for_nothing() -> None:
    alone = key_of("shijiazhuang", status="registered", approved_by=None)

    assert received(sender().letter(registered(1)), world=world("hebei", charter(alone))).code == "key_not_valid"


def test_what_a_stolen_key_signed_waits_for_a_person() -> None:
    stolen = world("hebei", charter(key_of("shijiazhuang", status="revoked", compromised_at=NOW)))
    letter = sender().letter(registered(1))

    assert received(letter, world=stolen).code == "key_revoked"
    released = Memory(states={"shijiazhuang": StreamState(released_to=1)})
    assert received(letter, world=stolen, memory=released).fate is Fate.APPLY


def test_an_event_of_a_form_that_is_not_known_stops_the_stream() -> None:
    made = replace(world("hebei"), misfit=lambda _: "unknown event")

    verdict = received(sender().letter(registered(1)), world=made)

    assert (verdict.check, verdict.code) == (5, "does_not_fit")


def taken(*letters: Letter) -> Memory:
    """A receiver that has taken these letters in."""
    memory = Memory()
    for letter in letters:
        verdict = received(letter, memory=memory)
        assert verdict.fate is Fate.APPLY
        assert verdict.statement is not None
        said = verdict.statement
        memory.states[said.origin] = StreamState(epoch=said.epoch, seq=said.seq, hash=letter.sha256)
        memory.hashes[(said.origin, said.epoch, said.seq)] = letter.sha256
        memory.contents[said.event_id] = said.content_sha256
    return memory


def test_a_letter_that_comes_twice_is_known() -> None:
    first = sender().letter(registered(1))

    assert received(first, memory=taken(first)).fate is Fate.KNOWN


def test_one_event_with_two_contents_stops_the_stream() -> None:
    writing = sender()
    first = writing.letter(registered(1))
    other = registered(1).replace("王".encode(), "李".encode())

    verdict = received(writing.letter(other), memory=taken(first))

    assert (verdict.fate, verdict.check, verdict.code) == (Fate.STOP, 6, "equivocation")


def test_two_letters_at_one_place_are_a_fork() -> None:
    first, other = sender().letter(registered(1)), sender().letter(registered(2))

    verdict = received(other, memory=taken(first))

    assert (verdict.fate, verdict.check, verdict.code) == (Fate.STOP, 7, "fork")


def test_a_letter_that_does_not_follow_the_last_one_is_a_fork() -> None:
    first, writing = sender().letter(registered(1)), sender()
    writing.letter(registered(2))

    assert received(writing.letter(registered(3)), memory=taken(first)).code == "fork"


def test_a_letter_after_a_gap_is_parked() -> None:
    writing = sender()
    writing.letter(registered(1))

    assert received(writing.letter(registered(2))).fate is Fate.PARK


def test_a_new_epoch_must_be_in_the_charter_and_follow_what_was_taken_in() -> None:
    writing = sender()
    first = writing.letter(registered(1))
    writing.begin_anew()
    next_ = writing.letter(registered(2))
    second = world("hebei", charter(epochs={"shijiazhuang": 2}))

    assert received(next_, memory=taken(first)).code == "unknown_epoch"
    assert received(next_, memory=taken(first), world=second).fate is Fate.APPLY
    assert received(next_, world=second).fate is Fate.PARK, "what it follows has not come yet"


def test_a_node_that_forgot_what_was_taken_in_from_it_is_a_fork() -> None:
    writing = sender()
    first, second = writing.letter(registered(1)), writing.letter(registered(2))
    forgetful = sender()
    forgetful.letter(registered(1))
    forgetful.begin_anew()
    anew = world("hebei", charter(epochs={"shijiazhuang": 2}))

    assert received(forgetful.letter(registered(3)), memory=taken(first, second), world=anew).code == "fork"


def test_an_event_said_again_after_a_restore_is_passed_over() -> None:
    writing = sender()
    first = writing.letter(registered(1))
    writing.begin_anew()
    second = world("hebei", charter(epochs={"shijiazhuang": 2}))

    assert received(writing.letter(registered(1)), memory=taken(first), world=second).fate is Fate.REPEAT


def test_a_stream_that_stands_still_takes_nothing() -> None:
    memory = Memory(states={"shijiazhuang": StreamState(stopped="fork")})

    assert received(sender().letter(registered(1)), memory=memory).fate is Fate.IGNORE


def test_a_letter_for_another_node_is_forwarded_when_its_way_leads_by_here() -> None:
    letter = Sender("shijiazhuang", "tangshan").letter(registered(1))

    assert received(letter).fate is Fate.FORWARD
    assert received(letter, by="hebei", me="tangshan").fate is Fate.APPLY
    assert received(letter, by="tangshan", me="tangshan").code == "wrong_way"
