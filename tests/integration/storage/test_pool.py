"""A pooled connection that has rested is asked whether it still works; one that was cut meanwhile is made anew."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, literal, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from shared.storage import database
from shared.storage.trip import Errand, one_trip


def test_a_server_that_vanishes_in_the_middle_of_a_question_is_given_up(new_database: Callable[[str], str]) -> None:
    engine = database.make_engine(new_database("reporting"))
    with engine.connect() as connection:
        socket_ = socket.fromfd(_driver(connection).fileno(), socket.AF_INET, socket.SOCK_STREAM)
        with socket_:
            assert socket_.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == database.SILENCE_MS
            assert socket_.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    engine.dispose()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def test_a_connection_cut_while_it_rested_is_made_anew(
    new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_RESTED_SECONDS", 0.0)
    engine, other = (database.make_engine(new_database("reporting")) for _ in range(2))
    with engine.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid
    for made in (engine, other):
        made.dispose()


def test_one_cut_a_moment_ago_fails_once_as_an_outage_and_no_more(
    new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_RESTED_SECONDS", 3600.0)
    engine, other = (database.make_engine(new_database("reporting")) for _ in range(2))
    with engine.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with engine.connect() as connection, pytest.raises(OperationalError) as cut:
        connection.execute(text("SELECT 1"))
    assert cut.value.connection_invalidated
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    for made in (engine, other):
        made.dispose()


def test_a_trip_that_finds_its_connection_cut_spares_the_others_the_same(
    new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_RESTED_SECONDS", 3600.0)
    engine, other = (database.make_engine(new_database("reporting")) for _ in range(2))
    asking: list[Errand] = [(select(literal(1).label("one")), {})]
    with engine.connect() as first, engine.connect() as second, engine.connect() as third:
        pids = [each.execute(text("SELECT pg_backend_pid()")).scalar_one() for each in (first, second, third)]
    with other.connect() as connection:
        for pid in pids:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with Session(engine) as session, pytest.raises(OperationalError) as cut:
        one_trip(session, asking)
    assert cut.value.connection_invalidated
    for _ in range(3):
        with Session(engine) as session:
            assert one_trip(session, asking)[0][0].one == 1
    for made in (engine, other):
        made.dispose()
