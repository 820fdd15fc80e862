"""Whose certificate a broker must show is part of its URL, and a shovel is told to check it."""

from __future__ import annotations

import pytest

from shared.tls import NobodyBelieved, authority_of, believing, for_a_broker

OURS = "amqps://user:p%40ss@rabbitmq:5671/%2F"


def test_a_url_believes_one_authority_and_the_last_one_said() -> None:
    url = believing(believing(OURS, "/first.pem"), "/a file & more.pem")

    assert authority_of(url) == (OURS, "/a file & more.pem")


def test_a_url_without_tls_stays_as_it_is() -> None:
    plain = "amqp://user:p%40ss@rabbitmq/%2F?heartbeat=10"

    assert believing(plain, "/ca.pem") == for_a_broker(plain) == plain


def test_without_an_authority_tls_is_refused() -> None:
    with pytest.raises(NobodyBelieved):
        believing(OURS, "")
    with pytest.raises(NobodyBelieved):
        for_a_broker(OURS)


def test_a_shovel_checks_the_certificate_and_the_name() -> None:
    url = for_a_broker(believing(f"{OURS}?heartbeat=10", "/ca.pem"))

    assert url == (f"{OURS}?heartbeat=10&cacertfile=%2Fca.pem&verify=verify_peer&server_name_indication=rabbitmq")
