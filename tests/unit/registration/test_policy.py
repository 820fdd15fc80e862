"""Nobody gives a post to themselves, and nobody alone."""

from __future__ import annotations

from datetime import date

import pytest

from services.registration.policy import RESERVED_USERNAMES, check_confirmation, check_proposal, check_region
from shared.errors import Forbidden, Invalid
from shared.identity import Principal, Role
from shared.regions import Regions

TODAY = date(2026, 9, 20)
BY_REGISTRATION = (Role.VOLUNTEER, Role.ORGANISATION_ADMIN)


def someone(account: str) -> Principal:
    return Principal(account_id=account, name=account)


@pytest.mark.parametrize("role", BY_REGISTRATION)
def test_posts_of_volunteers_and_organisations_come_with_an_approval(role: Role) -> None:
    with pytest.raises(Invalid) as caught:
        check_proposal(proposer=someone("sys"), account_id="other", role=role)
    assert (caught.value.code, caught.value.pointer) == ("role_not_given_by_hand", "/role")


@pytest.mark.parametrize("role", [role for role in Role if role not in BY_REGISTRATION])
def test_posts_of_offices_and_administrators_are_given_by_hand(role: Role) -> None:
    check_proposal(proposer=someone("sys"), account_id="other", role=role)


def test_nobody_proposes_themselves() -> None:
    with pytest.raises(Forbidden, match="not_to_yourself"):
        check_proposal(proposer=someone("sys"), account_id="sys", role=Role.CLERK)


def test_a_second_person_confirms() -> None:
    check_confirmation(confirmer=someone("security"), proposed_by="proposer", account_id="holder")


@pytest.mark.parametrize("confirmer", ["proposer", "holder"])
def test_neither_the_proposer_nor_the_holder_confirms(confirmer: str) -> None:
    with pytest.raises(Forbidden, match="second_person_needed"):
        check_confirmation(confirmer=someone(confirmer), proposed_by="proposer", account_id="holder")


@pytest.mark.parametrize("code", ["130123", "130682", "130100", "130000"])
def test_a_region_of_every_tier_is_taken(code: str) -> None:
    check_region(code, Regions.load(), on=TODAY)


@pytest.mark.parametrize(
    ("code", "refused"),
    [("999999", "unknown_region"), ("130223", "unknown_region"), ("130171", "region_not_reporting")],
)
def test_a_region_exists_today_and_reports(code: str, refused: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_region(code, Regions.load(), on=TODAY)
    assert (caught.value.code, caught.value.pointer) == (refused, "/region")


def test_the_names_of_the_first_administrators_are_kept_for_them() -> None:
    assert {"system-admin", "security-admin", "audit-admin"} == RESERVED_USERNAMES
