"""What people are told of cases, and which business tells of its cases by events of its own."""

from __future__ import annotations

from dataclasses import dataclass

from services.notifications.rules.text import HOME, Text
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

CaseEvent = TaskAssigned | TaskReminded | TaskOverdue | CaseDecided | CaseReturned | CaseHeld | CaseClosed
"""Every event that is about a case."""

_SERVICE_OF_BUSINESS = {
    "volunteer_registration": "registration",
    "organisation_registration": "registration",
    "activity_report": "reporting",
    "star_rating": "awards",
    "star_review": "awards",
    "commendation": "awards",
    "volunteer_transfer": "records",
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """How a kind of task is called in a title, and what the case waits for."""

    label_zh: str
    label_en: str
    wait_zh: str
    wait_en: str


_SIGN = _Asked("待会签", "To sign", "请您加签", "waits for your signature")
_ASKED = {
    "approve": _Asked("待办", "To decide", "等待您审批", "waits for your decision"),
    "delegate": _Asked("委派", "Opinion asked", "委派您出具意见", "waits for the opinion delegated to you"),
    "sign_before": _SIGN,
    "sign_after": _SIGN,
    "sign_parallel": _SIGN,
    "consult": _Asked("征询", "Your view", "征询您的意见", "waits for your view"),
    "cc": _Asked("抄送", "For you to read", "抄送给您阅知", "is for you to read"),
}


def task_assigned(event: TaskAssigned) -> Text:
    """Tell somebody that a case waits for what only they can give: a decision, a signature, an opinion, a look."""
    again_zh, again_en = (f"（第{event.round}轮）", f" (round {event.round})") if event.round > 1 else ("", "")
    asked = _ASKED[event.kind]
    return Text(
        kind="task.assigned",
        title_zh=f"{asked.label_zh}：{event.title}{again_zh}",
        title_en=f"{asked.label_en}: {event.title}{again_en}",
        body_zh=f"{event.initiator_name}提交的“{event.title}”{asked.wait_zh}。",
        body_en=f"{event.title}, submitted by {event.initiator_name}, {asked.wait_en}.",
        link=case_path(event),
    )


def task_reminded(event: TaskReminded) -> Text:
    """Tell whoever has to decide that it is waited for."""
    by_zh = f"{event.reminded_by}催办" if event.reminded_by else "系统提醒"
    by_en = f"{event.reminded_by} asks for haste" if event.reminded_by else "A reminder"
    return Text(
        kind="task.reminded",
        title_zh=f"催办：{event.title}",
        title_en=f"Still waiting: {event.title}",
        body_zh=f"{by_zh}：“{event.title}”仍等待您办理，请尽快处理。",
        body_en=f"{by_en}: {event.title} still waits for you.",
        link=case_path(event),
    )


def task_overdue(event: TaskOverdue) -> Text:
    """Tell those of a stage, and the initiator, that it was not decided in time."""
    return Text(
        kind="task.overdue",
        title_zh=f"已超期：{event.title}",
        title_en=f"Overdue: {event.title}",
        body_zh=f"“{event.title}”未在期限内办结，仍须办理，不会自动通过。",
        body_en=f"{event.title} was not decided in time. It still has to be decided: nothing passes by itself.",
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
    """Tell a region's clerks that nobody there can decide a case, or that another node does not take it."""
    if event.reason:
        return Text(
            kind="case.held",
            title_zh=f"另一节点未接收：{event.title}",
            title_en=f"Not taken by the other node: {event.title}",
            body_zh=f"“{event.title}”未被另一节点接收，已挂起，系统每小时重试一次。原因：{event.reason}",
            body_en=f"Another node does not take {event.title}; it is held and tried again every hour. {event.reason}",
            link=case_path(event),
        )
    return Text(
        kind="case.held",
        title_zh=f"无人可审批：{event.title}",
        title_en=f"Nobody can decide: {event.title}",
        body_zh=f"“{event.title}”在本地无人可审批，已挂起。请联系系统管理员增设审批岗位。",
        body_en=f"Nobody in your region may decide {event.title}; it is held. Ask the system administrator for a post.",
        link=case_path(event),
    )


def calendar_missing(event: CalendarMissing) -> Text:
    """Tell a region's officials that their deadlines wait for the workdays of a year."""
    return Text(
        kind="calendar.missing",
        title_zh=f"{event.year} 年调休安排未录入",
        title_en=f"The workdays of {event.year} are not loaded",
        body_zh=f"{event.year} 年的节假日调休安排尚未录入，部分事项的办理期限按周一至周五暂定。办理不受影响。"
        "请联系系统管理员录入，期限会自动重新计算。",
        body_en=f"Until the holidays and make-up days of {event.year} are loaded, some deadlines are provisional: "
        "they count Monday to Friday. Nothing is held up. Ask the system administrator to load them; "
        "the deadlines are then counted again.",
        link=HOME,
    )


def case_path(event: CaseEvent) -> str:
    """Answer the portal's page of a case, by the service whose business it, or the case it belongs to, is."""
    service = _SERVICE_OF_BUSINESS.get(event.business_type.partition("/")[0])
    return f"/cases/{service}/{event.case_id}" if service else HOME


def is_system(account_id: str) -> bool:
    """Tell whether an account is a service that opens cases by itself: nobody reads its messages."""
    return account_id.startswith("system:")


def _opinion_zh(opinion: str) -> str:
    return f"意见：{opinion.rstrip('。')}。" if opinion else ""


def _opinion_en(opinion: str) -> str:
    return f"Opinion: {opinion.rstrip('.')}. " if opinion else ""
