"""What goes into a move of a case and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.approval.core.definition import Definition
from shared.approval.core.route import Link
from shared.approval.core.state import Case, DefinitionRef, Party, Person, Remark, Seat, Stage, Task, Timer
from shared.approval.core.trail import Decision, Entry
from shared.approval.core.words import Placing, Verb
from shared.workdays import Workdays

#: Who holds each seat now, by account id.
Seats = Mapping[Seat, frozenset[str]]
#: Why a task was cancelled.
DECIDED_BY_ANOTHER = "decided_by_another"
NOBODY_TO_DECIDE = "nobody_to_decide"
WITHDRAWN = "withdrawn"
RETURNED = "returned"
TAKEN_BACK = "taken_back"
TERMINATED = "terminated"
SIGNER_REMOVED = "signer_removed"
MIGRATED = "migrated"
#: Why a task is passed that nobody was asked about again.
DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the core must be told of the world: the moment, who holds which seat, the case's regions, the workdays.

    `chain` is the home region with those above it, on the day; `seats` has the holders of posts in all of them.
    `away` are the regions that other nodes host, each with its node: empty where one node hosts the whole province.
    """

    at: datetime
    seats: Seats
    chain: Sequence[Link]
    workdays: Workdays = field(default_factory=Workdays)
    away: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What somebody wants done to a case. `salt` is fresh randomness for the trail's commitments.

    Which of the last fields a verb needs: `content` opens a round; `to` names whom a task is given to, who signs, is
    asked or gets a copy; `task` chooses among several of one's own, or names the one to answer, read or remove;
    `node` is where `return` goes when not to the initiator; `definition` is the version to migrate to.
    """

    id: str
    verb: Verb
    actor: Party
    salt: str
    opinion: str = ""
    signature: str = ""  # the reference of one that is kept elsewhere
    remarks: tuple[Remark, ...] = ()
    expected_rev: int | None = None
    content: Mapping[str, Any] | None = None
    to: tuple[Party, ...] = ()
    task: int | None = None
    node: str | None = None
    placing: Placing | None = None
    definition: Definition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a round is about: the content as it was submitted, and the definition that decides it."""

    round: int
    definition: DefinitionRef
    content: Mapping[str, Any]
    salt: str
    commitment: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Reminder:
    """A task whose holders are to be reminded, by a person or, when `by` is None, by the clock."""

    task: Task
    by: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a move leads to: the case after it, and everything that is to be written down and told.

    `timers` are to be set, each in the place of an earlier one of its stage, kind and number; a stage that is over
    needs none. `waiting` are the stages that wait for a case of their own, which is to be opened now; the cases of
    `abandoned` ones are to be ended.
    """

    case: Case
    entries: tuple[Entry, ...]
    decision: Decision | None = None
    snapshot: Snapshot | None = None
    opened: tuple[Task, ...] = ()
    held: tuple[Stage, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    overdue: tuple[Stage, ...] = ()
    timers: tuple[Timer, ...] = ()
    waiting: tuple[Stage, ...] = ()
    abandoned: tuple[Stage, ...] = ()
