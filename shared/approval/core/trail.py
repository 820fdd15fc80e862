"""The trail (留痕): what happened to a case, append-only and chained by hash.

Each entry's hash covers the hash before it, so that an entry which is changed, dropped or slipped in later shows.
What a person said (name, opinion, signature, remarks) enters the chain as a salted commitment only: erasing a
person's text breaks no chain, changing it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from shared.approval.core.digest import commitment, sha256
from shared.approval.core.state import Remark, TrailHead
from shared.approval.core.words import Verb

_OPENING = (Verb.SUBMIT, Verb.RESUBMIT)
GENESIS = "0" * 64
START = TrailHead(0, GENESIS)


class Step(StrEnum):
    """What followed from a person's verb, or from a change of posts."""

    STAGE_OPENED = "stage_opened"
    STAGE_HELD = "stage_held"
    TASK_CANCELLED = "task_cancelled"
    CASE_CLOSED = "case_closed"
    CASE_REVOKED = "case_revoked"
    STAGE_OVERDUE = "stage_overdue"
    STAGE_DECIDED = "stage_decided"  # by the case that it waited for
    TASK_REMINDED = "task_reminded"
    TASK_RELEASED = "task_released"  # its claimer has lost the post
    TASK_SKIPPED = "task_skipped"  # decided by what the same person said at an earlier node
    DEADLINE_RECOUNTED = "deadline_recounted"
    HANDED_OVER = "handed_over"  # by the home of the case, to the node of a stage
    TAKEN_OVER = "taken_over"  # there; the facts name the end of the home's chain
    GIVEN_BACK = "given_back"  # by that node, which has nothing left to decide
    ANSWERED = "answered"  # at home; the facts name the end of the other's chain
    HANDOVER_REFUSED = "handover_refused"  # the other node could not take it, or its gateway did not believe it
    ANSWER_REFUSED = "answer_refused"  # its home does not take what this node has decided
    WITHDRAW_REFUSED = "withdraw_refused"  # the node that has the case had decided, or stands still


#: What an entry tells: a person's verb, or a step that followed.
Kind = Verb | Step


