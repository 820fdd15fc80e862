"""INSERT … ON CONFLICT on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session


def upsert(session: Session, table: Table | type[DeclarativeBase]) -> Any:
    """Begin an INSERT that can say ON CONFLICT; the two dialects share the words but no type."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    # Of a mapped class the bare table: what is inserted here needs no object in the session.
    return dialect.insert(table if isinstance(table, Table) else table.__table__)
