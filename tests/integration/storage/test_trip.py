"""Several statements go to the database together and come back together, alike on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Engine, Integer, MetaData, String, Table, bindparam, insert, select, text
from sqlalchemy.exc import DataError, IntegrityError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from shared.clock import FixedClock
from shared.messaging import StoredOutbox
from shared.storage import Database, InstantUTC, kit_metadata
from shared.storage.database import make_engine
from shared.storage.rows import change_row, put_row
from shared.storage.trip import one_trip, send_ahead

METADATA = MetaData()
THING = Table(
    "thing",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(20), unique=True),
    Column("facts", JSON(none_as_null=True)),
    Column("at", InstantUTC),
)
BY_NAME = select(THING).where(THING.c.name == bindparam("wanted"))
NOON = datetime(2026, 10, 9, 4, 0, tzinfo=UTC)


def row(number: int, name: str, **changes: Any) -> dict[str, Any]:
    return {"id": number, "name": name, "facts": {"小时": [1, 2.5, None]}, "at": NOON} | changes


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/trip.db"
    else:
        url = request.getfixturevalue("new_database")("reporting")
    made = make_engine(url)
    METADATA.create_all(made)
    yield made
    made.dispose()


def test_the_answers_come_back_in_the_order_of_the_errands(engine: Engine) -> None:
    with Session(engine) as session:
        found = one_trip(
            session,
            [
                put_row(THING, row(1, "一")),
                (BY_NAME, {"wanted": "一"}),
                put_row(THING, row(2, "二", facts=None, at=None)),
                (BY_NAME, {"wanted": "二"}),
                (BY_NAME, {"wanted": "三"}),
            ],
        )
        assert [len(rows) for rows in found] == [0, 1, 0, 1, 0]
        assert (found[1][0].name, found[1][0].facts) == ("一", {"小时": [1, 2.5, None]})
        assert (found[3][0].facts, found[3][0].at) == (None, None)
        assert one_trip(session, []) == []


def test_what_was_sent_together_is_committed_and_undone_with_the_transaction(engine: Engine) -> None:
    with Session(engine) as session:
        one_trip(session, [put_row(THING, row(1, "一")), put_row(THING, row(2, "二"))])
        session.commit()
        one_trip(session, [put_row(THING, row(3, "三"))])
        session.rollback()
        assert session.scalars(select(THING.c.at).order_by(THING.c.id)).all() == [NOON, NOON]


def test_columns_of_a_row_that_is_there_change(engine: Engine) -> None:
    with Session(engine) as session:
        one_trip(session, [put_row(THING, row(1, "一"))])
        one_trip(session, [change_row(THING, {"id": 1}, {"facts": {"changed": True}})])
        assert session.execute(select(THING.c.name, THING.c.facts)).all() == [("一", {"changed": True})]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_error_is_the_toolkits_own_and_undoes_everything(engine: Engine, place: int) -> None:
    with Session(engine) as session:
        errands = [put_row(THING, row(1, "一")), put_row(THING, row(2, "二"))]
        errands.insert(place, put_row(THING, row(9, "一" if place else "二")))
        with pytest.raises(IntegrityError) as refused:
            one_trip(session, errands)
        # What was written is nobody's business but the database's.
        assert "小时" not in str(refused.value)
        session.rollback()
        assert one_trip(session, [(BY_NAME, {"wanted": "一"})]) == [[]]


def test_a_trip_of_many_large_values_comes_home(engine: Engine) -> None:
    large = "长" * 100_000
    with Session(engine) as session:
        errands = []
        for number in range(60):
            errands.append(put_row(THING, row(number, f"{number}", facts=large)))
            errands.append((BY_NAME, {"wanted": f"{number}"}))
        found = one_trip(session, errands)
        assert [rows[0].facts for rows in found[1::2]] == [large] * 60


def test_a_text_that_the_database_cannot_hold_is_refused_and_the_connection_works_on(new_database: Any) -> None:
    engine = make_engine(new_database("reporting"))
    METADATA.create_all(engine)
    with Session(engine) as session:
        one_trip(session, [put_row(THING, row(1, "一"))])
        with pytest.raises(DataError):
            one_trip(session, [put_row(THING, row(2, "二\0"))])
        assert len(one_trip(session, [(BY_NAME, {"wanted": "一"})])[0]) == 1
    engine.dispose()


@pytest.mark.parametrize("is_last", [False, True])
def test_the_last_trip_takes_the_commit_along(new_database: Any, is_last: bool) -> None:
    engine = make_engine(new_database("reporting"))
    METADATA.create_all(engine)
    with Session(engine) as session, Session(engine) as other:
        one_trip(session, [put_row(THING, row(1, "一"))], is_last=is_last)
        assert len(other.execute(BY_NAME, {"wanted": "一"}).all()) == int(is_last)
        session.commit()
        # The next one begins a transaction of its own.
        one_trip(session, [put_row(THING, row(2, "二"))])
        session.rollback()
        assert session.scalars(select(THING.c.name)).all() == ["一"]
    engine.dispose()


def test_a_last_trip_that_fails_commits_nothing(engine: Engine) -> None:
    with Session(engine) as session:
        with pytest.raises(IntegrityError):
            one_trip(session, [put_row(THING, row(key, "一")) for key in (1, 2)], is_last=True)
        session.rollback()
        assert one_trip(session, [(BY_NAME, {"wanted": "一"})]) == [[]]


def test_a_transaction_in_which_an_error_was_let_pass_does_not_count_as_committed(new_database: Any) -> None:
    engine = make_engine(new_database("reporting"))
    METADATA.create_all(engine)
    with Session(engine) as session:
        session.execute(insert(THING).values(row(1, "一")))
        with suppress(IntegrityError):
            one_trip(session, [put_row(THING, row(2, "一"))])
        with pytest.raises(InternalError, match="nothing of this transaction"):
            session.commit()
        session.rollback()
        assert one_trip(session, [(BY_NAME, {"wanted": "一"})]) == [[]]
    engine.dispose()


@pytest.mark.parametrize("unknown_at_first", ["no_such_table", "late_table"])
def test_a_statement_that_failed_when_it_was_new_may_be_said_again(engine: Engine, unknown_at_first: str) -> None:
    late = Table(unknown_at_first, MetaData(), Column("id", Integer, primary_key=True))
    asked = (select(late).where(late.c.id == bindparam("wanted")), {"wanted": 1})
    with Session(engine) as session:
        for _ in range(2):
            with pytest.raises((ProgrammingError, OperationalError)):
                one_trip(session, [put_row(THING, row(1, "一")), asked])
            session.rollback()
        # What was new in the same trip, and did not fail itself, is known or said again.
        assert one_trip(session, [put_row(THING, row(1, "一")), (BY_NAME, {"wanted": "一"})])[1]
        session.commit()
        if unknown_at_first == "late_table":
            late.create(session.connection())
            assert one_trip(session, [asked]) == [[]]


@pytest.fixture
def database(engine: Engine) -> Database:
    kit_metadata.create_all(engine)
    return Database(engine, clock=FixedClock(NOON), outbox=StoredOutbox("reporting", "hebei"))


def names(database: Database) -> list[str | None]:
    with database.reading() as session:
        return list(session.scalars(select(THING.c.name).order_by(THING.c.id)))


def test_what_waits_for_the_next_trip_is_there_for_whatever_comes_after_it(database: Database) -> None:
    with database.unit_of_work() as uow:
        send_ahead(uow.session, [put_row(THING, row(1, "一"))])
        assert uow.session.scalars(select(THING.c.name)).all() == ["一"]
        send_ahead(uow.session, [put_row(THING, row(2, "二"))])
        assert [len(rows) for rows in one_trip(uow.session, [(BY_NAME, {"wanted": "二"})])] == [1]
        send_ahead(uow.session, [put_row(THING, row(3, "三"))])
    assert names(database) == ["一", "二", "三"]


def test_what_waits_is_undone_with_the_attempt_that_it_belongs_to(database: Database) -> None:
    with database.unit_of_work() as uow:
        send_ahead(uow.session, [put_row(THING, row(1, "一"))])
        with suppress(LookupError), uow.attempt():
            send_ahead(uow.session, [put_row(THING, row(2, "二"))])
            raise LookupError
        with suppress(IntegrityError), uow.attempt():
            send_ahead(uow.session, [put_row(THING, row(3, "一"))])
        send_ahead(uow.session, [put_row(THING, row(4, "四"))])
    assert names(database) == ["一", "四"]


def test_what_waits_is_lost_with_a_transaction_that_fails(database: Database) -> None:
    with suppress(LookupError), database.unit_of_work() as uow:
        send_ahead(uow.session, [put_row(THING, row(1, "一"))])
        raise LookupError
    assert names(database) == []


def test_a_connection_that_was_cut_is_an_outage_and_the_next_one_works(new_database: Any) -> None:
    engine = make_engine(new_database("reporting"))
    METADATA.create_all(engine)
    with Session(engine) as session, engine.connect() as other:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(OperationalError) as cut:
            one_trip(session, [put_row(THING, row(1, "一")), put_row(THING, row(2, "二"))])
        assert cut.value.connection_invalidated
        session.rollback()
        assert one_trip(session, [(BY_NAME, {"wanted": "一"})]) == [[]]
    engine.dispose()
