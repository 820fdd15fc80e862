"""Who may do what in registration, as plain rules over plain values."""

from __future__ import annotations

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
