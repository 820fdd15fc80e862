"""Hours that are taken back from under a star: officials decide whether it goes, and nothing goes by itself."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.awards.app import approvals
from services.awards.commands.star_reviews import QUIET, review_due
from services.awards.model import Star, StarReview
from services.awards.snapshots import snapshots
from shared.approval import reading, store
from shared.approval.core.state import Party
from shared.approval.core.words import Verb
from shared.approval.views import CaseView
from shared.clock import AdjustableClock
from shared.contracts.awards import StarGranted, StarWithdrawn
from shared.contracts.cases import TaskAssigned
from shared.contracts.records import HoursVoided
from shared.contracts.registration import PostChanged
from shared.errors import Conflict, Forbidden
from tests.integration.awards.conftest import WANG, World
from tests.integration.awards.test_stars import NUMBER, of

COUNTY, CITY, PROVINCE = "approver-130123", "approver-130100", "approver-130000"


def voided(world: World, total: str, *, quality: int = 4) -> HoursVoided:
    """Answer that hours were taken back, so that the volunteer's total is now this."""
    credit = world.credit(NUMBER, total, quality=quality)
    return HoursVoided(**vars(credit))


def come_to_rest(world: World) -> None:
    """Let the quiet time pass, and the worker's job look at all that is due."""
    clock = AdjustableClock()
    clock.set(world.database.clock.now() + QUIET)
    world.database.clock = clock
    looking = True
    while looking:
        with world.database.unit_of_work() as uow:
            looking = review_due(uow, approvals=approvals)


def void(world: World, *totals: str, quality: int = 4) -> None:
    """Let hours be taken back so that the totals are these in turn, and come to rest."""
    for total in totals:
        world.listener.hear(voided(world, total, quality=quality))
    come_to_rest(world)


def reviews(world: World) -> list[tuple[int, int, str]]:
    with world.database.reading() as session:
        rows = session.scalars(select(StarReview).order_by(StarReview.opened_at, StarReview.id))
        return sorted((row.stars, row.stars_left, row.state) for row in rows)


def decide(world: World, verb: Verb, *, by: str, opinion: str = "记录系冒领，已查实") -> CaseView:
    with world.database.reading() as session:
        review = session.scalars(select(StarReview).where(StarReview.state == "open")).one()
    assert review.case_id is not None
    with world.database.unit_of_work() as uow:
        return approvals.act(
            uow,
            case_id=review.case_id,
            verb=verb,
            actor=Party(by, by),
            command_id=f"review-{next(world.entries)}",
            opinion=opinion,
        )


@pytest.fixture
def starred(world: World) -> World:
    """王明 has one star by 100 hours and three by 700, in some records."""
    for total in ("40", "60", "80", "100"):
        world.hear_hours(NUMBER, total)
    world.decide(Verb.APPROVE, by=COUNTY)
    world.hear_hours(NUMBER, "700")
    world.decide(Verb.APPROVE, by=CITY)
    assert world.stars(NUMBER) == ([(1, "130123"), (3, "130100")], 3)
    return world


def test_a_star_that_is_carried_no_more_stays_and_its_tier_is_asked_once(starred: World) -> None:
    # Three records of one report are one question, asked when they have come to rest.
    for total in ("350", "340"):
        starred.listener.hear(voided(starred, total))
    assert starred.listener.hear_twice(voided(starred, "330"), lambda: reviews(starred)) == []
    come_to_rest(starred)
    assert reviews(starred) == [(3, 2, "open")]
    assert starred.stars(NUMBER)[1] == 3
    asked = [one for one in of(starred, TaskAssigned) if one.business_type == "star_review"]
    assert [(one.region, one.title) for one in asked] == [("130100", "撤销三星级志愿者：王明")]
    come_to_rest(starred)
    assert reviews(starred) == [(3, 2, "open")], "looked at twice, asked once"
    assert of(starred, StarWithdrawn) == []


def test_hours_above_the_threshold_ask_nobody(starred: World) -> None:
    void(starred, "600")
    assert reviews(starred) == []


def test_what_is_approved_takes_the_star_and_leaves_what_was_given_for_less(starred: World) -> None:
    void(starred, "350")
    for other in (COUNTY, PROVINCE):
        with pytest.raises((Forbidden, Conflict)):
            decide(starred, Verb.APPROVE, by=other)
    assert decide(starred, Verb.APPROVE, by=CITY).state == "approved"
    assert reviews(starred) == [(3, 2, "taken")]
    assert starred.stars(NUMBER)[1] == 1
    [event] = of(starred, StarWithdrawn)
    assert (event.volunteer_number, event.stars, event.stars_left) == (NUMBER, 3, 1)
    assert (event.decided_by_region, event.reason) == ("130100", "记录系冒领，已查实")
    with starred.database.reading() as session:
        taken = session.scalars(select(Star).where(Star.withdrawn_on.is_not(None))).one()
    assert event.nomination_ids == (taken.nomination_id,)
    # Two stars were never given: they are nominated, for the county to decide.
    assert starred.nominations() == [
        ("一星级志愿者", 1, "granted"),
        ("三星级志愿者", 3, "revoked"),
        ("二星级志愿者", 2, "open"),
    ]


