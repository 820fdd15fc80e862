"""Two people at the same instant, on PostgreSQL: numbers, names and posts are given once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import select

from services.registration.commands import accounts
from services.registration.model import NumberBlock, Volunteer
from services.registration.rules import NUMBERS_PER_BLOCK, volunteer_number
from shared.contracts.registration import AbsenceChanged, VolunteerRegistered
from shared.identity import Role
from tests.integration.databases import Databases
from tests.integration.meeting import at_once
from tests.integration.registration.world import (
    ORGANISATION,
    PASSWORD,
    VOLUNTEER,
    appoint,
    away,
    decide,
    end_rule,
    fill,
    id_number,
    made,
    register,
    who,
)
from tests.integration.serving import Served, serving

ROUNDS = 5


@pytest.fixture(scope="module")
def registration(on_postgresql: Databases) -> Iterator[Served]:
    with serving(on_postgresql, "registration", fill) as served:
        yield served


def newcomer(served: Served, name: str) -> str:
    made(served, who(served, "system-admin"), "/accounts", {"username": name, "name": name})
    return name


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_person_with_two_accounts_registers_once(registration: Served, number: int) -> None:
    people = [newcomer(registration, f"twin-{which}-{number}") for which in "ab"]
    body = {**VOLUNTEER, "id_number": id_number()}
    answers = at_once(
        *[partial(registration.by(who(registration, name)).call, "POST", "/volunteers", body) for name in people]
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_account_with_two_id_numbers_registers_once(registration: Served, number: int) -> None:
    caller = registration.by(who(registration, newcomer(registration, f"hasty-{number}")))
    bodies = [{**VOLUNTEER, "id_number": id_number()} for _ in range(2)]
    answers = at_once(*[partial(caller.call, "POST", "/volunteers", body) for body in bodies])
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_an_organisation_of_one_name_registers_once(registration: Served, number: int) -> None:
    body = {**ORGANISATION, "name": f"同名志愿服务队{number}"}
    callers = [registration.by(who(registration, name)) for name in ("zhang", "lifang")]
    answers = at_once(*[partial(caller.call, "POST", "/organisations", body) for caller in callers])
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_user_name_is_given_once(registration: Served, number: int) -> None:
    body = {"username": f"popular-{number}", "name": "小王"}
    make = partial(registration.by(who(registration, "system-admin")).call, "POST", "/accounts", body)
    assert sorted(answer.status_code for answer in at_once(make, make)) == [201, 409]


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("roles", [("clerk", "clerk"), ("audit_admin", "security_admin")])
def test_a_post_is_proposed_once(registration: Served, roles: tuple[str, str], number: int) -> None:
    name = newcomer(registration, f"wanted-{roles[0]}-{number}".replace("_", "-"))
    account = who(registration, name).account_id
    caller = registration.by(who(registration, "system-admin"))
    bodies = [{"account_id": account, "role": role, "region": "130123"} for role in roles]
    answers = at_once(*[partial(caller.call, "POST", "/posts", body) for body in bodies])
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_of_two_new_secrets_only_the_newer_works(registration: Served, number: int) -> None:
    account = who(registration, newcomer(registration, f"secret-{number}")).account_id
    renew = partial(registration.by(who(registration, "system-admin")).call, "POST", f"/accounts/{account}/secret")
    secrets = [answer.get_json()["secret"] for answer in at_once(renew, renew)]
    client = registration.app.test_client()
    bodies = [{"secret": secret, "password": PASSWORD} for secret in secrets]
    assert sorted(client.post("/accounts/activate", json=body).status_code for body in bodies) == [200, 422]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_secret_used_twice_at_once_chooses_one_password(registration: Served, number: int) -> None:
    name = newcomer(registration, f"double-{number}")
    path = f"/accounts/{who(registration, name).account_id}/secret"
    secret = made(registration, who(registration, "system-admin"), path)["secret"]
    client = registration.app.test_client
    passwords = (PASSWORD, "Another-2026!")
    activate = [
        partial(client().post, "/accounts/activate", json={"secret": secret, "password": word}) for word in passwords
    ]
    assert sorted(answer.status_code for answer in at_once(*activate)) == [200, 422]
    signed_in = [client().post("/sessions", json={"username": name, "password": word}) for word in passwords]
    assert sorted(answer.status_code for answer in signed_in) == [200, 401]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_refresh_secret_used_twice_at_once_gives_tokens_once(registration: Served, number: int) -> None:
    with registration.database.unit_of_work() as uow:
        accounts.create_account(uow, name="王明", username=f"wang-{number}", password=PASSWORD)
    client = registration.app.test_client
    tokens = client().post("/sessions", json={"username": f"wang-{number}", "password": PASSWORD}).get_json()
    refresh = partial(client().post, "/sessions/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert sorted(answer.status_code for answer in at_once(refresh, refresh)) == [200, 401]


def test_guesses_at_once_are_all_counted(registration: Served) -> None:
    with registration.database.unit_of_work() as uow:
        accounts.create_account(uow, name="李梅", username="limei", password=PASSWORD)
    client = registration.app.test_client
    guess = partial(client().post, "/sessions", json={"username": "limei", "password": "wrong"})
    assert [answer.status_code for answer in at_once(*[guess] * 5)] == [401] * 5
    assert client().post("/sessions", json={"username": "limei", "password": PASSWORD}).status_code == 429


def officials(served: Served, number: int) -> list[str]:
    """Appoint four officials of one office."""
    names = [newcomer(served, f"away-{which}-{number}") for which in "abcd"]
    for name in names:
        served.known[name] = who(served, name).account_id
        served.known[f"post-{name}"] = appoint(served, served.known[name], Role.APPROVER, "130123")["id"]
    return names


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_circle_is_closed_by_rules_set_at_once(registration: Served, number: int) -> None:
    people = officials(registration, number)
    pairs = zip(people, [*people[1:], people[0]], strict=True)
    answers = at_once(*[partial(away, registration, one, other) for one, other in pairs])
    assert sorted(answer.status_code for answer in answers) == [201, 201, 201, 409]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_one_person_is_given_one_deputy_by_rules_set_at_once(registration: Served, number: int) -> None:
    one, *others = officials(registration, number + ROUNDS)
    answers = at_once(*[partial(away, registration, one, other) for other in others])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_rule_and_the_end_of_its_post_meet_and_no_rule_stays(registration: Served, number: int) -> None:
    one, other, *_ = officials(registration, number + 2 * ROUNDS)
    path = f"/posts/{registration.known[f'post-{other}']}/end"
    answers = at_once(
        partial(away, registration, one, other),
        partial(registration.by(who(registration, "security-admin")).call, "POST", path),
    )
    assert answers[1].status_code == 200
    rules = registration.by(who(registration, one)).get("/absences")["items"]
    assert [rule["state"] for rule in rules] == (["ended"] if answers[0].status_code == 201 else [])


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_rule_is_ended_at_once_by_its_owner_and_by_the_end_of_its_post(registration: Served, number: int) -> None:
    one, other, *_ = officials(registration, number + 3 * ROUNDS)
    rule = away(registration, one, other).get_json()
    path = f"/posts/{registration.known[f'post-{other}']}/end"
    answers = at_once(
        partial(end_rule, registration, one, rule),
        partial(registration.by(who(registration, "security-admin")).call, "POST", path),
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    told = [event.active for event in registration.published(AbsenceChanged) if event.absence_id == rule["id"]]
    assert told == [True, False]


def test_volunteers_confirmed_at_once_get_different_numbers(registration: Served) -> None:
    cases = [register(registration, newcomer(registration, f"many-{number}"))["case_id"] for number in range(4)]
    at_once(*[partial(decide, registration, "clerk", case, "approve") for case in cases])
    numbers = [event.volunteer_number for event in registration.published(VolunteerRegistered)]
    assert len(numbers) == len(set(numbers)) >= 4


def test_a_node_whose_block_is_full_goes_on_with_its_next_one(registration: Served) -> None:
    with registration.database.unit_of_work() as uow:
        uow.session.get_one(NumberBlock, "01").last = NUMBERS_PER_BLOCK
        uow.session.add(NumberBlock(block="02", last=0))
    decide(registration, "clerk", register(registration, newcomer(registration, "late-comer"))["case_id"], "approve")
    with registration.database.reading() as session:
        account = who(registration, "late-comer").account_id
        number = session.scalars(select(Volunteer.number).where(Volunteer.account_id == account)).one()
    assert number == volunteer_number("02", 1)
