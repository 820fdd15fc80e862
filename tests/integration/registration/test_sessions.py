"""Signing in, going on and signing out; guessing is slow and a stolen secret ends with its session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from services.registration.commands import accounts
from services.registration.model import Account, SignIn
from shared.identity import Role, passwords
from tests.integration.registration.world import PASSWORD, appoint, who
from tests.integration.serving import Served, refusal_in
from tests.integration.signing import VERIFIER


@pytest.fixture(autouse=True)
def wang(registration: Served) -> None:
    """Wang has chosen a password."""
    with registration.database.unit_of_work() as uow:
        accounts.create_account(uow, name="王明", username="wang", password=PASSWORD)


def send(served: Served, path: str, **body: Any) -> TestResponse:
    return served.app.test_client().post(path, json=body)


def sign_in(served: Served, username: str = "wang", password: str = PASSWORD) -> TestResponse:
    return send(served, "/sessions", username=username, password=password)


def refresh(served: Served, secret: str) -> TestResponse:
    return send(served, "/sessions/refresh", refresh_token=secret)


def test_the_right_password_gives_a_token_of_ten_minutes(registration: Served) -> None:
    answer = sign_in(registration)
    assert answer.status_code == 200
    tokens = answer.get_json()
    assert tokens["expires_in"] == 600
    principal = VERIFIER.verify(tokens["access_token"], now=registration.now)
    assert (principal.name, principal.posts, principal.volunteer_number) == ("王明", (), None)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_says_which_posts_are_held(registration: Served) -> None:
    appoint(registration, who(registration, "wang").account_id, Role.CLERK, "130123")
    principal = VERIFIER.verify(sign_in(registration).get_json()["access_token"], now=registration.now)
    assert [(post.role, post.region) for post in principal.posts] == [(Role.CLERK, "130123")]


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("wang", "wrong"),
        ("wang", ""),
        ("WANG", PASSWORD),
        ("wang ", PASSWORD),
        ("nobody-here", PASSWORD),
        ("zhang", PASSWORD),
        ("system-admin", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("wang'; DROP TABLE account; --", PASSWORD),
    ],
)
def test_every_wrong_sign_in_is_answered_the_same(registration: Served, username: str, password: str) -> None:
    """Whether the password is wrong, the account not there, or not in use yet."""
    with registration.unchanged():
        body = refusal_in(sign_in(registration, username, password), 401, "wrong_credentials")
    assert {name: body[name] for name in body if name != "trace_id"} == {
        "type": "urn:anyuan:problem:wrong_credentials",
        "status": 401,
        "code": "wrong_credentials",
        "title": "用户名或密码不正确",
        "title_en": "The user name or the password is wrong",
    }


@pytest.mark.parametrize("username", ["wang", "nobody-here", "zhang"])
def test_one_hash_is_checked_whether_there_is_an_account_or_not(
    registration: Served, username: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    hasher = passwords._hasher

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            checked.append(hashed)
            return hasher.verify(hashed, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    sign_in(registration, username, "wrong")
    assert len(checked) == 1


def test_five_failures_pause_an_account_for_five_minutes(registration: Served) -> None:
    for _ in range(5):
        refusal_in(sign_in(registration, password="wrong"), 401, "wrong_credentials")
    paused = sign_in(registration)
    refusal_in(paused, 429, "too_many_tries")
    assert paused.headers["Retry-After"] == "300"
    registration.pass_time(timedelta(minutes=4, seconds=59))
    refusal_in(sign_in(registration), 429, "too_many_tries")
    registration.pass_time(timedelta(seconds=1))
    assert sign_in(registration).status_code == 200


def test_a_good_sign_in_forgets_the_failures(registration: Served) -> None:
    for _ in range(2):
        for _ in range(4):
            refusal_in(sign_in(registration, password="wrong"), 401, "wrong_credentials")
        assert sign_in(registration).status_code == 200


def test_a_pause_of_one_account_is_not_anothers(registration: Served) -> None:
    with registration.database.unit_of_work() as uow:
        accounts.create_account(uow, name="刘洋", username="liuyang", password=PASSWORD)
    for _ in range(6):
        sign_in(registration, password="wrong")
    assert sign_in(registration, "liuyang").status_code == 200


def test_a_closed_account_does_not_sign_in(registration: Served) -> None:
    token = sign_in(registration).get_json()
    with registration.database.unit_of_work() as uow:
        uow.session.scalars(select(Account).where(Account.username == "wang")).one().active = False
    refusal_in(sign_in(registration), 401, "wrong_credentials")
    refusal_in(refresh(registration, token["refresh_token"]), 401, "session_ended")
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    refusal_in(registration.app.test_client().get("/accounts/me", headers=headers), 401, "not_signed_in")


def test_a_refresh_secret_works_once_and_gives_the_next(registration: Served) -> None:
    secret = sign_in(registration).get_json()["refresh_token"]
    secrets = {secret}
    for _ in range(3):
        registration.pass_time(timedelta(minutes=9))
        answer = refresh(registration, secret)
        assert answer.status_code == 200
        VERIFIER.verify(answer.get_json()["access_token"], now=registration.now)
        secret = answer.get_json()["refresh_token"]
        assert secret not in secrets
        secrets.add(secret)


@pytest.mark.parametrize("age", [1, 2, 3])
def test_an_old_secret_ends_the_session_however_old_it_is(registration: Served, age: int) -> None:
    """A thief who has refreshed several times is thrown out too when the owner comes with the old secret."""
    secrets = [sign_in(registration).get_json()["refresh_token"]]
    for _ in range(age):
        secrets.append(refresh(registration, secrets[-1]).get_json()["refresh_token"])
    refusal_in(refresh(registration, secrets[0]), 401, "session_ended")
    refusal_in(refresh(registration, secrets[-1]), 401, "session_ended")


def test_the_end_of_one_session_leaves_the_others(registration: Served) -> None:
    mine, other = (sign_in(registration).get_json()["refresh_token"] for _ in range(2))
    assert send(registration, "/sessions/end", refresh_token=mine).status_code == 204
    refusal_in(refresh(registration, mine), 401, "session_ended")
    assert refresh(registration, other).status_code == 200


def test_a_session_lasts_twelve_hours(registration: Served) -> None:
    secret = sign_in(registration).get_json()["refresh_token"]
    registration.pass_time(timedelta(hours=12))
    answer = refresh(registration, secret)
    assert answer.status_code == 200
    registration.pass_time(timedelta(seconds=1))
    refusal_in(refresh(registration, answer.get_json()["refresh_token"]), 401, "session_ended")


@pytest.mark.parametrize("secret", ["", "x", ".", "a.b.c", "' OR 1=1 --", "é"])
def test_what_is_no_secret_does_nothing(registration: Served, secret: str) -> None:
    sign_in(registration)
    with registration.unchanged():
        refusal_in(refresh(registration, secret), 401, "session_ended")
        assert send(registration, "/sessions/end", refresh_token=secret).status_code == 204


def test_new_tokens_are_given_to_who_comes_with_an_old_one(registration: Served) -> None:
    """A client that sends its access token everywhere can still refresh it, or sign in anew."""
    tokens = sign_in(registration).get_json()
    registration.pass_time(timedelta(hours=1))
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "Idempotency-Key": "again"}
    client = registration.app.test_client()
    body = {"refresh_token": tokens["refresh_token"]}
    assert client.post("/sessions/refresh", json=body, headers=headers).status_code == 200
    body = {"username": "wang", "password": PASSWORD}
    assert client.post("/sessions", json=body, headers=headers).status_code == 200


def test_no_secret_is_stored_anywhere(registration: Served) -> None:
    secrets = []
    for _ in range(2):
        headers = {"Idempotency-Key": "keep-me"}
        body = {"username": "wang", "password": PASSWORD}
        secrets += list(
            registration.app.test_client().post("/sessions", json=body, headers=headers).get_json().values()
        )
    stored = str(registration.contents())
    for secret in (*secrets, PASSWORD):
        assert isinstance(secret, int) or secret not in stored
    with registration.database.reading() as session:
        assert all(len(row.refresh_digest) == 32 for row in session.scalars(select(SignIn)))


def test_the_published_keys_check_what_was_signed(registration: Served) -> None:
    keys = registration.app.test_client().get("/keys").get_json()
    assert keys == VERIFIER.public_set
    assert all("d" not in key for key in keys["keys"])


@pytest.mark.parametrize(
    ("path", "body", "code", "pointer"),
    [
        ("/sessions", {"username": "wang"}, "required", "/password"),
        ("/sessions", {"username": 5, "password": "x"}, "not_a_text", "/username"),
        ("/sessions", {"username": "x" * 61, "password": "x"}, "too_long", "/username"),
        ("/sessions", {"username": "x", "password": "x" * 201}, "too_long", "/password"),
        ("/sessions", {"username": "x\x00", "password": "x"}, "text_not_storable", "/username"),
        ("/sessions", {"username": "x", "password": "x", "remember": True}, "unknown_field", "/remember"),
        ("/sessions/refresh", {}, "required", "/refresh_token"),
        ("/sessions/refresh", {"refresh_token": None}, "required", "/refresh_token"),
        ("/sessions/end", {"refresh_token": []}, "not_a_text", "/refresh_token"),
    ],
)
def test_a_malformed_request_is_refused(
    registration: Served, path: str, body: dict[str, Any], code: str, pointer: str
) -> None:
    with registration.unchanged():
        refusal_in(send(registration, path, **body), 422, code, pointer)
