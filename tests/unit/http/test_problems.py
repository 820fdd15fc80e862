"""Every error of ours has one status, a stable code and both languages."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from shared import errors
from shared.errors import AnyuanError, Fault, Invalid
from shared.http.problems import STATUS, handle_problems, problem, status_of
from shared.regions import UnknownRegion

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, AnyuanError) and kind is not AnyuanError
]


def answer_to(error: Exception) -> TestResponse:
    app = Flask("test")
    handle_problems(app)

    @app.get("/")
    def fail() -> str:
        raise error

    return app.test_client().get("/")


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_a_status_of_its_own_and_words(kind: type[AnyuanError]) -> None:
    answer = answer_to(kind())
    body = json.loads(answer.get_data())
    assert answer.status_code == STATUS[kind] == body["status"]
    assert answer.content_type == "application/problem+json"
    assert body["code"] == kind.default_code != AnyuanError.default_code
    assert re.search(r"[一-龥]", body["title"])
    assert body["title_en"].isascii()
    assert re.fullmatch(r"[0-9a-f]{32}", body["trace_id"])


def test_a_kind_of_error_has_the_status_of_its_nearest_parent() -> None:
    assert status_of(UnknownRegion()) == 422


def test_an_error_about_one_field_points_at_it() -> None:
    [fault] = json.loads(answer_to(Invalid("too_late", zh="太晚", en="Too late", pointer="/ends")).get_data())["errors"]
    assert fault == {"pointer": "/ends", "code": "too_late", "detail": "太晚", "detail_en": "Too late"}


def test_several_faults_are_answered_together() -> None:
    faults = [Fault(code=f"c{place}", zh="错", en="Wrong", pointer=f"/lines/{place}") for place in range(2)]
    body = json.loads(answer_to(Invalid.of(faults)).get_data())
    assert [fault["pointer"] for fault in body["errors"]] == ["/lines/0", "/lines/1"]


def test_an_unexpected_error_tells_nothing_of_the_inside() -> None:
    answer = answer_to(RuntimeError("password=secret"))
    assert answer.status_code == 500
    assert json.loads(answer.get_data())["code"] == "unexpected"
    assert "secret" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("status", "header", "value"),
    [(401, "WWW-Authenticate", "Bearer"), (503, "Retry-After", "5"), (429, "Retry-After", "5")],
)
def test_a_client_is_told_what_to_do_next(status: int, header: str, value: str) -> None:
    with Flask("test").test_request_context():
        assert problem(status, code="c", zh="错", en="Wrong").headers[header] == value


def test_a_pause_says_how_long_it_lasts() -> None:
    assert answer_to(errors.TooMany(retry_after_seconds=300)).headers["Retry-After"] == "300"


def test_a_method_that_a_route_lacks_names_the_ones_it_has() -> None:
    app = Flask("test")
    handle_problems(app)
    app.add_url_rule("/", view_func=lambda: "x", methods=["GET"])
    answer = app.test_client().delete("/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.json is not None
    assert answer.json["code"] == "method_not_allowed"