def test_a_star_that_was_taken_can_be_earned_again(starred: World) -> None:
    void(starred, "100")
    decide(starred, Verb.APPROVE, by=CITY)
    assert starred.stars(NUMBER)[1] == 1
    with starred.database.reading() as session:
        told = snapshots.state_of(StarGranted)(session, "", 10)
    assert [(star.volunteer_number, star.stars) for star in told if isinstance(star, StarGranted)] == [(NUMBER, 1)]
    starred.hear_hours(NUMBER, "650")
    starred.decide(Verb.APPROVE, by=CITY)
    assert starred.stars(NUMBER) == ([(1, "130123"), (3, "130100"), (3, "130100")], 3)
    with pytest.raises(IntegrityError), starred.database.unit_of_work() as uow:
        uow.session.execute(Star.__table__.update().values(withdrawn_on=None))  # type: ignore[attr-defined]  # a table


def test_what_is_rejected_leaves_the_star_until_more_is_voided(starred: World) -> None:
    void(starred, "590")
    with pytest.raises(Exception, match="opinion"):
        decide(starred, Verb.REJECT, by=CITY, opinion=" ")
    decide(starred, Verb.REJECT, by=CITY, opinion="差额很小，本人无过错")
    assert (reviews(starred), starred.stars(NUMBER)[1]) == ([(3, 2, "kept")], 3)
    starred.hear_hours(NUMBER, "595")
    come_to_rest(starred)
    assert reviews(starred) == [(3, 2, "kept")], "credited hours ask nothing anew"
    void(starred, "580")
    assert reviews(starred) == [(3, 2, "kept"), (3, 2, "open")]


def test_hours_that_come_back_end_the_question_and_more_that_go_change_it(starred: World) -> None:
    void(starred, "550")
    void(starred, "250")
    assert reviews(starred) == [(3, 1, "open"), (3, 2, "ended")]
    starred.hear_hours(NUMBER, "310")
    come_to_rest(starred)
    assert reviews(starred) == [(3, 1, "ended"), (3, 2, "ended"), (3, 2, "open")]
    starred.hear_hours(NUMBER, "320")
    come_to_rest(starred)
    assert reviews(starred)[2:] == [(3, 2, "open")], "the same question stays"
    starred.hear_hours(NUMBER, "600")
    come_to_rest(starred)
    assert {state for _, _, state in reviews(starred)} == {"ended"}
    assert starred.stars(NUMBER)[1] == 3


def test_evaluations_carry_a_star_too(world: World) -> None:
    world.hear_hours(NUMBER, "50", quality=5)
    world.hear_hours(NUMBER, "120", quality=1)
    world.decide(Verb.APPROVE, by=COUNTY)
    void(world, "101", quality=5)
    assert reviews(world) == [(1, 0, "open")]
    decide(world, Verb.APPROVE, by=COUNTY)
    [event] = of(world, StarWithdrawn)
    assert (event.stars_left, world.stars(NUMBER)[1]) == (0, 0)


@pytest.mark.parametrize(("total", "decider"), [("1500", PROVINCE), ("300", COUNTY)])
def test_the_tier_that_gives_a_level_takes_it(world: World, total: str, decider: str) -> None:
    world.hear_hours(NUMBER, total)
    world.decide(Verb.APPROVE, by=decider)
    void(world, "0")
    for other in {COUNTY, CITY, PROVINCE} - {decider}:
        with pytest.raises((Forbidden, Conflict)):
            decide(world, Verb.APPROVE, by=other)
    assert decide(world, Verb.APPROVE, by=decider).state == "approved"


def test_a_suspended_review_is_looked_at_again_later_and_holds_up_nobody(starred: World) -> None:
    starred.listener.hear(
        PostChanged(
            post_id="ada",
            account_id="ada",
            name="Ada",
            role="system_admin",
            region="130000",
            organisation_id=None,
            active=True,
        )
    )
    void(starred, "350")
    decide(starred, Verb.SUSPEND, by="ada", opinion="核查中")
    starred.listener.hear(voided(starred, "250"))
    come_to_rest(starred)
    assert reviews(starred) == [(3, 2, "open")]
    decide(starred, Verb.RESUME, by="ada", opinion="")
    come_to_rest(starred)
    assert reviews(starred) == [(3, 1, "open"), (3, 2, "ended")]


def test_the_content_says_what_is_decided_and_nothing_personal(starred: World) -> None:
    void(starred, "350")
    with starred.database.reading() as session:
        case_id = session.scalars(select(StarReview.case_id)).one()
        case = store.load(session, str(case_id), lock=False)
        assert case is not None
        content: dict[str, Any] = store.content(session, case)
        assert reading.problems_of(session, case, *reading.load_trail(session, case)) == ()
    assert content == {
        "volunteer_number": NUMBER,
        "volunteer_name": WANG.name,
        "stars": 3,
        "stars_left": 2,
        "voided": "安全生产月咨询日",
        "total_hours": "350",
        "hours_needed": "600",
        "average_quality": "4.00",
        "quality_floor": "3.0",
    }
