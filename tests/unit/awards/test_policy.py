"""Who may nominate, see and change nominations, over the real reporting lines."""

from __future__ import annotations

from datetime import date

import pytest

from services.awards.policy import Act, check_edit, check_own_account, check_seen, may
from services.awards.rules import Paper
from shared.errors import AnyuanError
from shared.identity import Post, Principal, Role
from shared.regions import Regions

REGIONS = Regions.load()
TODAY = date(2026, 10, 1)
ZHENGDING, SHIJIAZHUANG, BAODING, DINGZHOU, HEBEI = "130123", "130100", "130600", "130682", "130000"


def someone(role: Role | None = None, region: str = "", *, account: str = "someone") -> Principal:
    return Principal(account_id=account, name=account, posts=(Post(role=role, region=region),) if role else ())


def paper(*, region: str = ZHENGDING, is_returned: bool = False) -> Paper:
    return Paper(region=region, proposer_account_id="clerk", volunteer_account_id="volunteer", is_returned=is_returned)


@pytest.mark.parametrize(
    ("role", "post", "region", "nominates", "sees"),
    [
        (Role.CLERK, ZHENGDING, ZHENGDING, True, True),
        (Role.CLERK, SHIJIAZHUANG, ZHENGDING, True, True),
        (Role.CLERK, HEBEI, ZHENGDING, True, True),
        (Role.CLERK, ZHENGDING, SHIJIAZHUANG, False, False),
        (Role.CLERK, BAODING, ZHENGDING, False, False),
        # 定州 answers to the province, whatever its code says.
        (Role.CLERK, BAODING, DINGZHOU, False, False),
        (Role.CLERK, DINGZHOU, DINGZHOU, True, True),
        (Role.APPROVER, ZHENGDING, ZHENGDING, False, True),
        (Role.VOLUNTEER, ZHENGDING, ZHENGDING, False, False),
        (Role.ORGANISATION_ADMIN, ZHENGDING, ZHENGDING, False, False),
        (Role.SYSTEM_ADMIN, HEBEI, ZHENGDING, False, False),
    ],
)
def test_posts_reach_their_region_and_below(role: Role, post: str, region: str, nominates: bool, sees: bool) -> None:
    principal = someone(role, post)
    assert may(Act.NOMINATE, principal, region, regions=REGIONS, on=TODAY) is nominates
    assert may(Act.SEE, principal, region, regions=REGIONS, on=TODAY) is sees


@pytest.mark.parametrize(
    "principal",
    [
        someone(account="clerk"),
        someone(account="volunteer"),
        someone(Role.APPROVER, SHIJIAZHUANG),
    ],
)
def test_clerk_volunteer_and_officials_above_see_a_nomination(principal: Principal) -> None:
    check_seen(principal, paper(), regions=REGIONS, on=TODAY)


@pytest.mark.parametrize("found", [None, paper()])
def test_not_there_and_not_yours_look_the_same(found: Paper | None) -> None:
    with pytest.raises(AnyuanError) as refused:
        check_seen(someone(Role.CLERK, BAODING), found, regions=REGIONS, on=TODAY)
    assert refused.value.code == "nomination_not_found"


@pytest.mark.parametrize(
    ("account", "is_returned", "code"),
    [
        ("clerk", True, None),
        ("clerk", False, "nomination_not_returned"),
        ("other", True, "not_the_proposer"),
        ("other", False, "not_the_proposer"),
        ("volunteer", True, "not_the_proposer"),
    ],
)
def test_only_its_clerk_changes_a_nomination_and_only_when_it_came_back(
    account: str, is_returned: bool, code: str | None
) -> None:
    principal = someone(Role.CLERK, ZHENGDING, account=account)
    if code is None:
        check_edit(principal, paper(is_returned=is_returned))
        return
    with pytest.raises(AnyuanError) as refused:
        check_edit(principal, paper(is_returned=is_returned))
    assert refused.value.code == code


def test_nobody_nominates_themselves() -> None:
    check_own_account(someone(account="clerk"), "volunteer")
    with pytest.raises(AnyuanError) as refused:
        check_own_account(someone(account="clerk"), "clerk")
    assert refused.value.code == "own_nomination"
