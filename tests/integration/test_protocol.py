"""What every route of every service refuses before anything else, whatever it is about; and nothing changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.launcher.parts import SERVICES
from shared.http.auth import Access
from shared.http.bodies import MOST_BODY_BYTES
from shared.identity import Post, Principal, Role
from tests.integration.databases import Databases
from tests.integration.serving import Served, refusal_in, serving
from tests.integration.signing import SIGNER

NOBODY = Principal(account_id="nobody", name="nobody")
EVERYBODY = Principal(
    account_id="everybody",
    name="everybody",
    posts=tuple(Post(role=role, region="130000", organisation_id="o1") for role in Role),
    volunteer_number="A0100000015",
)
MALFORMED = [
    b"{",
    b"{'a': 1}",
    b'{"a": 1,}',
    b'{"a": NaN}',
    b'{"a": -Infinity}',
    b'{"a": "\x01"}',
    b'{"a": "\xff"}',
    b'{"a": "\xed\xa0\x80"}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"a": ' + b"9" * 10_000 + b"}",
    '{"a": 1}'.encode("utf-16"),
]
UNSTORABLE = [
    (rb'{"a": "x\u0000"}', "/a"),
    (rb'{"a": ["\ud800"]}', "/a/0"),
    (rb'{"b\u0000": 1}', ""),
    (rb'"\udfff"', ""),
]


@dataclass(frozen=True)
class Route:
    """One method of one path, with values in the place of its parameters."""

    method: str
    path: str
    access: Access
    takes_body: bool
    # A definition is an object of any fields, which is judged as a whole once it is known who sends it.
    takes_anything: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@pytest.fixture(scope="module", params=SERVICES)
def served(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Served]:
    with serving(databases, request.param) as made, made.unchanged():
        yield made


@pytest.fixture(scope="module")
def routes(served: Served) -> list[Route]:
    document = served.app.test_client().get("/openapi.json").get_json()["paths"]
    found = []
    for rule in served.app.url_map.iter_rules():
        described = document.get(re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule), {})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            access = vars(served.app.view_functions[rule.endpoint])["access"]
            takes_body = "requestBody" in described.get(method.lower(), {})
            path = re.sub(r"<\w+>", "none", re.sub(r"<int:\w+>", "1", rule.rule))
            is_open = "DefinitionIn" in str(described.get(method.lower(), {}).get("requestBody"))
            found.append(Route(method, path, access, takes_body, is_open))
    return found


def send(
    served: Served, route: Route, who: Principal | None = EVERYBODY, *, body: bytes | None = b"{}", **headers: str
) -> TestResponse:
    sent = {"Idempotency-Key": "k", "If-Match": '"1"', "Content-Type": "application/json"}
    if who is not None:
        sent["Authorization"] = f"Bearer {SIGNER.sign(who, session_id='test', now=served.now)}"
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return served.app.test_client().open(
        route.path, method=route.method, data=None if route.method == "GET" else body, headers=sent
    )


def test_nobody_comes_in_without_a_token(served: Served, routes: list[Route]) -> None:
    for route in routes:
        if not route.access.is_public:
            answer = send(served, route, None)
            refusal_in(answer, 401, "not_signed_in")
            assert answer.headers["WWW-Authenticate"] == "Bearer", route


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Bearer", "token_invalid"),
        ("Bearer ", "token_invalid"),
        ("Bearer x.y.z", "token_invalid"),
        ("bearer " + "a" * 5000, "token_invalid"),
        ("Basic d2FuZzp3YW5n", "not_signed_in"),
        ("", "not_signed_in"),
    ],
)
def test_nobody_comes_in_with_something_else(served: Served, routes: list[Route], header: str, code: str) -> None:
    for route in routes:
        if not route.access.is_public:
            refusal_in(send(served, route, None, Authorization=header), 401, code)


def test_nobody_comes_in_with_an_expired_token(served: Served, routes: list[Route]) -> None:
    token = SIGNER.sign(EVERYBODY, session_id="test", now=served.now - timedelta(minutes=11))
    for route in routes:
        if not route.access.is_public:
            refusal_in(send(served, route, None, Authorization=f"Bearer {token}"), 401, "token_expired")


def test_a_role_that_a_route_does_not_name_is_refused(served: Served, routes: list[Route]) -> None:
    for route in routes:
        if not route.access.roles:
            continue
        refusal_in(send(served, route, NOBODY), 403, "forbidden")
        for role in set(Role) - route.access.roles:
            who = Principal(account_id="one", name="one", posts=(Post(role=role, region="130000"),))
            refusal_in(send(served, route, who), 403, "forbidden")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", ""]
)
def test_what_is_sent_is_json(served: Served, routes: list[Route], kind: str) -> None:
    for route in routes:
        if route.method != "GET":
            refusal_in(send(served, route, Content_Type=kind), 415, "not_json")


@pytest.mark.parametrize("number", range(len(MALFORMED)))
def test_json_that_is_none_is_refused(served: Served, routes: list[Route], number: int) -> None:
    for route in routes:
        if route.method != "GET":
            refusal_in(send(served, route, body=MALFORMED[number]), 400, "malformed")


@pytest.mark.parametrize(("body", "pointer"), UNSTORABLE)
def test_text_that_no_database_stores_is_refused(
    served: Served, routes: list[Route], body: bytes, pointer: str
) -> None:
    for route in routes:
        if route.method != "GET":
            refusal_in(send(served, route, body=body), 422, "text_not_storable", pointer)


def test_two_megabytes_are_too_much(served: Served, routes: list[Route]) -> None:
    body = json.dumps({"summary": "x" * 2 * MOST_BODY_BYTES}).encode()
    for route in routes:
        if route.method != "GET":
            refusal_in(send(served, route, body=body), 413, "too_large")
            refusal_in(send(served, route, None, body=body), 413, "too_large")


def test_a_field_that_nobody_knows_is_refused(served: Served, routes: list[Route]) -> None:
    for route in routes:
        if route.takes_body and not route.takes_anything:
            refusal_in(send(served, route, body=b'{"sur/prise": 1}'), 422, "unknown_field", "/sur~1prise")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"5", b"true", b"[[]]"])
def test_a_body_is_an_object(served: Served, routes: list[Route], body: bytes) -> None:
    for route in routes:
        if route.takes_body:
            refusal_in(send(served, route, body=body), 422, "not_an_object", "")


def test_a_path_that_no_database_could_look_up_is_not_there(served: Served, routes: list[Route]) -> None:
    for route in routes:
        if "none" in route.path:
            odd = Route(route.method, route.path.replace("none", "a%00b"), route.access, route.takes_body)
            refusal_in(send(served, odd), 404, "not_found")


def test_other_ways_to_write_a_path_lead_nowhere(served: Served, routes: list[Route]) -> None:
    for route in routes:
        for path in (route.path + "/", route.path.upper(), route.path.replace("/", "/%2e/", 1), route.path + "%2f.."):
            answer = send(served, Route(route.method, path, route.access, route.takes_body))
            assert answer.status_code in (404, 405), path


def test_other_methods_are_refused_and_cannot_be_smuggled(served: Served, routes: list[Route]) -> None:
    by_path: dict[str, set[str]] = {}
    for route in routes:
        by_path.setdefault(route.path, set()).add(route.method)
    for path, methods in by_path.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
            answer = send(served, Route(method, path, Access(), False), X_HTTP_Method_Override=min(methods))
            refusal_in(answer, 405, "method_not_allowed")
            assert methods <= set(answer.headers["Allow"].split(", "))


def test_head_and_options_open_nothing(served: Served, routes: list[Route]) -> None:
    for route in routes:
        if route.method == "GET" and not route.access.is_public:
            for method in ("HEAD", "OPTIONS"):
                assert send(served, Route(method, route.path, route.access, False), None).status_code == 401


def test_every_answer_says_how_it_may_be_used(served: Served, routes: list[Route]) -> None:
    for route in routes:
        for answer in (send(served, route, None), send(served, route, body=b"{")):
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", answer.headers["traceparent"])


def test_a_problem_carries_the_trace_that_the_caller_began(served: Served) -> None:
    trace = "0" * 31 + "7"
    answer = served.app.test_client().get("/tasks/x/y", headers={"traceparent": f"00-{trace}-{'1' * 16}-01"})
    assert refusal_in(answer, 404, "not_found")["trace_id"] == trace


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/metrics"])
def test_operators_ask_without_signing_in(served: Served, path: str) -> None:
    assert served.app.test_client().get(path).status_code == 200


def test_the_state_of_the_messaging_is_the_administrators(served: Served) -> None:
    answer = served.by(EVERYBODY).get("/messaging")
    assert {name: value for name, value in answer.items() if value} == {}
    assert served.by(NOBODY).refused("GET", "/messaging") == (403, "forbidden")


def test_problems_are_documented_as_they_are_sent(served: Served) -> None:
    document: dict[str, Any] = served.app.test_client().get("/openapi.json").get_json()
    for operations in document["paths"].values():
        for name, operation in operations.items():
            if name in ("get", "post", "patch", "put", "delete"):
                assert operation["responses"]["default"]["$ref"] == "#/components/responses/DEFAULT_ERROR"
    problem = document["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert list(problem) == ["application/problem+json"]
