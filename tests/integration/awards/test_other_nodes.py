"""Awards at one of several nodes: a node above counts along, and only the volunteer's own node does what follows."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from services.awards.app import approvals
from services.awards.commands.star_reviews import review_due
from services.awards.model import StandingRow, StarReview
from shared.approval.core.words import Verb
from shared.clock import AdjustableClock
from shared.contracts.awards import NominationOpened, StarGranted, StarWithdrawn
from shared.contracts.records import HoursVoided
from shared.contracts.registration import VolunteerUpdated
from shared.identity import Role
from tests.integration.awards.conftest import NOW, WANG, World, official, proposal
from tests.integration.hosting import at_node
from tests.integration.listening import published
from tests.integration.serving import refusal_in

NUMBER = WANG.volunteer_number
GRANTED = StarGranted(
    volunteer_number=NUMBER, nomination_id="n-1", stars=1, granted_on=NOW.date(), decided_by_region="130123"
)
WITHDRAWN = StarWithdrawn(
    volunteer_number=NUMBER,
    review_id="r-1",
    stars=1,
    stars_left=0,
    nomination_ids=("n-1",),
    withdrawn_on=NOW.date(),
    decided_by_region="130123",
    reason="记录系冒领",
)


def standing(world: World) -> tuple[int, int, int, int]:
    with world.database.reading() as session:
        row = session.get_one(StandingRow, NUMBER)
        return row.total_hundredths, row.quality_sum, row.quality_count, row.stars


def voided(world: World, total: str) -> HoursVoided:
    return HoursVoided(**{**vars(world.credit(NUMBER, total)), "entry_id": "entry-of-void"})


@pytest.mark.parametrize("node", ["hebei", "shijiazhuang"])
def test_a_node_above_counts_hours_and_stars_of_a_county_and_nominates_nobody(world: World, node: str) -> None:
    look = partial(standing, world)
    with at_node(world.database, node):
        assert world.listener.hear_twice(world.credit(NUMBER, "104"), look) == (10_400, 4, 1, 0)
        assert world.nominations() == []
        assert world.listener.hear_twice(GRANTED, look) == (10_400, 4, 1, 1)
        assert world.listener.hear_twice(voided(world, "4"), look) == (400, 0, 0, 1)
        assert world.listener.hear_twice(WITHDRAWN, look) == (400, 0, 0, 0)
    assert published(world.database) == []


def test_the_county_itself_nominates_and_hears_of_its_own_star_without_counting_it_again(world: World) -> None:
    with at_node(world.database, "zhengding"):
        world.hear_hours(NUMBER, "104")
        world.decide(Verb.APPROVE, by="approver-130123")
        [granted] = [event for event in published(world.database) if isinstance(event, StarGranted)]
        assert world.listener.hear_twice(granted, partial(world.stars, NUMBER)) == ([(1, "130123")], 1)
        assert world.listener.hear_twice(WITHDRAWN, partial(world.stars, NUMBER)) == ([(1, "130123")], 1)
    assert [event.region for event in published(world.database) if isinstance(event, NominationOpened)] == ["130123"]


def reviews(world: World) -> list[Any]:
    with world.database.reading() as session:
        return list(session.scalars(select(StarReview)))


def test_a_node_above_reviews_no_stars_of_a_county(world: World, later: AdjustableClock) -> None:
    with at_node(world.database, "hebei"):
        world.hear_hours(NUMBER, "104")
        world.listener.hear(GRANTED)
        world.listener.hear(voided(world, "4"))
        later.set(NOW + timedelta(hours=1))
        with world.database.unit_of_work() as uow:
            assert not review_due(uow, approvals=approvals)
    assert reviews(world) == []


def test_who_has_moved_to_another_node_is_not_reviewed_here_any_more(world: World, later: AdjustableClock) -> None:
    with at_node(world.database, "shijiazhuang"):
        world.listener.hear(VolunteerUpdated(**{**vars(WANG), "region": "130125"}))
        world.hear_hours(NUMBER, "104")
        world.decide(Verb.APPROVE, by="approver-130125")
        world.listener.hear(voided(world, "4"))
        world.listener.hear(VolunteerUpdated(**{**vars(WANG), "region": "130281"}))
        later.set(NOW + timedelta(hours=1))
        with world.database.unit_of_work() as uow:
            assert review_due(uow, approvals=approvals)
        with world.database.unit_of_work() as uow:
            assert not review_due(uow, approvals=approvals), "it is looked at once"
    assert reviews(world) == []


def test_a_clerk_nominates_only_who_is_at_home_at_their_node(world: World, app: Flask) -> None:
    clerk = official(app, Role.CLERK, "130100")
    with at_node(world.database, "shijiazhuang"):
        refusal_in(clerk.call("POST", "/nominations", proposal()), 422, "hosted_elsewhere", "/volunteer_number")
    assert clerk.call("POST", "/nominations", proposal()).status_code == 201
