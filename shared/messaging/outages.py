"""Telling an outage of the database, which passes, from a fault of what was asked of it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATE: connection, resources, shutdown, deadlock and serialisation; a lock not had in time; a standby.
_PASSING_CLASSES = ("08", "53", "57P", "40")
_PASSING_STATES = ("55P03", "25006")
# SQLite's primary result codes: busy, locked, input/output, full, cannot open.
_PASSING_CODES = (5, 6, 10, 13, 14)


def database_is_away(error: BaseException) -> bool:
    """Tell a passing outage of the database, which burns no retries, from a fault of the message."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_PASSING_CLASSES) or state in _PASSING_STATES
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _PASSING_CODES
    return isinstance(error, (OperationalError, InterfaceError))
