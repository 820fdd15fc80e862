"""What the guard answers: a permit, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.approval.core.state import LastMove, Person, Task


class RefusalCode(StrEnum):
    """Why a verb is refused."""

    NOT_YOURS = "not_yours"
    NOT_THE_INITIATOR = "not_the_initiator"
    NOT_AN_ADMINISTRATOR = "not_an_administrator"
    OWN_CASE = "own_case"
    BARRED = "barred"
    ONE_STAGE_PER_ROUND = "one_stage_per_round"
    ALREADY_DECIDED = "already_decided"
    TASK_CLAIMED = "task_claimed"
    NOT_YOUR_TURN = "not_your_turn"
    NOT_LEGAL_NOW = "not_legal_now"
    HELD = "held"
    MAX_ROUNDS = "max_rounds"
    MAX_VISITS = "max_visits"
    NOWHERE_TO_RETURN = "nowhere_to_return"
    NOT_REMOVABLE = "not_removable"
    TOO_SOON = "too_soon"
    TOO_LATE = "too_late"
    FIELD_FROZEN = "field_frozen"
    RECIPIENT_UNFIT = "recipient_unfit"
    CANNOT_MIGRATE = "cannot_migrate"
    STALE_REVISION = "stale_revision"
    OPINION_REQUIRED = "opinion_required"
    ELSEWHERE = "elsewhere"
    NOT_ACROSS_NODES = "not_across_nodes"
    SIGNATURE_REQUIRED = "signature_required"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A verb that is not carried out; `winner` is the move it lost to, `pointers` name the fields it is about."""

    code: RefusalCode
    winner: LastMove | None = None
    pointers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Permit:
    """A verb that may be carried out, on this task when it is about one, and in whose place when not in one's own."""

    task: Task | None = None
    on_behalf_of: Person | None = None


class Refused(Exception):
    """A verb was refused; nothing has changed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code.value)
        self.refusal = refusal

    @classmethod
    def because(cls, code: RefusalCode) -> Refused:
        """Answer the refusal for a reason that has no winner."""
        return cls(Refusal(code))
