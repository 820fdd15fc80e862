"""What a migration needs on PostgreSQL: to be alone, not to keep others waiting, and to grant only what is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

LOCK_TIMEOUT = "3s"
"""How long a statement may wait for a table, with everybody else waiting behind it."""

_LOCK = 0x616E7975616E  # "anyuan"


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Open a transaction that no other migration of this database runs beside, and that gives up on a busy table."""
    with connection.begin():
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        yield


def grant(connection: Connection, *, role: str, untouched: str) -> None:
    """Give the application's role its rights; nothing happens where there is no such role or it is the owner itself.

    It may read and add rows everywhere, and change and delete them where no trigger refuses that whatever the row
    holds. The table `untouched` it may only read.
    """
    is_known = text("SELECT 1 FROM pg_roles WHERE rolname = :role AND rolname <> current_user")
    if connection.execute(is_known, {"role": role}).first() is None:
        return
    quote = connection.dialect.identifier_preparer.quote_identifier
    to = quote(role)
    for everything in ("TABLES", "SEQUENCES"):
        connection.exec_driver_sql(f"REVOKE ALL ON ALL {everything} IN SCHEMA public FROM {to}")
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {to}")
    connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {to}")
    for table, changing, can_change_all, can_delete in connection.execute(_RIGHTS):
        rights = ["SELECT"]
        if table != untouched:
            rights.append("INSERT")
            if can_change_all:
                rights.append("UPDATE")
            elif changing:
                rights.append(f"UPDATE ({', '.join(map(quote, changing))})")
            if can_delete:
                rights.append("DELETE")
        connection.exec_driver_sql(f"GRANT {', '.join(rights)} ON {quote(table)} TO {to}")


# The triggers of our tables all refuse. One without a condition refuses always: an UPDATE (bit 4 of tgtype) of any
# column, or of those it lists, or a DELETE (bit 3).
_RIGHTS = text("""
    WITH refused AS (
        SELECT tgrelid, tgattr::int2[] AS columns, (tgtype & 16) <> 0 AS change, (tgtype & 8) <> 0 AS removal
        FROM pg_trigger WHERE NOT tgisinternal AND tgqual IS NULL
    )
    SELECT t.relname,
           ARRAY(
               SELECT a.attname::text FROM pg_attribute a
               WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
                 AND NOT EXISTS (
                     SELECT FROM refused r WHERE r.tgrelid = t.oid AND r.change
                       AND (cardinality(r.columns) = 0 OR a.attnum = ANY (r.columns)))
               ORDER BY a.attnum),
           NOT EXISTS (SELECT FROM refused r WHERE r.tgrelid = t.oid AND r.change),
           NOT EXISTS (SELECT FROM refused r WHERE r.tgrelid = t.oid AND r.removal)
    FROM pg_class t
    WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
    ORDER BY t.relname
""")
