"""What is done in a unit of work becomes true together, with its events, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select
from sqlalchemy.orm import Session

from shared.clock import FixedClock
from shared.contracts.base import Event
from shared.contracts.registration import RegistrationRefused
from shared.storage import Database, UnitOfWork
from shared.storage.database import make_engine
from shared.storage.trip import Errand
from shared.trace import Trace

NOW = datetime(2026, 9, 20, 4, 0, tzinfo=UTC)
METADATA = MetaData()
THING = Table("thing", METADATA, Column("id", Integer, primary_key=True))
TOLD = RegistrationRefused(subject_id="v1", subject="volunteer", name="王明", account_id="wang", reason="照片不清")


class Stop(Exception):
    pass


@dataclass
class Heard:
    events: list[Event] = field(default_factory=list)
    fails: bool = False

    def writing(
        self, session: Session, events: Sequence[Event], *, now: datetime, trace: Sequence[Trace]
    ) -> list[Errand]:
        assert session.in_transaction()
        assert now == NOW
        assert len(trace) == len(events)
        if self.fails:
            raise Stop
        self.events += events
        return []


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def database(tmp_path: Path, heard: Heard) -> Iterator[Database]:
    engine = make_engine(f"sqlite:///{tmp_path}/uow.db")
    METADATA.create_all(engine)
    yield Database(engine, clock=FixedClock(NOW), outbox=heard)
    engine.dispose()


def add(database: Database, *, and_then: Exception | None = None) -> None:
    with database.unit_of_work() as uow:
        uow.session.execute(insert(THING).values(id=1))
        uow.publish(TOLD)
        if and_then is not None:
            raise and_then


def rows(database: Database) -> int:
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(THING)).scalar_one()


def test_a_good_end_commits_and_tells(database: Database, heard: Heard) -> None:
    woken: list[int] = []
    database.on_published(lambda: woken.append(rows(database)))
    with database.unit_of_work() as uow:
        uow.session.execute(insert(THING).values(id=1))
        uow.publish(TOLD)
        assert heard.events == []
    assert rows(database) == 1
    assert heard.events == [TOLD]
    assert woken == [1], "whoever delivers events is woken after the commit"


def test_nobody_is_woken_when_nothing_was_published(database: Database) -> None:
    woken: list[int] = []
    database.on_published(lambda: woken.append(1))
    with database.unit_of_work() as uow:
        uow.session.execute(insert(THING).values(id=1))
    assert woken == []


def test_an_error_leaves_nothing(database: Database, heard: Heard) -> None:
    with pytest.raises(Stop):
        add(database, and_then=Stop())
    assert rows(database) == 0
    assert heard.events == []


def test_what_cannot_be_told_did_not_happen(database: Database, heard: Heard) -> None:
    heard.fails = True
    with pytest.raises(Stop):
        add(database)
    assert rows(database) == 0


def test_reading_keeps_nothing(database: Database) -> None:
    with database.reading() as session:
        session.execute(insert(THING).values(id=1))
    assert rows(database) == 0


def fail_a_part(uow: UnitOfWork) -> None:
    with suppress(Stop), uow.attempt():
        uow.session.execute(insert(THING).values(id=2))
        uow.publish(replace(TOLD, subject_id="v2"))
        raise Stop


def test_a_part_that_fails_is_undone_with_its_events_and_the_rest_is_kept(database: Database, heard: Heard) -> None:
    with database.unit_of_work() as uow:
        uow.publish(TOLD)
        with uow.attempt():
            uow.session.execute(insert(THING).values(id=1))
        fail_a_part(uow)
        with uow.attempt():
            uow.session.execute(insert(THING).values(id=2))
            uow.publish(TOLD)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(THING)) == 2
    assert heard.events == [TOLD, TOLD]


def test_a_part_inside_a_part_is_undone_alone(database: Database, heard: Heard) -> None:
    with database.unit_of_work() as uow, uow.attempt():
        uow.session.execute(insert(THING).values(id=1))
        uow.publish(TOLD)
        fail_a_part(uow)
    with database.reading() as session:
        assert session.scalars(select(THING.c.id)).all() == [1]
    assert heard.events == [TOLD]


class OneCity:
    node = "tangshan"
    top_region = "130200"

    def others(self, regions: Iterable[str], *, on: date) -> Mapping[str, str]:
        return {region: "hebei" for region in regions if not self.hosts(region, on=on)}

    def hosts(self, region: str, *, on: date) -> bool:
        return (region, on) == ("130200", date(2026, 9, 21))


def test_a_unit_of_work_knows_what_its_node_hosts_by_the_date_of_the_office(database: Database) -> None:
    with database.unit_of_work() as uow:
        assert uow.hosts("130200"), "a node that is alone hosts every region"
        assert uow.hosts("130123")

    late = datetime(2026, 9, 20, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    linked = Database(database.engine, clock=FixedClock(late), outbox=Heard(), here=OneCity())
    with linked.unit_of_work() as uow:
        assert uow.hosts("130200")
        assert not uow.hosts("130123")
