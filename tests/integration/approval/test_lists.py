"""Everybody's lists: what waits for them, what they started, what they decided."""

from __future__ import annotations

from typing import Any

import pytest

from shared.approval import lists
from shared.approval.core.state import Party
from shared.approval.core.words import Verb
from shared.approval.filters import Filter
from shared.approval.lists import TaskList
from shared.approval.views import TaskCounts, TaskPage
from shared.errors import Invalid
from shared.identity import Principal
from tests.integration.approval.office import (
    ANN,
    BAO,
    BEN,
    CAI,
    CITY,
    COUNTY,
    DAI,
    START,
    Office,
    official,
)

TODO, RETURNED, CC, STARTED, DONE = TaskList


def page(office: Office, which: TaskList, who: Principal, **options: Any) -> TaskPage:
    given: dict[str, Any] = {"at": START}
    given |= {name: options.pop(name) for name in ("cursor", "limit", "at") if name in options}
    with office.database.reading() as session:
        return office.approvals.tasks(session, which=which, principal=who, wanted=Filter(**options), **given)


def of(office: Office, which: TaskList, who: Principal, **options: Any) -> list[str]:
    return [item.business_id for item in page(office, which, who, **options).items]


def counts(office: Office, who: Principal) -> TaskCounts:
    with office.database.reading() as session:
        return office.approvals.counts(session, principal=who, at=START)


def test_a_case_waits_for_the_holders_of_the_post_that_is_asked(office: Office) -> None:
    case = office.open("r1")
    assert [of(office, TODO, who) for who in (ANN, BEN, BAO, CAI, DAI)] == [[], ["r1"], ["r1"], [], []]
    office.act(case, Verb.APPROVE, BEN)
    assert [of(office, TODO, who) for who in (ANN, BEN, BAO, CAI, DAI)] == [[], [], [], ["r1"], []]
    assert [of(office, DONE, who) for who in (ANN, BEN, BAO, CAI, DAI)] == [[], ["r1"], [], [], []]
    assert of(office, STARTED, ANN) == ["r1"]
    office.act(case, Verb.RETURN, CAI)
    assert of(office, RETURNED, ANN) == ["r1"]
    assert of(office, TODO, CAI) == []


def test_who_would_be_refused_is_not_asked(office: Office) -> None:
    """The list and the guard say the same: the initiator, the barred, and who decided another stage of the round."""
    twice = official("Zoe", COUNTY)
    office.post(twice)
    office.post(official("Zoe", CITY))
    own = office.open("own", initiator=Party("ben", "Ben"))
    barred = office.open("barred", barred=frozenset({"ben"}))
    case = office.open("decided")
    assert of(office, TODO, BEN) == ["decided"]
    office.act(case, Verb.APPROVE, twice)
    assert of(office, TODO, twice) == ["own", "barred"]
    for seen in (own, barred, case):
        for who in (BEN, BAO, CAI, twice):
            listed = seen.business_id in of(office, TODO, who)
            with office.database.reading() as session:
                visible = office.approvals.view(session, case_id=seen.id, principal=who, at=START)
            assert listed == ("approve" in visible.case.allowed_actions), (seen.business_id, who.name)


def test_a_post_that_ended_asks_nobody(office: Office) -> None:
    office.open("r1")
    office.post(BEN, active=False)
    assert of(office, TODO, BEN) == []
    assert of(office, TODO, BAO) == ["r1"]


def test_pages_follow_each_other_without_gaps(office: Office) -> None:
    names = [f"r{number}" for number in range(5)]
    for name in names:
        office.act(office.open(name), Verb.APPROVE, BEN)
    for which, who, expected in ((TODO, CAI, names), (STARTED, ANN, names[::-1]), (DONE, BEN, names[::-1])):
        seen: list[str] = []
        cursor = None
        while True:
            found = page(office, which, who, cursor=cursor, limit=2)
            seen.extend(item.business_id for item in found.items)
            cursor = found.next_cursor
            if cursor is None:
                break
        assert seen == expected


def test_a_list_can_be_of_one_kind_of_business(office: Office) -> None:
    office.open("r1")
    office.open("s1", business_type="star_rating", definition="star_rating_low")
    assert of(office, TODO, BEN, business_type="star_rating") == ["s1"]
    (item,) = page(office, TODO, BEN, business_type="activity_report").items
    assert (item.initiator_name, item.home_region_name, item.state) == ("Ann", "石家庄市正定县", "running")
    assert (item.last_verb, item.last_name, item.verb) == ("submit", "Ann", None)


@pytest.mark.parametrize("cursor", ["nonsense", "WyIyMDI2IiwieCJd", "WyIyMDI2LTEwLTAxIiwiYTtiIl0"])
def test_a_cursor_that_is_none_of_ours_is_refused(office: Office, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        page(office, TODO, BEN, cursor=cursor)
    assert refused.value.code == "cursor_invalid"


def test_the_counts_are_the_lengths_of_the_lists_and_the_held_are_seen_from_above(office: Office) -> None:
    office.open("r1")
    office.act(office.open("r2"), Verb.RETURN, BEN)
    office.open("r3", barred=frozenset({"ben", "bao"}))
    assert counts(office, BEN) == TaskCounts(todo=1, returned=0, cc=0, started=0, done=1, held=1, provisional=0)
    assert counts(office, ANN) == TaskCounts(todo=0, returned=1, cc=0, started=3, done=0, held=0, provisional=0)
    assert counts(office, CAI).held == 1
    assert counts(office, official("Bei", "130600")).held == 0


def test_what_was_done_is_counted_up_to_a_bound(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    for number in range(3):
        office.act(office.open(f"r{number}"), Verb.APPROVE, BEN)
    assert counts(office, BEN).done == 2
