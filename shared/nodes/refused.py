"""What the services here are told when another node's gateway did not believe an event of a case.

It is what the other node would have said itself, had its gateway let the event through: so nothing is lost between two
services because of what lies between their nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.contracts.base import Event
from shared.contracts.handovers import CaseAnswerRefused, CaseHandoverRefused, CaseWithdrawRefused

TOLD_BY_LINKS: tuple[type[Event], ...] = (CaseAnswerRefused, CaseHandoverRefused, CaseWithdrawRefused)
"""What the gateway itself says to the services of its node."""


def answer_to(name: str, data: Mapping[str, Any], *, node: str, code: str) -> Event | None:
    """Answer what to tell here of an event that a node refused, or None where nobody waits for it."""
    if name not in ("case.handed_over", "case.answered", "case.withdrawn", "case.withdraw_requested"):
        return None
    about = {key: data[key] for key in ("case_id", "service", "home_region", "region", "handover")}
    if name == "case.withdraw_requested":
        return CaseWithdrawRefused(**about, code="not_here")
    reason = f"节点 {node} 的网关拒收（{code}）/ refused by the gateway of {node}"
    cls = CaseHandoverRefused if name == "case.handed_over" else CaseAnswerRefused
    return cls(**about, code=code, reason=reason)
