"""Telling people of cases: whoever is asked to decide one, and whoever started it."""

from __future__ import annotations

from services.notifications import rules
from services.notifications.commands.deputies import deputies_of
from services.notifications.commands.messages import tell, tell_holders, tell_officials
from shared.contracts.cases import (
    CalendarMissing,
    CaseClosed,
    CaseDecided,
    CaseHeld,
    CaseReturned,
    TaskAssigned,
    TaskOverdue,
    TaskReminded,
)
from shared.identity import Role
from shared.identity.people import OFFICIALS
from shared.storage import UnitOfWork

#: A copy is for the one who gets it: no absence rule makes it somebody else's to read.
_COPY = "cc"


def tell_asked(uow: UnitOfWork, event: TaskAssigned) -> None:
    """Tell whoever may decide that a case waits for them, and who stands in for them; nobody else hears of it."""
    text, key = rules.task_assigned(event), f"task:{event.case_id}:{event.task}:{event.rev}"
    _tell_task(uow, event, text, key)


def tell_reminded(uow: UnitOfWork, event: TaskReminded) -> None:
    """Tell whoever has to decide that somebody, or the clock, asks for haste."""
    key = f"task.reminded:{event.case_id}:{event.task}:{event.reminded_at.isoformat()}"
    _tell_task(uow, event, rules.task_reminded(event), key)


def tell_overdue(uow: UnitOfWork, event: TaskOverdue) -> None:
    """Tell the posts of a stage, who stands in for them, its region's clerks and the initiator that it is overdue.

    A stage that another node handed over here has its initiator there: nobody would read what is written to them here.
    """
    text = rules.task_overdue(event)
    key = f"task.overdue:{event.case_id}:{event.region}:{event.due_at.isoformat()}"
    told = tell_officials(uow, roles={*event.roles, Role.CLERK.value}, region=event.region, text=text, dedupe=key)
    if not event.home_region or uow.hosts(event.home_region):
        _tell_initiator(uow, event.initiator_account_id, text, key)
    _tell_deputies(uow, event, told, text, key)


def _tell_task(uow: UnitOfWork, event: TaskAssigned | TaskReminded, text: rules.Text, key: str) -> None:
    asked: frozenset[str] = frozenset()
    if event.assignee is not None:
        asked = frozenset({event.assignee})
        tell(uow, asked, text, dedupe=key)
    elif event.role is not None:
        asked = tell_holders(
            uow,
            role=event.role,
            region=event.region,
            text=text,
            dedupe=key,
            except_for=event.excluded_account_ids,
        )
    if isinstance(event, TaskReminded) or event.kind != _COPY:
        _tell_deputies(uow, event, asked, text, key)


def _tell_deputies(
    uow: UnitOfWork, event: TaskAssigned | TaskReminded | TaskOverdue, asked: frozenset[str], text: rules.Text, key: str
) -> None:
    """Tell those who stand in for the ones who are asked, each once, and for whom it is."""
    found = deputies_of(uow, asked, business_type=event.business_type, except_for=event.excluded_account_ids)
    for deputy, names in found.items():
        tell(uow, [deputy], rules.for_deputy(text, names), dedupe=key)


def tell_progress(uow: UnitOfWork, event: CaseDecided) -> None:
    """Tell the initiator that a stage passed; what ends a round is told by the event that follows."""
    if event.verb != "approve":
        return
    key = f"case.decided:{event.case_id}:{event.round}:{event.region}:{event.decided_by_account_id}"
    _tell_initiator(uow, event.initiator_account_id, rules.case_approved(event), key)


def tell_returned(uow: UnitOfWork, event: CaseReturned) -> None:
    """Tell the initiator what to correct, unless an event of that business tells them."""
    if event.business_type not in rules.TELL_OF_THEIR_RETURN:
        key = f"case.returned:{event.case_id}:{event.round}"
        _tell_initiator(uow, event.initiator_account_id, rules.case_returned(event), key)


def tell_closed(uow: UnitOfWork, event: CaseClosed) -> None:
    """Tell the initiator how a case ended, unless they ended it or an event of that business tells them."""
    if event.outcome != "withdrawn" and event.business_type not in rules.TELL_OF_THEIR_END:
        key = f"case.closed:{event.case_id}"
        _tell_initiator(uow, event.initiator_account_id, rules.case_closed(event), key)


def tell_held(uow: UnitOfWork, event: CaseHeld) -> None:
    """Tell the clerks of a region that nobody there can decide a case, so that somebody is given the post."""
    why = ":not_taken" if event.reason else ""
    text, key = rules.case_held(event), f"case.held:{event.case_id}:{event.round}:{event.region}{why}"
    tell_holders(uow, role=Role.CLERK.value, region=event.region, text=text, dedupe=key)


def tell_missing_calendar(uow: UnitOfWork, event: CalendarMissing) -> None:
    """Tell a region's clerks and approvers which year's workdays are missing, once, whichever service says it first."""
    key = f"calendar.missing:{event.year}:{event.region}"
    tell_officials(uow, roles=OFFICIALS, region=event.region, text=rules.calendar_missing(event), dedupe=key)


def _tell_initiator(uow: UnitOfWork, account_id: str, text: rules.Text, key: str) -> None:
    if not rules.is_system(account_id):
        tell(uow, [account_id], text, dedupe=key)
