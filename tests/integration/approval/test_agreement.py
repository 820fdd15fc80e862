"""The list of what waits for somebody and the guard say the same, whatever has happened to the cases before."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from shared.approval.commands import Details
from shared.approval.core.parsing import parse
from shared.approval.core.state import Party
from shared.approval.core.words import Placing, Verb
from shared.approval.lists import TaskList
from shared.approval.views import CaseView
from shared.errors import AnyuanError
from shared.identity import Post, Principal, Role
from tests.integration.approval.office import ANN, BEN, CITY, COUNTY, PROVINCE, START, Office, fresh_id
from tests.unit.approval.cases import body, node

#: What somebody can be asked for, in the sense of the list.
ASKS = {"approve", "reject", "return", "resolve", "answer"}
POLICIES = ("forbid", "none", "once", "consecutive")
NODES = (
    node("county", "clerk", key="draft"),
    node("county", "approver", "clerk", key="county", mode="all", veto=True),
    node("county", "approver", key="head"),
    node("city", "approver", "bao", key="city", mode="sequential", returns={"then": "jump_back"}),
    node("province", returns={"then": "jump_back"}),
)
PEOPLE = tuple(
    Principal(account_id=name.lower(), name=name, posts=tuple(Post(role=role, region=region) for role, region in posts))
    for name, posts in (
        ("Ann", [(Role.CLERK, COUNTY)]),
        ("Ben", [(Role.CLERK, COUNTY), (Role.APPROVER, COUNTY)]),
        ("Bao", [(Role.APPROVER, COUNTY), (Role.APPROVER, CITY)]),
        ("Cai", [(Role.APPROVER, CITY), (Role.APPROVER, PROVINCE)]),
        ("Cui", [(Role.APPROVER, CITY), (Role.CLERK, COUNTY)]),
        ("Dai", [(Role.APPROVER, PROVINCE), (Role.APPROVER, COUNTY)]),
        ("Ada", [(Role.SYSTEM_ADMIN, COUNTY)]),
    )
)
#: Verbs that keep cases going are tried more often than those that end them.
TRIED = (
    *(Verb.APPROVE,) * 6,
    *(Verb.DELEGATE, Verb.RESOLVE, Verb.CONSULT, Verb.ANSWER, Verb.CLAIM, Verb.TRANSFER, Verb.ADD_SIGN) * 2,
    *(Verb.RETURN, Verb.RESUBMIT, *(Verb.TAKE_BACK,) * 4, Verb.UNCLAIM, Verb.REMOVE_SIGN, Verb.CC),
    *(Verb.REJECT, Verb.WITHDRAW, Verb.SUSPEND, Verb.RESUME, Verb.RESUME),
)


def _open(office: Office, dice: Random, number: int) -> CaseView:
    initiator = dice.choice(PEOPLE)
    barred = frozenset({dice.choice(PEOPLE).account_id}) if dice.random() < 0.3 else frozenset[str]()
    return office.open(
        f"r{number}",
        definition=f"agreed_{dice.choice(POLICIES)}",
        initiator=Party(initiator.account_id, initiator.name),
        barred=barred,
    )


def _details(verb: Verb, case: CaseView, dice: Random) -> Details:
    back = dice.choice(["initiator", "initiator", "draft", "head", "county"])
    return Details(
        to=(dice.choice(PEOPLE).account_id,)
        if verb in (Verb.DELEGATE, Verb.CONSULT, Verb.TRANSFER, Verb.ADD_SIGN, Verb.CC)
        else (),
        node=None if verb is not Verb.RETURN or back == "initiator" else back,
        placing=dice.choice(list(Placing)) if verb is Verb.ADD_SIGN else None,
        task=None,
    )


def _try(office: Office, dice: Random, case: CaseView, done: Counter[Verb]) -> None:
    verb = dice.choice(TRIED)
    details = _details(verb, case, dice)
    # Whose turn it is, is found by asking everybody.
    for who in dice.sample(PEOPLE, len(PEOPLE)):
        try:
            with office.database.unit_of_work() as uow:
                office.approvals.act(
                    uow,
                    case_id=case.id,
                    verb=verb,
                    actor=who,
                    command_id=fresh_id(),
                    opinion="意见",
                    details=details,
                )
        except AnyuanError:
            continue
        done[verb] += 1
        return


def _listed(office: Office, who: Principal) -> list[str]:
    with office.database.reading() as session:
        found = office.approvals.tasks(session, which=TaskList.TODO, principal=who, at=START, limit=100)
        counted = office.approvals.counts(session, principal=who, at=START).todo
    names = sorted(item.business_id for item in found.items)
    assert counted == len(names)
    return names


def _asked(office: Office, cases: list[CaseView], who: Principal) -> list[str]:
    found = []
    for case in cases:
        try:
            may = office.view(case, who).case.allowed_actions
        except AnyuanError:
            continue
        if ASKS & set(may):
            found.append(case.business_id)
    return sorted(found)


@pytest.mark.parametrize("seed", range(4))
def test_the_list_and_the_guard_agree(office: Office, seed: int) -> None:
    dice = Random(seed)
    with office.database.unit_of_work() as uow:
        for policy in POLICIES:
            made = body(*NODES, key=f"agreed_{policy}")
            office.approvals.publish(uow, parse(made | {"duplicates": policy}), by="test")
        for who in PEOPLE:
            office.follow(uow, who)
    cases = [_open(office, dice, number) for number in range(20)]
    done: Counter[Verb] = Counter()
    seen = 0
    for _ in range(4):
        for case in cases:
            for _ in range(2):
                _try(office, dice, case, done)
        leaver = dice.choice(PEOPLE)
        office.post(leaver, active=False)
        for who in PEOPLE:
            asked = _asked(office, cases, who)
            assert _listed(office, who) == asked, who.name
            seen += len(asked)
        office.post(leaver)
    assert seen > 40
    assert {Verb.APPROVE, Verb.DELEGATE, Verb.CONSULT, Verb.CLAIM, Verb.TAKE_BACK, Verb.SUSPEND} <= set(done)


def test_who_decided_what_a_new_round_takes_over_is_not_asked_again(office: Office) -> None:
    """After a jump back to the city the county's approval of the round before still stands."""
    bao, cai = PEOPLE[2:4]
    with office.database.unit_of_work() as uow:
        route = (node("county"), node("city", returns={"then": "jump_back"}), node("province"))
        office.approvals.publish(uow, parse(body(*route, key="jumping")), by="test")
        for who in (bao, cai):
            office.follow(uow, who)
    by_bao, by_ben = (office.open(key, definition="jumping") for key in ("by_bao", "by_ben"))
    for case, who in ((by_bao, bao), (by_ben, BEN)):
        office.act(case, Verb.APPROVE, who)
        office.act(case, Verb.RETURN, cai)
        office.act(case, Verb.RESUBMIT, ANN)
    assert _asked(office, [by_bao, by_ben], bao) == ["by_ben"]
    assert _listed(office, bao) == ["by_ben"]
