"""What goes into a move of a case and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.approval.core.state import Case, DefinitionRef, Party, Remark, Seat, Stage, Task
from shared.approval.core.trail import Decision, Entry
from shared.approval.core.words import Verb

#: Who holds each seat now, by account id.
Seats = Mapping[Seat, frozenset[str]]
#: Why a task was cancelled.
DECIDED_BY_ANOTHER = "decided_by_another"
NOBODY_TO_DECIDE = "nobody_to_decide"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What somebody wants done to a case. `salt` is fresh randomness for the trail's commitments."""

    id: str
    verb: Verb
    actor: Party
    salt: str
    opinion: str = ""
    remarks: tuple[Remark, ...] = ()
    expected_rev: int | None = None
    content: Mapping[str, Any] | None = None  # of the round that a submission opens


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a round is about: the content as it was submitted, and the definition that decides it."""

    round: int
    definition: DefinitionRef
    content: Mapping[str, Any]
    salt: str
    commitment: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a move leads to: the case after it, and everything that is to be written down."""

    case: Case
    entries: tuple[Entry, ...]
    decision: Decision | None = None
    snapshot: Snapshot | None = None
    opened: tuple[Task, ...] = ()
    held: tuple[Stage, ...] = ()
