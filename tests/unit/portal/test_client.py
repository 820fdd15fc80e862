"""What the portal sends to the services, and what it makes of their answers."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from services.portal.client import Api, Problem, ServiceAway, SignedOut

Answer = Callable[[httpx.Request], httpx.Response]


class Holder:
    """Somebody whose tokens are renewed by counting."""

    def __init__(self, token: str | None) -> None:
        self.access_token = token

    def renew(self, refused: str) -> str:
        self.access_token = f"token-{int(refused.removeprefix('token-')) + 1}"
        return self.access_token


def api(answer: Answer, holder: Holder | None = None) -> Api:
    http = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://anyuan/api")
    return Api(http, holder or Holder("token-1"), address="203.0.113.7")


def test_a_command_carries_who_asks_its_id_and_the_revision_that_was_read() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"rev": 4}, headers={"ETag": '"4"'})

    found = api(answer).post("reporting", "cases", "a/../b?c", "approve", body={"opinion": ""}, key="k", revision="3")
    assert (found.data, found.revision) == ({"rev": 4}, 4)
    [request] = seen
    # A part of a path is one part, whatever is written in it.
    assert request.url.raw_path == b"/api/reporting/cases/a%2F..%2Fb%3Fc/approve"
    assert request.headers["Authorization"] == "Bearer token-1"
    assert request.headers["Idempotency-Key"] == "k"
    assert request.headers["If-Match"] == '"3"'
    assert request.headers["X-Forwarded-For"] == "203.0.113.7"
    assert json.loads(request.content) == {"opinion": ""}


def test_an_expired_token_is_renewed_and_the_command_sent_again() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] == "Bearer token-1":
            return httpx.Response(401, json={"code": "token_expired"})
        return httpx.Response(200, json={"key": request.headers["Idempotency-Key"]})

    assert api(answer).post("records", "projects", key="same").data == {"key": "same"}


def test_tokens_that_are_never_accepted_end_the_session() -> None:
    with pytest.raises(SignedOut):
        api(lambda _: httpx.Response(401, json={"code": "token_expired"})).get("records", "projects")


def test_nobody_is_told_that_a_password_is_wrong() -> None:
    refused = httpx.Response(
        401, json={"code": "wrong_credentials", "title": "用户名或密码不正确", "title_en": "Wrong"}
    )
    with pytest.raises(Problem) as caught:
        api(lambda _: refused, Holder(None)).post("registration", "sessions")
    assert (caught.value.status, caught.value.code, caught.value.zh) == (401, "wrong_credentials", "用户名或密码不正确")


def test_a_refusal_names_its_fields() -> None:
    body = {
        "code": "invalid",
        "errors": [{"pointer": "/lines/0/hours", "code": "c", "detail": "中", "detail_en": "en"}],
    }
    with pytest.raises(Problem) as caught:
        api(lambda _: httpx.Response(422, json=body)).get("records", "projects")
    [fault] = caught.value.faults
    assert (fault.pointer, fault.zh, fault.en) == ("/lines/0/hours", "中", "en")


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(503, json={"code": "unavailable"}),
        httpx.Response(502, text="<html>bad gateway</html>"),
        httpx.Response(500, json=["no problem"]),
    ],
    ids=["unavailable", "not-json", "no-problem"],
)
def test_what_cannot_be_understood_counts_as_away(response: httpx.Response) -> None:
    with pytest.raises(ServiceAway):
        api(lambda _: response).get("records", "projects")


def test_a_service_that_does_not_answer_is_away() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too slow", request=request)

    with pytest.raises(ServiceAway):
        api(answer).get("records", "projects", cursor=None, limit=5, unread=True)
