"""A refresh secret works once, so however many requests bring it, it is exchanged once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.portal.client import SignedOut
from services.portal.sessions import Renewals, Tokens, Visit

OLD = Tokens("access-1", "refresh-1")


def test_requests_at_the_same_time_get_the_same_new_tokens() -> None:
    at_once = threading.Barrier(8)
    exchanged: list[str] = []

    def exchange(refresh: str) -> Tokens:
        exchanged.append(refresh)
        return Tokens("access-2", "refresh-2")

    renewals = Renewals(exchange)

    def request() -> Tokens:
        at_once.wait(timeout=10)
        return renewals.renew(OLD)

    with ThreadPoolExecutor(8) as pool:
        answers = [future.result() for future in [pool.submit(request) for _ in range(8)]]
    assert exchanged == ["refresh-1"]
    assert set(answers) == {Tokens("access-2", "refresh-2")}


def test_a_late_request_with_the_old_cookie_follows_the_chain() -> None:
    given = iter([Tokens("access-2", "refresh-2"), Tokens("access-3", "refresh-3")])
    renewals = Renewals(lambda _: next(given))
    assert renewals.renew(OLD).access == "access-2"
    assert renewals.renew(Tokens("access-2", "refresh-2")).access == "access-3"
    late = Visit(OLD, renewals)
    assert late.renew("access-1") == "access-2"
    assert late.renew("access-2") == "access-3"
    assert late.changed


def test_a_session_that_has_ended_is_not_asked_for_twice_as_a_success() -> None:
    def refuse(_: str) -> Tokens:
        raise SignedOut

    renewals = Renewals(refuse)
    for _ in range(2):
        with pytest.raises(SignedOut):
            renewals.renew(OLD)


def test_nobody_cannot_be_renewed() -> None:
    with pytest.raises(SignedOut):
        Visit(None, Renewals(lambda _: OLD)).renew("access-1")
