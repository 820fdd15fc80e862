"""What a service does when one of its cases moves: functions that run in the same transaction as the move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from shared.approval.core.words import CaseState
from shared.approval.views import CaseView
from shared.storage import UnitOfWork

Hook = Callable[[UnitOfWork, CaseView], None]
Content = Callable[[UnitOfWork, CaseView], Mapping[str, Any]]


class Outcome(StrEnum):
    """What became of a case by a move; `resubmitted` is the way back from `returned`."""

    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"
    RESUBMITTED = "resubmitted"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"
    REVOKED = "revoked"


#: A case that stood still, or was asked back in vain, is where it was; only the initiator's correction is a new round.
_STANDS_STILL = (CaseState.SUSPENDED, CaseState.WITHDRAWING)


def outcome_of(before: CaseState, after: CaseState) -> Outcome | None:
    """Answer the outcome of a move, or None for one that leaves the case on its way."""
    goes_on = before in _STANDS_STILL and after is CaseState.RUNNING
    if before == after or after in _STANDS_STILL or goes_on:
        return None
    return Outcome.RESUBMITTED if after is CaseState.RUNNING else Outcome(after.value)


class Outcomes:
    """The hooks of one service, by kind of business. A hook that raises undoes the decision too."""

    def __init__(self) -> None:
        self._hooks: dict[tuple[str, Outcome], list[Hook]] = {}
        self._contents: dict[str, Content] = {}

    def on(self, business_type: str, outcome: Outcome) -> Callable[[Hook], Hook]:
        """Register what to do when a case of this kind comes to this outcome."""

        def register(hook: Hook) -> Hook:
            self._hooks.setdefault((business_type, outcome), []).append(hook)
            return hook

        return register

    def content(self, business_type: str) -> Callable[[Content], Content]:
        """Register how the content of a new round is read from the business record when a case is submitted again.

        The content is what approvers see and compare; it holds no ID numbers and no phones.
        """

        def register(content: Content) -> Content:
            if business_type in self._contents:
                raise TypeError(f"the content of {business_type} is already read by another function")
            self._contents[business_type] = content
            return content

        return register

    def run(self, uow: UnitOfWork, case: CaseView, outcome: Outcome) -> None:
        """Run the hooks of an outcome, in the order in which they were registered."""
        for hook in self._hooks.get((case.business_type, outcome), ()):
            hook(uow, case)

    def content_of(self, uow: UnitOfWork, case: CaseView) -> Mapping[str, Any]:
        """Answer what a case would be about if it were submitted again now.

        :raises LookupError: when the service has not said how to read it.
        """
        if case.business_type not in self._contents:
            raise LookupError(
                f"no function reads the content of {case.business_type}: register it with @outcomes.content"
            )
        return self._contents[case.business_type](uow, case)
