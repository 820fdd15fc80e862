"""Credited hours make candidates, the tier of the level decides, and nothing is done twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from services.awards.model import KnownVolunteer, Nomination, StandingRow, Star
from shared.approval.core.words import Verb
from shared.clock import AdjustableClock
from shared.contracts.awards import NominationDecided, NominationOpened, StarGranted
from shared.contracts.records import HoursVoided
from shared.contracts.registration import PostChanged, VolunteerRegistered, VolunteerUpdated
from shared.errors import Conflict, Forbidden
from shared.messaging.inbox import Inbox
from tests.integration.awards.conftest import NOW, WANG, World
from tests.integration.listening import Listener, published

NUMBER = WANG.volunteer_number


def of(world: World, kind: type[Any]) -> list[Any]:
    return [event for event in published(world.database) if isinstance(event, kind)]


def test_a_volunteer_is_known_once_and_moves(world: World) -> None:
    def look() -> list[tuple[str, str]]:
        with world.database.reading() as session:
            rows = session.scalars(select(KnownVolunteer).order_by(KnownVolunteer.number))
            return [(row.number, row.region) for row in rows]

    moved = VolunteerUpdated(**{**vars(WANG), "region": "130125"})
    assert world.listener.hear_twice(moved, look)[0] == (NUMBER, "130125")
    again = VolunteerRegistered(**vars(WANG))
    assert world.listener.hear_twice(again, look)[0] == (NUMBER, "130123")


def test_the_new_home_decides_on_the_next_star(world: World) -> None:
    world.listener.hear(VolunteerUpdated(**{**vars(WANG), "region": "130125"}))
    world.hear_hours(NUMBER, "100")
    [opened] = of(world, NominationOpened)
    assert opened.region == "130125"


def test_hours_are_counted_once(world: World) -> None:
    def look() -> tuple[int, int, int]:
        with world.database.reading() as session:
            row = session.get_one(StandingRow, NUMBER)
            return row.total_hundredths, row.quality_sum, row.quality_count

    assert world.listener.hear_twice(world.credit(NUMBER, "40", quality=5), look) == (4000, 5, 1)
    assert world.listener.hear_twice(world.credit(NUMBER, "60.5", quality=2), look) == (6050, 7, 2)
    assert world.nominations() == []


def test_reaching_a_threshold_nominates_once(world: World) -> None:
    world.hear_hours(NUMBER, "99.99")
    assert world.nominations() == []
    seen = world.listener.hear_twice(world.credit(NUMBER, "100"), world.nominations)
    assert seen == [("一星级志愿者", 1, "open")]
    [opened] = of(world, NominationOpened)
    assert (opened.kind, opened.volunteer_number, opened.region) == ("star", NUMBER, "130123")
    world.hear_hours(NUMBER, "110")
    assert len(world.nominations()) == 1


def voided(world: World, total: str, *, quality: int = 4) -> HoursVoided:
    """Answer that hours were taken back, so that the volunteer's total is now this."""
    return HoursVoided(**{**vars(world.credit(NUMBER, total, quality=quality)), "entry_id": "entry-of-void"})


def test_hours_that_are_taken_back_count_no_more_and_end_what_rested_on_them(world: World) -> None:
    world.hear_hours(NUMBER, "90", quality=5)
    world.hear_hours(NUMBER, "310")
    assert world.nominations() == [("二星级志愿者", 2, "open")]

    def look() -> tuple[list[tuple[str, int | None, str]], int, int, int]:
        with world.database.reading() as session:
            row = session.get_one(StandingRow, NUMBER)
            return world.nominations(), row.total_hundredths, row.quality_sum, row.quality_count

    nominations, *counted = world.listener.hear_twice(voided(world, "290"), look)
    # Who was a candidate for two stars is still due for one.
    assert nominations == [("一星级志愿者", 1, "open"), ("二星级志愿者", 2, "withdrawn")]
    assert counted == [29000, 5, 1]
    [ended] = of(world, NominationDecided)
    assert (ended.granted, ended.reason) == (False, "时长已冲销：安全生产月咨询日")


def test_a_candidacy_whose_case_an_administrator_ends_is_over_and_hours_open_another(world: World) -> None:
    world.hear_hours(NUMBER, "100")
    world.decide(Verb.TERMINATE, by="system_admin-130000", opinion="系统误开")
    assert world.nominations() == [("一星级志愿者", 1, "ended")]
    [ended] = of(world, NominationDecided)
    assert (ended.kind, ended.granted, ended.reason) == ("star", False, "系统误开")
    world.hear_hours(NUMBER, "101")
    assert sorted(state for _, _, state in world.nominations()) == ["ended", "open"]


def test_a_star_that_was_given_stays_until_somebody_decides_otherwise(world: World) -> None:
    world.hear_hours(NUMBER, "100")
    world.decide(Verb.APPROVE, by="approver-130123")
    world.listener.hear(voided(world, "0"))
    assert world.stars(NUMBER) == ([(1, "130123")], 1)
    assert world.nominations() == [("一星级志愿者", 1, "granted")]


