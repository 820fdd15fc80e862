"""The deciding arithmetic of registration, pure."""

from __future__ import annotations

from datetime import date, timedelta

from shared.errors import Invalid

SECRET_LIFETIME = timedelta(days=7)
SESSION_LIFETIME = timedelta(hours=12)
TRIES_BEFORE_PAUSE = 5
PAUSE = timedelta(minutes=5)

YOUNGEST = 14
ADULT = 18
NUMBERS_PER_BLOCK = 9_999_999

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
