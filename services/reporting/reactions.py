"""What reporting does when others speak."""

from __future__ import annotations

from services.reporting.commands import drafts
from services.reporting.commands.cases import approvals
from shared.contracts.records import ActivityHeld
from shared.contracts.registration import AbsenceChanged, OrganisationApproved, PostChanged
from shared.messaging import Reactions

reactions = Reactions("reporting")

reactions.on(OrganisationApproved)(drafts.know_organisation)
reactions.on(ActivityHeld)(drafts.draft_report)


# Who holds which post, and who stands in for whom, decides who may decide: the engine keeps its directory by this.
reactions.on(PostChanged)(approvals.follow_post)
reactions.on(AbsenceChanged)(approvals.follow_absence)
# A case may lie on several nodes, a stage on each.
approvals.hear_other_nodes(reactions)
