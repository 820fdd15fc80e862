"""The answers to accepted commands: the same command again gets the same answer, and nothing happens again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from shared.approval.base import table_of
from shared.approval.tables import CommandRow
from shared.approval.views import CaseView
from shared.errors import KeyReused
from shared.messaging.schema import schema_of
from shared.storage.rows import put_row
from shared.storage.trip import Errand, send_ahead

_COMMANDS = table_of(CommandRow)
_FIND = select(_COMMANDS.c.request_sha, _COMMANDS.c.response).where(_COMMANDS.c.command_id == bindparam("command"))


def finding(command_id: str) -> Errand:
    """Answer the errand that looks for what was answered to a command before; `found` reads its rows."""
    return _FIND, {"command": command_id}


def found(rows: Sequence[Any], request_sha: str) -> CaseView | None:
    """Answer what was answered to this command before, or None when it is new.

    :raises KeyReused: when the id came with another content, or from somebody else.
    """
    row = next(iter(rows), None)
    if row is None:
        return None
    if row.request_sha != request_sha:
        raise KeyReused
    answered: CaseView = schema_of(CaseView).load(row.response)
    return answered


def keep(session: Session, command_id: str, request_sha: str, view: CaseView, *, at: datetime) -> None:
    """Keep the answer to a command as long as its case."""
    row = {
        "command_id": command_id,
        "case_id": view.id,
        "request_sha": request_sha,
        "response": view,
        "created_at": at,
    }
    send_ahead(session, [put_row(_COMMANDS, row)])
