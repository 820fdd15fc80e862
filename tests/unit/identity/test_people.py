"""What someone holds and which regions they see."""

from __future__ import annotations

from datetime import date

import pytest

from shared.identity import Post, Principal, Role, scope_of
from shared.regions import Regions

REGIONS = Regions.load()
TODAY = date(2026, 9, 20)


def official(role: Role, region: str) -> Principal:
    return Principal(account_id="x", name="x", posts=(Post(role=role, region=region),))


@pytest.mark.parametrize(
    ("region", "seen", "unseen"),
    [
        ("130123", {"130123"}, {"130124", "130100"}),
        ("130100", {"130100", "130123"}, {"130181", "130600", "130171"}),
        ("130600", {"130600", "130602"}, {"130682"}),
        ("130682", {"130682"}, {"130600"}),
        ("130000", {"130000", "130123", "130682", "130181"}, {"130171"}),
    ],
)
@pytest.mark.parametrize("role", [Role.CLERK, Role.APPROVER])
def test_an_office_sees_its_region_and_all_that_reports_to_it(
    role: Role, region: str, seen: set[str], unseen: set[str]
) -> None:
    scope = scope_of(official(role, region), REGIONS, on=TODAY)
    assert seen <= scope
    assert not unseen & scope


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.CLERK, Role.APPROVER)])
def test_nobody_else_sees_a_region(role: Role) -> None:
    assert scope_of(official(role, "130000"), REGIONS, on=TODAY) == frozenset()


@pytest.mark.parametrize("gone", ["130124", "130223", "130171", "999999"])
def test_a_post_in_a_region_that_is_gone_shows_nothing(gone: str) -> None:
    assert scope_of(official(Role.CLERK, gone), REGIONS, on=TODAY) == frozenset()


def test_a_post_is_held_in_exactly_its_region() -> None:
    clerk = official(Role.CLERK, "130100")
    assert clerk.holds(Role.CLERK, "130100")
    assert not clerk.holds(Role.CLERK, "130123")
    assert not clerk.holds(Role.APPROVER, "130100")
    assert clerk.has_role(Role.APPROVER, Role.CLERK)
    assert clerk.regions_of([Role.CLERK]) == {"130100"}


def test_the_organisations_of_somebody_are_those_of_their_posts() -> None:
    both = Principal(
        account_id="x",
        name="x",
        posts=(
            Post(role=Role.ORGANISATION_ADMIN, region="130123", organisation_id="o1"),
            Post(role=Role.VOLUNTEER, region="130123"),
        ),
    )
    assert both.organisations == {"o1"}
