"""Who may do what in registration, as plain rules over plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from shared.errors import Forbidden, Invalid, pointing_at
from shared.identity import Principal, Role
from shared.identity.people import ADMINISTRATORS, OFFICIALS
from shared.regions import Regions

RESERVED_USERNAMES = frozenset(role.value.replace("_", "-") for role in ADMINISTRATORS)
"""The user names of the first administrators, kept free until `anyuan bootstrap` takes them."""

PROPOSABLE = ADMINISTRATORS | OFFICIALS
"""The roles an administrator gives; the others come with an approved registration."""


def check_region(code: str, regions: Regions, *, on: date) -> None:
    """Refuse a region that is not there on this day, or that stands in no reporting line.

    :raises Invalid: `unknown_region`, `region_not_reporting`.
    """
    with pointing_at("/region"):
        regions.chain(code, on=on)


def check_proposal(*, proposer: Principal, account_id: str, role: Role) -> None:
    """Refuse a post that nobody may give this way, or that the proposer would give to themselves.

    :raises Invalid: `role_not_given_by_hand`.
    :raises Forbidden: `not_to_yourself`.
    """
    if role not in PROPOSABLE:
        raise Invalid(
            "role_not_given_by_hand",
            zh="该角色随登记审批产生，不能直接任命",
            en="This role comes with an approved registration",
            pointer="/role",
        )
    if proposer.account_id == account_id:
        raise Forbidden("not_to_yourself", zh="不能给自己任职", en="Nobody gives a post to themselves")


def check_confirmation(*, confirmer: Principal, proposed_by: str, account_id: str) -> None:
    """Refuse a confirmation by the proposer or by the person concerned (GB/T 22239-2019: separated powers).

    :raises Forbidden: `second_person_needed`.
    """
    if confirmer.account_id in (proposed_by, account_id):
        raise Forbidden(
            "second_person_needed", zh="须由另一位管理员确认", en="Another administrator has to confirm this"
        )


Offices = Mapping[str, frozenset[str]]
"""By account, the regions in whose office somebody holds a post."""


def may_stand_in(delegate_id: str, *, delegator_id: str, offices: Offices) -> bool:
    """Tell whether somebody may stand in for another: both hold a post in the office of one region."""
    return delegate_id != delegator_id and not offices.get(delegator_id, frozenset()).isdisjoint(
        offices.get(delegate_id, frozenset())
    )


def check_delegate(delegate_id: str, *, delegator_id: str, offices: Offices) -> None:
    """Refuse an absence rule of who holds no office, and one for somebody who may not stand in for them.

    Who is not there and who is not of the same office look the same.

    :raises Forbidden: `forbidden`.
    :raises Invalid: `delegate_is_oneself`, `delegate_not_eligible`.
    """
    if not offices.get(delegator_id):
        raise Forbidden
    if delegate_id == delegator_id:
        raise Invalid(
            "delegate_is_oneself",
            zh="不能委托自己",
            en="Nobody stands in for themselves",
            pointer="/delegate_account_id",
        )
    if not may_stand_in(delegate_id, delegator_id=delegator_id, offices=offices):
        raise Invalid(
            "delegate_not_eligible",
            zh="受托人须是与您同一地区的在任经办或审批人员",
            en="Who stands in for you is an official of the same region",
            pointer="/delegate_account_id",
        )


def check_ending(account_id: str, *, delegator_id: str) -> None:
    """Refuse the end of an absence rule by anybody but the person who is away.

    :raises Forbidden: `not_the_delegator`.
    """
    if account_id != delegator_id:
        raise Forbidden(
            "not_the_delegator", zh="只有委托人可以结束委托", en="Only the person who is away ends the absence rule"
        )
