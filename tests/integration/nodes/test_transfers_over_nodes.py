"""A volunteer moves from one city's node to another's county: given, received, and counted once at every node."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from services.awards.model import KnownVolunteer as AwardsVolunteer
from services.registration.model import Volunteer
from shared.clock import SystemClock
from shared.contracts.records import VolunteerTransferred
from shared.identity import Principal
from shared.nodes.tables import place, quarantine, stream_in_log, stream_log
from tests.integration.registration.world import id_number
from tests.integration.signing import Caller
from tests.province import Province, RealNode
from tests.province import number as number_of
from tests.province import volunteer as registered
from tests.province.deciding import at
from tests.province.moving import NEW, Moving
from tests.province.people import (
    ACTIVITY,
    at_records,
    hours_at,
    in_trouble,
    lines_at,
    organisation_of,
    revoke,
    sent,
    told,
)
from tests.unit.nodes.making import Sender, event

#: A test makes a province of four nodes with all services, and waits for what travels between them.
pytestmark = pytest.mark.timeout(900)
CONSENTS = ["privacy", "id_number"]


def at_rest(whole: Province) -> None:
    assert {node.name: in_trouble(node) for node in whole.nodes.values()} == {name: [] for name in whole.nodes}


def again(whole: Province, *nodes: RealNode) -> None:
    """Send every letter of these nodes once more, as a network may."""
    for node in nodes:
        letters = [bytes(row["letter"]) for row in node.rows(stream_log)]
        node.send_raw(node.neighbours[0], *letters)


def test_a_volunteer_moves_with_all_that_counts_and_it_is_counted_once_everywhere(whole: Province) -> None:
    moving = Moving(whole)
    old, new, city, province = moving.old, moving.new, moving.city, moving.province
    moving.invite(city)
    at_old, at_city = moving.serve(old, hours=3, starts=8), moving.serve(city, hours=2, starts=14)
    for node, activity in ((old, at_old), (city, at_city)):
        whole.wait(partial(moving.is_credited, node, activity), f"the hours of {node.name}")
    moving.honour()
    whole.wait(lambda: moving.standing_at(province) == (500, 8, 2, 1), "the province's copy")
    whole.wait(lambda: len(moving.file_at(old)) == 4, "the file at the old home")

    case = moving.ask()
    moving.decide(case)
    whole.wait(moving.is_moved, "the move at both nodes")

    whole.wait(lambda: moving.standing_at(new) == (500, 8, 2, 1), "the standing at the new home")
    whole.wait(lambda: moving.standing_at(city) == (500, 8, 2, 1), "the city above, which had no copy")
    whole.wait(lambda: len(moving.file_at(new)) == 5, "the file at the new home")
    assert moving.standing_at(province) == moving.standing_at(old) == (500, 8, 2, 1)
    for node in (old, new, city, province):
        assert (node.name, lines_at(node, moving.number)) == (node.name, [200, 300])
    moving.everywhere((old, new, city, province), moving.region_at, NEW)
    assert moving.honours_at(new) == moving.honours_at(old)
    kinds = [kind for kind, _ in moving.file_at(new)]
    assert kinds == ["award", "hours", "hours", "star", "transfer"]
    assert set(moving.file_at(old)) == set(moving.file_at(new))
    assert told(old).count("volunteer.received") == 1
    assert "hours.credited" not in told(new), "what was told at the old home is not told again"

    again(whole, old, new)
    whole.wait(lambda: lines_at(province, moving.number) == [200, 300], "nothing to be counted twice")
    at_rest(whole)


def test_what_is_confirmed_and_revoked_after_the_move_counts_at_the_new_home_once(whole: Province) -> None:
    moving = Moving(whole)
    old, new, city, province = moving.old, moving.new, moving.city, moving.province
    for node in (city, new):
        moving.invite(node)
    before = moving.serve(city, hours=2, starts=8)
    whole.wait(partial(moving.is_credited, city, before), "the first hours")
    moving.decide(moving.ask())
    whole.wait(moving.is_moved, "the move at both nodes")
    # The old home's organisation has to know that they are a guest now.
    assert _fault_of_recording(moving, old) == "volunteer_moved"
    moving.invite(old)
    later = [moving.serve(node, hours=1, starts=14 + 2 * place) for place, node in enumerate((old, city, new))]
    for node, activity in zip((old, city, new), later, strict=True):
        whole.wait(partial(moving.is_credited, node, activity), f"the later hours of {node.name}")
    moving.everywhere((new, city, province), moving.standing_at, (500, 16, 4, 0))
    moving.everywhere((new, city, province), hours_at, {moving.number: 500})
    assert lines_at(old, moving.number) == [200], "the old home keeps what it had"
    revoke(city, moving.heads[city.name], before)
    moving.everywhere((new, city, province), hours_at, {moving.number: 300})
    whole.wait(lambda: len(moving.file_at(new)) == 6, "the file to follow")
    at_rest(whole)


def _fault_of_recording(moving: Moving, node: RealNode) -> str:
    head = moving.heads[node.name]
    caller = at_records(node, head)
    project = {
        "organisation_id": organisation_of(head),
        "name": "日常宣传",
        "theme": "everyday",
        "description": "宣传活动",
    }
    project_id = sent(caller, "/projects", project)["id"]
    activity = sent(caller, "/activities", {**ACTIVITY, "project_id": project_id})["id"]
    line = {
        "volunteer_number": moving.number,
        "served_on": "2017-06-16",
        "starts": "08:00",
        "ends": "09:00",
        "quality": 4,
    }
    answer = caller.call("POST", f"/activities/{activity}/records", {"lines": [line]})
    assert answer.status_code == 422
    code: str = answer.get_json()["errors"][0]["code"]
    return code


def test_what_is_confirmed_while_they_move_is_credited_once_and_never_lost(whole: Province) -> None:
    moving = Moving(whole)
    old, new, city, province = moving.old, moving.new, moving.city, moving.province
    for node in (city, new):
        moving.invite(node)
    moving.serve(old, hours=3, starts=8)
    whole.wait(lambda: hours_at(old) == {moving.number: 300}, "the first hours")
    case = moving.ask()
    moving.decide(case)
    # The old home gives them away while the new one is away: half a move is none.
    whole.wait(lambda: _has_answer(old), "the answer of the receiving place")
    new.stop()
    whole.wait(lambda: moving.transfer()["state"] == "approved", "the old home's half")
    during = [moving.serve(node, hours=1, starts=12 + 2 * place) for place, node in enumerate((old, city))]
    whole.wait(lambda: hours_at(old) == {moving.number: 500}, "both to wait at the old home")
    assert moving.transfer()["state"] == "approved"
    assert hours_at(province) == {moving.number: 300}
    new.start()
    own = moving.serve(new, hours=1, starts=18)

    whole.wait(moving.is_moved, "the move")
    for node, activity in ((old, during[0]), (city, during[1]), (new, own)):
        whole.wait(partial(moving.is_credited, node, activity), f"the hours of {node.name}")
    moving.everywhere((new, city, province), hours_at, {moving.number: 600})
    moving.everywhere((new, city, province), moving.standing_at, (600, 16, 4, 0))
    again(whole, old, new, city)
    whole.wait(lambda: len(moving.file_at(new)) == 5, "the file at the new home")
    assert lines_at(new, moving.number) == [100, 100, 100, 300]
    at_rest(whole)


def _has_answer(node: RealNode) -> bool:
    return any(b"case.answered" in bytes(row["letter"]) for row in node.rows(stream_in_log))


def test_the_person_claims_their_account_at_the_new_home(whole: Province) -> None:
    moving = Moving(whole)
    old, new = moving.old, moving.new
    asked = at(old, "registration", moving.person)
    assert asked.refused("POST", "/volunteers/me/claim-secret") == (409, "not_moved")
    case = moving.ask()
    moving.decide(case)
    whole.wait(moving.is_moved, "the move")
    whole.wait(lambda: _has_let_go(moving), "the old home to let go")

    secret = sent(asked, "/volunteers/me/claim-secret")
    assert secret["to_region"] == NEW
    form = {
        "secret": secret["secret"],
        "username": "tang-jing",
        "password": "Correct-Horse-9",
        "id_number": id_number(),
        "mobile": "13800001234",
        "consents": CONSENTS,
    }
    nobody = at(new, "registration", Principal(account_id="nobody", name="nobody"))
    whole.wait(lambda: _claimed(nobody, form), "the claim to be known at the new home")
    assert nobody.call("POST", "/volunteers/claim", {**form, "username": "another"}).status_code == 422, "once"
    signed_in = nobody.call("POST", "/sessions", {"username": "tang-jing", "password": "Correct-Horse-9"})
    assert signed_in.status_code == 200
    with new.services["registration"].reading() as session:
        person = session.scalars(select(Volunteer).where(Volunteer.number == moving.number)).one()
        assert (person.region, person.state, person.name) == (NEW, "approved", "唐静")
    with new.services["awards"].reading() as session:
        known = session.get_one(AwardsVolunteer, moving.number)
        assert known.account_id == person.account_id
    with old.services["registration"].reading() as session:
        assert session.scalars(select(Volunteer.region).where(Volunteer.number == moving.number)).one() == NEW
    at_rest(whole)


def _has_let_go(moving: Moving) -> bool:
    with moving.old.services["registration"].reading() as session:
        region = session.scalars(select(Volunteer.region).where(Volunteer.number == moving.number)).one()
        return bool(region == NEW)


def _claimed(nobody: Caller, form: dict[str, Any]) -> bool:
    answer = nobody.call("POST", "/volunteers/claim", form, Idempotency_Key=uuid.uuid4().hex)
    return answer.status_code == 201


def test_who_was_not_given_away_is_not_taken_and_a_half_that_came_early_counts_once_the_other_is_there(
    province: Province,
) -> None:
    old, taker, above = province["tangshan"], province["shijiazhuang"], province["hebei"]
    number = number_of("tangshan", 1)
    old.say("registration", registered("tangshan", 1))
    province.wait(lambda: above.heard() == [number], "the province to know the volunteer")
    # Our own gateway would not send this; one whose checks were taken out would.
    forger = Sender("shijiazhuang", "hebei", signer=taker.signer())
    move = {"transfer_id": "t-1", "volunteer_number": number, "from_region": "130200", "to_region": "130100"}
    who = {"volunteer_number": number, "account_id": "b", "name": "王五", "region": "130100"}
    taken = [
        event("volunteer.received", {**move, "received_on": "2026-07-01"}, node=taker.name, service="registration"),
        event("volunteer.updated", who, node=taker.name, service="registration", id="e-2"),
    ]
    taker.send_raw("hebei", *(bytes(forger.letter(one, at=SystemClock().now())) for one in taken))
    province.wait(lambda: codes_at(above) == ["belongs_to_another"] * 2, "both to be refused, with the reason")
    assert place_at(above, number) == "130200", "half a move is none"

    day = SystemClock().now().date()
    old.say("records", VolunteerTransferred(**move, transferred_on=day))
    province.wait(lambda: place_at(above, number) == "130100", "the move, with both halves")
    assert codes_at(above) == []
    with above.office.database.reading() as session:
        fates = session.execute(
            select(stream_in_log.c.fate, stream_in_log.c.code).where(stream_in_log.c.origin == taker.name)
        )
        assert [tuple(row) for row in fates] == [("apply", ""), ("apply", "")]


def codes_at(node: RealNode) -> list[str]:
    return [row["code"] for row in node.rows(quarantine)]


def place_at(node: RealNode, number: str) -> str | None:
    with node.office.database.reading() as session:
        return session.scalar(select(place.c.region).where(place.c.kind == "volunteer", place.c.key == number))
