"""A volunteer moves between two nodes: stars and commendations go with them once, and nobody is nominated twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from services.awards.model import Award, Nomination, StandingRow, Star
from shared.approval.core.words import Verb
from shared.contracts.awards import AwardHeld, StandingHandedOver, StandingTakenOver, StarHeld, StarRefused
from shared.contracts.records import LedgerTakenOver
from shared.contracts.registration import VolunteerReceived, VolunteerUpdated
from shared.identity import Role
from tests.integration.awards.conftest import NOW, WANG, World, official, proposal
from tests.integration.hosting import at_node
from tests.integration.listening import published
from tests.integration.serving import refusal_in

NUMBER = WANG.volunteer_number
LEFT: dict[str, Any] = {
    "transfer_id": "t-1",
    "volunteer_number": NUMBER,
    "from_region": "130123",
    "to_region": "130281",
}
LEAVES = VolunteerReceived(**LEFT, received_on=NOW.date())
GONE = VolunteerUpdated(volunteer_number=NUMBER, account_id="wang", name="王明", region="130281")
CAME = {**LEFT, "transfer_id": "t-2", "from_region": "130281", "to_region": "130123"}
COMES = VolunteerReceived(**CAME, received_on=NOW.date())
SUMS = LedgerTakenOver(volunteer_number=NUMBER, total_hundredths=30_000, quality_sum=12, quality_count=3, lines=())
STAR = StarHeld(nomination_id="n-1", stars=1, granted_on=NOW.date(), decided_by_region="130281")
AWARD = AwardHeld(
    award_id="a-1",
    nomination_id="n-2",
    number="冀安志奖〔2026〕0001号",
    award="outstanding_volunteer",
    round="2025",
    citation="授予“优秀安全生产志愿者”称号",
    region="130281",
    granting_region="130000",
    granted_on=NOW.date(),
    granted_at=NOW,
)
HANDED = StandingHandedOver(**CAME, stars=(STAR,), awards=(AWARD,), is_whole=True)


def handed(world: World) -> list[StandingHandedOver]:
    return [event for event in published(world.database) if isinstance(event, StandingHandedOver)]


def standing(world: World) -> tuple[int, int, int, int]:
    with world.database.reading() as session:
        row = session.get_one(StandingRow, NUMBER)
        return row.total_hundredths, row.quality_sum, row.quality_count, row.stars


def held(world: World) -> tuple[list[int], list[str]]:
    with world.database.reading() as session:
        stars = session.scalars(select(Star.stars).where(Star.withdrawn_on.is_(None)).order_by(Star.stars))
        return list(stars), list(session.scalars(select(Award.number)))


def test_the_old_home_hands_over_what_was_given_and_ends_what_runs(world: World) -> None:
    with at_node(world.database, "zhengding"):
        world.hear_hours(NUMBER, "104")
        world.decide(Verb.APPROVE, by="approver-130123")
        world.hear_hours(NUMBER, "304")
        assert world.nominations()[-1][1:] == (2, "open")

        [told] = world.listener.hear_twice(LEAVES, lambda: handed(world))
        assert (told.transfer_id, told.to_region, told.is_whole) == ("t-1", "130281", True)
        assert [(star.stars, star.decided_by_region) for star in told.stars] == [(1, "130123")]
        assert [state for _, _, state in world.nominations()] == ["granted", "withdrawn"]
        world.listener.hear(GONE)
        world.hear_hours(NUMBER, "404")
        assert len(world.nominations()) == 2, "the new home nominates"


def test_a_commendation_that_is_granted_after_they_left_is_handed_on(app: Flask, world: World) -> None:
    nomination = _nominated(app, world)
    with at_node(world.database, "zhengding"):
        world.listener.hear(LEAVES)
        world.listener.hear(GONE)
    for who in ("approver-130100", "approver-130000"):
        world.decide(Verb.APPROVE, by=who, nomination=nomination)
    [_, told] = handed(world)
    assert (told.is_whole, told.stars, [award.granting_region for award in told.awards]) == (False, (), ["130000"])


def _nominated(app: Flask, world: World) -> Nomination:
    clerk = official(app, Role.CLERK, "130123")
    assert clerk.call("POST", "/nominations", proposal()).status_code == 201
    return world.nomination()


def test_the_clerk_of_the_old_place_reads_where_they_went(app: Flask, world: World) -> None:
    with at_node(world.database, "zhengding"):
        world.listener.hear(LEAVES)
        world.listener.hear(GONE)
        answer = official(app, Role.CLERK, "130123").call("POST", "/nominations", proposal())
        refused = refusal_in(answer, 422, "volunteer_moved", "/volunteer_number")
    assert "已转出至唐山市遵化市" in str(refused)


@pytest.mark.parametrize("order", ["sums first", "stars first"])
def test_the_new_home_enters_each_once_and_nominates_only_when_all_is_there(world: World, order: str) -> None:
    with at_node(world.database, "zhengding"):
        world.listener.hear(COMES)
        first, second = (SUMS, HANDED) if order == "sums first" else (HANDED, SUMS)
        world.listener.hear_twice(first, partial(held, world))
        if order == "sums first":
            assert world.nominations() == [], "the stars are not here yet"
        world.listener.hear_twice(second, partial(held, world))
        assert standing(world) == (30_000, 12, 3, 1)
        assert held(world) == ([1], ["冀安志奖〔2026〕0001号"])
        assert sorted((stars or 0, state) for _, stars, state in world.nominations()) == [
            (0, "granted"),
            (1, "granted"),
            (2, "open"),
        ], "300 hours are due for the second star, and only for that"


def test_what_comes_late_is_entered_beside_it_and_a_running_candidacy_for_it_ends(world: World) -> None:
    with at_node(world.database, "zhengding"):
        for event in (COMES, HANDED, SUMS):
            world.listener.hear(event)
        late = StandingHandedOver(**CAME, stars=(replace(STAR, nomination_id="n-3", stars=2),))
        assert world.listener.hear_twice(late, lambda: held(world)[0]) == [1, 2]
        assert standing(world)[3] == 2
        assert sorted(state for _, stars, state in world.nominations() if stars == 2) == ["granted", "withdrawn"]


def test_a_level_that_was_refused_is_not_proposed_at_once_again(world: World) -> None:
    refused = StarRefused(nomination_id="n-9", stars=2, refused_at=NOW - timedelta(days=3))
    with at_node(world.database, "zhengding"):
        for event in (COMES, replace(HANDED, refused=(refused,)), SUMS):
            world.listener.hear(event)
    assert [state for _, stars, state in world.nominations() if stars == 2] == ["refused"]


def test_a_node_above_counts_the_sums_and_stars_as_the_new_home_tells_them(world: World) -> None:
    told = StandingTakenOver(volunteer_number=NUMBER, stars=1)
    with at_node(world.database, "hebei"):
        world.hear_hours(NUMBER, "100")
        assert world.listener.hear_twice(SUMS, lambda: standing(world)) == (30_000, 12, 3, 0)
        assert world.listener.hear_twice(told, lambda: standing(world)) == (30_000, 12, 3, 1)
        assert world.listener.hear_twice(HANDED, lambda: held(world)) == ([], [])
        assert world.nominations() == []


def test_what_was_lost_elsewhere_is_not_held_by_who_comes_back(world: World) -> None:
    with at_node(world.database, "zhengding"):
        world.hear_hours(NUMBER, "104")
        world.decide(Verb.APPROVE, by="approver-130123")
        for event in (LEAVES, GONE, replace(GONE, region="130123"), COMES):
            world.listener.hear(event)
        world.listener.hear(StandingHandedOver(**CAME, is_whole=True))
        assert (held(world)[0], standing(world)[3]) == ([], 0)
