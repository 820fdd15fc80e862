"""Tables whose rows are never changed or removed: the database itself refuses it, on both engines."""

from __future__ import annotations

from sqlalchemy import DDL, Table, event


def refusal_ddl(table: str, dialect: str) -> list[str]:
    """Answer the statements that make a table refuse UPDATE and DELETE, for migrations and for `create_all`."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        (
            f"CREATE OR REPLACE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        ),
        (
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()"
        ),
    ]


def append_only(table: Table) -> None:
    """Make a table append-only wherever its metadata is created."""
    for dialect in ("sqlite", "postgresql"):
        for statement in refusal_ddl(table.name, dialect):
            # DDL() fills in % signs, of which there are none here.
            event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]  # SQLAlchemy has not typed it
