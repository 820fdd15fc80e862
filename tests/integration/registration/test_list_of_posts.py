"""The list of posts: what waits, page by page, of whom and given by whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.http.paging import write_cursor
from tests.integration.registration.test_posts import ADMINISTRATORS, propose
from tests.integration.registration.world import decide, found, who
from tests.integration.serving import Served, refusal_in


def test_the_list_of_posts_names_what_waits(registration: Served) -> None:
    post = propose(registration).get_json()["id"]
    for name in ADMINISTRATORS:
        found = registration.by(who(registration, name)).get("/posts?state=proposed")
        assert [row["id"] for row in found["items"]] == [post]
    everybody = registration.by(who(registration, "audit-admin")).get("/posts")["items"]
    assert len(everybody) == 8
    of_one = registration.by(who(registration, "audit-admin")).get(f"/posts?account_id={registration.known['clerk']}")
    assert [row["account_name"] for row in of_one["items"]] == ["clerk"]


def test_the_list_of_posts_is_read_page_by_page_though_posts_change_between(registration: Served) -> None:
    auditor = registration.by(who(registration, "audit-admin"))
    everything = [row["id"] for row in auditor.get("/posts?limit=100")["items"]]
    first = auditor.get("/posts?limit=3")
    assert [row["id"] for row in first["items"]] == everything[:3]
    registration.pass_time(timedelta(minutes=1))
    changed = propose(registration).get_json()["id"]

    read, cursor = [], first["next_cursor"]
    while cursor:
        page = registration.by(who(registration, "audit-admin")).get(f"/posts?limit=2&cursor={cursor}")
        assert len(page["items"]) <= 2
        read += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert read == everything[3:], "all that was there, each once"
    assert auditor.get("/posts?limit=1")["items"][0]["id"] == changed


def test_the_list_of_posts_can_leave_out_those_of_organisations(registration: Served) -> None:
    decide(registration, "approver", found(registration, "zhang")["case_id"], "approve")
    auditor = registration.by(who(registration, "audit-admin"))
    assert "organisation_admin" in {row["role"] for row in auditor.get("/posts?limit=100")["items"]}
    assert "organisation_admin" not in {row["role"] for row in auditor.get("/posts?limit=100&by_hand=true")["items"]}


@pytest.mark.parametrize("keys", [("2026-09-20T04:00:00", "x"), ("yesterday", "x"), ("x",), (1, "x")])
def test_a_cursor_that_is_none_is_refused(registration: Served, keys: tuple[Any, ...]) -> None:
    answer = registration.by(who(registration, "audit-admin")).call("GET", f"/posts?cursor={write_cursor(*keys)}")
    refusal_in(answer, 422, "cursor_invalid")
