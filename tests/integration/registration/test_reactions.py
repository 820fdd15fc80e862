"""The e-file is kept by what others say: once each, in whatever order it comes."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from shared.contracts.awards import AwardGranted, StarGranted, StarWithdrawn
from shared.contracts.base import Event
from shared.contracts.records import HoursCredited, HoursVoided, TransferVerified, VolunteerSought, VolunteerTransferred
from shared.contracts.registration import (
    AbsenceChanged,
    FileHandedOver,
    PostChanged,
    VolunteerReceived,
    VolunteerUpdated,
)
from shared.identity import Role
from tests.integration.listening import CASES_OVER_NODES
from tests.integration.registration.world import decide, register, who
from tests.integration.serving import Served, refusal_in

NUMBER = "A0100000017"
HOURS = HoursCredited(
    volunteer_number=NUMBER,
    entry_id="entry-1",
    record_id="record-1",
    report_id="report-1",
    activity_name="安全生产咨询日",
    served_on=date(2026, 9, 18),
    hours_hundredths=250,
    quality=4,
    total_hundredths=250,
)
STAR = StarGranted(
    volunteer_number=NUMBER, nomination_id="n-1", stars=2, granted_on=date(2026, 9, 19), decided_by_region="130123"
)
AWARD = AwardGranted(
    award_id="a-1",
    nomination_id="n-2",
    volunteer_number=NUMBER,
    award="outstanding_volunteer",
    citation="优秀志愿者",
    granted_on=date(2026, 9, 20),
    granting_region="130000",
)
TRANSFER = VolunteerTransferred(
    transfer_id="t-1",
    volunteer_number=NUMBER,
    volunteer_name="张伟",
    from_region="130123",
    to_region="130125",
    transferred_on=date(2026, 9, 20),
)
LINES = [("award", "优秀志愿者"), ("star", "二星级志愿者"), ("hours", "安全生产咨询日")]


@pytest.fixture
def registration(registration: Served) -> Served:
    """One volunteer was confirmed."""
    decide(registration, "clerk", register(registration, "zhang")["case_id"], "approve")
    assert who(registration, "zhang").volunteer_number == NUMBER
    return registration


def file_of(served: Served) -> Any:
    return served.by(who(served, "zhang")).get("/volunteers/me/file")


@pytest.mark.parametrize(("event", "kind"), [(HOURS, "hours"), (STAR, "star"), (AWARD, "award")])
def test_a_fact_is_entered_once(registration: Served, event: Event, kind: str) -> None:
    seen = registration.listener.hear_twice(event, lambda: file_of(registration))
    assert [entry["kind"] for entry in seen["entries"]] == [kind]
    registration.listener.hear(event)
    assert file_of(registration) == seen, "told anew as another message, it is still one fact"


def test_who_was_transferred_is_at_home_elsewhere_once(registration: Served) -> None:
    before = who(registration, "zhang")

    def look() -> Any:
        me = registration.by(who(registration, "zhang")).get("/volunteers/me")
        told = [event for event in registration.published(PostChanged) if event.account_id == before.account_id]
        return me["region"], who(registration, "zhang").posts, [(event.region, event.active) for event in told]

    region, posts, told = registration.listener.hear_twice(TRANSFER, look)
    assert region == "130125"
    assert [(post.role, post.region) for post in posts] == [(Role.VOLUNTEER, "130125")]
    assert told == [("130123", True), ("130123", False), ("130125", True)]
    [updated] = registration.published(VolunteerUpdated)
    assert updated == VolunteerUpdated(
        volunteer_number=NUMBER, account_id=before.account_id, name="张伟", region="130125"
    )
    [entry] = file_of(registration)["entries"]
    assert (entry["kind"], entry["title"]) == ("transfer", "由石家庄市正定县转入石家庄市行唐县")
    registration.listener.hear(TRANSFER)
    assert registration.published(VolunteerUpdated) == [updated], "told anew as another message, it is still one move"
    officials = [
        registration.by(who(registration, one)).get("/volunteers")["items"] for one in ("other-clerk", "clerk")
    ]
    assert [[one["number"] for one in items] for items in officials] == [[NUMBER], []]


def test_who_comes_back_has_their_post_again(registration: Served) -> None:
    registration.listener.hear(TRANSFER)
    back = {**vars(TRANSFER), "transfer_id": "t-2", "from_region": "130125", "to_region": "130123"}
    registration.listener.hear(VolunteerTransferred(**back))
    assert [(post.role, post.region) for post in who(registration, "zhang").posts] == [(Role.VOLUNTEER, "130123")]


def test_who_comes_from_a_region_that_is_no_more_is_entered_by_its_last_name(registration: Served) -> None:
    registration.listener.hear(VolunteerTransferred(**{**vars(TRANSFER), "from_region": "130223"}))
    assert file_of(registration)["entries"][0]["title"] == "由唐山市滦县转入石家庄市行唐县"


def test_hours_that_are_taken_back_are_a_line_of_their_own(registration: Served) -> None:
    registration.listener.hear(HOURS)
    voided = HoursVoided(**{**vars(HOURS), "entry_id": "entry-of-void", "total_hundredths": 0})
    seen = registration.listener.hear_twice(voided, lambda: file_of(registration))
    assert (seen["hours_total"], len(seen["entries"])) == (0, 2)
    assert {entry["title"] for entry in seen["entries"]} == {"安全生产咨询日", "安全生产咨询日（冲销）"}


@pytest.mark.parametrize("order", list(permutations([HOURS, STAR, AWARD])))
def test_the_file_is_the_same_in_whatever_order_facts_come(registration: Served, order: tuple[Event, ...]) -> None:
    for event in order:
        registration.listener.hear(event)
    file = file_of(registration)
    assert [(entry["kind"], entry["title"]) for entry in file["entries"]] == LINES
    assert (file["hours_total"], file["stars"], file["number"]) == (2.5, 2, NUMBER)


def test_facts_of_others_stay_out_of_the_file(registration: Served) -> None:
    registration.listener.hear(HoursCredited(**{**vars(HOURS), "volunteer_number": "A0100000025"}))
    assert file_of(registration)["entries"] == []


def test_a_total_may_be_longer_than_a_day(registration: Served) -> None:
    for number in range(12):
        event = {**vars(HOURS), "entry_id": f"entry-{number}", "hours_hundredths": 2400}
        registration.listener.hear(HoursCredited(**event))
    assert file_of(registration)["hours_total"] == 288


def test_a_long_citation_fits(registration: Served) -> None:
    registration.listener.hear(AwardGranted(**{**vars(AWARD), "citation": "优" * 300}))
    assert file_of(registration)["entries"][0]["title"].startswith("优")


def test_a_star_that_was_taken_away_counts_no_more_and_both_lines_stay(registration: Served) -> None:
    registration.listener.hear(STAR)
    higher = StarGranted(**{**vars(STAR), "nomination_id": "n-3", "stars": 3})
    registration.listener.hear(higher)
    withdrawn = StarWithdrawn(
        volunteer_number=NUMBER,
        review_id="review-1",
        stars=3,
        stars_left=2,
        nomination_ids=("n-3",),
        withdrawn_on=date(2026, 9, 30),
        decided_by_region="130100",
        reason="记录系冒领",
    )

    def look() -> list[tuple[str, str | None]]:
        return [(entry["title"], entry["withdrawn_on"]) for entry in file_of(registration)["entries"]]

    assert file_of(registration)["stars"] == 3
    assert registration.listener.hear_twice(withdrawn, look) == [
        ("撤销三星级志愿者，现为二星级", None),
        ("二星级志愿者", None),
        ("三星级志愿者", "2026-09-30"),
    ]
    assert file_of(registration)["stars"] == 2
    registration.listener.hear(
        StarWithdrawn(**{**vars(withdrawn), "review_id": "review-2", "stars_left": 0, "nomination_ids": ("n-1",)})
    )
    assert file_of(registration)["stars"] == 0
    registration.listener.hear(StarGranted(**{**vars(STAR), "nomination_id": "n-9", "stars": 3}))
    assert file_of(registration)["stars"] == 3


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_a_star_that_is_none_is_held_and_not_entered(registration: Served, stars: int) -> None:
    registration.listener.receive(registration.listener.encode(StarGranted(**{**vars(STAR), "stars": stars})))
    assert len(registration.listener.held()) == 1
    assert file_of(registration)["entries"] == []


def test_its_own_word_on_posts_gives_and_takes_the_power_to_decide(registration: Served) -> None:
    case = register(registration, "lifang")["case_id"]
    post = registration.known["post-clerk"]
    registration.by(who(registration, "security-admin")).call("POST", f"/posts/{post}/end")
    clerk = who(registration, "clerk")
    for _ in range(2):
        registration.hear_itself()
    held = registration.by(who(registration, "lifang")).get(f"/cases/{case}")
    assert held["stages"][0]["state"] == "held"
    with registration.unchanged():
        headers = {"Idempotency_Key": "k", "If_Match": f'"{held["rev"]}"'}
        answer = registration.by(clerk).call("POST", f"/cases/{case}/approve", {}, **headers)
        refusal_in(answer, 404, "case_not_found")


def test_nothing_else_is_heard(registration: Served) -> None:
    heard = set(registration.listener.reactions.listens_to())
    stars = {StarGranted, StarWithdrawn}
    facts = {HoursCredited, HoursVoided, *stars, AwardGranted, VolunteerTransferred, VolunteerSought}
    moves = {FileHandedOver, TransferVerified, VolunteerReceived}
    assert heard == {*facts, *moves, PostChanged, AbsenceChanged, *CASES_OVER_NODES}
    assert Role.CLERK in {Role(event.role) for event in registration.published(PostChanged)}
