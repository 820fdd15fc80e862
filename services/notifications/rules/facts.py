"""What people are told of registrations, hours, stars, awards and reports."""

from __future__ import annotations

from services.notifications.rules.text import HOME, Text
from shared.contracts.awards import AwardGranted, NominationDecided, NominationOpened, StarGranted, StarWithdrawn
from shared.contracts.records import HoursCredited, RecordVoided, VolunteerTransferred
from shared.contracts.registration import (
    OrganisationApproved,
    RegistrationRefused,
    VolunteerRegistered,
)
from shared.contracts.reporting import ReportApproved, ReportRejected, ReportReturned
from shared.hours import show_hours

MY_HOURS = "/my/hours"
MY_TRANSFERS = "/transfers"
MY_STARS = "/my/stars"
MY_AWARDS = "/my/awards"
_STARS = "一二三四五"


def report_path(report_id: str) -> str:
    """Answer the portal's page of a report."""
    return f"/reports/{report_id}"


def volunteer_registered(event: VolunteerRegistered) -> Text:
    """Welcome a new volunteer with their number."""
    return Text(
        kind="volunteer.registered",
        title_zh="注册已通过，欢迎加入",
        title_en="Welcome: you are registered",
        body_zh=f"{event.name}，您好！您的志愿者编号是 {event.volunteer_number}，参加活动时请出示。",
        body_en=f"Dear {event.name}, your volunteer number is {event.volunteer_number}. Show it at every activity.",
        link=HOME,
    )


def organisation_approved(event: OrganisationApproved) -> Text:
    """Tell the head that the organisation may begin."""
    return Text(
        kind="organisation.approved",
        title_zh="志愿服务组织登记已通过",
        title_en="Your organisation is approved",
        body_zh=f"“{event.name}”已通过登记，现在可以发布活动、记录服务。",
        body_en=f"{event.name} is approved. You can now publish activities and record service.",
        link=f"/organisations/{event.organisation_id}",
    )


def registration_refused(event: RegistrationRefused) -> Text:
    """Tell the applicant why a registration was refused."""
    subject_zh, subject_en = (
        ("志愿者注册", "volunteer registration")
        if event.subject == "volunteer"
        else ("组织登记", "organisation's registration")
    )
    return Text(
        kind="registration.refused",
        title_zh=f"{subject_zh}未通过",
        title_en=f"Your {subject_en} was refused",
        body_zh=f"“{event.name}”的{subject_zh}未通过。{_because_zh(event.reason)}您可以更正后重新提交。",
        body_en=f"The registration of {event.name} was refused. {_because_en(event.reason)}Correct it and apply again.",
        link=HOME,
    )


def hours_credited(event: HoursCredited) -> Text:
    """Tell a volunteer which hours were credited and what the total is now."""
    hours, total = show_hours(event.hours_hundredths), show_hours(event.total_hundredths)
    return Text(
        kind="hours.credited",
        title_zh=f"计入服务时间 {hours} 小时",
        title_en=f"{hours} hours were credited",
        body_zh=f"{event.served_on}“{event.activity_name}”计入 {hours} 小时，累计 {total} 小时。",
        body_en=f"{hours} hours of {event.activity_name} on {event.served_on} were credited; "
        f"your total is {total} hours.",
        link=MY_HOURS,
    )


def record_voided(event: RecordVoided) -> Text:
    """Tell a volunteer that a record of theirs does not count, and why."""
    return Text(
        kind="record.voided",
        title_zh="一条服务记录未被认定",
        title_en="A service record does not count",
        body_zh=f"{event.served_on}“{event.activity_name}”的服务记录作废。"
        f"{_because_zh(event.reason)}如有异议，请联系活动组织。",
        body_en=f"Your record of {event.activity_name} on {event.served_on} does not count. "
        f"{_because_en(event.reason)}If you disagree, ask the organisation.",
        link=MY_HOURS,
    )


def volunteer_transferred(event: VolunteerTransferred, *, to_name: str) -> Text:
    """Tell a place's officials that one of its volunteers belongs to another now; `to_name` is that region's.

    Between nodes no name is told, and the number stands for it.
    """
    number, name = event.volunteer_number, event.volunteer_name
    return Text(
        kind="volunteer.transferred",
        title_zh=f"志愿者转出：{name or number}",
        title_en=f"A volunteer has left: {name or number}",
        body_zh=f"{event.transferred_on}，{f'{name}（{number}）' if name else number}已由{to_name}接收，"
        "服务记录和时长随编号保留。",
        body_en=f"{f'{name} ({number})' if name else number} was taken over by {to_name} on "
        f"{event.transferred_on}. Records and hours stay with the number.",
        link=HOME,
    )


def volunteer_received(*, to_name: str) -> Text:
    """Tell who has moved to another node that they are at home there, and how they get their account there."""
    return Text(
        kind="volunteer.received",
        title_zh="您已转入新的所在地",
        title_en="You have moved to your new home region",
        body_zh=f"{to_name}已接收您的档案、时长和星级。请在“异地转移”页面领取认领口令，到转入地站点启用新账号。",
        body_en=f"{to_name} has your file, hours and stars. Get your claim secret on the transfer page, and take your "
        "new account with it on the site of that place.",
        link=MY_TRANSFERS,
    )


