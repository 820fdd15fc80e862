"""What notifications does when others speak: it keeps copies of who is who, and tells the people concerned."""

from __future__ import annotations

from services.notifications.commands import cases, copies, deputies, telling
from shared.contracts.awards import AwardGranted, NominationDecided, NominationOpened, StarGranted, StarWithdrawn
from shared.contracts.cases import (
    CalendarMissing,
    CaseClosed,
    CaseDecided,
    CaseHeld,
    CaseReturned,
    TaskAssigned,
    TaskOverdue,
    TaskReminded,
)
from shared.contracts.records import HoursCredited, RecordVoided, VolunteerTransferred
from shared.contracts.registration import (
    AbsenceChanged,
    OrganisationApproved,
    PostChanged,
    RegistrationRefused,
    VolunteerIntroduced,
    VolunteerReceived,
    VolunteerRegistered,
    VolunteerUpdated,
)
from shared.contracts.reporting import ReportApproved, ReportRejected, ReportReturned
from shared.messaging import Reactions

reactions = Reactions("notifications")

reactions.on(PostChanged)(copies.know_post)
reactions.on(AbsenceChanged)(deputies.know_absence)
reactions.on(AbsenceChanged)(telling.tell_absence)
reactions.on(VolunteerRegistered)(copies.know_volunteer)
reactions.on(VolunteerRegistered)(telling.welcome_volunteer)
reactions.on(VolunteerUpdated)(copies.know_volunteer)
reactions.on(VolunteerIntroduced)(copies.know_volunteer)
reactions.on(OrganisationApproved)(copies.know_organisation)
reactions.on(OrganisationApproved)(telling.tell_head)
reactions.on(RegistrationRefused)(telling.tell_applicant)
reactions.on(HoursCredited)(telling.tell_hours)
reactions.on(RecordVoided)(telling.tell_voided)
reactions.on(VolunteerTransferred)(telling.tell_place_left)
reactions.on(VolunteerReceived)(telling.tell_who_moved)
reactions.on(NominationOpened)(telling.tell_candidate)
reactions.on(NominationDecided)(telling.tell_decided_candidate)
reactions.on(StarGranted)(telling.tell_star)
reactions.on(StarWithdrawn)(telling.tell_star_withdrawn)
reactions.on(AwardGranted)(telling.tell_award)
reactions.on(ReportReturned)(telling.tell_returned)
reactions.on(ReportApproved)(telling.tell_approved)
reactions.on(ReportRejected)(telling.tell_rejected)
reactions.on(TaskAssigned)(cases.tell_asked)
reactions.on(TaskReminded)(cases.tell_reminded)
reactions.on(TaskOverdue)(cases.tell_overdue)
reactions.on(CaseDecided)(cases.tell_progress)
reactions.on(CaseReturned)(cases.tell_returned)
reactions.on(CaseHeld)(cases.tell_held)
reactions.on(CaseClosed)(cases.tell_closed)
reactions.on(CalendarMissing)(cases.tell_missing_calendar)
