"""What a view function reaches of the request at hand: who asks, the transaction, a session to read with."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime

from flask import g
from sqlalchemy.orm import Session

from shared.errors import Unauthenticated
from shared.identity import Principal
from shared.storage import Database, Hosting, UnitOfWork


def uow() -> UnitOfWork:
    """Answer the transaction of this writing request; it commits when the view answers well."""
    found: UnitOfWork = g.uow
    return found


def reading() -> Session:
    """Answer a session for queries: the transaction's own in a writing request, else one that is only read."""
    if "uow" in g:
        return uow().session
    if "read_session" not in g:
        database: Database = g.database
        g.closing = ExitStack()
        g.read_session = g.closing.enter_context(database.reading())
    session: Session = g.read_session
    return session


def here() -> Hosting:
    """Answer which regions the node that this request came to hosts."""
    database: Database = g.database
    return database.here


def principal() -> Principal:
    """Answer who asks.

    :raises Unauthenticated: when nobody is signed in.
    """
    found: Principal | None = g.get("principal")
    if found is None:
        raise Unauthenticated
    return found


def now() -> datetime:
    """Answer the instant of this request, the same throughout it."""
    found: datetime = g.now
    return found


def close_reading(_error: BaseException | None = None) -> None:
    """Give the reading session back at the end of the request."""
    closing: ExitStack | None = g.pop("closing", None)
    if closing is not None:
        closing.close()
