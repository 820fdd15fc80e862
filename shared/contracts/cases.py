"""What every service with cases tells of them: tasks given, decisions made, cases returned, held and closed.

The events carry account ids and names, no ID numbers and no phones. `business_type` and `business_id` say which
record of the publisher a case is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.contracts.base import ANY_PUBLISHER, Event, event


@event(ANY_PUBLISHER, "task.assigned", key="case_id")
@dataclass(frozen=True, kw_only=True)
class TaskAssigned(Event):
    """A case asks something: of every holder of a post (`role` in `region`) or of one person (`assignee`).

    `kind` says what: to decide (`approve`), to sign, to give an opinion or an answer, or only to read (`cc`). A task
    that comes back to somebody is told again, at a later revision `rev` of the case.

    `excluded_account_ids` are holders who must not decide this case and so need not hear of it.
    """

    case_id: str
    task: int
    business_type: str
    business_id: str
    title: str
    round: int
    region: str
    role: str | None
    assignee: str | None
    kind: Literal["approve", "delegate", "sign_before", "sign_after", "sign_parallel", "consult", "cc"]
    rev: int
    initiator_account_id: str
    initiator_name: str
    excluded_account_ids: tuple[str, ...]


@event(ANY_PUBLISHER, "case.decided", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseDecided(Event):
    """One stage of a case was decided; `case.returned` or `case.closed` follows where that was the end of it."""

    case_id: str
    business_type: str
    business_id: str
    title: str
    round: int
    region: str
    verb: Literal["approve", "reject", "return"]
    decided_by_account_id: str
    decided_by: str
    opinion: str
    initiator_account_id: str


@event(ANY_PUBLISHER, "case.returned", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseReturned(Event):
    """A case came back to its initiator to be corrected; `remarks` counts the fields that were remarked on."""

    case_id: str
    business_type: str
    business_id: str
    title: str
    round: int
    region: str
    decided_by: str
    opinion: str
    remarks: int
    initiator_account_id: str


@event(ANY_PUBLISHER, "case.held", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseHeld(Event):
    """A stage of a case is held and waits: nobody may decide it, and the region must give somebody the post.

    With a `reason` it is another node that does not take the case, or its answer.
    """

    case_id: str
    business_type: str
    business_id: str
    title: str
    round: int
    region: str
    roles: tuple[str, ...]
    initiator_account_id: str
    reason: str = ""


@event(ANY_PUBLISHER, "case.closed", key="case_id")
@dataclass(frozen=True, kw_only=True)
class CaseClosed(Event):
    """A case is over: approved, rejected or withdrawn."""

    case_id: str
    business_type: str
    business_id: str
    title: str
    region: str
    outcome: Literal["approved", "rejected", "withdrawn", "terminated", "revoked"]
    decided_by: str
    opinion: str
    initiator_account_id: str


@event(ANY_PUBLISHER, "calendar.missing", key="region")
@dataclass(frozen=True, kw_only=True)
class CalendarMissing(Event):
    """Deadlines in a region are provisional because the workdays of a year are not loaded; said once a year."""

    year: int
    region: str


@event(ANY_PUBLISHER, "task.reminded", key="case_id")
@dataclass(frozen=True, kw_only=True)
class TaskReminded(Event):
    """A decision is still waited for: the clock says so, or the initiator does (`reminded_by`)."""

    case_id: str
    task: int
    business_type: str
    business_id: str
    title: str
    region: str
    role: str | None
    assignee: str | None
    reminded_by: str | None
    reminded_at: datetime
    excluded_account_ids: tuple[str, ...]


@event(ANY_PUBLISHER, "task.overdue", key="case_id")
@dataclass(frozen=True, kw_only=True)
class TaskOverdue(Event):
    """A stage was not decided in time. It never passes by itself; where its node says so it is now asked higher up.

    `home_region` says where the initiator is at home, which may be another node; `excluded_account_ids` are as in
    `task.assigned`.
    """

    case_id: str
    business_type: str
    business_id: str
    title: str
    region: str
    roles: tuple[str, ...]
    due_at: datetime
    initiator_account_id: str
    home_region: str = ""
    excluded_account_ids: tuple[str, ...] = ()
