"""Reporting's cases: which definitions they run on, and what a decision means for the report."""

from __future__ import annotations

from services.reporting.commands import submission
from services.reporting.commands.submission import BUSINESS
from shared.approval.outcomes import Outcome, Outcomes
from shared.approval.service import Approvals

outcomes = Outcomes()

outcomes.content(BUSINESS)(submission.content_of_case)
outcomes.on(BUSINESS, Outcome.RETURNED)(submission.return_report)
outcomes.on(BUSINESS, Outcome.RESUBMITTED)(submission.send_again)
outcomes.on(BUSINESS, Outcome.WITHDRAWN)(submission.take_report_back)
outcomes.on(BUSINESS, Outcome.APPROVED)(submission.approve_report)
outcomes.on(BUSINESS, Outcome.REJECTED)(submission.reject_report)
outcomes.on(BUSINESS, Outcome.REVOKED)(submission.revoke_report)

approvals = Approvals(
    service="reporting",
    definitions=("revocation", "activity_report", "quarterly_report", "annual_plan"),
    outcomes=outcomes,
)
"""The one door to reporting's cases."""
