"""The vocabulary of the engine: every state, kind, mode, tier and verb that a table, an event or a page can name.

Which verb is legal in which state is said in one place: `shared.approval.core.guard`.
"""

from __future__ import annotations

from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands as a whole."""

    DRAFT = "draft"
    RUNNING = "running"
    RETURNED = "returned"  # waits for the initiator
    SUSPENDED = "suspended"
    WITHDRAWING = "withdrawing"  # asked of the node that holds the case, not yet answered
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    REJECTED = "rejected"
    TERMINATED = "terminated"
    REVOKED = "revoked"


CLOSED = frozenset(
    {CaseState.WITHDRAWN, CaseState.APPROVED, CaseState.REJECTED, CaseState.TERMINATED, CaseState.REVOKED}
)


class StageState(StrEnum):
    """Where one stage of a round stands."""

    WAITING = "waiting"
    OPEN = "open"
    HELD = "held"  # nobody may decide it: it waits and alarms, it never passes by itself
    PASSED = "passed"
    REJECTED = "rejected"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class TaskState(StrEnum):
    """Where one person's or one post's task stands."""

    WAITING = "waiting"  # a signer comes before it
    OPEN = "open"
    CLAIMED = "claimed"
    DELEGATED = "delegated"
    PASSED = "passed"
    REJECTED = "rejected"
    RETURNED = "returned"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"
    READ = "read"


DECIDED = frozenset({TaskState.PASSED, TaskState.REJECTED, TaskState.RETURNED})
ACTIONABLE = frozenset({TaskState.OPEN, TaskState.CLAIMED})


class TaskKind(StrEnum):
    """Why a task was given."""

    APPROVE = "approve"
    DELEGATE = "delegate"
    SIGN_BEFORE = "sign_before"
    SIGN_AFTER = "sign_after"
    SIGN_PARALLEL = "sign_parallel"
    CONSULT = "consult"
    CC = "cc"


class Mode(StrEnum):
    """How the deciders of one stage make one decision."""

    SEQUENTIAL = "sequential"  # 依次
    ANY = "any"  # 或签
    ALL = "all"  # 会签
    VOTE = "vote"  # 票签


class Tier(StrEnum):
    """The level a node asks for; `home` is the submitting region, whatever its level."""

    HOME = "home"
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"


class Verb(StrEnum):
    """What a person can do to a case."""

    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    TAKE_BACK = "take_back"
    REQUEST_REVOCATION = "request_revocation"
    TERMINATE = "terminate"
    CLAIM = "claim"
    UNCLAIM = "unclaim"
    TRANSFER = "transfer"
    DELEGATE = "delegate"
    RESOLVE = "resolve"
    ADD_SIGN = "add_sign"
    REMOVE_SIGN = "remove_sign"
    CC = "cc"
    MARK_READ = "mark_read"
    REMIND = "remind"
    COMMENT = "comment"
    CONSULT = "consult"
    ANSWER = "answer"
    SUSPEND = "suspend"
    RESUME = "resume"
    MIGRATE = "migrate"
    HAND_OVER_ALL = "hand_over_all"
