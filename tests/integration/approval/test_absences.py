"""Every service with cases knows who stands in for whom: once, from the first word to the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from shared.approval import absences
from shared.approval.core.state import Person
from shared.contracts.registration import AbsenceChanged
from tests.integration.databases import Databases
from tests.integration.serving import NOW, Served, serving

DAY = timedelta(days=1)
REPORT, STAR = "activity_report", "star_rating"


@pytest.fixture(params=["registration", "reporting", "awards"])
def served(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Served]:
    with serving(databases, request.param) as made:
        yield made


def absence(delegator: str, delegate: str, *business_types: str, starts: datetime = NOW - DAY) -> AbsenceChanged:
    return AbsenceChanged(
        absence_id=f"{delegator}-{delegate}",
        delegator_account_id=delegator,
        delegator_name=delegator.upper(),
        delegate_account_id=delegate,
        delegate_name=delegate.upper(),
        starts_at=starts,
        ends_at=starts + 3 * DAY,
        business_types=business_types,
        active=True,
    )


def standing_in(served: Served, account_id: str, *, business_type: str = REPORT, at: datetime = NOW) -> list[str]:
    with served.database.reading() as session:
        found = absences.standing_in(session, account_id, business_type=business_type, at=at)
    assert all(person == Person(person.account_id, person.account_id.upper()) for person in found)
    return [person.account_id for person in found]


def deputies_of(served: Served, account_id: str, *, business_type: str = REPORT, at: datetime = NOW) -> list[str]:
    with served.database.reading() as session:
        found = absences.deputies_of(session, account_id, business_type=business_type, at=at)
    assert all(person == Person(person.account_id, person.account_id.upper()) for person in found)
    return [person.account_id for person in found]


def test_a_rule_that_was_told_twice_is_one_rule_and_ends_once(served: Served) -> None:
    told = absence("ann", "ben")
    assert served.listener.hear_twice(told, lambda: standing_in(served, "ben")) == ["ann"]
    assert served.listener.hear_twice(replace(told, active=False), lambda: standing_in(served, "ben")) == []
    served.listener.hear(told)
    assert standing_in(served, "ben") == [], "a rule that has ended never begins again"
    assert len(served.contents()["approval_absence"]) == 1


def test_a_later_word_on_a_rule_replaces_the_earlier_one(served: Served) -> None:
    served.listener.hear(absence("ann", "ben"))
    served.listener.hear(replace(absence("ann", "ben"), delegate_account_id="bao", delegate_name="BAO"))
    assert (standing_in(served, "ben"), standing_in(served, "bao")) == ([], ["ann"])


def test_whoever_stands_in_for_a_deputy_stands_in_for_both(served: Served) -> None:
    for told in (absence("ann", "ben", REPORT), absence("ben", "cai"), absence("dai", "cai", STAR)):
        served.listener.hear(told)
    assert standing_in(served, "cai") == ["ben", "ann"]
    assert standing_in(served, "cai", business_type=STAR) == ["ben", "dai"]
    assert deputies_of(served, "ann") == ["ben", "cai"]
    assert deputies_of(served, "ann", business_type=STAR) == []
    assert deputies_of(served, "cai") == standing_in(served, "ann") == []


def test_rules_that_never_should_have_been_end_in_five_steps(served: Served) -> None:
    """Another node's word is not believed to keep the rules that registration keeps."""
    people = "abcdefgh"
    for one, other in zip(people, people[1:] + people[0], strict=True):
        served.listener.hear(absence(one, other))
    assert standing_in(served, "h") == list("gfedc")
    assert deputies_of(served, "a") == list("bcdef")


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (NOW - timedelta(seconds=1), []),
        (NOW, ["ann"]),
        (NOW + 3 * DAY - timedelta(seconds=1), ["ann"]),
        (NOW + 3 * DAY, []),
    ],
)
def test_a_rule_holds_from_its_start_until_just_before_its_end(served: Served, at: datetime, found: list[str]) -> None:
    served.listener.hear(absence("ann", "ben", starts=NOW))
    assert standing_in(served, "ben", at=at) == found


@pytest.mark.parametrize(
    "wrong", [{"delegate_account_id": "ann"}, {"ends_at": NOW - DAY}], ids=["for oneself", "no time"]
)
def test_a_rule_that_cannot_be_is_held_and_kept_by_nobody(served: Served, wrong: dict[str, object]) -> None:
    nonsense = replace(absence("ann", "ben"), **wrong)  # type: ignore[arg-type]  # from the table above
    served.listener.receive(served.listener.encode(nonsense))
    assert IntegrityError.__name__ in served.listener.held()[0]
    assert served.contents()["approval_absence"] == []
