"""Whatever is sent, within or outside the documented shapes, a service answers it and never breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.identity import Post, Principal, Role
from tests.integration.databases import Databases
from tests.integration.records import world as records
from tests.integration.registration import world as registration
from tests.integration.reporting import world as reporting
from tests.integration.serving import Served, refusal_in, serving

WORLDS = {"registration": registration.fill, "records": records.fill, "reporting": reporting.fill}
WORDS = (
    "",
    "正定县安全生产志愿服务队",
    "130123",
    "130000",
    "130171",
    "999999",
    "A0100000015",
    "2026-09-19",
    "0001-01-01",
    "9999-12-31",
    "08:30",
    "23:59",
    "00:00",
    "13812345678",
    "13012319900517001X",
    "Anquan-2026!",
    "organisation-1",
    "activity-1-record-1",
    "' OR 1=1 --",
    "%",
    "\u202e<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "a" * 5000,
)
Sent = tuple[str, str, Mapping[str, str], Any, Mapping[str, str]]
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_anything = st.recursive(_scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@dataclass
class Target:
    """A service, its document, and the words that mean something to it."""

    served: Served
    document: Mapping[str, Any]
    words: st.SearchStrategy[str]

    def value(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        """Answer values that fit a schema, nearly fit it, or do not fit it at all."""
        return st.one_of(self._fitting(schema), self._fitting(schema), _anything)

    def _fitting(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        if "$ref" in schema:
            return self._fitting(self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        kinds = schema.get("type", "string")
        kind = kinds if isinstance(kinds, str) else kinds[0]
        if kind == "object":
            members = {name: self.value(inner) for name, inner in schema.get("properties", {}).items()}
            return st.fixed_dictionaries(members) | st.fixed_dictionaries({}, optional=members)
        if kind == "array":
            return st.lists(self.value(schema.get("items", {})), max_size=4)
        if kind == "boolean":
            return st.booleans()
        if kind in ("integer", "number"):
            return st.integers(-2, 30) | st.sampled_from([0.5, 1.255, 24.01, 2**63, -(2**70), 1e300])
        return self.words | st.text()

    def requests(self) -> st.SearchStrategy[Sent]:
        """Answer requests to every documented operation."""
        return st.one_of(
            [
                self._request(method, path, operation)
                for path, operations in self.document["paths"].items()
                for method, operation in operations.items()
                if method in ("get", "post", "put", "patch")
            ]
        )

    def _request(self, method: str, path: str, operation: Mapping[str, Any]) -> st.SearchStrategy[Sent]:
        queries = {one["name"]: self.words for one in operation.get("parameters", []) if one.get("in") == "query"}
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        headers = {
            "If-Match": st.sampled_from(['"1"', '"2"', "", "*", "²"]),
            "Idempotency-Key": st.text("ab é", max_size=3),
        }
        return st.tuples(
            st.just(method.upper()),
            self.words.map(
                lambda word: "/".join(quote(word, safe="") if part[:1] == "{" else part for part in path.split("/"))
            ),
            st.fixed_dictionaries({}, optional=queries),
            st.none() if body is None else self.value(body),
            st.fixed_dictionaries({}, optional=headers),
        )


@pytest.fixture(scope="module", params=WORLDS)
def target(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Target]:
    with serving(databases, request.param, WORLDS[request.param]) as served:
        document = served.app.test_client().get("/openapi.json").get_json()
        known = [value for value in served.known.values() if isinstance(value, str)]
        yield Target(served, document, st.sampled_from((*WORDS, *known)))


def somebody(served: Served) -> Principal:
    """Answer somebody who may call every route, of an account that is there."""
    posts = tuple(Post(role=role, region="130123", organisation_id="organisation-1") for role in Role)
    account = served.known.get("zhang", "head-1")
    return Principal(account_id=account, name="张伟", posts=posts, volunteer_number="A0100000015")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_request_is_answered(target: Target, data: st.DataObject) -> None:
    method, path, query, body, headers = data.draw(target.requests())
    served = target.served
    caller = served.by(somebody(served))
    sent = {name.replace("-", "_"): value.encode("latin-1").decode("latin-1") for name, value in headers.items()}
    answer = caller.call(method, f"{path}?{urlencode(query)}", body, **sent)
    assert answer.status_code < 500, f"{json.dumps(body)}: {answer.text}"
    if answer.status_code >= 400:
        refusal_in(answer, answer.status_code, answer.get_json()["code"])