@pytest.mark.parametrize(
    ("total", "stars", "decider", "region"),
    [
        ("100", 1, "approver-130123", "130123"),
        ("300", 2, "approver-130123", "130123"),
        ("600", 3, "approver-130100", "130100"),
        ("1000", 4, "approver-130100", "130100"),
        ("1500", 5, "approver-130000", "130000"),
    ],
)
def test_the_tier_of_the_level_decides(world: World, total: str, stars: int, decider: str, region: str) -> None:
    world.hear_hours(NUMBER, total)
    others = {"approver-130123", "approver-130125", "approver-130100", "approver-130000"} - {decider}
    for other in sorted(others):
        with pytest.raises((Forbidden, Conflict)):
            world.decide(Verb.APPROVE, by=other)
    case = world.decide(Verb.APPROVE, by=decider)
    assert case.state == "approved"
    assert world.stars(NUMBER) == ([(stars, region)], stars)
    [granted] = of(world, StarGranted)
    assert (granted.volunteer_number, granted.stars, granted.decided_by_region) == (NUMBER, stars, region)
    assert granted.granted_on.isoformat() == "2026-10-01"
    [decided] = of(world, NominationDecided)
    assert decided.granted


def test_the_volunteer_never_decides_their_own_star(world: World) -> None:
    world.listener.hear(
        PostChanged(
            post_id="wang-approves",
            account_id="wang",
            name="王明",
            role="approver",
            region="130123",
            organisation_id=None,
            active=True,
        )
    )
    world.hear_hours(NUMBER, "100")
    with pytest.raises(Forbidden, match="barred"):
        world.decide(Verb.APPROVE, by="wang")


def test_a_star_cannot_be_returned_because_the_system_has_nothing_to_correct(world: World) -> None:
    world.hear_hours(NUMBER, "100")
    with pytest.raises(Conflict) as refused:
        world.decide(Verb.RETURN, by="approver-130123")
    assert refused.value.extra["allowed_actions"][:3] == ["approve", "reject", "claim"]


def test_poor_quality_keeps_the_star_away_until_it_is_made_good(world: World) -> None:
    world.hear_hours(NUMBER, "100", quality=1)
    assert world.nominations() == []
    world.hear_hours(NUMBER, "101", quality=5)
    assert world.nominations() == [("一星级志愿者", 1, "open")]


def test_who_jumps_over_thresholds_is_nominated_for_the_highest_alone(world: World) -> None:
    world.hear_hours(NUMBER, "700")
    assert world.nominations() == [("三星级志愿者", 3, "open")]
    world.decide(Verb.APPROVE, by="approver-130100")
    world.hear_hours(NUMBER, "720")
    assert world.nominations() == [("三星级志愿者", 3, "granted")]


def test_a_lower_level_decided_later_takes_nothing_away(world: World) -> None:
    world.hear_hours(NUMBER, "100")
    first = world.nomination()
    world.hear_hours(NUMBER, "300")
    with world.database.reading() as session:
        second = session.scalars(select(Nomination).where(Nomination.stars == 2)).one()
    world.decide(Verb.APPROVE, by="approver-130123", nomination=second)
    world.decide(Verb.APPROVE, by="approver-130123", nomination=first)
    assert world.stars(NUMBER) == ([(1, "130123"), (2, "130123")], 2)


def test_a_refused_level_rests_for_ninety_days(world: World, later: AdjustableClock) -> None:
    world.hear_hours(NUMBER, "100")
    world.decide(Verb.REJECT, by="approver-130123", opinion="记录不全")
    [decided] = of(world, NominationDecided)
    assert (decided.granted, decided.reason) == (False, "记录不全")
    assert world.stars(NUMBER) == ([], 0)
    later.set(NOW + timedelta(days=89))
    world.hear_hours(NUMBER, "120")
    assert [state for _, _, state in world.nominations()] == ["refused"]
    later.set(NOW + timedelta(days=90))
    world.hear_hours(NUMBER, "130")
    assert [state for _, _, state in world.nominations()] == ["refused", "open"]


def test_a_refused_level_does_not_bar_the_next(world: World) -> None:
    world.hear_hours(NUMBER, "100")
    world.decide(Verb.REJECT, by="approver-130123")
    world.hear_hours(NUMBER, "300")
    assert ("二星级志愿者", 2, "open") in world.nominations()


def test_hours_of_a_volunteer_not_known_yet_wait(world: World) -> None:
    stranger = VolunteerRegistered(volunteer_number="130000000009", account_id="zhao", name="赵六", region="130682")
    listener: Listener = world.listener
    listener.receive(listener.encode(world.credit(stranger.volunteer_number, "100")))
    assert "volunteer_not_known_yet" in listener.held()[0]
    listener.receive(listener.encode(stranger))
    clock = AdjustableClock()
    clock.set(NOW + timedelta(minutes=1))
    world.database.clock = clock
    assert Inbox(world.database, listener.reactions).retry_due() == 1
    assert listener.held() == []
    assert world.nominations() == [("一星级志愿者", 1, "open")]


def test_the_database_refuses_a_second_running_nomination_of_one_level(world: World) -> None:
    world.hear_hours(NUMBER, "100")
    found = world.nomination()
    twin = {column.key: getattr(found, column.key) for column in Nomination.__table__.columns}
    with pytest.raises(IntegrityError), world.database.unit_of_work() as uow:
        uow.session.add(Nomination(**{**twin, "id": "twin", "case_id": None}))


def test_a_star_is_given_once_whatever_happens(world: World) -> None:
    world.hear_hours(NUMBER, "100")
    nomination = world.nomination()
    world.decide(Verb.APPROVE, by="approver-130123", nomination=nomination)
    with pytest.raises(Conflict):
        world.decide(Verb.APPROVE, by="approver-130123", nomination=nomination)
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Star)) == 1
