"""The revisions of every service make the tables that its code declares, on both kinds of database, and unmake them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from services.launcher.parts import LINKS, SERVICES, metadata_of
from shared.approval.triggers import KEPT
from shared.storage.database import make_engine
from shared.storage.migrations import configuration, differences, downgrade, head_of, transaction, upgrade

pytestmark = pytest.mark.parametrize("service", [*SERVICES, LINKS])
NewUrl = Callable[[str], str]

SQLITE_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE '%sqlite_%'"
POSTGRESQL_SCHEMA = """
    SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
           a.attidentity::text, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), NULL, NULL, NULL
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', tablename, indexname, indexdef, NULL, NULL, NULL
    FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), NULL, NULL, NULL
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function', NULL, proname, prosrc, NULL, NULL, NULL
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'comment', c.relname, NULL, obj_description(c.oid), NULL, NULL, NULL
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
"""

# What a person said can be erased, what they did cannot be changed; a draft of a definition is not yet kept.
_TRAIL = tuple(
    statement
    for kept in KEPT
    if not kept.unless
    for statement in (
        *(f"UPDATE {kept.table} SET {column} = {column}" for column in kept.fixed or ("case_id",)),  # noqa: S608  # our own names
        f"DELETE FROM {kept.table}",  # noqa: S608  # our own names
        f"TRUNCATE {kept.table}",
    )
)
KEPT_ROWS = {
    "registration": _TRAIL,
    "records": (*_TRAIL, "UPDATE ledger_entry SET kind = kind", "DELETE FROM ledger_entry"),
    "reporting": _TRAIL,
    "awards": _TRAIL,
    "links": ("UPDATE link_trail SET what = what", "DELETE FROM link_trail"),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> NewUrl:
    """Make empty databases of one kind: `new_url("made")`."""
    if request.param == "sqlite":
        return lambda name: f"sqlite:///{tmp_path / name}.db"
    make: NewUrl = request.getfixturevalue("new_database")
    return make


@pytest.fixture
def engine_of() -> Iterator[Callable[[str], Engine]]:
    made: list[Engine] = []

    def make(url: str) -> Engine:
        made.append(make_engine(url))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


def schema(engine: Engine) -> set[tuple[object, ...]]:
    """Answer all that a database holds but rows, Alembic's own table aside."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            found = connection.execute(text(POSTGRESQL_SCHEMA)).all()
            return {tuple(map(one_line, row)) for row in found if "alembic_version" not in row}
        # Alembic writes the constraints of a table in another order.
        return {
            (kind, name, table, frozenset(one_line(line).strip(",") for line in sql.splitlines()))
            if kind == "table"
            else (kind, name, table, one_line(sql))
            for kind, name, table, sql in connection.execute(text(SQLITE_SCHEMA))
            if table != "alembic_version"
        }


def one_line(value: str | None) -> str:
    return " ".join(value.split()) if value else ""


def test_revisions_make_what_the_code_declares(
    service: str, new_url: NewUrl, engine_of: Callable[[str], Engine]
) -> None:
    url, declared = new_url("made"), engine_of(new_url("declared"))
    upgrade(service, url)
    for metadata in metadata_of(service):
        metadata.create_all(declared)
    assert schema(engine_of(url)) == schema(declared), "make migrations"


def test_alembic_sees_no_difference(service: str, new_url: NewUrl) -> None:
    url = new_url("made")
    upgrade(service, url)
    assert differences(service, url, metadata_of(service)) == []


def test_downgrade_leaves_nothing(service: str, new_url: NewUrl, engine_of: Callable[[str], Engine]) -> None:
    url = new_url("made")
    upgrade(service, url)
    downgrade(service, url)
    assert schema(engine_of(url)) == set()
    upgrade(service, url)
    assert differences(service, url, metadata_of(service)) == []


def test_there_is_one_head_and_it_is_recorded(service: str, tmp_path: Path) -> None:
    with transaction(make_engine(f"sqlite:///{tmp_path}/any.db")) as connection:
        heads = ScriptDirectory.from_config(configuration(service, connection)).get_heads()
    assert heads == [head_of(service)]


def test_upgrades_at_the_same_time_make_the_tables_once(service: str, new_url: NewUrl) -> None:
    url = new_url("made")
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: upgrade(service, url), range(2))) == [None, None]
    assert differences(service, url, metadata_of(service)) == []


def test_a_schema_newer_than_the_code_is_left_alone(
    service: str, new_url: NewUrl, engine_of: Callable[[str], Engine]
) -> None:
    url = new_url("made")
    upgrade(service, url)
    with engine_of(url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    upgrade(service, url)
    with engine_of(url).connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_a_migration_does_not_keep_others_waiting_for_long(service: str, new_database: NewUrl) -> None:
    engine = make_engine(new_database(service))
    with transaction(engine) as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar() == "3s"
    engine.dispose()


@pytest.fixture
def as_application(service: str, new_database: NewUrl) -> Iterator[Engine]:
    """Connect as a service's application does: with a role that owns nothing."""
    url = new_database(service)
    owner = create_engine(url, isolation_level="AUTOCOMMIT")
    application = create_engine(make_url(url).set(username=service, password="of-a-test"))
    with owner.connect() as connection:
        connection.execute(text(f"CREATE ROLE {service} LOGIN PASSWORD 'of-a-test'"))
        try:
            upgrade(service, url)
            yield application
        finally:
            application.dispose()
            connection.execute(text(f"DROP OWNED BY {service}"))
            connection.execute(text(f"DROP ROLE {service}"))
    owner.dispose()


def test_the_application_may_only_what_it_needs(service: str, as_application: Engine) -> None:
    refused = [
        "CREATE TABLE mine (x int)",
        "DROP TABLE outbox",
        "TRUNCATE outbox",
        "UPDATE alembic_version SET version_num = ''",
        *KEPT_ROWS.get(service, ()),
    ]
    for statement in refused:
        with as_application.connect() as connection, pytest.raises(ProgrammingError, match=r"permission|must be owner"):
            connection.execute(text(statement))
    with as_application.connect() as connection:
        connection.execute(text("UPDATE outbox SET attempts = 0"))
        connection.execute(text("DELETE FROM outbox"))
        connection.execute(text("SELECT * FROM inbox FOR UPDATE"))
        connection.execute(text("SELECT version_num FROM alembic_version"))
        if KEPT_ROWS.get(service) == _TRAIL:
            connection.execute(text("UPDATE approval_decision SET opinion = NULL"))
