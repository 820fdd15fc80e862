"""Volunteers and organisations: registered, confirmed, refused, looked up; and the e-file."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from services.registration.model import Consent, Volunteer
from services.registration.rules import volunteer_number
from shared.contracts.registration import OrganisationApproved, PostChanged, RegistrationRefused, VolunteerRegistered
from shared.identity import Role
from tests.integration.registration.world import (
    ORGANISATION,
    VOLUNTEER,
    appoint,
    decide,
    found,
    id_number,
    register,
    uscc,
    who,
)
from tests.integration.serving import Served, refusal_in


def test_a_registration_shows_no_number_in_full_anywhere(registration: Served) -> None:
    number = id_number()
    volunteer = register(registration, "zhang", id_number=number)
    assert volunteer["id_number_masked"] == f"{number[0]}{'*' * 16}{number[-1]}"
    assert volunteer["mobile_masked"] == "138******78"
    assert "id_number" not in volunteer
    everything = str(registration.contents())
    assert number not in everything
    assert "13812345678" not in everything
    assert "1990-05-17" not in everything


def test_a_confirmed_volunteer_has_a_number_and_a_post(registration: Served) -> None:
    volunteer = register(registration, "zhang")
    assert (volunteer["state"], volunteer["number"]) == ("pending", None)
    assert decide(registration, "clerk", volunteer["case_id"], "approve")["state"] == "approved"
    me = who(registration, "zhang")
    assert me.volunteer_number == volunteer_number("01", 1)
    assert [(post.role, post.region) for post in me.posts] == [(Role.VOLUNTEER, "130123")]
    assert registration.by(me).get("/volunteers/me")["number"] == me.volunteer_number
    assert registration.by(me).get("/accounts/me")["volunteer_number"] == me.volunteer_number
    [news] = registration.published(VolunteerRegistered)
    assert (news.volunteer_number, news.account_id, news.region) == (me.volunteer_number, me.account_id, "130123")


def test_numbers_follow_each_other(registration: Served) -> None:
    for name in ("zhang", "lifang", "zhao"):
        decide(registration, "clerk", register(registration, name)["case_id"], "approve")
    numbers = [who(registration, name).volunteer_number or "" for name in ("zhang", "lifang", "zhao")]
    assert [number[:10] for number in numbers] == ["A010000001", "A010000002", "A010000003"]


@pytest.mark.parametrize("verb", ["reject", "withdraw"])
def test_who_was_refused_or_withdrew_may_register_again(registration: Served, verb: str) -> None:
    number = id_number()
    volunteer = register(registration, "zhang", id_number=number)
    decide(registration, "clerk" if verb == "reject" else "zhang", volunteer["case_id"], verb, "证件不清")
    [news] = registration.published(RegistrationRefused)
    assert (news.subject, news.account_id, news.reason) == ("volunteer", registration.known["zhang"], "证件不清")
    assert who(registration, "zhang").posts == ()
    again = register(registration, "zhang", id_number=number)
    assert again["id"] != volunteer["id"]
    assert registration.by(who(registration, "zhang")).get("/volunteers/me")["state"] in ("pending", "refused")


def test_a_returned_registration_is_sent_again(registration: Served) -> None:
    case = register(registration, "zhang")["case_id"]
    decide(registration, "clerk", case, "return", "请补充特长")
    assert decide(registration, "zhang", case, "resubmit")["round"] == 2
    assert decide(registration, "clerk", case, "approve")["state"] == "approved"


def test_each_consent_is_kept_with_its_version(registration: Served) -> None:
    register(registration, "zhang", consents=["privacy", "id_number", "privacy", "photo"])
    with registration.database.reading() as session:
        rows = session.scalars(select(Consent).order_by(Consent.purpose)).all()
    assert [(row.purpose, row.policy_version, row.given_at) for row in rows] == [
        (purpose, "2026-01", registration.now) for purpose in ("id_number", "photo", "privacy")
    ]


def test_an_id_number_may_be_written_as_people_write_it(registration: Served) -> None:
    number = id_number()
    spaced = f"{number[:6]} {number[6:14]} {number[14:]}".lower()
    register(registration, "zhang", id_number=spaced, mobile="+86 138-1234-5678")
    with registration.unchanged():
        body = {**VOLUNTEER, "id_number": number}
        answer = registration.by(who(registration, "lifang")).call("POST", "/volunteers", body)
        refusal_in(answer, 409, "already_registered")


def test_a_minor_registers_with_the_guardians_consent(registration: Served) -> None:
    volunteer = register(registration, "zhang", id_number=id_number(born=date(2010, 1, 1)), guardian_consents=True)
    assert volunteer["state"] == "pending"


def test_an_organisation_is_led_by_who_registered_it(registration: Served) -> None:
    code = uscc()
    organisation = found(registration, "zhang", name="正定县应急志愿服务队", uscc=code.lower())
    assert (organisation["state"], organisation["uscc"]) == ("pending", code)
    assert decide(registration, "approver", organisation["case_id"], "approve")["state"] == "approved"
    me = who(registration, "zhang")
    assert me.organisations == {organisation["id"]}
    [news] = registration.published(OrganisationApproved)
    assert (news.organisation_id, news.name, news.head_account_id, news.region) == (
        organisation["id"],
        "正定县应急志愿服务队",
        me.account_id,
        "130123",
    )
    posts = [event for event in registration.published(PostChanged) if event.account_id == me.account_id]
    assert [(event.role, event.organisation_id, event.active) for event in posts] == [
        ("organisation_admin", organisation["id"], True)
    ]


def test_an_organisation_of_a_directly_governed_city_is_decided_there(registration: Served) -> None:
    organisation = found(registration, "zhang", region="130682")
    case = registration.by(who(registration, "zhang")).get(f"/cases/{organisation['case_id']}")
    assert [stage["region"] for stage in case["stages"]] == ["130682"]


@pytest.mark.parametrize("same", ["name", "uscc"])
def test_an_organisation_registers_once(registration: Served, same: str) -> None:
    first = {"name": "正定县应急志愿服务队", "uscc": uscc()}
    organisation = found(registration, "zhang", **first)
    second = {**ORGANISATION, "name": "另一个志愿服务队", "uscc": uscc(), same: first[same]}
    with registration.unchanged():
        answer = registration.by(who(registration, "lifang")).call("POST", "/organisations", second)
        refusal_in(answer, 409, "organisation_exists", f"/{same}")
    decide(registration, "approver", organisation["case_id"], "reject", "材料不全")
    assert found(registration, "lifang", **second)["state"] == "pending"


def test_two_counties_may_have_organisations_of_one_name(registration: Served) -> None:
    for region in ("130123", "130125"):
        assert found(registration, "zhang", name="应急志愿服务队", region=region)["region"] == region
    assert len(registration.by(who(registration, "zhang")).get("/organisations/mine")) == 2


@pytest.mark.parametrize("what", ["volunteers", "organisations"])
def test_offices_list_their_regions_and_no_others(registration: Served, what: str) -> None:
    register(registration, "zhang")
    register(registration, "lifang", region="130125")
    for name, region in (("zhang", "130123"), ("lifang", "130125")):
        found(registration, name, region=region)

    def regions(name: str, query: str = "") -> list[str]:
        items = registration.by(who(registration, name)).get(f"/{what}{query}")["items"]
        return [item["region"] for item in items]

    assert regions("clerk") == regions("approver") == ["130123"]
    assert regions("other-clerk") == ["130125"]
    assert regions("clerk", "?region=130125") == []
    assert regions("clerk", "?region=130000&state=pending") == ["130123"]
    assert regions("clerk", "?state=approved") == []


def test_an_organisation_is_shown_to_its_head_and_its_office(standing: Served) -> None:
    path = f"/organisations/{standing.known['organisation']}"
    for name in ("zhang", "clerk", "approver"):
        assert standing.by(who(standing, name)).get(path)["name"] == "正定县志愿服务队"
    for name in ("lifang", "other-clerk", "system-admin"):
        with standing.unchanged():
            refusal_in(standing.by(who(standing, name)).call("GET", path), 404, "organisation_not_found")


def test_a_registration_sent_again_is_answered_again(registration: Served) -> None:
    caller, body = registration.by(who(registration, "zhang")), {**VOLUNTEER, "id_number": id_number()}
    first = caller.call("POST", "/volunteers", body, Idempotency_Key="k")
    with registration.unchanged():
        second = caller.call("POST", "/volunteers", body, Idempotency_Key="k")
        assert second.get_json() == first.get_json()
        assert second.headers["Idempotency-Replayed"] == "true"
        other = caller.call("POST", "/volunteers", {**body, "name": "另一人"}, Idempotency_Key="k")
        refusal_in(other, 422, "command_id_reused")
    assert str(body["id_number"]) not in str(registration.contents())


def test_a_number_sealed_for_one_person_is_not_anothers(registration: Served) -> None:
    """Moved under the door to another row, it opens nowhere."""
    register(registration, "zhang")
    register(registration, "lifang")
    with registration.database.unit_of_work() as uow:
        one, other = uow.session.scalars(select(Volunteer)).all()
        one.id_number_sealed = other.id_number_sealed
    answer: Any = registration.by(who(registration, "clerk")).call("GET", "/volunteers")
    refusal_in(answer, 500, "unexpected")


def test_a_clerk_decides_what_came_before_them(registration: Served) -> None:
    case = register(registration, "zhang", region="130126")["case_id"]
    assert registration.by(who(registration, "zhang")).get(f"/cases/{case}")["stages"][0]["state"] == "held"
    appoint(registration, registration.known["zhao"], Role.CLERK, "130126")
    registration.hear_itself()
    assert decide(registration, "zhao", case, "approve")["state"] == "approved"
