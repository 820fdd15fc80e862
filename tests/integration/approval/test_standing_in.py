"""While somebody is away another decides in their place, and everybody can see that it was so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.approval.core.words import Verb
from shared.approval.lists import TaskList
from shared.contracts.registration import AbsenceChanged
from shared.errors import Forbidden
from shared.identity import Principal, Role
from tests.integration.approval.office import BEN, COUNTY, START, Office, official


def absence(
    office: Office,
    delegator: Principal,
    delegate: Principal,
    *,
    active: bool = True,
    business_types: tuple[str, ...] = (),
) -> None:
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
                business_types=business_types,
                active=active,
            ),
        )


def todo(office: Office, who: Principal) -> list[str]:
    with office.database.reading() as session:
        page = office.approvals.tasks(session, which=TaskList.TODO, principal=who, at=START + timedelta(days=1))
    return [item.case_id for item in page.items]


def test_who_stands_in_decides_in_the_place_of_the_absent_and_the_trail_says_so(office: Office) -> None:
    eve = official("Eve", COUNTY, Role.CLERK)
    office.post(eve)
    case = office.open()
    with pytest.raises(Forbidden):
        office.act(case, Verb.APPROVE, eve)
    assert todo(office, eve) == []
    absence(office, BEN, eve)
    assert "approve" in office.view(case, eve).case.allowed_actions
    assert todo(office, eve) == [case.id]
    decided = office.act(case, Verb.APPROVE, eve)
    assert (decided.stages[0].decided_by_name, decided.stages[0].tasks[0].on_behalf_of_name) == ("Eve", "Ben")
    assert todo(office, eve) == []
    with office.database.reading() as session:
        trail = office.approvals.trail(session, case_id=case.id, principal=BEN, at=START)
    assert [(line.who, line.on_behalf_of) for line in trail.entries][-1] == ("Eve", "ben")
    assert trail.intact


def test_a_rule_that_has_ended_allows_nothing_any_more(office: Office) -> None:
    eve = official("Eve", COUNTY, Role.CLERK)
    office.post(eve)
    absence(office, BEN, eve)
    absence(office, BEN, eve, active=False)
    case = office.open()
    assert todo(office, eve) == []
    with pytest.raises(Forbidden):
        office.act(case, Verb.APPROVE, eve)


def test_a_rule_for_one_kind_of_business_lists_and_allows_no_other(office: Office) -> None:
    eve = official("Eve", COUNTY, Role.CLERK)
    office.post(eve)
    absence(office, BEN, eve, business_types=("star_rating",))
    case = office.open()
    assert todo(office, eve) == []
    with pytest.raises(Forbidden):
        office.act(case, Verb.APPROVE, eve)
