"""What records does when others speak."""

from __future__ import annotations

from services.records.commands import copies, guests, ledger, moves, records, transfers
from services.records.commands.cases import approvals
from shared.contracts.records import (
    HoursCredited,
    HoursVoided,
    LedgerHandedOver,
    LedgerTakenOver,
    RecordConfirmed,
    RecordCredited,
    RecordPassedOn,
    RecordVoided,
)
from shared.contracts.registration import (
    AbsenceChanged,
    OrganisationApproved,
    PostChanged,
    VolunteerIntroduced,
    VolunteerRegistered,
    VolunteerUpdated,
)
from shared.contracts.reporting import ReportApproved, ReportRejected, ReportRevoked, ReportSubmitted
from shared.messaging import Reactions
from shared.storage import UnitOfWork

reactions = Reactions("records")

reactions.on(VolunteerRegistered)(copies.know_volunteer)
reactions.on(VolunteerUpdated)(copies.know_volunteer)
reactions.on(VolunteerUpdated)(transfers.arrive)
reactions.on(VolunteerIntroduced)(copies.know_volunteer)
reactions.on(OrganisationApproved)(copies.know_organisation)
reactions.on(ReportSubmitted)(records.note_report)
reactions.on(ReportApproved)(records.confirm_records)
reactions.on(ReportRejected)(records.void_records)
reactions.on(ReportRevoked)(records.revoke_records)
# Records hears itself here: the activity's node confirms or voids a record, the volunteer's home node keeps its hours.
reactions.on(RecordConfirmed)(ledger.credit_hours)
reactions.on(RecordVoided)(ledger.take_back_hours)
reactions.on(RecordCredited)(guests.note_credit)
# What a node below has credited is copied, so that officials here see the hours of their whole region.
reactions.on(HoursCredited)(ledger.copy_line)
reactions.on(HoursVoided)(ledger.copy_line)
reactions.on(LedgerTakenOver)(ledger.copy_taken_over)
# Between the old and the new home of who moves to another node.
reactions.on(RecordPassedOn)(ledger.take_passed_on)
# Who holds which post, and who stands in for whom, decides who may decide: the engine keeps its directory by this.
reactions.on(PostChanged)(approvals.follow_post)
reactions.on(AbsenceChanged)(approvals.follow_absence)
# A case may lie on several nodes, a stage on each.
approvals.hear_other_nodes(reactions)


@reactions.on(LedgerHandedOver)
def take_ledger(uow: UnitOfWork, event: LedgerHandedOver) -> None:
    """Take the ledger of a volunteer whom a stage of here has accepted."""
    moves.take_ledger(uow, event, business=transfers.BUSINESS, approvals=approvals)
