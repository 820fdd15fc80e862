"""The trail shows what was changed, dropped or slipped in, and forgets a person's text when it must."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.approval.core.state import Remark
from shared.approval.core.trail import Decision, Entry, Said, verify, verify_contents
from shared.approval.core.words import Verb
from tests.unit.approval.cases import ANN, BEN, CAI, DAI, Desk


def long_case() -> Desk:
    desk = Desk()
    desk.do(Verb.APPROVE, BEN, opinion="同意", signature="CFCA-0007")
    desk.do(Verb.RETURN, CAI, opinion="请核对", remarks=[Remark("/hours", "偏多")])
    desk.do(Verb.RESUBMIT, ANN, content={"hours": 100})
    desk.do(Verb.APPROVE, BEN)
    desk.do(Verb.APPROVE, CAI)
    desk.do(Verb.APPROVE, DAI)
    return desk


def written(desk: Desk) -> tuple[list[Entry], list[Decision]]:
    entries = [entry for move in desk.moves for entry in move.entries]
    return entries, [move.decision for move in desk.moves if move.decision is not None]


DESK = long_case()
ENTRIES, DECISIONS = written(DESK)
HEAD = DESK.case.trail


def test_both_rounds_stay_readable_in_one_unbroken_chain() -> None:
    assert verify(ENTRIES, DECISIONS, HEAD) == ()
    assert {entry.place.round for entry in ENTRIES} == {1, 2}
    assert [entry.seq for entry in ENTRIES] == list(range(1, len(ENTRIES) + 1))


@given(st.integers(0, len(ENTRIES) - 1), st.sampled_from(["region", "actor", "facts", "kind", "drop", "double"]))
def test_an_entry_that_was_tampered_with_shows(index: int, what: str) -> None:
    entries = list(ENTRIES)
    one = entries[index]
    if what == "drop":
        del entries[index]
    elif what == "double":
        entries.insert(index, one)
    else:
        other: dict[str, Any] = {
            "region": "139999",
            "actor": "mallory",
            "facts": {"x": 1},
            "kind": Verb.COMMENT,
        }
        changed = replace(one.note, **{what: other[what]})
        if changed == one.note:
            return
        entries[index] = replace(one, note=changed)
    assert verify(entries, DECISIONS, HEAD)


def test_a_tail_that_was_cut_off_shows() -> None:
    last = ENTRIES[-1].seq
    assert verify(ENTRIES[:-1], [one for one in DECISIONS if one.seq != last], HEAD)


def test_a_decision_that_was_changed_dropped_or_put_in_someones_mouth_shows() -> None:
    first, *rest = DECISIONS
    assert verify(ENTRIES, [replace(first, actor="mallory"), *rest], HEAD)
    assert verify(ENTRIES, rest, HEAD)
    assert verify(ENTRIES, [*DECISIONS, replace(first, seq=99)], HEAD)
    spoke = next(one for one in DECISIONS if one.said is not None and one.said.opinion == "请核对")
    lie = replace(spoke, said=Said(name="Cai", opinion="同意", remarks=()))
    assert verify(ENTRIES, [lie if one is spoke else one for one in DECISIONS], HEAD)


def test_erasing_what_a_person_said_breaks_no_chain() -> None:
    erased = [replace(one, said=None, salt=None) for one in DECISIONS]
    assert verify(ENTRIES, erased, HEAD) == ()


def test_a_rounds_content_is_what_was_submitted_or_gone() -> None:
    snapshots = [move.snapshot for move in DESK.moves if move.snapshot is not None]
    contents = {one.round: (one.salt, one.content) for one in snapshots}
    assert verify_contents(ENTRIES, contents) == ()
    assert verify_contents(ENTRIES, {2: contents[2]}) == ()
    salt, _ = contents[1]
    assert verify_contents(ENTRIES, contents | {1: (salt, {"hours": 1})}) == ("round 1: its content was changed",)
