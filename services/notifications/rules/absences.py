"""What people are told of absence rules: who is away, and who stands in."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from services.notifications.rules.text import Text
from shared.clock import SHANGHAI
from shared.contracts.business import BUSINESS_NAMES
from shared.contracts.registration import AbsenceChanged

ABSENCES = "/absences"


def absence_for_delegator(event: AbsenceChanged) -> Text:
    """Tell who is away that somebody stands in for them, or no longer does."""
    if not event.active:
        return Text(
            kind="absence.ended",
            link=ABSENCES,
            title_zh=f"{event.delegate_name}不再代您办理",
            title_en=f"{event.delegate_name} no longer stands in for you",
            body_zh=f"您委托{event.delegate_name}代办的安排已提前结束，此后由您本人办理。",
            body_en="The absence rule has ended before its time; from now on you decide yourself.",
        )
    zh, en = _period(event)
    business_zh, business_en = _business(event)
    return Text(
        kind="absence.set",
        link=ABSENCES,
        title_zh=f"委托代理已设置：由{event.delegate_name}代办",
        title_en=f"{event.delegate_name} stands in for you",
        body_zh=f"{zh}，您的{business_zh}可由{event.delegate_name}代办。提前返岗时，请及时结束委托。",
        body_en=f"{en}, {event.delegate_name} stands in for you: {business_en}. End the rule if you are back earlier.",
    )


def absence_for_delegate(event: AbsenceChanged) -> Text:
    """Tell somebody for whom they stand in, or no longer do."""
    if not event.active:
        return Text(
            kind="absence.ended",
            link=ABSENCES,
            title_zh=f"不再代{event.delegator_name}办理",
            title_en=f"You no longer stand in for {event.delegator_name}",
            body_zh=f"{event.delegator_name}的委托已提前结束，您不再代其办理。",
            body_en=f"The absence rule of {event.delegator_name} has ended; you no longer decide for them.",
        )
    zh, en = _period(event)
    business_zh, business_en = _business(event)
    return Text(
        kind="absence.set",
        link=ABSENCES,
        title_zh=f"{event.delegator_name}委托您代办",
        title_en=f"You stand in for {event.delegator_name}",
        body_zh=f"{zh}，{event.delegator_name}的{business_zh}可由您代办，办理记录会注明“{event.delegate_name}代"
        f"{event.delegator_name}”。",
        body_en=f"{en}, you stand in for {event.delegator_name}: {business_en}. What you decide shows both names.",
    )


def _business(event: AbsenceChanged) -> tuple[str, str]:
    if not event.business_types:
        return "全部审批事项", "all that waits for a decision"
    # A kind that is newer than this service is called as the event calls it.
    names = [BUSINESS_NAMES.get(one, (one, one)) for one in event.business_types]
    return "、".join(zh for zh, _ in names), ", ".join(en for _, en in names)


def _period(event: AbsenceChanged) -> tuple[str, str]:
    starts, ends = _moment(event.starts_at), _end(event.ends_at)
    return f"{starts} 至 {ends}", f"From {starts} to {ends}"


def _moment(instant: datetime) -> str:
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _end(instant: datetime) -> str:
    """Write an end at midnight as the end of the day that it ends, which is the last one of the absence."""
    local = instant.astimezone(SHANGHAI)
    return f"{local - timedelta(days=1):%Y-%m-%d} 24:00" if local.time() == time(0) else _moment(instant)
