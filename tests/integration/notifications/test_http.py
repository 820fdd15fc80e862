"""Everybody reads and marks their own messages, and nobody else's."""

from __future__ import annotations

import pytest
from flask import Flask

from services.notifications.app import create_app
from shared.contracts.registration import RegistrationRefused, VolunteerRegistered
from shared.identity import Role
from shared.storage import Database
from tests.integration.listening import Listener
from tests.integration.notifications.conftest import NOW
from tests.integration.signing import VERIFIER, Caller, person


@pytest.fixture
def app(database: Database, listener: Listener) -> Flask:
    for number in range(1, 6):
        listener.hear(
            RegistrationRefused(
                subject_id=f"v-{number}", subject="volunteer", name="王明", account_id="wang", reason=f"第{number}次"
            )
        )
    listener.hear(VolunteerRegistered(volunteer_number="130000000002", account_id="li", name="李芳", region="130123"))
    return create_app(database=database, verifier=VERIFIER)


@pytest.fixture
def wang(app: Flask) -> Caller:
    return Caller(app, person("wang"), NOW)


@pytest.fixture
def li(app: Flask) -> Caller:
    return Caller(app, person("li", (Role.APPROVER, "130000")), NOW)


def test_messages_come_newest_first_page_by_page(wang: Caller) -> None:
    first = wang.get("/messages?limit=2")
    second = wang.get(f"/messages?limit=2&cursor={first['next_cursor']}")
    third = wang.get(f"/messages?limit=2&cursor={second['next_cursor']}")
    reasons = [item["body_zh"] for page in (first, second, third) for item in page["items"]]
    assert [f"第{number}次" in reason for number, reason in zip((5, 4, 3, 2, 1), reasons, strict=True)] == [True] * 5
    assert third["next_cursor"] is None


def test_a_message_says_everything_in_both_languages(li: Caller) -> None:
    [message] = li.get("/messages")["items"]
    assert message["kind"] == "volunteer.registered"
    assert message["read_at"] is None
    assert message["created_at"] == "2026-10-01T01:00:00+00:00"
    assert "130000000002" in message["body_zh"]
    assert "130000000002" in message["body_en"]
    assert "dedupe" not in message


def test_reading_moves_the_counts_once(wang: Caller) -> None:
    assert wang.get("/messages/counts") == {"unread": 5, "total": 5}
    newest = wang.get("/messages")["items"][0]["id"]
    for _ in range(2):
        answer = wang.call("POST", f"/messages/{newest}/read")
        assert answer.status_code == 200
        assert answer.get_json()["read_at"] == "2026-10-01T01:00:00+00:00"
    assert wang.get("/messages/counts") == {"unread": 4, "total": 5}
    assert newest not in [item["id"] for item in wang.get("/messages?unread=true")["items"]]


def test_nobody_sees_or_marks_the_messages_of_others(wang: Caller, li: Caller) -> None:
    [hers] = li.get("/messages")["items"]
    assert wang.refused("POST", f"/messages/{hers['id']}/read") == (404, "message_not_found")
    assert wang.refused("POST", "/messages/none/read") == (404, "message_not_found")
    assert li.get("/messages/counts") == {"unread": 1, "total": 1}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=nonsense", "unread=perhaps"])
def test_a_wrong_question_is_refused(wang: Caller, query: str) -> None:
    assert wang.refused("GET", f"/messages?{query}")[0] == 422


def test_without_a_token_there_is_nothing(app: Flask) -> None:
    for method, path in (("GET", "/messages"), ("GET", "/messages/counts"), ("POST", "/messages/x/read")):
        assert app.test_client().open(path, method=method).status_code == 401
