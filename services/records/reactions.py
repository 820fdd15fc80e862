"""What records does when others speak."""

from __future__ import annotations

from services.records.commands import copies, ledger, records
from shared.contracts.records import RecordConfirmed
from shared.contracts.registration import OrganisationApproved, VolunteerRegistered
from shared.contracts.reporting import ReportApproved, ReportRejected, ReportSubmitted
from shared.messaging import Reactions

reactions = Reactions("records")

reactions.on(VolunteerRegistered)(copies.know_volunteer)
reactions.on(OrganisationApproved)(copies.know_organisation)
reactions.on(ReportSubmitted)(records.note_report)
reactions.on(ReportApproved)(records.confirm_records)
reactions.on(ReportRejected)(records.void_records)
# Records hears itself here: the activity's node confirms a record, the volunteer's home node credits it.
reactions.on(RecordConfirmed)(ledger.credit_hours)
