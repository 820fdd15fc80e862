"""Accounts and posts: first administrators, one-use secrets, two persons for every post."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from services.registration.commands import posts
from services.registration.model import Account, PostRow
from shared.contracts.registration import PostChanged
from shared.errors import Conflict
from shared.identity import Role
from tests.integration.registration.world import PASSWORD, appoint, made, who
from tests.integration.serving import Served, refusal_in

ADMINISTRATORS = ("system-admin", "security-admin", "audit-admin")
GOOD = {"account_id": "{zhao}", "role": "clerk", "region": "130123"}


def activate(served: Served, secret: str, password: str = PASSWORD) -> Any:
    return served.app.test_client().post("/accounts/activate", json={"secret": secret, "password": password})


def bootstrap(served: Served) -> dict[str, dict[str, str]]:
    with served.database.unit_of_work() as uow:
        return posts.bootstrap(uow)


def propose(served: Served, by: str = "system-admin", **changes: str) -> Any:
    body = {name: value.format(**served.known) for name, value in {**GOOD, **changes}.items()}
    return served.by(who(served, by)).call("POST", "/posts", body)


def test_the_first_three_administrators_hold_one_role_each(registration: Served) -> None:
    assert {made["username"] for made in registration.known["secrets"].values()} == set(ADMINISTRATORS)
    for name in ADMINISTRATORS:
        assert [(post.role, post.region) for post in who(registration, name).posts] == [
            (Role(name.replace("-", "_")), "130000")
        ]


def test_bootstrap_gives_a_new_secret_to_whoever_has_not_used_the_old_one(registration: Served) -> None:
    first = registration.known["secrets"]
    assert activate(registration, first["system_admin"]["secret"]).status_code == 200
    second = bootstrap(registration)
    assert set(second) == {"security_admin", "audit_admin"}
    refusal_in(activate(registration, first["audit_admin"]["secret"]), 422, "secret_invalid", "/secret")
    for role in second:
        assert activate(registration, second[role]["secret"]).status_code == 200
    with registration.unchanged(), pytest.raises(Conflict, match="already_bootstrapped"):
        bootstrap(registration)


@pytest.mark.parametrize("name", ADMINISTRATORS)
def test_nobody_takes_the_name_of_a_first_administrator(registration: Served, name: str) -> None:
    """Else the first to come would keep the administrator out."""
    with registration.database.engine.begin() as connection:
        connection.execute(text("UPDATE account SET username = id"))
    body = {"username": name, "name": "小王", "password": PASSWORD}
    with registration.unchanged():
        answer = registration.app.test_client().post("/accounts/self", json=body)
        refusal_in(answer, 409, "username_taken", "/username")


def test_a_secret_works_once(registration: Served) -> None:
    secret = registration.known["secrets"]["system_admin"]["secret"]
    assert activate(registration, secret).get_json()["username"] == "system-admin"
    with registration.unchanged():
        refusal_in(activate(registration, secret, "Another-2026!"), 422, "secret_invalid", "/secret")


def test_a_secret_lives_seven_days(registration: Served) -> None:
    registration.pass_time(timedelta(days=7))
    assert activate(registration, registration.known["secrets"]["system_admin"]["secret"]).status_code == 200
    registration.pass_time(timedelta(seconds=1))
    answer = activate(registration, registration.known["secrets"]["audit_admin"]["secret"])
    refusal_in(answer, 422, "secret_invalid", "/secret")


def test_a_weak_password_leaves_the_secret_in_force(registration: Served) -> None:
    secret = registration.known["secrets"]["system_admin"]["secret"]
    with registration.unchanged():
        refusal_in(activate(registration, secret, "short"), 422, "password_too_weak", "/password")
        refusal_in(activate(registration, secret, "My-system-admin-1"), 422, "password_too_weak", "/password")
    assert activate(registration, secret).status_code == 200


@pytest.mark.parametrize("secret", ["", "guess", "' OR 1=1 --"])
def test_no_other_secret_works(registration: Served, secret: str) -> None:
    with registration.unchanged():
        refusal_in(activate(registration, secret), 422, "secret_invalid", "/secret")


def test_an_administrator_issues_secrets_and_chooses_no_passwords(registration: Served) -> None:
    path = f"/accounts/{registration.known['zhao']}/secret"
    older, newer = (made(registration, who(registration, "system-admin"), path)["secret"] for _ in range(2))
    refusal_in(activate(registration, older), 422, "secret_invalid", "/secret")
    assert activate(registration, newer).status_code == 200
    with registration.unchanged():
        answer = registration.by(who(registration, "system-admin")).call("POST", path)
        refusal_in(answer, 409, "account_activated")


def test_a_secret_is_not_kept_under_its_key(registration: Served) -> None:
    path, caller = f"/accounts/{registration.known['zhao']}/secret", registration.by(who(registration, "system-admin"))
    first, second = (caller.call("POST", path, Idempotency_Key="same").get_json()["secret"] for _ in range(2))
    assert first != second
    assert not any(secret in str(registration.contents()) for secret in (first, second))


def test_somebody_makes_an_account_of_their_own(registration: Served) -> None:
    body = {"username": "xiaowang", "name": "小王", "password": PASSWORD}
    client = registration.app.test_client()
    assert client.post("/accounts/self", json=body).status_code == 201
    with registration.unchanged():
        refusal_in(client.post("/accounts/self", json=body), 409, "username_taken", "/username")
    me = registration.by(who(registration, "xiaowang")).get("/accounts/me")
    assert (me["username"], me["posts"], me["volunteer_number"]) == ("xiaowang", [], None)


def test_a_post_holds_when_a_second_person_has_confirmed_it(registration: Served) -> None:
    post = propose(registration).get_json()
    assert post["state"] == "proposed"
    assert who(registration, "zhao").posts == ()
    told = len(registration.published(PostChanged))
    assert made(registration, who(registration, "security-admin"), f"/posts/{post['id']}/confirm")["state"] == "active"
    assert [held.role for held in who(registration, "zhao").posts] == [Role.CLERK]
    [news] = registration.published(PostChanged)[told:]
    assert (news.account_id, news.role, news.region, news.active) == (
        registration.known["zhao"],
        "clerk",
        "130123",
        True,
    )


def test_an_ended_post_holds_no_more_and_others_are_told_once(registration: Served) -> None:
    post = registration.known["post-clerk"]
    for _ in range(2):
        assert made(registration, who(registration, "security-admin"), f"/posts/{post}/end")["state"] == "ended"
    assert who(registration, "clerk").posts == ()
    news = [event for event in registration.published(PostChanged) if event.post_id == post]
    assert [event.active for event in news] == [True, False]


def test_a_proposal_that_is_ended_is_told_to_nobody(registration: Served) -> None:
    post = propose(registration).get_json()["id"]
    told = len(registration.published(PostChanged))
    assert made(registration, who(registration, "security-admin"), f"/posts/{post}/end")["state"] == "ended"
    assert len(registration.published(PostChanged)) == told
    with registration.unchanged():
        answer = registration.by(who(registration, "security-admin")).call("POST", f"/posts/{post}/confirm")
        refusal_in(answer, 409, "post_not_proposed")


def test_a_post_that_was_ended_can_be_given_again(registration: Served) -> None:
    made(registration, who(registration, "security-admin"), f"/posts/{registration.known['post-clerk']}/end")
    assert appoint(registration, registration.known["clerk"], Role.CLERK, "130123")["state"] == "active"


@pytest.mark.parametrize("first", ["system_admin", "security_admin", "audit_admin"])
@pytest.mark.parametrize("second", ["system_admin", "security_admin", "audit_admin"])
def test_nobody_holds_two_of_the_three_administrators(registration: Served, first: str, second: str) -> None:
    assert propose(registration, role=first).status_code == 201
    with registration.unchanged():
        answer = propose(registration, role=second, region="130100")
        refusal_in(answer, 409, "one_administrator_role")


@pytest.mark.parametrize("state", ["proposed", "active"])
def test_the_database_itself_refuses_a_second_administrator_role(registration: Served, state: str) -> None:
    with registration.database.reading() as session:
        account = session.scalars(select(Account.id).where(Account.username == "system-admin")).one()
        session.add(
            PostRow(
                id="under-the-door",
                account_id=account,
                role="audit_admin",
                region="130000",
                state=state,
                proposed_by="x",
                confirmed_by="y" if state == "active" else None,
                changed_at=registration.now,
            )
        )
        with pytest.raises(IntegrityError):
            session.flush()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE post SET confirmed_by = proposed_by WHERE state = 'active'",
        "UPDATE post SET confirmed_by = NULL WHERE state = 'active'",
        "UPDATE post SET state = 'forever'",
        "UPDATE post SET account_id = 'nobody'",
    ],
)
def test_the_database_itself_refuses_a_post_that_breaks_a_rule(registration: Served, statement: str) -> None:
    with pytest.raises(IntegrityError), registration.database.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"region": "999999"}, 422, "unknown_region", "/region"),
        ({"region": "130171"}, 422, "region_not_reporting", "/region"),
        ({"region": "13012"}, 422, "wrong_form", "/region"),
        ({"region": "130123\n"}, 422, "wrong_form", "/region"),
        ({"role": "emperor"}, 422, "not_a_choice", "/role"),
        ({"role": "volunteer"}, 422, "role_not_given_by_hand", "/role"),
        ({"role": "organisation_admin"}, 422, "role_not_given_by_hand", "/role"),
        ({"account_id": "nobody"}, 404, "account_not_found", "/account_id"),
        ({"account_id": "' OR 1=1 --"}, 404, "account_not_found", "/account_id"),
        ({"account_id": "{clerk}"}, 409, "post_exists", None),
        ({"state": "active"}, 422, "unknown_field", "/state"),
        ({"confirmed_by": "x"}, 422, "unknown_field", "/confirmed_by"),
    ],
)
def test_a_wrong_proposal_is_refused(
    standing: Served, changes: dict[str, str], status: int, code: str, pointer: str | None
) -> None:
    with standing.unchanged():
        refusal_in(propose(standing, **changes), status, code, pointer)


def test_nobody_proposes_or_confirms_a_post_of_their_own(registration: Served) -> None:
    with registration.unchanged():
        me = who(registration, "system-admin").account_id
        refusal_in(propose(registration, account_id=me), 403, "not_to_yourself")
    security = who(registration, "security-admin")
    post = propose(registration, account_id=security.account_id).get_json()["id"]
    with registration.unchanged():
        answer = registration.by(security).call("POST", f"/posts/{post}/confirm")
        refusal_in(answer, 403, "second_person_needed")


@pytest.mark.parametrize(
    ("by", "method", "path", "status", "code"),
    [
        ("security-admin", "POST", "/posts/none/confirm", 404, "post_not_found"),
        ("security-admin", "POST", "/posts/none/end", 404, "post_not_found"),
        ("security-admin", "POST", "/posts/' OR 1=1 --/end", 404, "post_not_found"),
        ("security-admin", "POST", "/posts/{post-clerk}/confirm", 409, "post_not_proposed"),
        ("system-admin", "POST", "/posts/{post-clerk}/confirm", 403, "forbidden"),
        ("system-admin", "POST", "/posts/{post-clerk}/end", 403, "forbidden"),
        ("audit-admin", "POST", "/posts/{post-clerk}/end", 403, "forbidden"),
        ("clerk", "GET", "/posts", 403, "forbidden"),
        ("audit-admin", "GET", "/posts?state=lost", 422, "not_a_choice"),
        ("system-admin", "POST", "/accounts/none/secret", 404, "account_not_found"),
        ("security-admin", "POST", "/accounts/{zhang}/secret", 403, "forbidden"),
        ("system-admin", "GET", "/volunteers", 403, "forbidden"),
        ("audit-admin", "GET", "/organisations", 403, "forbidden"),
    ],
)
def test_what_is_not_theirs_is_refused_to_each_administrator(
    standing: Served, by: str, method: str, path: str, status: int, code: str
) -> None:
    with standing.unchanged():
        refusal_in(standing.by(who(standing, by)).call(method, path.format(**standing.known)), status, code)


@pytest.mark.parametrize("path", ["/accounts", "/accounts/self"])
@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"username": "zhang"}, 409, "username_taken", "/username"),
        ({"username": "Zhang"}, 422, "wrong_form", "/username"),
        ({"username": "zh"}, 422, "wrong_form", "/username"),
        ({"username": "a" * 41}, 422, "wrong_form", "/username"),
        ({"username": "a'; DROP TABLE account; --"}, 422, "wrong_form", "/username"),
        ({"username": "abc\n"}, 422, "wrong_form", "/username"),
        ({"name": "王"}, 422, "wrong_length", "/name"),
        ({"name": "小\x00王"}, 422, "text_not_storable", "/name"),
        ({"name": None}, 422, "required", "/name"),
        ({"role": "system_admin"}, 422, "unknown_field", "/role"),
        ({"active": False}, 422, "unknown_field", "/active"),
    ],
)
def test_a_wrong_account_is_refused(
    standing: Served, path: str, changes: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    body = {"username": "xiaowang", "name": "小王", **changes}
    body |= {"password": PASSWORD} if path == "/accounts/self" else {}
    with standing.unchanged():
        refusal_in(standing.by(who(standing, "system-admin")).call("POST", path, body), status, code, pointer)
