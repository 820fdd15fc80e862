"""The answers to accepted commands: the same command again gets the same answer, and nothing happens again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from shared.approval.base import table_of
from shared.approval.tables import CommandRow
from shared.approval.views import CaseView
from shared.errors import KeyReused
from shared.messaging.schema import schema_of

_COMMANDS = table_of(CommandRow)
_FIND = select(_COMMANDS.c.request_sha, _COMMANDS.c.response).where(_COMMANDS.c.command_id == bindparam("command"))
_KEEP = insert(_COMMANDS)


def find(session: Session, command_id: str, request_sha: str) -> CaseView | None:
    """Answer what was answered to this command before, or None when it is new.

    :raises KeyReused: when the id came with another content, or from somebody else.
    """
    row = session.execute(_FIND, {"command": command_id}).one_or_none()
    if row is None:
        return None
    if row.request_sha != request_sha:
        raise KeyReused
    found: CaseView = schema_of(CaseView).load(row.response)
    return found


def keep(session: Session, command_id: str, request_sha: str, view: CaseView, *, at: datetime) -> None:
    """Keep the answer to a command as long as its case."""
    row = {
        "command_id": command_id,
        "case_id": view.id,
        "request_sha": request_sha,
        "response": asdict(view, dict_factory=_plain),
        "created_at": at,
    }
    session.execute(_KEEP, [row])


def _plain(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields}
