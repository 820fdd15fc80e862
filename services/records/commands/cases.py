"""What the cases of records bring: a decided transfer moves a volunteer or ends, in the decision's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.records.commands import transfers
from services.records.rules import TransferState
from shared.approval.outcomes import Outcome
from shared.approval.service import Approvals
from shared.approval.views import CaseView
from shared.storage import UnitOfWork

approvals = Approvals(service="records", definitions=(transfers.DEFINITION,))
"""The one door to the cases of records."""

outcomes = approvals.outcomes


@outcomes.content(transfers.BUSINESS)
def transfer_content(uow: UnitOfWork, case: CaseView) -> Mapping[str, Any]:
    """Read what a new round decides on: the reason as it was corrected, the hours as they are now."""
    return transfers.content_of(uow, case.business_id)


@outcomes.on(transfers.BUSINESS, Outcome.APPROVED)
def transfer_approved(uow: UnitOfWork, case: CaseView) -> None:
    """Take the volunteer over."""
    transfers.take_over(uow, case.business_id)


@outcomes.on(transfers.BUSINESS, Outcome.RETURNED)
def transfer_returned(uow: UnitOfWork, case: CaseView) -> None:
    """Give the transfer back to the volunteer, with what is to be corrected."""
    transfers.put_transfer(uow, case.business_id, TransferState.RETURNED, answer=case.last.opinion)


@outcomes.on(transfers.BUSINESS, Outcome.RESUBMITTED)
def transfer_resubmitted(uow: UnitOfWork, case: CaseView) -> None:
    """Take the corrected transfer back into approval."""
    transfers.put_transfer(uow, case.business_id, TransferState.OPEN)


@outcomes.on(transfers.BUSINESS, Outcome.REJECTED)
def transfer_rejected(uow: UnitOfWork, case: CaseView) -> None:
    """Leave the volunteer where they are; they may ask again."""
    transfers.put_transfer(uow, case.business_id, TransferState.REJECTED, answer=case.last.opinion)


@outcomes.on(transfers.BUSINESS, Outcome.WITHDRAWN)
def transfer_withdrawn(uow: UnitOfWork, case: CaseView) -> None:
    """End a transfer whose volunteer does not consent to it any more."""
    transfers.put_transfer(uow, case.business_id, TransferState.WITHDRAWN, answer=case.last.opinion)


@outcomes.on(transfers.BUSINESS, Outcome.TERMINATED)
def transfer_terminated(uow: UnitOfWork, case: CaseView) -> None:
    """End a transfer whose case an administrator has ended."""
    transfers.put_transfer(uow, case.business_id, TransferState.ENDED, answer=case.last.opinion)
