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


class Token(StrEnum):
    """Where the right to move a case is, as this node sees it. Exactly one node has it at a time."""

    HERE = "here"  # this is the case's home, and it moves it
    AWAY = "away"  # this is its home, and the node of a stage moves it until it answers
    GUEST = "guest"  # another node's case, which is ours to move until we answer
    GIVEN_BACK = "given_back"  # another node's case, of which we only show how it goes on
    REFUSED = "refused"  # another node's case, and its home does not take our answer


#: At these a case is another node's: what becomes of its record is for its home.
ABROAD = frozenset({Token.GUEST, Token.GIVEN_BACK, Token.REFUSED})


CLOSED = frozenset(
    {CaseState.WITHDRAWN, CaseState.APPROVED, CaseState.REJECTED, CaseState.TERMINATED, CaseState.REVOKED}
)
#: At these a case has open tasks, and nobody may do them.
STOPPED = frozenset({CaseState.SUSPENDED, CaseState.WITHDRAWING})


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
UNFINISHED = ACTIONABLE | {TaskState.WAITING, TaskState.DELEGATED}


class TaskKind(StrEnum):
    """Why a task was given."""

    APPROVE = "approve"
    DELEGATE = "delegate"
    SIGN_BEFORE = "sign_before"
    SIGN_AFTER = "sign_after"
    SIGN_PARALLEL = "sign_parallel"
    CONSULT = "consult"
    CC = "cc"


#: The added signers (加签); each has a full voice, so one reject is the answer of the whole position.
SIGNERS = frozenset({TaskKind.SIGN_BEFORE, TaskKind.SIGN_AFTER, TaskKind.SIGN_PARALLEL})
#: The kinds of task that decide something.
VOICES = SIGNERS | {TaskKind.APPROVE}


class Placing(StrEnum):
    """When an added signer speaks: before the one who adds them, after, or at the same time."""

    BEFORE = "before"
    AFTER = "after"
    PARALLEL = "parallel"


class TimerKind(StrEnum):
    """What happens to an undecided stage at a moment."""

    REMIND = "remind"
    OVERDUE = "overdue"


class Duplicates(StrEnum):
    """Whether one person may speak at several nodes of one region; across regions nobody ever does."""

    FORBID = "forbid"  # four eyes at every node
    NONE = "none"  # every node asks again
    ONCE = "once"  # who has approved one node of the region has approved its later ones
    CONSECUTIVE = "consecutive"  # the same, from one node to the next only


class ForkKind(StrEnum):
    """Which branches of a fork are taken."""

    EXCLUSIVE = "exclusive"  # the first whose condition holds
    INCLUSIVE = "inclusive"  # every one whose condition holds
    PARALLEL = "parallel"  # all


class After(StrEnum):
    """Where the flow goes on once what was returned has been corrected."""

    RESTART = "restart"  # from the node it was returned to
    JUMP_BACK = "jump_back"  # at the node that returned it


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
    AMEND = "amend"
