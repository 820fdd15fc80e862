"""Decisions: a case goes from office to office, a few working days in each, as far as its course says."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from services.launcher.demo.ground import Ground
from services.launcher.demo.offices import Offices
from shared.approval.core.state import Remark
from shared.approval.core.words import CaseState, Verb
from shared.approval.reading import find_case
from shared.approval.service import Approvals
from shared.approval.views import CaseView
from shared.regions import Level

_OPINIONS = {
    "county": ("情况属实，同意上报", "已与签到表核对，同意", "现场抽查过，属实，同意上报"),
    "city": ("同意县级意见", "材料齐全，同意上报", "同意"),
    "province": ("同意，予以确认", "审核通过", "同意"),
}
_REJECTION = "无签到表和现场照片，参加人员无法核实，不予认定"
_RETURN = "请按意见核对后重新提交"
_REMARKS = (
    Remark("/summary", "请写明发放材料数量和参与群众人数"),
    Remark("/lines/0/hours", "与签到表不一致，请核对首条记录的时长"),
)


@dataclass(frozen=True, kw_only=True)
class Course:
    """How far a case goes: it waits before one tier, or the first office says no or gives it back; else all approve."""

    waits_at: Level | None = None
    first: Verb = Verb.APPROVE
    #: Whether what was given back is corrected and submitted again.
    is_corrected: bool = True
    #: Working days that each office takes, at most.
    pace: int = 4


APPROVED = Course()


def command_id() -> str:
    """Answer an id for a command that is given once."""
    return uuid.uuid4().hex


class Rulings:
    """What the officials decide."""

    def __init__(self, ground: Ground, offices: Offices) -> None:
        self._ground = ground
        self._offices = offices
        self._rng = ground.rng("rulings")

    def follow(
        self,
        service: str,
        approvals: Approvals,
        *,
        case_id: str,
        course: Course,
        then: Callable[[CaseView], None] | None = None,
    ) -> None:
        """Put down the next decision of a case, by the office where it lies, and so on to the end of its course.

        `then` is told when a decision ends the round.
        """
        with self._ground.node.databases[service].reading() as session:
            region = find_case(session, case_id).token_region
        level = self._ground.region(region).level
        if level is course.waits_at:
            return

        def decide() -> None:
            verb = course.first
            with self._ground.work(service) as uow:
                view = approvals.act(
                    uow,
                    case_id=case_id,
                    verb=verb,
                    actor=self._offices.approver(region),
                    command_id=command_id(),
                    opinion=self._opinion(verb, level),
                    remarks=_REMARKS if verb is Verb.RETURN else (),
                )
            if view.state == CaseState.RUNNING:
                self.follow(service, approvals, case_id=case_id, course=course, then=then)
            elif then is not None:
                then(view)

        self._ground.agenda.soon(decide, pace=course.pace)

    def _opinion(self, verb: Verb, level: Level) -> str:
        if verb is Verb.REJECT:
            return _REJECTION
        if verb is Verb.RETURN:
            return _RETURN
        return self._rng.choice(_OPINIONS[level.value])
