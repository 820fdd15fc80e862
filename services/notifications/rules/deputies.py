"""Who is told in the place of somebody who is away, and how it is said to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.notifications.rules.text import Text
from shared.approval.core import absence
from shared.approval.core.absence import Absence


def deputies(
    accounts: Collection[str],
    rules: Iterable[Absence],
    *,
    names: Mapping[str, str],
    at: datetime,
    business_type: str,
) -> dict[str, tuple[str, ...]]:
    """Answer who may do the tasks of these accounts now, each with the names of those whose tasks they are.

    The accounts themselves are left out: they act in their own name.
    """
    known = list(rules)
    found: dict[str, tuple[str, ...]] = {}
    for account in sorted(accounts):
        for deputy in absence.deputies(account, known, at=at, business_type=business_type):
            if deputy not in accounts:
                found[deputy] = (*found.get(deputy, ()), names[account])
    return found


def for_deputy(text: Text, names: Sequence[str]) -> Text:
    """Answer what somebody is told, as it is said to who stands in for them."""
    zh, en = "、".join(names), ", ".join(names)
    return replace(
        text,
        title_zh=f"代 {zh} · {text.title_zh}",
        title_en=f"For {en} · {text.title_en}",
        body_zh=f"您正在代 {zh} 办理。{text.body_zh}",
        body_en=f"You stand in for {en}. {text.body_en}",
    )
