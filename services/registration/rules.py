"""The deciding arithmetic of registration, pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.approval.core.absence import Absence
from shared.errors import Invalid

SECRET_LIFETIME = timedelta(days=7)
SESSION_LIFETIME = timedelta(hours=12)
TRIES_BEFORE_PAUSE = 5
PAUSE = timedelta(minutes=5)

YOUNGEST = 14
ADULT = 18
NUMBERS_PER_BLOCK = 9_999_999

LONGEST_ABSENCE = timedelta(days=90)
FURTHEST_ABSENCE = timedelta(days=365)
"""An absence is bounded: it lasts no longer, and it is set no earlier before it begins."""

POLICY_VERSION = "2026-01"
NEEDED_CONSENTS = frozenset({"privacy", "id_number"})
"""Consent to the ID number is given apart from the rest (PIPL article 29)."""

CATEGORIES: dict[str, str] = {
    "publicity_worker": "宣教工作人员",
    "enterprise_safety_manager": "企业安全管理人员",
    "safety_expert": "安全生产专家",
    "registered_safety_engineer": "注册安全工程师",
    "amateur_artist": "业余文艺爱好者",
    "student": "大中学生",
    "other": "其他",
}
"""The kinds of people the notice wants to win (notice V), and two more."""

ORGANISATION_KINDS: dict[str, str] = {
    "committee": "安全生产志愿者工作委员会",
    "county": "县级志愿服务队",
    "street": "乡镇（街道）",
    "village": "社区（村）",
    "enterprise": "企业",
    "industry": "行业协会",
    "experts": "专家团队",
    "school": "学校",
    "arts": "文艺团体",
    "tourism": "景区（文旅）",
    "other": "其他",
}
"""The kinds of organisations that register."""


def age_on(birth: date, today: date) -> int:
    """Answer the age in full years."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def check_age(birth: date, today: date, *, guardian_consents: bool) -> None:
    """Refuse children, and minors without their guardian's consent.

    Source: 注册志愿者管理办法 (14 to 18 with the guardian's consent), PIPL articles 28 and 31.
    :raises Invalid: `too_young` or `guardian_consent_missing`.
    """
    age = age_on(birth, today)
    if age < YOUNGEST:
        raise Invalid(
            "too_young",
            zh=f"未满{YOUNGEST}周岁不能注册为志愿者",
            en=f"Volunteers are at least {YOUNGEST} years old",
            pointer="/id_number",
        )
    if age < ADULT and not guardian_consents:
        raise Invalid(
            "guardian_consent_missing",
            zh="未满18周岁须经监护人同意",
            en="A person under 18 needs the guardian's consent",
            pointer="/guardian_consents",
        )


def volunteer_number(block: str, serial: int) -> str:
    """Write a volunteer number: A, the node's block, seven digits, and a check digit that catches slips.

    :raises Invalid: `number_block_full` when the node has given all of its numbers.
    """
    if serial > NUMBERS_PER_BLOCK:
        raise Invalid(
            "number_block_full", zh="本节点志愿者编号已用完，请联系省级管理员", en="This node has no numbers left"
        )
    digits = f"{block}{serial:07d}"
    return f"A{digits}{_check_digit(digits)}"


def _check_digit(digits: str) -> str:
    """Answer the Luhn digit, which finds every single wrong digit and most swapped neighbours."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def place_of(column: str, volunteer_id: str) -> str:
    """Answer where a sealed value lives; it opens nowhere else."""
    return f"volunteer/{column}/{volunteer_id}"


class AbsenceState(StrEnum):
    """Where an absence rule stands at a moment; only the end before its time is something somebody does."""

    PLANNED = "planned"
    IN_FORCE = "in_force"
    OVER = "over"
    ENDED = "ended"


def absence_state(starts_at: datetime, ends_at: datetime, ended_at: datetime | None, *, now: datetime) -> AbsenceState:
    """Answer where an absence rule stands."""
    if ended_at is not None:
        return AbsenceState.ENDED
    if now >= ends_at:
        return AbsenceState.OVER
    return AbsenceState.IN_FORCE if now >= starts_at else AbsenceState.PLANNED


def check_period(starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    """Refuse an absence that lies in the past, ends before it begins, is too long or too far ahead.

    :raises Invalid: `absence_in_the_past`, `absence_too_far_ahead`, `absence_has_no_time` or `absence_too_long`.
    """
    if starts_at < now:
        raise Invalid(
            "absence_in_the_past",
            zh="开始时间不能早于现在",
            en="An absence begins now or later",
            pointer="/starts_at",
        )
    if starts_at > now + FURTHEST_ABSENCE:
        raise Invalid(
            "absence_too_far_ahead",
            zh=f"只能预设{FURTHEST_ABSENCE.days}天以内的委托",
            en=f"An absence begins within {FURTHEST_ABSENCE.days} days",
            pointer="/starts_at",
        )
    if ends_at <= starts_at:
        raise Invalid(
            "absence_has_no_time",
            zh="结束时间须晚于开始时间",
            en="An absence ends after it begins",
            pointer="/ends_at",
        )
    if ends_at - starts_at > LONGEST_ABSENCE:
        raise Invalid(
            "absence_too_long",
            zh=f"一次委托不能超过{LONGEST_ABSENCE.days}天",
            en=f"One absence lasts at most {LONGEST_ABSENCE.days} days",
            pointer="/ends_at",
        )


def common_absence(one: Absence, other: Absence) -> Absence | None:
    """Answer the first rule for the time and the kinds of business that both have, or None where there are none."""
    starts_at, ends_at = max(one.starts_at, other.starts_at), min(one.ends_at, other.ends_at)
    both = set(one.business_types) & set(other.business_types)
    business_types = tuple(sorted(both)) or one.business_types or other.business_types
    # Two rules that each name their kinds, and none in common, have nothing to do with each other.
    if starts_at >= ends_at or (one.business_types and other.business_types and not both):
        return None
    return replace(one, starts_at=starts_at, ends_at=ends_at, business_types=business_types)


def closed_circle(new: Absence, others: Iterable[Absence]) -> tuple[str, ...]:
    """Answer the accounts of a circle that a new rule would close, from its delegator back to them; empty for none.

    It is one only where all its rules hold at the same time for the same kind of business.
    """
    known = tuple(others)
    waiting: list[tuple[Absence, tuple[str, ...]]] = [(new, (new.delegator, new.delegate))]
    while waiting:
        so_far, way = waiting.pop()
        for rule in known:
            both = common_absence(so_far, rule) if rule.delegator == way[-1] else None
            if both is not None and rule.delegate == new.delegator:
                return (*way, new.delegator)
            if both is not None and rule.delegate not in way:
                waiting.append((both, (*way, rule.delegate)))
    return ()


def overlapping(new: Absence, others: Sequence[Absence]) -> Absence | None:
    """Answer a rule of the same person that a new one would overlap in time and kind of business, or None."""
    own = (rule for rule in others if rule.delegator == new.delegator)
    return next((rule for rule in own if common_absence(new, rule) is not None), None)