def kind_of(word: str) -> Kind:
    """Answer the verb or step that a word stands for.

    :raises ValueError: when it stands for none.
    """
    return Step(word) if word in set(Step) else Verb(word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The personal part of a decision, as the person was called and as they put it then.

    `signature` refers to a handwritten or electronic one that is kept elsewhere.
    """

    name: str
    opinion: str = ""
    signature: str = ""
    remarks: tuple[Remark, ...] = ()

    def value(self) -> dict[str, Any]:
        """Answer the plain value that the commitment is made of."""
        remarks = [{"pointer": remark.pointer, "reason": remark.reason} for remark in self.remarks]
        return {"name": self.name, "opinion": self.opinion, "signature": self.signature, "remarks": remarks}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and when something is written into a trail: one case, one node's chain, one round, one moment."""

    case_id: str
    origin: str
    round: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one person did to a case by one command. `said` and `salt` are gone once they have been erased.

    It has the sequence number of the entry that tells of it.
    """

    place: Place
    seq: int
    verb: Verb
    actor: str
    command_id: str
    commitment: str
    prev_hash: str
    hash: str = ""
    stage: int | None = None
    task: int | None = None
    on_behalf_of: str | None = None
    said: Said | None = None
    salt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """An entry before it has a place in the chain."""

    kind: Kind
    stage: int | None = None
    task: int | None = None
    region: str | None = None
    role: str | None = None
    actor: str | None = None
    decision_hash: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One link of a case's trail."""

    place: Place
    seq: int
    note: Note
    prev_hash: str
    hash: str


def decide(
    head: TrailHead,
    place: Place,
    *,
    verb: Verb,
    actor: str,
    command_id: str,
    said: Said,
    salt: str,
    stage: int | None = None,
    task: int | None = None,
    on_behalf_of: str | None = None,
) -> Decision:
    """Answer a person's act with its hash, ready for the entry that will follow `head`."""
    draft = Decision(
        place=place,
        seq=head.seq + 1,
        verb=verb,
        actor=actor,
        command_id=command_id,
        commitment=commitment(salt, said.value()),
        prev_hash=head.hash,
        stage=stage,
        task=task,
        on_behalf_of=on_behalf_of,
        said=said,
        salt=salt,
    )
    return replace(draft, hash=_decision_hash(draft))


def append(head: TrailHead, place: Place, notes: Sequence[Note]) -> tuple[tuple[Entry, ...], TrailHead]:
    """Answer the notes as entries that follow `head`, and the new head."""
    entries = []
    for note in notes:
        digest = _entry_hash(place, head.seq + 1, note, head.hash)
        entries.append(Entry(place=place, seq=head.seq + 1, note=note, prev_hash=head.hash, hash=digest))
        head = TrailHead(head.seq + 1, digest)
    return tuple(entries), head


def verify(entries: Sequence[Entry], decisions: Sequence[Decision], head: TrailHead) -> tuple[str, ...]:
    """Answer what is wrong with one case's trail at one node, in the order of the chain; nothing when it holds.

    `head` is what the case row remembers: it shows entries that were cut off at the end.
    """
    problems = []
    told = {decision.seq: decision for decision in decisions}
    expected = START
    for entry in entries:
        if entry.seq != expected.seq + 1 or entry.prev_hash != expected.hash:
            problems.append(f"entry {entry.seq}: does not follow entry {expected.seq}")
        if entry.hash != _entry_hash(entry.place, entry.seq, entry.note, entry.prev_hash):
            problems.append(f"entry {entry.seq}: was changed")
        decision = told.pop(entry.seq, None)
        if (decision.hash if decision else None) != entry.note.decision_hash:
            problems.append(f"entry {entry.seq}: its decision is missing or another one")
        elif decision is not None:
            problems.extend(_decision_problems(decision))
        expected = TrailHead(entry.seq, entry.hash)
    problems.extend(f"decision {seq}: no entry tells of it" for seq in told)
    if expected != head:
        problems.append(f"the case remembers entry {head.seq} as its last, the trail ends at {expected.seq}")
    return tuple(problems)


def verify_contents(entries: Sequence[Entry], contents: Mapping[int, tuple[str, Any]]) -> tuple[str, ...]:
    """Answer which rounds have another content than the one that was submitted.

    `contents` gives salt and content by round; a round whose content was erased is left out.
    """
    told = {entry.place.round: entry.note.facts.get("content") for entry in entries if entry.note.kind in _OPENING}
    return tuple(
        f"round {number}: its content was changed"
        for number, (salt, content) in sorted(contents.items())
        if told.get(number) != commitment(salt, content)
    )


def _decision_problems(decision: Decision) -> list[str]:
    problems = []
    if decision.hash != _decision_hash(decision):
        problems.append(f"decision {decision.seq}: was changed")
    # An erased text cannot be checked any more, and needs no check: nobody can read anything wrong.
    if decision.said is not None and decision.commitment != commitment(decision.salt or "", decision.said.value()):
        problems.append(f"decision {decision.seq}: what was said was changed")
    return problems


def _decision_hash(decision: Decision) -> str:
    return sha256(
        {
            **_place(decision.place),
            "seq": decision.seq,
            "stage": decision.stage,
            "task": decision.task,
            "verb": decision.verb.value,
            "actor": decision.actor,
            "on_behalf_of": decision.on_behalf_of,
            "command": decision.command_id,
            "said": decision.commitment,
            "prev": decision.prev_hash,
        }
    )


def _entry_hash(place: Place, seq: int, note: Note, prev_hash: str) -> str:
    return sha256(
        {
            **_place(place),
            "seq": seq,
            "kind": note.kind.value,
            "stage": note.stage,
            "task": note.task,
            "region": note.region,
            "role": note.role,
            "actor": note.actor,
            "decision": note.decision_hash,
            "facts": note.facts,
            "prev": prev_hash,
        }
    )


def _place(place: Place) -> dict[str, Any]:
    at = place.at.astimezone(UTC).isoformat(timespec="microseconds")
    return {"case": place.case_id, "origin": place.origin, "round": place.round, "at": at}
