"""Telling people what happened: one function per event, which names whom it concerns and what tells it from others.

The inbox lets each event through once; the key of a message is a second bar that holds where an event is said again
under another id.
"""

from __future__ import annotations

import uuid

from services.notifications import rules
from services.notifications.commands.messages import tell, tell_administrators, tell_holders, tell_volunteer
from services.notifications.model import KnownVolunteer
from shared.contracts.awards import AwardGranted, NominationDecided, NominationOpened, StarGranted, StarWithdrawn
from shared.contracts.records import HoursCredited, RecordVoided, VolunteerTransferred
from shared.contracts.registration import (
    AbsenceChanged,
    OrganisationApproved,
    RegistrationRefused,
    VolunteerReceived,
    VolunteerRegistered,
)
from shared.contracts.reporting import ReportApproved, ReportRejected, ReportReturned
from shared.identity import Role
from shared.regions import Regions
from shared.storage import UnitOfWork


def welcome_volunteer(uow: UnitOfWork, event: VolunteerRegistered) -> None:
    """Welcome a new volunteer with their number; nodes above only hear of them."""
    if not uow.hosts(event.region):
        return
    text = rules.volunteer_registered(event)
    tell(uow, [event.account_id], text, dedupe=f"volunteer:{event.volunteer_number}")


def tell_head(uow: UnitOfWork, event: OrganisationApproved) -> None:
    """Tell the head that the organisation was approved; nodes above only hear of it."""
    if not uow.hosts(event.region):
        return
    text = rules.organisation_approved(event)
    tell(uow, [event.head_account_id], text, dedupe=f"organisation:{event.organisation_id}")


def tell_applicant(uow: UnitOfWork, event: RegistrationRefused) -> None:
    """Tell the applicant why; `subject_id` is of this one application."""
    text = rules.registration_refused(event)
    tell(uow, [event.account_id], text, dedupe=f"registration.refused:{event.subject_id}")


def tell_absence(uow: UnitOfWork, event: AbsenceChanged) -> None:
    """Tell both persons of an absence rule that it was set, or ended before its time; each of the two once."""
    key = f"absence.{'set' if event.active else 'ended'}:{event.absence_id}"
    tell(uow, [event.delegator_account_id], rules.absence_for_delegator(event), dedupe=key)
    tell(uow, [event.delegate_account_id], rules.absence_for_delegate(event), dedupe=key)


def tell_hours(uow: UnitOfWork, event: HoursCredited) -> None:
    """Tell the volunteer of credited hours."""
    text = rules.hours_credited(event)
    tell_volunteer(uow, event.volunteer_number, text, dedupe=f"hours:{event.entry_id}")


def tell_voided(uow: UnitOfWork, event: RecordVoided) -> None:
    """Tell the volunteer of a record that does not count."""
    text = rules.record_voided(event)
    tell_volunteer(uow, event.volunteer_number, text, dedupe=f"record.voided:{event.record_id}")


def tell_place_left(uow: UnitOfWork, event: VolunteerTransferred) -> None:
    """Tell the clerks of the place that a volunteer has left; the volunteer is told of the end of their case."""
    if not uow.hosts(event.from_region):
        return
    to_name = Regions.load().name_of(event.to_region, on=event.transferred_on)
    text, key = rules.volunteer_transferred(event, to_name=to_name), f"transferred:{event.transfer_id}"
    tell_holders(uow, role=Role.CLERK.value, region=event.from_region, text=text, dedupe=key)


def tell_who_moved(uow: UnitOfWork, event: VolunteerReceived) -> None:
    """Tell a volunteer who has moved to another node, at the account that they had here, what to do next."""
    volunteer = uow.session.get(KnownVolunteer, event.volunteer_number)
    if volunteer is None or not uow.hosts(event.from_region) or uow.hosts(event.to_region):
        return
    to_name = Regions.load().name_of(event.to_region, on=event.received_on)
    text, key = rules.volunteer_received(to_name=to_name), f"received:{event.transfer_id}"
    tell(uow, [volunteer.account_id], text, dedupe=key)


def tell_candidate(uow: UnitOfWork, event: NominationOpened) -> None:
    """Tell the volunteer that they are a candidate."""
    text = rules.nomination_opened(event)
    tell_volunteer(uow, event.volunteer_number, text, dedupe=f"nomination.opened:{event.nomination_id}")


def tell_decided_candidate(uow: UnitOfWork, event: NominationDecided) -> None:
    """Tell the volunteer of a nomination that came to nothing; a granted one is told by its star or award."""
    if event.granted:
        return
    text = rules.nomination_refused(event)
    tell_volunteer(uow, event.volunteer_number, text, dedupe=f"nomination.decided:{event.nomination_id}")


def tell_star(uow: UnitOfWork, event: StarGranted) -> None:
    """Tell the volunteer of a new star level."""
    decided_by = Regions.load().get(event.decided_by_region, on=event.granted_on).full_name
    text = rules.star_granted(event, decided_by=decided_by)
    tell_volunteer(uow, event.volunteer_number, text, dedupe=f"star:{event.nomination_id}")


def tell_star_withdrawn(uow: UnitOfWork, event: StarWithdrawn) -> None:
    """Tell the volunteer that stars were taken away, and why."""
    decided_by = Regions.load().get(event.decided_by_region, on=event.withdrawn_on).full_name
    text = rules.star_withdrawn(event, decided_by=decided_by)
    tell_volunteer(uow, event.volunteer_number, text, dedupe=f"star.withdrawn:{event.review_id}")


def tell_award(uow: UnitOfWork, event: AwardGranted) -> None:
    """Tell the volunteer of a commendation."""
    granted_by = Regions.load().get(event.granting_region, on=event.granted_on).full_name
    text = rules.award_granted(event, granted_by=granted_by)
    tell_volunteer(uow, event.volunteer_number, text, dedupe=f"award:{event.award_id}")


def tell_returned(uow: UnitOfWork, event: ReportReturned) -> None:
    """Tell the organisation what to correct.

    A report may come back several times with the same words, so nothing in the event is a key of its own.
    """
    text = rules.report_returned(event)
    key = f"report.returned:{event.report_id}:{uuid.uuid4().hex}"
    tell_administrators(uow, event.organisation_id, text, dedupe=key)


def tell_approved(uow: UnitOfWork, event: ReportApproved) -> None:
    """Tell the organisation that its report is through."""
    text = rules.report_approved(event)
    tell_administrators(uow, event.organisation_id, text, dedupe=f"report.approved:{event.report_id}")


def tell_rejected(uow: UnitOfWork, event: ReportRejected) -> None:
    """Tell the organisation that its report was rejected."""
    text = rules.report_rejected(event)
    tell_administrators(uow, event.organisation_id, text, dedupe=f"report.rejected:{event.report_id}")
