"""Registration's cases: which definitions they run on, and what a decision means for the person or organisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.registration.commands import organisations, volunteers
from services.registration.model import Organisation, Volunteer
from shared.approval.outcomes import Outcome, Outcomes
from shared.approval.service import Approvals
from shared.approval.views import CaseView
from shared.storage import UnitOfWork

outcomes = Outcomes()

approvals = Approvals(
    service="registration", definitions=("volunteer_registration", "organisation_registration"), outcomes=outcomes
)
"""The one door to registration's cases."""


@outcomes.content(volunteers.BUSINESS)
def _volunteer_content(uow: UnitOfWork, case: CaseView) -> Mapping[str, Any]:
    return volunteers.content_of(uow.session.get_one(Volunteer, case.business_id))


@outcomes.content(organisations.BUSINESS)
def _organisation_content(uow: UnitOfWork, case: CaseView) -> Mapping[str, Any]:
    return organisations.content_of(uow.session.get_one(Organisation, case.business_id))


@outcomes.on(volunteers.BUSINESS, Outcome.APPROVED)
def _confirm_volunteer(uow: UnitOfWork, case: CaseView) -> None:
    volunteers.confirm_volunteer(uow, case.business_id)


@outcomes.on(volunteers.BUSINESS, Outcome.REJECTED)
@outcomes.on(volunteers.BUSINESS, Outcome.WITHDRAWN)
def _refuse_volunteer(uow: UnitOfWork, case: CaseView) -> None:
    volunteers.refuse_volunteer(uow, case.business_id, reason=case.last.opinion)


@outcomes.on(organisations.BUSINESS, Outcome.APPROVED)
def _approve_organisation(uow: UnitOfWork, case: CaseView) -> None:
    organisations.approve_organisation(uow, case.business_id)


@outcomes.on(organisations.BUSINESS, Outcome.REJECTED)
@outcomes.on(organisations.BUSINESS, Outcome.WITHDRAWN)
def _refuse_organisation(uow: UnitOfWork, case: CaseView) -> None:
    organisations.refuse_organisation(uow, case.business_id, reason=case.last.opinion)
