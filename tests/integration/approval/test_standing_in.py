"""While somebody is away another decides in their place, and everybody can see that it was so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.approval.core.words import Verb
from shared.contracts.registration import AbsenceChanged
from shared.errors import Forbidden
from shared.identity import Principal, Role
from tests.integration.approval.office import BEN, COUNTY, START, Office, official


def absence(office: Office, delegator: Principal, delegate: Principal, *, active: bool = True) -> None:
    with office.database.unit_of_work() as uow:
        office.approvals.follow_absence(
            uow,
            AbsenceChanged(
                absence_id=f"{delegator.account_id}-{delegate.account_id}",
                delegator_account_id=delegator.account_id,
                delegator_name=delegator.name,
                delegate_account_id=delegate.account_id,
                delegate_name=delegate.name,
                starts_at=START,
                ends_at=START + timedelta(days=30),
                business_types=(),
                active=active,
            ),
        )


def test_who_stands_in_decides_in_the_place_of_the_absent_and_the_trail_says_so(office: Office) -> None:
    eve = official("Eve", COUNTY, Role.CLERK)
    office.post(eve)
    case = office.open()
    with pytest.raises(Forbidden):
        office.act(case, Verb.APPROVE, eve)
    absence(office, BEN, eve)
    assert "approve" in office.view(case, eve).case.allowed_actions
    decided = office.act(case, Verb.APPROVE, eve)
    assert (decided.stages[0].decided_by_name, decided.stages[0].tasks[0].on_behalf_of_name) == ("Eve", "Ben")
    with office.database.reading() as session:
        trail = office.approvals.trail(session, case_id=case.id, principal=BEN, at=START)
    assert [(line.who, line.on_behalf_of) for line in trail.entries][-1] == ("Eve", "ben")
    assert trail.intact
    # When the rule has ended, so has what it allowed.
    absence(office, BEN, eve, active=False)
    with pytest.raises(Forbidden):
        office.act(office.open(), Verb.APPROVE, eve)
