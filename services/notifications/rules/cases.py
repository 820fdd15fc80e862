"""What people are told of cases, and which business tells of its cases by events of its own."""

from __future__ import annotations

from services.notifications.rules.text import HOME, Text
from shared.contracts.cases import CaseClosed, CaseDecided, CaseHeld, CaseReturned, TaskAssigned

_SERVICE_OF_BUSINESS = {
    "volunteer_registration": "registration",
    "organisation_registration": "registration",
    "activity_report": "reporting",
    "star_rating": "awards",
    "commendation": "awards",
}
TELL_OF_THEIR_RETURN = frozenset({"activity_report"})
"""The kinds of business whose own event tells the initiator of a return; nobody is told the same thing twice."""
TELL_OF_THEIR_END = frozenset({"activity_report", "volunteer_registration", "organisation_registration"})
"""The kinds of business whose own events tell the initiator how it ended."""
_OUTCOMES = {
    "approved": ("已通过", "approved"),
    "rejected": ("被驳回", "rejected"),
    "terminated": ("被终止", "terminated"),
    "revoked": ("被撤销", "revoked"),
    "withdrawn": ("已撤回", "withdrawn"),
}


def task_assigned(event: TaskAssigned) -> Text:
    """Tell an approver that a case waits for their decision."""
    again_zh, again_en = (f"（第{event.round}轮）", f" (round {event.round})") if event.round > 1 else ("", "")
    return Text(
        kind="task.assigned",
        title_zh=f"待办：{event.title}{again_zh}",
        title_en=f"To decide: {event.title}{again_en}",
        body_zh=f"{event.initiator_name}提交的“{event.title}”等待您审批。",
        body_en=f"{event.title}, submitted by {event.initiator_name}, waits for your decision.",
        link=case_path(event),
    )


def case_approved(event: CaseDecided) -> Text:
    """Tell the initiator that one stage passed."""
    return Text(
        kind="case.decided",
        title_zh=f"审批进展：{event.title}",
        title_en=f"One step further: {event.title}",
        body_zh=f"{event.decided_by}已同意“{event.title}”。{_opinion_zh(event.opinion)}",
        body_en=f"{event.decided_by} approved {event.title}. {_opinion_en(event.opinion)}".rstrip(),
        link=case_path(event),
    )


def case_returned(event: CaseReturned) -> Text:
    """Tell the initiator that a case came back."""
    fields_zh = f"共有 {event.remarks} 处批注，" if event.remarks else ""
    fields_en = f"Fields remarked on: {event.remarks}. " if event.remarks else ""
    return Text(
        kind="case.returned",
        title_zh=f"被退回：{event.title}",
        title_en=f"Returned: {event.title}",
        body_zh=f"{event.decided_by}退回了“{event.title}”。{_opinion_zh(event.opinion)}{fields_zh}请更正后重新提交。",
        body_en=f"{event.decided_by} returned {event.title}. {_opinion_en(event.opinion)}{fields_en}"
        "Correct it and submit it again.",
        link=case_path(event),
    )


def case_closed(event: CaseClosed) -> Text:
    """Tell the initiator how a case ended."""
    zh, en = _OUTCOMES[event.outcome]
    return Text(
        kind=f"case.{event.outcome}",
        title_zh=f"{zh}：{event.title}",
        title_en=f"{en.capitalize()}: {event.title}",
        body_zh=f"“{event.title}”{zh}（{event.decided_by}）。{_opinion_zh(event.opinion)}",
        body_en=f"{event.title} was {en} by {event.decided_by}. {_opinion_en(event.opinion)}".rstrip(),
        link=case_path(event),
    )


def case_held(event: CaseHeld) -> Text:
    """Tell a region's clerks that nobody there can decide a case."""
    return Text(
        kind="case.held",
        title_zh=f"无人可审批：{event.title}",
        title_en=f"Nobody can decide: {event.title}",
        body_zh=f"“{event.title}”在本地无人可审批，已挂起。请联系系统管理员增设审批岗位。",
        body_en=f"Nobody in your region may decide {event.title}; it is held. Ask the system administrator for a post.",
        link=case_path(event),
    )


def case_path(event: TaskAssigned | CaseDecided | CaseReturned | CaseHeld | CaseClosed) -> str:
    """Answer the portal's page of a case, by the service whose business it is."""
    service = _SERVICE_OF_BUSINESS.get(event.business_type)
    return f"/cases/{service}/{event.case_id}" if service else HOME


def is_system(account_id: str) -> bool:
    """Tell whether an account is a service that opens cases by itself: nobody reads its messages."""
    return account_id.startswith("system:")


def _opinion_zh(opinion: str) -> str:
    return f"意见：{opinion.rstrip('。')}。" if opinion else ""


def _opinion_en(opinion: str) -> str:
    return f"Opinion: {opinion.rstrip('.')}. " if opinion else ""
