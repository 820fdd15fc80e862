"""What is told of a case to hooks, pages and other programs: frozen, plain and without personal numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.approval.core.difference import Change


@dataclass(frozen=True, kw_only=True)
class TaskView:
    """One task of a stage: whom it asks, who ended it and in whose place."""

    number: int
    kind: str
    parent: int | None
    role: str | None
    region: str
    assignee: str | None
    assignee_name: str
    on_behalf_of_name: str | None
    state: str
    opened_at: datetime
    ended_at: datetime | None
    ended_by_name: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class VoteView:
    """What a vote needs to pass: so many voices, percent of all voices, or so much weight."""

    denominator: str
    operator: str
    value: int


@dataclass(frozen=True, kw_only=True)
class StageView:
    """One stop of the round that runs, or of the last one.

    `ways_back` are the nodes that it can return the case to now, `initiator` among them while rounds are left.
    """

    number: int
    visit: int
    after: tuple[int, ...]
    node_key: str
    title_zh: str
    title_en: str
    region: str
    region_name: str
    mode: str
    state: str
    veto: bool | None
    vote: VoteView | None
    decided_by_name: str | None
    decided_at: datetime | None
    opinion_needed: tuple[str, ...]
    signature_needed: tuple[str, ...]
    due_at: datetime | None
    due_is_provisional: bool
    ways_back: tuple[str, ...]
    tasks: tuple[TaskView, ...]


@dataclass(frozen=True, kw_only=True)
class LastView:
    """The latest verb of a case: who did what, where and with which words."""

    verb: str
    account_id: str
    name: str
    region: str
    opinion: str
    signature: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """A case as it stands; `allowed_actions` are the verbs that its reader may use now.

    `whereabouts` tells which node may move it: `here`, `away` at another, `guest` for one of another node that we have.
    """

    id: str
    business_type: str
    business_id: str
    title: str
    definition_key: str
    definition_version: int
    definition_title_zh: str
    definition_title_en: str
    home_region: str
    home_region_name: str
    token_region: str
    token_region_name: str
    organisation_id: str | None
    initiator_id: str
    initiator_name: str
    state: str
    round: int
    max_rounds: int
    rev: int
    opened_at: datetime
    closed_at: datetime | None
    parent_case: str | None
    last: LastView
    stages: tuple[StageView, ...]
    allowed_actions: tuple[str, ...]
    whereabouts: str


@dataclass(frozen=True, kw_only=True)
class RoundView:
    """One round: what was submitted and by which version it is decided. Erased content is None."""

    round: int
    definition_version: int
    opened_at: datetime
    content: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class DifferenceView:
    """What was changed from the round before; `nothing_changed` says that the same was submitted again."""

    from_round: int
    to_round: int
    nothing_changed: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class CaseDetail:
    """A case with all its rounds and what differs between them."""

    case: CaseView
    rounds: tuple[RoundView, ...]
    differences: tuple[DifferenceView, ...]


@dataclass(frozen=True, kw_only=True)
class RemarkView:
    """What was said of one field."""

    pointer: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """One line of a case's history.

    `verb` is a person's verb, `stage_held` when nobody could decide, or `stage_overdue`.
    """

    seq: int
    at: datetime
    round: int
    verb: str
    who: str | None
    on_behalf_of: str | None
    role: str | None
    region: str
    region_name: str
    opinion: str
    signature: str
    remarks: tuple[RemarkView, ...]


@dataclass(frozen=True, kw_only=True)
class Trail:
    """A case's history, oldest first; `intact` tells whether the chain of hashes holds."""

    entries: tuple[TimelineEntry, ...]
    intact: bool


@dataclass(frozen=True, kw_only=True)
class TaskItem:
    """One line of a list of cases.

    `at` is when it came to its reader, was started or was decided by them; `due_at` is the next deadline where the
    case is now; `read` is told of copies only, and of what waits for a decision the verbs that need a signature.
    """

    case_id: str
    business_type: str
    business_id: str
    title: str
    state: str
    round: int
    rev: int
    home_region: str
    home_region_name: str
    token_region: str
    token_region_name: str
    initiator_name: str
    last_verb: str
    last_name: str
    verb: str | None
    at: datetime
    due_at: datetime | None
    due_is_provisional: bool
    read: bool | None
    signature_needed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaskPage:
    """A page of a list and where the next one begins."""

    items: tuple[TaskItem, ...]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True)
class TaskCounts:
    """How much is in somebody's lists: to decide, to correct, unread copies, started and under way, done.

    In the regions of an official: `held` that nobody may decide, and with a `provisional` deadline.
    """

    todo: int
    returned: int
    cc: int
    started: int
    done: int
    held: int
    provisional: int


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """An official who can be given a part in a case; `verbs` are those for which they can be chosen."""

    account_id: str
    name: str
    role: str
    region: str
    region_name: str
    verbs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DefinitionVersion:
    """One version of a definition: where it stands, and who did what to it when."""

    version: int
    state: str
    sha256: str
    rev: int
    saved_by: str | None
    saved_at: datetime | None
    published_by: str | None
    published_at: datetime | None
    retired_by: str | None
    retired_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class DefinitionVersions:
    """A definition with its versions, the newest first."""

    key: str
    title_zh: str
    title_en: str
    versions: tuple[DefinitionVersion, ...]


@dataclass(frozen=True, kw_only=True)
class DefinitionText(DefinitionVersion):
    """One version of a definition as it is written."""

    key: str
    title_zh: str
    title_en: str
    body: Mapping[str, Any]
