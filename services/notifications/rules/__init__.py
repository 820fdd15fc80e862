"""What people are told, in Chinese and English, and where each message leads: plain values in, plain values out."""

from services.notifications.rules.absences import absence_for_delegate, absence_for_delegator
from services.notifications.rules.cases import (
    TELL_OF_THEIR_END,
    TELL_OF_THEIR_RETURN,
    calendar_missing,
    case_approved,
    case_closed,
    case_held,
    case_returned,
    is_system,
    task_assigned,
    task_overdue,
    task_reminded,
)
from services.notifications.rules.deputies import deputies, for_deputy
from services.notifications.rules.facts import (
    award_granted,
    hours_credited,
    nomination_opened,
    nomination_refused,
    organisation_approved,
    record_voided,
    registration_refused,
    report_approved,
    report_rejected,
    report_returned,
    star_granted,
    volunteer_registered,
)
from services.notifications.rules.text import Text

__all__ = [
    "TELL_OF_THEIR_END",
    "TELL_OF_THEIR_RETURN",
    "Text",
    "absence_for_delegate",
    "absence_for_delegator",
    "award_granted",
    "calendar_missing",
    "case_approved",
    "case_closed",
    "case_held",
    "case_returned",
    "deputies",
    "for_deputy",
    "hours_credited",
    "is_system",
    "nomination_opened",
    "nomination_refused",
    "organisation_approved",
    "record_voided",
    "registration_refused",
    "report_approved",
    "report_rejected",
    "report_returned",
    "star_granted",
    "task_assigned",
    "task_overdue",
    "task_reminded",
    "volunteer_registered",
]