def nomination_opened(event: NominationOpened) -> Text:
    """Tell a volunteer that they are a candidate."""
    return Text(
        kind="nomination.opened",
        title_zh=f"您已被提名：{event.title}",
        title_en=f"You are nominated: {event.title}",
        body_zh=f"您已成为“{event.title}”的候选人，正在等待审批，结果会另行通知。",
        body_en=f"You are a candidate for {event.title}. It is being decided; you will be told the result.",
        link=_nomination_path(event.kind),
    )


def nomination_refused(event: NominationDecided) -> Text:
    """Tell a volunteer that a nomination came to nothing, and why."""
    return Text(
        kind="nomination.refused",
        title_zh=f"提名未通过：{event.title}",
        title_en=f"Not granted: {event.title}",
        body_zh=f"“{event.title}”的提名未通过。{_because_zh(event.reason)}",
        body_en=f"The nomination for {event.title} was not granted. {_because_en(event.reason)}".rstrip(),
        link=_nomination_path(event.kind),
    )


def star_granted(event: StarGranted, *, decided_by: str) -> Text:
    """Tell a volunteer of a new star level; `decided_by` is the name of the region that decided."""
    stars = "star" if event.stars == 1 else "stars"
    return Text(
        kind="star.granted",
        title_zh=f"您已获评{_STARS[event.stars - 1]}星级志愿者",
        title_en=f"You now have {event.stars} {stars}",
        body_zh=f"{event.granted_on}，{decided_by}认定您为{_STARS[event.stars - 1]}星级志愿者，已记入您的电子档案。",
        body_en=f"Granted on {event.granted_on} by {decided_by}. It is entered in your file.",
        link=MY_STARS,
    )


def star_withdrawn(event: StarWithdrawn, *, decided_by: str) -> Text:
    """Tell a volunteer that stars were taken away, by whom and why; `decided_by` is the name of the region."""
    left_zh = f"现为{_STARS[event.stars_left - 1]}星级志愿者" if event.stars_left else "现无星级"
    left_en = f"You now have {event.stars_left}" if event.stars_left else "You have none now"
    return Text(
        kind="star.withdrawn",
        title_zh=f"您的{_STARS[event.stars - 1]}星级已被撤销",
        title_en=f"Your {event.stars}-star level was withdrawn",
        body_zh=f"部分服务时长已冲销，达不到{_STARS[event.stars - 1]}星级的要求。{event.withdrawn_on}，{decided_by}决定"
        f"撤销，{left_zh}。理由：{event.reason.rstrip('。')}。已记入您的电子档案。",
        body_en=f"Hours that carried it do not count any more; withdrawn on {event.withdrawn_on} by {decided_by}. "
        f"{left_en}. Reason: {event.reason.rstrip('.')}. It is entered in your file.",
        link=MY_STARS,
    )


def award_granted(event: AwardGranted, *, granted_by: str) -> Text:
    """Tell a volunteer of a commendation; `granted_by` is the name of the region that granted it."""
    return Text(
        kind="award.granted",
        title_zh="您获得通报表彰",
        title_en="You received a commendation",
        body_zh=f"{event.granted_on}，{granted_by}{event.citation}，已记入您的电子档案。",
        body_en=f"Granted on {event.granted_on} by {granted_by}: {event.citation}. It is entered in your file.",
        link=MY_AWARDS,
    )


def report_returned(event: ReportReturned) -> Text:
    """Tell an organisation what to correct in a report."""
    return Text(
        kind="report.returned",
        title_zh=f"报告被退回：{event.title}",
        title_en=f"Report returned: {event.title}",
        body_zh=f"“{event.title}”被退回修改。{_because_zh(event.reason)}请更正后重新提交。",
        body_en=f"{event.title} came back to be corrected. {_because_en(event.reason)}Correct it and submit it again.",
        link=report_path(event.report_id),
    )


def report_approved(event: ReportApproved) -> Text:
    """Tell an organisation that a report is through."""
    return Text(
        kind="report.approved",
        title_zh=f"报告已通过：{event.title}",
        title_en=f"Report approved: {event.title}",
        body_zh=f"“{event.title}”已通过全部审批，{len(event.lines)} 条服务记录已确认。",
        body_en=f"{event.title} passed every tier; its service records ({len(event.lines)}) are confirmed.",
        link=report_path(event.report_id),
    )


def report_rejected(event: ReportRejected) -> Text:
    """Tell an organisation that a report was rejected, and why."""
    return Text(
        kind="report.rejected",
        title_zh=f"报告被驳回：{event.title}",
        title_en=f"Report rejected: {event.title}",
        body_zh=f"“{event.title}”被驳回，其中的服务记录不予认定。{_because_zh(event.reason)}",
        body_en=f"{event.title} was rejected; its service records do not count. {_because_en(event.reason)}".rstrip(),
        link=report_path(event.report_id),
    )


def _because_zh(reason: str) -> str:
    return f"理由：{reason.rstrip('。')}。" if reason else ""


def _because_en(reason: str) -> str:
    return f"Reason: {reason.rstrip('.')}. " if reason else ""


def _nomination_path(kind: str) -> str:
    return MY_STARS if kind == "star" else MY_AWARDS
