"""What nodes tell each other of one case: the right to move it goes out for a stage, and comes back with an answer.

`service` names the service whose case it is: its namesake on the other node takes the event, everybody else leaves it.
`handover` counts how often the case was handed over by its home; an answer names the one that it is of, so that none is
applied twice or late. Names and opinions are told, ID numbers and phones never.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.contracts.base import ANY_PUBLISHER, Document, Event, event


@dataclass(frozen=True, kw_only=True)
class PersonPart:
    """Someone named in a case, as they were called then."""

    account_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class DefinitionPart:
    """The one version of a definition that a round is bound to, with its text where the other may not have it."""

    key: str
    version: int
    sha256: str
    body: Document | None


@dataclass(frozen=True, kw_only=True)
class VotePart:
    """What a vote needs to pass."""

    denominator: str
    operator: str
    value: int


@dataclass(frozen=True, kw_only=True)
class StagePart:
    """One stop of a round; numbers count over all rounds and are the same on every node."""

    number: int
    round: int
    visit: int
    node_key: str
    region: str
    mode: str
    state: str
    after: tuple[int, ...]
    veto: bool | None
    vote: VotePart | None
    clock_from: datetime | None
    due_at: datetime | None
    due_is_provisional: bool
    reminded: int
    last_round: int | None = None


@dataclass(frozen=True, kw_only=True)
class TaskPart:
    """What a post or a person was asked to do in a stage, and what became of it."""

    number: int
    stage: int
    kind: str
    parent: int | None
    position: int
    role: str | None
    region: str
    assignee: str | None
    assignee_name: str
    state: str
    opened_at: datetime
    ended_at: datetime | None
    ended_by: PersonPart | None
    on_behalf_of: PersonPart | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class EntryPart:
    """One link of the chain that a node (`origin`) keeps of a case's trail."""

    origin: str
    seq: int
    at: datetime
    round: int
    kind: str
    stage: int | None
    task: int | None
    region: str | None
    role: str | None
    actor: str | None
    decision_hash: str | None
    facts: Document
    prev_hash: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class RemarkPart:
    """What was said of one field."""

    pointer: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SaidPart:
    """What a person said, with the salt of its commitment; erased, it is told no more."""

    name: str
    opinion: str
    signature: str
    remarks: tuple[RemarkPart, ...]
    salt: str


@dataclass(frozen=True, kw_only=True)
class DecisionPart:
    """What one person did to a case by one command, at the node `origin`."""

    origin: str
    seq: int
    at: datetime
    round: int
    stage: int | None
    task: int | None
    verb: str
    actor: str
    on_behalf_of: str | None
    command_id: str
    commitment: str
    prev_hash: str
    hash: str
    said: SaidPart | None


@dataclass(frozen=True, kw_only=True)
class RoundPart:
    """What a round is about, with the commitment to it; content that is erased, or of long ago, is not told."""

    round: int
    definition_key: str
    definition_version: int
    definition_sha256: str
    commitment: str
    opened_at: datetime
    content: Document | None
    salt: str | None


@dataclass(frozen=True, kw_only=True)
class CasePart:
    """A case as the node that tells of it has it: what is shown of it, and all that deciding a stage needs.

    `seq` and `hash` are the end of that node's own chain.
    """

    business_type: str
    business_id: str
    title: str
    organisation_id: str | None
    initiator: PersonPart
    barred: tuple[str, ...]
    definition: DefinitionPart
    state: str
    round: int
    opened_at: datetime
    closed_at: datetime | None
    last_verb: str
    last_person: PersonPart
    last_at: datetime
    origin: str
    seq: int
    hash: str
    stages: tuple[StagePart, ...]
    tasks: tuple[TaskPart, ...]
    rounds: tuple[RoundPart, ...]
    entries: tuple[EntryPart, ...]
    decisions: tuple[DecisionPart, ...]


@dataclass(frozen=True, kw_only=True)
class OfHandover(Event):
    """Which case of which service is spoken of, its home, the stage's region, and the how-manieth hand-over it is."""

    case_id: str
    service: str
    home_region: str
    region: str
    handover: int


@event(ANY_PUBLISHER, "case.handed_over", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseHandedOver(OfHandover):
    """A case's home gives the right to move it to the node of the region whose stage is next."""

    case: CasePart


@event(ANY_PUBLISHER, "case.handover_refused", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseHandoverRefused(OfHandover):
    """A node cannot take a case over, and says why; the right to move it is its home's again."""

    code: str
    reason: str


@event(ANY_PUBLISHER, "case.answered", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseAnswered(OfHandover):
    """A node has nothing left to decide of a case, and gives the right to move it back with all that was done there."""

    case: CasePart


@event(ANY_PUBLISHER, "case.answer_refused", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseAnswerRefused(OfHandover):
    """A case's home does not take an answer, and says why; it stands as it was given, and is given again."""

    code: str
    reason: str


@event(ANY_PUBLISHER, "case.withdraw_requested", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseWithdrawRequested(OfHandover):
    """The initiator wants a case back that another node has: that node says whether it was in time."""

    requested_by: PersonPart
    requested_at: datetime


@event(ANY_PUBLISHER, "case.withdrawn", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseWithdrawn(OfHandover):
    """The node that had a case has stopped it for its initiator, before anybody there had decided it."""

    case: CasePart


@event(ANY_PUBLISHER, "case.withdraw_refused", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseWithdrawRefused(OfHandover):
    """A request to withdraw came too late, or the case stands still there; `code` says which."""

    code: Literal["decided", "suspended", "not_here"]


@event(ANY_PUBLISHER, "case.followed", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseFollowed(OfHandover):
    """How a case goes on, told by its home to a node that has had a part in it."""

    case: CasePart
